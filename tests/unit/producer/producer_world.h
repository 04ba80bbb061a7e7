// Producers against real nodes, and the log read back.
#pragma once

#include <string>
#include <vector>

#include "broker/protocol/messages/topics.h"
#include "clients/client/partition_io.h"
#include "clients/producer/producer.h"
#include "tests/unit/producer/log_text.h"
#include "tests/unit/server/cluster_world.h"

namespace gregor::producer::test {

/// For all nodes of a world.
inline ProducerConfig config_for(const std::vector<std::string>& nodes,
                                 ProducerConfig::Properties properties = {}) {
    std::string servers;
    for (const std::string& node : nodes) servers += (servers.empty() ? "" : ",") + node + ":9092";
    properties["bootstrap.servers"] = servers;
    auto config = ProducerConfig::from(properties);
    CHECK(config.has_value(), "{}", config.error());
    return *std::move(config);
}

/// The values that one partition has below its high watermark, in order.
inline std::vector<std::string> read_back(Runtime& runtime, const std::vector<std::string>& nodes,
                                          const std::string& topic, std::int32_t partition,
                                          std::size_t at_least) {
    client::Cluster cluster(
        runtime, {.bootstrap_servers = config_for(nodes).bootstrap_servers, .client_id = "reader"});
    const protocol::PartitionId id(partition);
    const Instant deadline = deadline_after(runtime.clock().now(), 300s);
    std::vector<std::string> values;
    protocol::Offset next(0);
    while (runtime.clock().now() < deadline) {
        const auto leader = cluster.leader_of(topic, id, deadline);
        CHECK(leader.has_value(), "{}", leader.error().message);
        const auto fetched =
            client::fetch_once(cluster, *leader, topic, {{.partition = id, .offset = next}},
                               {.max_wait_ms = 200}, deadline);
        const bool is_answered = fetched && fetched->size() == 1 &&
                                 fetched->front().error_code == protocol::ErrorCode::none;
        if (!is_answered) {
            cluster.forget(topic);
            cluster.back_off();
            continue;
        }
        const std::optional<Bytes> bytes = fetched->front().records.bytes();
        const auto more = bytes ? values_of(*bytes) : std::vector<std::string>();
        values.insert(values.end(), more.begin(), more.end());
        next += static_cast<std::int64_t>(more.size());
        if (more.empty() && next >= fetched->front().high_watermark && values.size() >= at_least) {
            return values;
        }
    }
    CHECK(false, "{}-{} has {} records, not {}", topic, partition, values.size(), at_least);
    return values;
}

}  // namespace gregor::producer::test
