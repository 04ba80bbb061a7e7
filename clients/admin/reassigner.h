// Reassigner: moves partitions between brokers, as kafka-reassign-partitions.sh does: asks where
// they are, starts, cancels and watches reassignments (KIP-455), and throttles them (KIP-73).
//
//     throttle(moves, rate) ──> start(proposed) ──> is done? active() ──> clear_throttles()
//
// A throttle that is not cleared slows every replica that falls behind from then on.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "clients/admin/admin.h"
#include "clients/admin/reassignment.h"

namespace gregor::admin {

/// Errors of single partitions.
using Refusals = std::map<TopicPartition, Error>;

class Reassigner {
public:
    explicit Reassigner(Admin& admin) : admin_(admin) {}

    /// The replicas of every partition of these topics, those that are being added too.
    /// UNKNOWN_TOPIC_OR_PARTITION names a topic that is not there.
    [[nodiscard]] Result<Assignment, Error> current(const std::set<std::string>& topics);
    [[nodiscard]] Result<ActiveReassignments, Error> active();

    /// Each replaces the partition's active reassignment, if there is one.
    [[nodiscard]] Result<Refusals, Error> start(const Assignment& proposed);
    /// Back to the replicas of before.
    [[nodiscard]] Result<Refusals, Error> cancel(const std::set<TopicPartition>& partitions);

    /// Limits what the moves' brokers send and fetch for them, to `rate` bytes per second each.
    [[nodiscard]] Result<void, Error> throttle(const Moves& moves, std::int64_t rate);
    [[nodiscard]] Result<void, Error> set_rate(const std::set<NodeId>& brokers, std::int64_t rate);
    [[nodiscard]] Result<void, Error> clear_rates(const std::set<NodeId>& brokers);
    [[nodiscard]] Result<void, Error> clear_throttled_replicas(const std::set<std::string>& topics);

private:
    Admin& admin_;
};

}  // namespace gregor::admin
