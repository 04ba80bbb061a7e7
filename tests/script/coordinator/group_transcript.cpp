#include "tests/script/coordinator/group_transcript.h"

#include <fmt/format.h>

#include <map>

#include "broker/coordinator/versioned_bytes.h"
#include "broker/protocol/messages/embedded.h"

namespace gregor::coordinator::test {
namespace {

std::string text_of_assignment(const Bytes& bytes) {
    const auto read = decode_versioned<protocol::ConsumerProtocolAssignment>(bytes);
    if (!read) return std::string(bytes.text());
    std::string text;
    for (const auto& topic : read->assigned_partitions) {
        for (const auto partition : topic.partitions) {
            text += fmt::format("{}{}-{}", text.empty() ? "" : "+", topic.topic, partition);
        }
    }
    return text;
}

/// " orders-0 NONE", of each partition.
template <class Topics>
std::string errors_of(const Topics& topics) {
    std::string text;
    for (const auto& topic : topics) {
        for (const auto& each : topic.partitions) {
            text += fmt::format(" {}-{} {}", topic.name, each.partition_index,
                                text_of(each.error_code));
        }
    }
    return text;
}

struct AnswerText {
    const GroupNames& names;

    std::string operator()(const protocol::ConsumerGroupHeartbeatResponse& r) {
        if (r.error_code != protocol::ErrorCode::none) {
            return fmt::format("{}: {}", text_of(r.error_code), r.error_message.value_or("-"));
        }
        std::string text = fmt::format("epoch {}", r.member_epoch);
        if (!r.assignment) return text;
        const TopicPartitions told = to_topic_partitions(r.assignment->topic_partitions);
        return text + " has " + names.partitions(told);
    }
    std::string operator()(const protocol::ConsumerGroupDescribeResponse::Group& r) {
        if (r.error_code != protocol::ErrorCode::none) {
            return fmt::format("{}: {}", text_of(r.error_code), r.error_message.value_or("-"));
        }
        std::string text = fmt::format("{} epoch {} assigned {} {}", r.group_state, r.group_epoch,
                                       r.assignment_epoch, r.assignor_name);
        for (const auto& member : r.members) {
            text += fmt::format(
                "; {} in {}{} has {} of {}", names.member(member.member_id), member.member_epoch,
                member.member_type == 0 ? " (classic)" : "",
                names.partitions(to_topic_partitions(member.assignment.topic_partitions)),
                names.partitions(to_topic_partitions(member.target_assignment.topic_partitions)));
        }
        return text;
    }
    std::string operator()(const protocol::JoinGroupResponse& r) {
        if (r.error_code == protocol::ErrorCode::member_id_required) {
            return fmt::format("{} {}", text_of(r.error_code), names.member(r.member_id));
        }
        if (r.error_code != protocol::ErrorCode::none) return text_of(r.error_code);
        std::string text =
            fmt::format("{} joined generation {} {} leader {}", names.member(r.member_id),
                        r.generation_id, r.protocol_name.value_or("-"), names.member(r.leader));
        for (std::size_t i = 0; i < r.members.size(); ++i) {
            text += (i == 0 ? " of " : ",") + names.member(r.members[i].member_id);
        }
        return r.skip_assignment ? text + " skip-assignment" : text;
    }
    std::string operator()(const protocol::SyncGroupResponse& r) {
        if (r.error_code != protocol::ErrorCode::none) return text_of(r.error_code);
        return fmt::format("assigned '{}'", text_of_assignment(r.assignment));
    }
    std::string operator()(const protocol::HeartbeatResponse& r) { return text_of(r.error_code); }
    std::string operator()(const protocol::LeaveGroupResponse& r) {
        if (r.error_code != protocol::ErrorCode::none) return text_of(r.error_code);
        std::string text = "left";
        for (const auto& member : r.members) text += " " + text_of(member.error_code);
        return text;
    }
    std::string operator()(const protocol::OffsetCommitResponse& r) {
        return "committed" + errors_of(r.topics);
    }
    std::string operator()(const protocol::TxnOffsetCommitResponse& r) {
        return "committed" + errors_of(r.topics);
    }
    std::string operator()(const protocol::OffsetFetchResponse::Group& r) {
        if (r.error_code != protocol::ErrorCode::none) return text_of(r.error_code);
        std::string text = r.topics.empty() ? "nothing" : "";
        for (const auto& topic : r.topics) {
            for (const auto& each : topic.partitions) {
                if (!text.empty()) text += " ";
                text += fmt::format("{}-{}={}", topic.name, each.partition_index,
                                    each.committed_offset);
                if (!each.metadata.value_or("").empty()) text += "," + *each.metadata;
                if (each.error_code != protocol::ErrorCode::none)
                    text += " " + text_of(each.error_code);
            }
        }
        return text;
    }
    std::string operator()(const protocol::OffsetDeleteResponse& r) {
        if (r.error_code != protocol::ErrorCode::none) return text_of(r.error_code);
        return "deleted" + errors_of(r.topics);
    }
    std::string operator()(const protocol::DescribeGroupsResponse::Group& r) {
        if (r.error_code != protocol::ErrorCode::none) return text_of(r.error_code);
        std::string text = r.group_state;
        if (!r.protocol_type.empty()) text += " " + r.protocol_type;
        if (!r.protocol_data.empty()) text += " " + r.protocol_data;
        for (const auto& member : r.members) {
            text += fmt::format(" {}='{}'", names.member(member.member_id),
                                member.member_assignment.text());
        }
        return text;
    }
    std::string operator()(const protocol::ListGroupsResponse& r) {
        std::string text = r.groups.empty() ? "none" : "";
        for (const auto& group : r.groups) {
            if (!text.empty()) text += " ";
            text += fmt::format("{}:{}", group.group_id, group.group_state);
        }
        return text;
    }
    std::string operator()(const protocol::DeleteGroupsResponse::Result& r) {
        return text_of(r.error_code);
    }
    std::string operator()(std::monostate) { return "done"; }
};

struct RecordText {
    const GroupNames& names;

    std::string operator()(const ConsumerGroupMetadataRecord& r) {
        return fmt::format("{} epoch {}", r.key.group_id,
                           r.value ? std::to_string(r.value->epoch) : "tombstone");
    }
    std::string operator()(const ConsumerGroupPartitionMetadataRecord& r) {
        std::string text = fmt::format("{} topics", r.key.group_id);
        if (!r.value) return text + " tombstone";
        for (const auto& topic : r.value->topics) {
            text += fmt::format(" {}:{}", topic.topic_name, topic.num_partitions);
        }
        return text;
    }
    std::string operator()(const ConsumerGroupMemberMetadataRecord& r) {
        std::string text =
            fmt::format("{} member {}", r.key.group_id, names.member(r.key.member_id));
        if (!r.value) return text + " tombstone";
        for (const auto& topic : r.value->subscribed_topic_names) text += " " + topic;
        const std::string regex = r.value->subscribed_topic_regex.value_or("");
        if (!regex.empty()) text += " /" + regex + "/";
        if (r.value->instance_id) text += " static " + *r.value->instance_id;
        if (r.value->classic_member_metadata) text += " classic";
        return text;
    }
    std::string operator()(const ConsumerGroupTargetAssignmentMetadataRecord& r) {
        return fmt::format("{} assigned {}", r.key.group_id,
                           r.value ? std::to_string(r.value->assignment_epoch) : "tombstone");
    }
    std::string operator()(const ConsumerGroupTargetAssignmentMemberRecord& r) {
        std::string text =
            fmt::format("{} target {}", r.key.group_id, names.member(r.key.member_id));
        if (!r.value) return text + " tombstone";
        return text + " " + names.partitions(to_topic_partitions(r.value->topic_partitions));
    }
    std::string operator()(const ConsumerGroupCurrentMemberAssignmentRecord& r) {
        std::string text =
            fmt::format("{} current {}", r.key.group_id, names.member(r.key.member_id));
        if (!r.value) return text + " tombstone";
        static const std::map<int, std::string> kStates{
            {0, "stable"}, {1, "unrevoked"}, {2, "unreleased"}};
        text += fmt::format(" {} after {} {} {}", r.value->member_epoch,
                            r.value->previous_member_epoch, kStates.at(r.value->state),
                            names.partitions(to_topic_partitions(r.value->assigned_partitions)));
        if (r.value->partitions_pending_revocation.empty()) return text;
        return text + " revokes " +
               names.partitions(to_topic_partitions(r.value->partitions_pending_revocation));
    }
    std::string operator()(const ConsumerGroupRegularExpressionRecord& r) {
        std::string text = fmt::format("{} regex /{}/", r.key.group_id, r.key.regular_expression);
        if (!r.value) return text + " tombstone";
        for (const auto& topic : r.value->topics) text += " " + topic;
        return text;
    }
    std::string operator()(const OffsetCommitRecord& r) {
        return fmt::format("offset {} {}-{} {}", r.key.group, r.key.topic, r.key.partition,
                           r.value ? fmt::format("{}", r.value->offset) : "tombstone");
    }
    std::string operator()(const GroupMetadataRecord& r) {
        std::string text = fmt::format("group {}", r.key.group);
        if (!r.value) return text + " tombstone";
        text += fmt::format(" generation {}", r.value->generation);
        if (r.value->leader) text += " leader " + names.member(*r.value->leader);
        for (const auto& member : r.value->members) {
            text += fmt::format(" {}='{}'", names.member(member.member_id),
                                text_of_assignment(member.assignment));
        }
        return text;
    }
    std::string operator()(const OtherGroupRecord&) { return ""; }
};

}  // namespace

std::string text_of(protocol::ErrorCode error) { return fmt::format("{}", error); }

std::string text_of(const GroupResponse& response, const GroupNames& names) {
    return std::visit(AnswerText{names}, response);
}

std::string text_of(const GroupRecord& record, const GroupNames& names) {
    return std::visit(RecordText{names}, record);
}

}  // namespace gregor::coordinator::test
