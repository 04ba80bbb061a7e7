// What a consumer is told: Kafka's keys, with Kafka's defaults.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/result.h"
#include "sim/base/time.h"

namespace gregor::consumer {

enum class OffsetReset : std::uint8_t { none, earliest, latest };

enum class GroupProtocol : std::uint8_t { classic, consumer };

enum class IsolationLevel : std::int8_t { read_uncommitted = 0, read_committed = 1 };

struct ConsumerConfig {
    std::string bootstrap_servers;                          // bootstrap.servers
    std::string client_id = "gregor";                       // client.id
    std::string group_id;                                   // group.id; empty: no group
    std::optional<std::string> group_instance_id;           // group.instance.id (KIP-345)
    GroupProtocol group_protocol = GroupProtocol::classic;  // group.protocol (KIP-848)
    /// group.remote.assignor: of the consumer protocol; none: the coordinator's default
    std::optional<std::string> group_remote_assignor;
    std::vector<std::string> partition_assignment_strategy  // partition.assignment.strategy
        {"range", "cooperative-sticky"};
    Duration session_timeout = 45s;       // session.timeout.ms
    Duration heartbeat_interval = 3s;     // heartbeat.interval.ms
    Duration max_poll_interval = 5min;    // max.poll.interval.ms; how long a rebalance waits, too
    std::int32_t max_poll_records = 500;  // max.poll.records
    OffsetReset auto_offset_reset = OffsetReset::latest;                // auto.offset.reset
    bool enable_auto_commit = true;                                     // enable.auto.commit
    Duration auto_commit_interval = 5s;                                 // auto.commit.interval.ms
    IsolationLevel isolation_level = IsolationLevel::read_uncommitted;  // isolation.level
    std::int32_t fetch_min_bytes = 1;                                   // fetch.min.bytes
    std::int32_t fetch_max_bytes = 50 * 1024 * 1024;                    // fetch.max.bytes
    std::int32_t max_partition_fetch_bytes = 1024 * 1024;               // max.partition.fetch.bytes
    Duration fetch_max_wait = 500ms;                                    // fetch.max.wait.ms
    bool check_crcs = true;                                             // check.crcs
    bool exclude_internal_topics = true;                                // exclude.internal.topics
    std::string client_rack;                                            // client.rack
    Duration metadata_max_age = 5min;                                   // metadata.max.age.ms
    Duration request_timeout = 30s;                                     // request.timeout.ms
    Duration default_api_timeout = 60s;                                 // default.api.timeout.ms
    Duration retry_backoff = 100ms;                                     // retry.backoff.ms

    /// Kafka's keys and values. What is wrong is said with Kafka's words; an unknown key is wrong.
    [[nodiscard]] static Result<ConsumerConfig, std::string> from(
        const std::map<std::string, std::string>& properties);
    /// What cannot work together; nothing if all can.
    [[nodiscard]] std::optional<std::string> problem() const;
};

}  // namespace gregor::consumer
