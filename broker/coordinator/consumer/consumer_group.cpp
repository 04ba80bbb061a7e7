#include "broker/coordinator/consumer/consumer_group.h"

#include <algorithm>

#include "sim/base/check.h"

namespace gregor::coordinator {

std::string_view name(ConsumerGroupState state) {
    switch (state) {
        case ConsumerGroupState::empty: return "Empty";
        case ConsumerGroupState::assigning: return "Assigning";
        case ConsumerGroupState::reconciling: return "Reconciling";
        case ConsumerGroupState::stable: return "Stable";
    }
    UNREACHABLE();
}

// Records: a member's may come in any order, as compaction leaves them. ---------------------------

void ConsumerGroup::apply(const ConsumerGroupMetadataRecord& record) {
    // Without a value the whole group goes: see GroupImage.
    if (record.value) epoch_ = record.value->epoch;
}

void ConsumerGroup::apply(const ConsumerGroupPartitionMetadataRecord& record) {
    subscription_metadata_.clear();
    if (!record.value) return;
    for (const auto& topic : record.value->topics) {
        subscription_metadata_[topic.topic_name] = {.id = topic.topic_id,
                                                    .partitions = topic.num_partitions};
    }
}

void ConsumerGroup::apply(const ConsumerGroupMemberMetadataRecord& record) {
    if (record.value) {
        member(record.key.member_id).subscription = *record.value;
    } else {
        members_.erase(record.key.member_id);
    }
}

void ConsumerGroup::apply(const ConsumerGroupTargetAssignmentMetadataRecord& record) {
    assignment_epoch_ = record.value ? record.value->assignment_epoch : 0;
}

void ConsumerGroup::apply(const ConsumerGroupTargetAssignmentMemberRecord& record) {
    if (record.value) {
        targets_[record.key.member_id] = to_topic_partitions(record.value->topic_partitions);
    } else {
        targets_.erase(record.key.member_id);
    }
}

void ConsumerGroup::apply(const ConsumerGroupCurrentMemberAssignmentRecord& record) {
    if (record.value) return member(record.key.member_id).take_current(*record.value);
    const auto it = members_.find(record.key.member_id);
    if (it == members_.end()) return;
    ConsumerMember fresh = ConsumerMember::make(record.key.member_id);
    fresh.subscription = it->second.subscription;
    it->second = std::move(fresh);
}

void ConsumerGroup::apply(const ConsumerGroupRegularExpressionRecord& record) {
    const std::string& regex = record.key.regular_expression;
    if (record.value) {
        resolved_regexes_[regex] = {record.value->topics.begin(), record.value->topics.end()};
    } else {
        resolved_regexes_.erase(regex);
    }
}

ConsumerMember& ConsumerGroup::member(const std::string& member_id) {
    const auto it = members_.find(member_id);
    if (it != members_.end()) return it->second;
    return members_.emplace(member_id, ConsumerMember::make(member_id)).first->second;
}

// What it is. -------------------------------------------------------------------------------------

ConsumerGroupState ConsumerGroup::state() const {
    if (members_.empty()) return ConsumerGroupState::empty;
    if (epoch_ > assignment_epoch_) return ConsumerGroupState::assigning;
    const bool is_stable = std::ranges::all_of(members_, [&](const auto& each) {
        return each.second.is_reconciled_to(assignment_epoch_);
    });
    return is_stable ? ConsumerGroupState::stable : ConsumerGroupState::reconciling;
}

const ConsumerMember* ConsumerGroup::find_member(const std::string& member_id) const {
    const auto it = members_.find(member_id);
    return it == members_.end() ? nullptr : &it->second;
}

const ConsumerMember* ConsumerGroup::find_static(const std::string& instance_id) const {
    const auto it = std::ranges::find_if(
        members_, [&](const auto& each) { return each.second.instance_id() == instance_id; });
    return it == members_.end() ? nullptr : &it->second;
}

const TopicPartitions& ConsumerGroup::target_of(const std::string& member_id) const {
    static const TopicPartitions kNone;
    const auto it = targets_.find(member_id);
    return it == targets_.end() ? kNone : it->second;
}

std::set<std::string> ConsumerGroup::subscribed_regexes() const {
    std::set<std::string> regexes;
    for (const auto& [id, each] : members_) {
        if (!each.regex().empty()) regexes.emplace(each.regex());
    }
    return regexes;
}

std::set<std::string> ConsumerGroup::topics_of(const ConsumerMember& member) const {
    std::set<std::string> topics(member.subscription.subscribed_topic_names.begin(),
                                 member.subscription.subscribed_topic_names.end());
    const auto resolved = resolved_regexes_.find(std::string(member.regex()));
    if (!member.regex().empty() && resolved != resolved_regexes_.end()) {
        topics.insert(resolved->second.begin(), resolved->second.end());
    }
    return topics;
}

std::set<std::string> ConsumerGroup::subscribed_topics() const {
    std::set<std::string> topics;
    for (const auto& [id, each] : members_) topics.merge(topics_of(each));
    return topics;
}

bool ConsumerGroup::subscribes(const std::string& topic) const {
    return std::ranges::any_of(members_, [&](const auto& each) {
        const auto& names = each.second.subscription.subscribed_topic_names;
        if (std::ranges::find(names, topic) != names.end()) return true;
        const auto resolved = resolved_regexes_.find(std::string(each.second.regex()));
        return resolved != resolved_regexes_.end() && resolved->second.contains(topic);
    });
}

TopicPartitions ConsumerGroup::held_by_others(const std::string& member_id) const {
    TopicPartitions held;
    for (const auto& [id, each] : members_) {
        if (id == member_id) continue;
        add(held, each.assigned);
        add(held, each.pending_revocation);
    }
    return held;
}

std::optional<std::string> ConsumerGroup::preferred_assignor() const {
    std::map<std::string, int> votes;
    for (const auto& [id, each] : members_) {
        if (each.subscription.server_assignor) ++votes[*each.subscription.server_assignor];
    }
    const auto most = std::ranges::max_element(
        votes, [](const auto& a, const auto& b) { return a.second < b.second; });
    if (most == votes.end()) return std::nullopt;
    return most->first;
}

bool ConsumerGroup::is_classic_without(const std::set<std::string>& except) const {
    bool has_any = false;
    for (const auto& [id, each] : members_) {
        if (except.contains(id)) continue;
        if (!each.is_classic()) return false;
        has_any = true;
    }
    return has_any;
}

bool ConsumerGroup::accepts_protocols(const std::set<std::string>& names) const {
    return std::ranges::any_of(names, [&](const std::string& name) {
        return std::ranges::all_of(members_, [&](const auto& each) {
            const auto& classic = each.second.subscription.classic_member_metadata;
            return !classic ||
                   std::ranges::any_of(classic->supported_protocols,
                                       [&](const auto& protocol) { return protocol.name == name; });
        });
    });
}

void ConsumerGroup::check_invariants(const std::string& group_id) const {
    CHECK(assignment_epoch_ <= epoch_, "{}: assigned for epoch {} in {}", group_id,
          assignment_epoch_, epoch_);
    for (const auto& [id, each] : members_) {
        CHECK(each.member_epoch <= epoch_, "{}: {} is in epoch {} beyond {}", group_id, id,
              each.member_epoch, epoch_);
        CHECK(each.pending_revocation.empty() || each.state == MemberState::unrevoked_partitions ||
                  each.state == MemberState::unknown,
              "{}: {} has to revoke in state {}", group_id, id, static_cast<int>(each.state));
    }
}

}  // namespace gregor::coordinator
