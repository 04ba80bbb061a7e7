// A controller with its records applied at once, for the tests of the pure machine.
#pragma once

#include <string>

#include "broker/controller/controller.h"
#include "tests/support/catch.h"

namespace gregor::controller::test {

using protocol::NodeId;

class ControllerWorld {
public:
    explicit ControllerWorld(std::uint64_t seed = 1)
        : random(seed),
          controller({.node_id = NodeId(1),
                      .cluster_id = "cluster",
                      .num_partitions = 2,
                      .static_configs = {{"log.retention.hours", "24"}}},
                     random) {
        apply(controller.bootstrap_records());
    }

    template <class Request>
    auto handle(const Request& request, std::int16_t version = 7) {
        auto result = controller.handle(
            ControllerContext{.next_offset = next, .request_version = version}, request);
        apply(result.records);
        return result.response;
    }

    /// Registers and unfences a broker.
    void add_broker(std::int32_t id, std::uint8_t incarnation = 1) {
        REQUIRE(register_broker(id, incarnation).error_code == ErrorCode::none);
        REQUIRE(beat(id, false).error_code == ErrorCode::none);
    }

    protocol::BrokerRegistrationResponse register_broker(std::int32_t id,
                                                         std::uint8_t incarnation) {
        protocol::BrokerRegistrationRequest request{.broker_id = NodeId(id),
                                                    .cluster_id = "cluster"};
        request.incarnation_id.bytes[0] = incarnation;
        request.listeners.push_back({.name = "PLAINTEXT", .host = "n", .port = 9092});
        request.log_dirs.push_back(protocol::Uuid{{9}});
        return handle(request);
    }

    protocol::BrokerHeartbeatResponse beat(std::int32_t id, bool want_shut_down) {
        return handle(protocol::BrokerHeartbeatRequest{
            .broker_id = NodeId(id),
            .broker_epoch = controller.image().find_broker(NodeId(id))->broker_epoch,
            .current_metadata_offset = next - 1,
            .want_shut_down = want_shut_down});
    }

    void apply(const std::vector<metadata::VersionedRecord>& records) {
        for (const auto& record : records) {
            const auto applied = controller.apply(next, record.record);
            REQUIRE(applied);
            ++next;
            log.push_back(record);
        }
        controller.image().check_invariants();
    }

    protocol::CreateTopicsResponse::Topic create(protocol::CreateTopicsRequest::Topic topic) {
        protocol::CreateTopicsRequest request;
        request.topics.push_back(std::move(topic));
        return handle(request).topics.at(0);
    }

    Random random;
    Controller controller;
    protocol::Offset next{0};
    std::vector<metadata::VersionedRecord> log;
};

}  // namespace gregor::controller::test
