// Settings of the group coordinator, by the names of Kafka's keys.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace gregor::coordinator {

/// What becomes of a group when members of the other protocol come, or only such are left.
enum class MigrationPolicy : std::uint8_t { disabled, upgrade, downgrade, bidirectional };

/// Of groups of the consumer protocol (KIP-848).
struct ConsumerGroupConfig {
    std::int32_t session_timeout_ms = 45'000;    // group.consumer.session.timeout.ms
    std::int32_t heartbeat_interval_ms = 5'000;  // group.consumer.heartbeat.interval.ms
    std::int32_t max_size = std::numeric_limits<std::int32_t>::max();  // group.consumer.max.size
    /// group.consumer.assignors; the first is the default.
    std::vector<std::string> assignors{"uniform", "range"};
    MigrationPolicy migration_policy = MigrationPolicy::bidirectional;

    [[nodiscard]] bool may_upgrade() const {
        return migration_policy == MigrationPolicy::upgrade ||
               migration_policy == MigrationPolicy::bidirectional;
    }
    [[nodiscard]] bool may_downgrade() const {
        return migration_policy == MigrationPolicy::downgrade ||
               migration_policy == MigrationPolicy::bidirectional;
    }
};

struct GroupConfig {
    ConsumerGroupConfig consumer{};
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
