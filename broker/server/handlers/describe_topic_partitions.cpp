#include "broker/server/handlers/describe_topic_partitions.h"

#include <algorithm>
#include <set>

#include "broker/controller/topic_names.h"
#include "broker/protocol/messages/metadata.h"
#include "broker/server/config.h"
#include "broker/server/handlers/partition_view.h"

namespace gregor::server {
namespace {

using protocol::DescribeTopicPartitionsRequest;
using protocol::DescribeTopicPartitionsResponse;
using protocol::ErrorCode;
using protocol::PartitionId;

DescribeTopicPartitionsResponse refusal(const DescribeTopicPartitionsRequest& asked,
                                        ErrorCode error) {
    DescribeTopicPartitionsResponse response;
    for (const auto& topic : asked.topics) {
        response.topics.push_back({.error_code = error, .name = topic.name});
    }
    return response;
}

/// Fills one page, topic by topic in the order of their names.
class Page {
public:
    Page(const metadata::MetadataImage& image, std::string_view listener, std::int32_t limit)
        : image_(image), listener_(listener), room_(limit) {}

    /// The topic's partitions from `first` on; false: the page was full before its end.
    bool add(const std::string& name, PartitionId first) {
        if (room_ == 0) return stop_at(name, first);
        const metadata::TopicImage* topic = image_.find_topic(name);
        if (topic == nullptr) {
            response_.topics.push_back(unknown(name));
            return true;
        }
        auto& answer = response_.topics.emplace_back();
        answer.name = name;
        answer.topic_id = topic->id;
        answer.is_internal = controller::is_internal_topic(name);
        answer.topic_authorized_operations = kAllTopicOperations;
        for (auto it = topic->partitions.lower_bound(first); it != topic->partitions.end(); ++it) {
            if (room_ == 0) return stop_at(name, it->first);
            answer.partitions.push_back(describe(it->first, it->second));
            --room_;
        }
        return true;
    }

    [[nodiscard]] DescribeTopicPartitionsResponse take() { return std::move(response_); }

private:
    static DescribeTopicPartitionsResponse::Topic unknown(const std::string& name) {
        DescribeTopicPartitionsResponse::Topic answer;
        answer.name = name;
        answer.error_code = controller::find_topic_name_fault(name)
                                ? ErrorCode::invalid_topic_exception
                                : ErrorCode::unknown_topic_or_partition;
        answer.is_internal = controller::is_internal_topic(name);
        answer.topic_authorized_operations = kAllTopicOperations;
        return answer;
    }

    [[nodiscard]] DescribeTopicPartitionsResponse::Partition describe(
        PartitionId id, const metadata::PartitionState& state) const {
        PartitionView view = view_of(image_, state, listener_);
        DescribeTopicPartitionsResponse::Partition answer;
        answer.error_code = view.error;
        answer.partition_index = id;
        answer.leader_id = view.leader;
        answer.leader_epoch = state.leader_epoch;
        answer.replica_nodes = state.replicas;
        answer.isr_nodes = state.isr;
        answer.eligible_leader_replicas = state.elr;
        answer.last_known_elr = state.last_known_elr;
        answer.offline_replicas = std::move(view.offline_replicas);
        return answer;
    }

    bool stop_at(const std::string& name, PartitionId next) {
        response_.next_cursor = {.topic_name = name, .partition_index = next};
        return false;
    }

    const metadata::MetadataImage& image_;
    std::string_view listener_;
    std::int32_t room_;
    DescribeTopicPartitionsResponse response_;
};

/// Those that are asked for, from the cursor's on.
std::set<std::string> names_wanted(const DescribeTopicPartitionsRequest& asked,
                                   const metadata::MetadataImage& image) {
    std::set<std::string> names;
    for (const auto& topic : asked.topics) names.insert(topic.name);
    if (asked.topics.empty()) {
        for (const auto& [name, id] : image.topic_ids()) names.insert(name);
    }
    if (asked.cursor) names.erase(names.begin(), names.lower_bound(asked.cursor->topic_name));
    return names;
}

}  // namespace

void handle_describe_topic_partitions(HandlerContext& context, const rpc::Request& request,
                                      rpc::Reply reply) {
    const auto asked = decode_or_close<DescribeTopicPartitionsRequest>(request, reply);
    if (!asked) return;
    if (asked->cursor && asked->cursor->partition_index < PartitionId(0)) {
        reply.send(refusal(*asked, ErrorCode::invalid_request));
        return;
    }
    const auto image = context.image();
    const std::int32_t most = context.config.int32("max.request.partition.size.limit");
    Page page(*image, request.listener, std::clamp(asked->response_partition_limit, 1, most));
    for (const std::string& name : names_wanted(*asked, *image)) {
        const bool is_continued = asked->cursor && asked->cursor->topic_name == name;
        if (!page.add(name, is_continued ? asked->cursor->partition_index : PartitionId(0))) break;
    }
    reply.send(page.take());
}

}  // namespace gregor::server
