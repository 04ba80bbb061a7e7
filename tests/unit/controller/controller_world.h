// A controller with its records applied at once, for the tests of the pure machine. After every
// decision its invariants are checked, and that epochs only rose.
#pragma once

#include <map>
#include <string>

#include "broker/controller/controller.h"
#include "broker/metadata/image_invariants.h"
#include "tests/support/catch.h"

namespace gregor::controller::test {

using protocol::ErrorCode;
using protocol::NodeId;
using protocol::PartitionId;

inline std::vector<NodeId> nodes(std::initializer_list<std::int32_t> ids) {
    std::vector<NodeId> result;
    for (const std::int32_t id : ids) result.emplace_back(id);
    return result;
}

struct WorldOptions {
    std::uint64_t seed = 1;
    bool elr = false;
    bool check_invariants = true;  // off where a bug was brought back on purpose
    std::map<std::string, std::string> static_configs{{"log.retention.hours", "24"}};
};

inline ControllerConfig config_of(const WorldOptions& options) {
    ControllerConfig config{.node_id = NodeId(1),
                            .cluster_id = "cluster",
                            .num_partitions = 2,
                            .static_configs = options.static_configs};
    if (options.elr) {
        config.bootstrap_features = {{"metadata.version", metadata::kMetadataVersion_4_0_IV1},
                                     {std::string(metadata::kElrFeature), 1}};
    }
    return config;
}

class ControllerWorld {
public:
    explicit ControllerWorld(WorldOptions options = {})
        : checks(options.check_invariants),
          random(options.seed),
          controller(config_of(options), random) {
        apply(controller.bootstrap_records());
    }

    template <class Request>
    auto handle(const Request& request, std::int16_t version = 7) {
        auto result = controller.handle(
            ControllerContext{.now_ms = now_ms, .next_offset = next, .request_version = version},
            request);
        apply(result.records);
        return result.response;
    }

    /// Registers and unfences a broker.
    void add_broker(std::int32_t id, std::uint8_t incarnation = 1,
                    std::optional<std::string> rack = std::nullopt) {
        REQUIRE(register_broker(id, incarnation, -1, std::move(rack)).error_code ==
                ErrorCode::none);
        REQUIRE(beat(id).error_code == ErrorCode::none);
    }

    void add_brokers(std::int32_t count) {
        for (std::int32_t id = 1; id <= count; ++id) add_broker(id);
    }

    /// One that claims the broker's id from other directories.
    protocol::BrokerRegistrationResponse register_double(std::int32_t id,
                                                         std::uint8_t incarnation) {
        auto request = registration(id, incarnation);
        request.log_dirs = {directory(id, 2)};
        return handle(request);
    }

    protocol::BrokerRegistrationResponse register_broker(
        std::int32_t id, std::uint8_t incarnation, std::int64_t previous_epoch = -1,
        std::optional<std::string> rack = std::nullopt) {
        auto request = registration(id, incarnation);
        request.rack = std::move(rack);
        request.previous_broker_epoch = previous_epoch;
        return handle(request);
    }

    static protocol::BrokerRegistrationRequest registration(std::int32_t id,
                                                            std::uint8_t incarnation) {
        protocol::BrokerRegistrationRequest request{
            .broker_id = NodeId(id), .cluster_id = "cluster", .rack = std::nullopt};
        request.incarnation_id.bytes[0] = incarnation;
        request.incarnation_id.bytes[1] = static_cast<std::uint8_t>(id);
        request.listeners.push_back({.name = "PLAINTEXT", .host = "n", .port = 9092});
        request.log_dirs = {directory(id, 0), directory(id, 1)};
        return request;
    }

    /// The broker stops cleanly and comes back, or loses power and does.
    void restart(std::int32_t id, std::uint8_t incarnation, bool clean) {
        const std::int64_t epoch = broker_epoch(id);
        apply(controller.fence(NodeId(id)));
        const auto answer = register_broker(id, incarnation, clean ? epoch : -1);
        REQUIRE(answer.error_code == ErrorCode::none);
    }

    [[nodiscard]] static protocol::Uuid directory(std::int32_t broker, std::uint8_t index) {
        protocol::Uuid uuid;
        uuid.bytes[0] = 9;
        uuid.bytes[14] = index;
        uuid.bytes[15] = static_cast<std::uint8_t>(broker);
        return uuid;
    }

    [[nodiscard]] std::int64_t broker_epoch(std::int32_t id) const {
        return controller.image().find_broker(NodeId(id))->broker_epoch;
    }

    protocol::BrokerHeartbeatResponse beat(std::int32_t id, bool want_shut_down = false,
                                           std::vector<protocol::Uuid> offline = {}) {
        return handle(protocol::BrokerHeartbeatRequest{.broker_id = NodeId(id),
                                                       .broker_epoch = broker_epoch(id),
                                                       .current_metadata_offset = next - 1,
                                                       .want_shut_down = want_shut_down,
                                                       .offline_log_dirs = std::move(offline)});
    }

    void apply(const std::vector<metadata::VersionedRecord>& records) {
        const metadata::MetadataImage before = controller.image();
        for (const auto& record : records) {
            const auto applied = controller.apply(next, record.record);
            REQUIRE(applied);
            ++next;
            log.push_back(record);
        }
        if (!checks) return;
        controller.check_invariants();
        metadata::check_transition(before, controller.image());
    }

    protocol::CreateTopicsResponse::Topic create(protocol::CreateTopicsRequest::Topic topic) {
        protocol::CreateTopicsRequest request;
        request.topics.push_back(std::move(topic));
        return handle(request).topics.at(0);
    }

    /// A topic of one partition on these brokers, with these settings.
    void create_on(const std::string& name, std::vector<NodeId> replicas,
                   std::vector<protocol::CreateTopicsRequest::Config> configs = {}) {
        protocol::CreateTopicsRequest::Topic topic{
            .name = name, .num_partitions = -1, .replication_factor = -1};
        topic.assignments.push_back({PartitionId(0), std::move(replicas), {}});
        topic.configs = std::move(configs);
        REQUIRE(create(std::move(topic)).error_code == ErrorCode::none);
    }

    [[nodiscard]] const metadata::PartitionState& partition(const std::string& topic = "a",
                                                            std::int32_t id = 0) const {
        return controller.image().find_topic(topic)->partitions.at(PartitionId(id));
    }

    /// What the leader of the partition would ask for another ISR.
    [[nodiscard]] protocol::AlterPartitionRequest wish(const std::string& topic,
                                                       const std::vector<NodeId>& isr) const {
        const metadata::PartitionState& state = partition(topic);
        protocol::AlterPartitionRequest request{.broker_id = state.leader};
        if (state.has_leader()) request.broker_epoch = broker_epoch(state.leader.value());
        request.topics.push_back({.topic_id = controller.image().find_topic(topic)->id});
        request.topics[0].partitions.push_back({.partition_index = PartitionId(0),
                                                .leader_epoch = state.leader_epoch,
                                                .partition_epoch = state.partition_epoch});
        for (const NodeId node : isr) {
            const metadata::BrokerImage* broker = controller.image().find_broker(node);
            request.topics[0].partitions[0].new_isr_with_epochs.push_back(
                {.broker_id = node, .broker_epoch = broker == nullptr ? -1 : broker->broker_epoch});
        }
        return request;
    }

    protocol::AlterPartitionResponse::Partition alter(
        const protocol::AlterPartitionRequest& request) {
        auto response = handle(request, 3);
        REQUIRE(response.error_code == ErrorCode::none);
        return response.topics.at(0).partitions.at(0);
    }

    void set_isr(const std::string& topic, const std::vector<NodeId>& isr) {
        REQUIRE(alter(wish(topic, isr)).error_code == ErrorCode::none);
        REQUIRE(partition(topic).isr == isr);
    }

    bool checks;
    Random random;
    Controller controller;
    protocol::Offset next{0};
    std::int64_t now_ms = 0;
    std::vector<metadata::VersionedRecord> log;
};

}  // namespace gregor::controller::test
