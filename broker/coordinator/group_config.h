// Settings of the group coordinator, by the names of Kafka's keys.
#pragma once

#include <cstdint>
#include <limits>

namespace gregor::coordinator {

struct GroupConfig {
    std::int32_t min_session_timeout_ms = 6'000;      // group.min.session.timeout.ms
    std::int32_t max_session_timeout_ms = 1'800'000;  // group.max.session.timeout.ms
    std::int32_t initial_rebalance_delay_ms = 3'000;  // group.initial.rebalance.delay.ms
    std::int32_t max_size = std::numeric_limits<std::int32_t>::max();  // group.max.size
    std::int32_t offset_metadata_max_bytes = 4'096;                    // offset.metadata.max.bytes
    std::int64_t offsets_retention_ms = 604'800'000;                   // offsets.retention.minutes
    std::int64_t offsets_check_interval_ms = 600'000;  // offsets.retention.check.interval.ms
    /// How long a member may wait whose JoinGroup has no member id to keep alive; not a key.
    std::int32_t new_member_join_timeout_ms = 300'000;
};

}  // namespace gregor::coordinator
