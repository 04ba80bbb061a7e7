// LeaderLook: how well replicated a partition is, as its leader knows.
#pragma once

#include <cstddef>
#include <optional>

#include "broker/replication/hosted_partition.h"

namespace gregor::server {

struct LeaderLook {
    std::size_t replicas = 0;
    std::size_t isr = 0;
    /// min.insync.replicas, at most the number of replicas.
    std::size_t min_isr = 1;

    [[nodiscard]] bool is_under_replicated() const { return isr < replicas; }
    [[nodiscard]] bool is_under_min_isr() const { return isr < min_isr; }
    [[nodiscard]] bool is_at_min_isr() const { return isr == min_isr; }
};

/// Nothing if this broker does not lead it.
[[nodiscard]] std::optional<LeaderLook> look_at_leader(const replication::HostedPartition& hosted);

}  // namespace gregor::server
