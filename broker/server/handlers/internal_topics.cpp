#include "broker/server/handlers/internal_topics.h"

#include "broker/drivers/group_coordinators.h"
#include "broker/drivers/transaction_coordinators.h"
#include "broker/protocol/messages/topics.h"
#include "broker/server/config.h"
#include "broker/server/handlers/controller_requests.h"

namespace gregor::server {
namespace {

using protocol::ErrorCode;
using Topic = protocol::CreateTopicsRequest::Topic;

void set(Topic& topic, std::string key, std::string value) {
    topic.configs.push_back({.name = std::move(key), .value = std::move(value)});
}

Topic consumer_offsets(const Config& config) {
    Topic topic{.name = std::string(drivers::kConsumerOffsetsTopic)};
    topic.num_partitions = config.int32("offsets.topic.num.partitions");
    topic.replication_factor =
        static_cast<std::int16_t>(config.integer("offsets.topic.replication.factor"));
    set(topic, "cleanup.policy", "compact");
    set(topic, "compression.type", "producer");
    set(topic, "segment.bytes", std::to_string(config.int32("offsets.topic.segment.bytes")));
    return topic;
}

Topic transaction_state(const Config& config) {
    Topic topic{.name = std::string(drivers::kTransactionStateTopic)};
    topic.num_partitions = config.int32("transaction.state.log.num.partitions");
    topic.replication_factor =
        static_cast<std::int16_t>(config.integer("transaction.state.log.replication.factor"));
    set(topic, "cleanup.policy", "compact");
    set(topic, "compression.type", "uncompressed");
    set(topic, "min.insync.replicas",
        std::to_string(config.int32("transaction.state.log.min.isr")));
    set(topic, "segment.bytes",
        std::to_string(config.int32("transaction.state.log.segment.bytes")));
    set(topic, "unclean.leader.election.enable", "false");
    return topic;
}

/// Whoever else makes it at the same time has made it as well.
void make_if_missing(HandlerContext& context, const rpc::Request& request, Topic topic) {
    if (context.image()->find_topic(topic.name) != nullptr) return;
    protocol::CreateTopicsRequest wanted;
    wanted.timeout_ms = 30'000;
    const std::string name = topic.name;
    wanted.topics.push_back(std::move(topic));
    const auto created = ask_controller(context, request, wanted, 7);
    if (!created || created->topics.empty()) return;
    if (created->topics.front().error_code == ErrorCode::none) return;
    context.runtime.trace().event("internal_topic_not_created", "topic={} error={}", name,
                                  created->topics.front().error_code);
}

}  // namespace

void make_consumer_offsets(HandlerContext& context, const rpc::Request& request) {
    make_if_missing(context, request, consumer_offsets(context.config));
}

void make_transaction_state(HandlerContext& context, const rpc::Request& request) {
    make_if_missing(context, request, transaction_state(context.config));
}

}  // namespace gregor::server
