// What a leader knows of another replica of its partition: how far it has come, and since when it
// is too far behind to count as in sync. Pure.
//
// A replica is caught up at a moment when its log end offset was the leader's. It proves that by a
// fetch: one that asks for the leader's end is caught up now; one that asks for what was the
// leader's end when it fetched before was caught up then, so that a busy leader's followers do not
// look slow for being always one round trip behind.
//
//     leader's end    100 ......... 150 ......... 200
//     fetch at          t1: 90        t2: 100        t3: 150      caught up at t1, then at t2
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "broker/log/log_types.h"
#include "sim/base/time.h"

namespace gregor::replication {

using log::Offset;
using protocol::NodeId;

/// The brokers that may join an in-sync set, registered, unfenced and not shutting down, each with
/// the epoch of its registration.
using EligibleBrokers = std::map<NodeId, std::int64_t>;
using EligibleBrokersRef = std::shared_ptr<const EligibleBrokers>;

inline constexpr std::int64_t kNoBrokerEpoch = -1;

/// A follower asks its leader for `fetch_offset`: it holds all below.
struct FollowerFetch {
    NodeId replica;
    std::int64_t broker_epoch = kNoBrokerEpoch;  // -1: before KIP-903
    Offset fetch_offset;
    Offset log_start_offset{-1};
};

class ReplicaState {
public:
    /// As a leader begins: a member of the in-sync set has replica.lag.time.max.ms to fetch.
    ReplicaState(Instant now, bool in_sync) {
        if (in_sync) last_caught_up_ = now;
    }

    /// Answered with `leader_end_offset` as the leader's end.
    void fetched(Instant now, const FollowerFetch& fetch, Offset leader_end_offset);

    /// -1 before the first fetch in this leader epoch, as are the others.
    [[nodiscard]] Offset log_end_offset() const { return log_end_offset_; }
    [[nodiscard]] Offset log_start_offset() const { return log_start_offset_; }
    [[nodiscard]] std::int64_t broker_epoch() const { return broker_epoch_; }
    [[nodiscard]] std::optional<Instant> last_caught_up() const { return last_caught_up_; }
    /// Whether it holds all that the leader holds, or did less than `max_lag` ago.
    [[nodiscard]] bool is_caught_up(Instant now, Offset leader_end_offset, Duration max_lag) const;
    /// Whether its registration is one of `eligible` (R7 b, c).
    [[nodiscard]] bool is_eligible(NodeId id, const EligibleBrokers& eligible) const;

private:
    Offset log_end_offset_{-1};
    Offset log_start_offset_{-1};
    std::int64_t broker_epoch_ = kNoBrokerEpoch;
    Offset leader_end_at_last_fetch_{-1};
    std::optional<Instant> last_fetch_;
    std::optional<Instant> last_caught_up_;
};

}  // namespace gregor::replication
