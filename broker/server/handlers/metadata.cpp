#include "broker/server/handlers/metadata.h"

#include <algorithm>
#include <set>

#include "broker/controller/topic_names.h"
#include "broker/protocol/messages/metadata.h"
#include "broker/server/config.h"
#include "broker/server/handlers/controller_requests.h"
#include "broker/server/handlers/partition_view.h"

namespace gregor::server {
namespace {

using metadata::MetadataImage;
using metadata::PartitionState;
using metadata::TopicImage;
using protocol::ErrorCode;
using protocol::MetadataRequest;
using protocol::MetadataResponse;
using protocol::NodeId;

constexpr std::int32_t kAllClusterOperations =
    1 << 5 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12;

class MetadataAnswer {
public:
    MetadataAnswer(HandlerContext& context, const rpc::Request& request,
                   const MetadataRequest& asked)
        : context_(context), request_(request), asked_(asked) {}

    MetadataResponse make() {
        create_missing();
        image_ = context_.image();
        MetadataResponse response;
        response.cluster_id = context_.cluster_id;
        response.controller_id = context_.node_id;
        add_brokers(response);
        if (asks_for_all()) {
            for (const auto& [name, id] : image_->topic_ids()) {
                response.topics.push_back(describe(*image_->find_topic(id)));
            }
        } else {
            for (const auto& topic : *asked_.topics) response.topics.push_back(look_up(topic));
        }
        if (asked_.include_cluster_authorized_operations) {
            response.cluster_authorized_operations = kAllClusterOperations;
        }
        return response;
    }

private:
    static constexpr std::int16_t kFirstWithNullForAll = 1;
    static constexpr std::int16_t kFirstWithListenerErrors = 6;
    static constexpr std::int16_t kFirstWithAutoCreationFlag = 4;

    /// Null; and an empty list in version 0, which has no null.
    [[nodiscard]] bool asks_for_all() const {
        if (!asked_.topics) return true;
        return request_.version < kFirstWithNullForAll && asked_.topics->empty();
    }

    void create_missing() {
        if (asks_for_all() || !context_.config.boolean("auto.create.topics.enable")) return;
        if (request_.version >= kFirstWithAutoCreationFlag && !asked_.allow_auto_topic_creation) {
            return;
        }
        const auto image = context_.image();
        protocol::CreateTopicsRequest request;
        std::set<std::string_view> names;
        for (const auto& topic : *asked_.topics) {
            if (!topic.name || !topic.topic_id.is_zero()) continue;
            if (image->find_topic(*topic.name) != nullptr) continue;
            if (controller::find_topic_name_fault(*topic.name)) continue;
            if (controller::is_internal_topic(*topic.name)) continue;
            if (*topic.name == controller::kClusterMetadataTopic) continue;
            if (!names.insert(*topic.name).second) continue;
            request.topics.push_back(
                {.name = *topic.name, .num_partitions = -1, .replication_factor = -1});
        }
        if (request.topics.empty()) return;
        const auto created = ask_controller(context_, request_, request, 7);
        if (!created) return;
        for (const auto& topic : created->topics) {
            if (topic.error_code == ErrorCode::none) continue;
            if (topic.error_code == ErrorCode::topic_already_exists)
                continue;  // another was quicker
            not_created_.emplace(topic.name, topic.error_code);
        }
    }

    void add_brokers(MetadataResponse& response) const {
        for (const auto& [id, broker] : image_->brokers()) {
            if (broker.fenced) continue;
            for (const auto& endpoint : broker.end_points) {
                if (endpoint.name != request_.listener) continue;
                response.brokers.push_back({.node_id = id,
                                            .host = endpoint.host,
                                            .port = endpoint.port,
                                            .rack = broker.rack});
            }
        }
    }

    [[nodiscard]] MetadataResponse::Topic look_up(const MetadataRequest::Topic& topic) const {
        const bool by_id = !topic.topic_id.is_zero();
        const TopicImage* found = by_id        ? image_->find_topic(topic.topic_id)
                                  : topic.name ? image_->find_topic(*topic.name)
                                               : nullptr;
        if (found != nullptr) return describe(*found);
        MetadataResponse::Topic answer;
        answer.name = by_id ? std::nullopt : topic.name;
        answer.topic_id = topic.topic_id;
        answer.error_code = by_id ? ErrorCode::unknown_topic_id : name_error(topic.name);
        answer.is_internal = answer.name && controller::is_internal_topic(*answer.name);
        return answer;
    }

    [[nodiscard]] ErrorCode name_error(const std::optional<std::string>& name) const {
        if (!name || controller::find_topic_name_fault(*name)) {
            return ErrorCode::invalid_topic_exception;
        }
        const auto it = not_created_.find(*name);
        return it == not_created_.end() ? ErrorCode::unknown_topic_or_partition : it->second;
    }

    [[nodiscard]] MetadataResponse::Topic describe(const TopicImage& topic) const {
        MetadataResponse::Topic answer;
        answer.name = topic.name;
        answer.topic_id = topic.id;
        answer.is_internal = controller::is_internal_topic(topic.name);
        for (const auto& [id, state] : topic.partitions) {
            answer.partitions.push_back(describe(id, state));
        }
        if (asked_.include_topic_authorized_operations) {
            answer.topic_authorized_operations = kAllTopicOperations;
        }
        return answer;
    }

    [[nodiscard]] MetadataResponse::Partition describe(protocol::PartitionId id,
                                                       const PartitionState& state) const {
        MetadataResponse::Partition answer;
        answer.partition_index = id;
        answer.leader_epoch = state.leader_epoch;
        answer.replica_nodes = state.replicas;
        answer.isr_nodes = state.isr;
        PartitionView view = view_of(*image_, state, request_.listener);
        answer.error_code = view.error;
        answer.leader_id = view.leader;
        answer.offline_replicas = std::move(view.offline_replicas);
        if (view.error == ErrorCode::listener_not_found &&
            request_.version < kFirstWithListenerErrors) {
            answer.error_code = ErrorCode::leader_not_available;
        }
        if (request_.version == 0 && view.error == ErrorCode::none) leave_out_offline(answer);
        return answer;
    }

    /// The first clients could not tell which replicas are offline: they see only those that
    /// answer.
    static void leave_out_offline(MetadataResponse::Partition& answer) {
        if (answer.offline_replicas.empty()) return;
        answer.error_code = ErrorCode::replica_not_available;
        const auto is_offline = [&](NodeId node) {
            return std::ranges::find(answer.offline_replicas, node) !=
                   answer.offline_replicas.end();
        };
        std::erase_if(answer.replica_nodes, is_offline);
        std::erase_if(answer.isr_nodes, is_offline);
    }

    HandlerContext& context_;
    const rpc::Request& request_;
    const MetadataRequest& asked_;
    metadata::ImageRef image_;
    std::map<std::string, ErrorCode> not_created_;
};

}  // namespace

void handle_metadata(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    const auto asked = decode_or_close<MetadataRequest>(request, reply);
    if (!asked) return;
    reply.send(MetadataAnswer(context, request, *asked).make());
}

}  // namespace gregor::server
