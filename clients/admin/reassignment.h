// What a reassignment is made of (KIP-455): which brokers are to hold a partition, which move that
// is from where it lies, and which replicas a throttle of the move names (KIP-73). Pure.
//
//     now 1 2 3, to be 2 3 4        sources 1 2 3 (any may lead)   destinations 4
//     leader.replication.throttled.replicas   = 0:1,0:2,0:3
//     follower.replication.throttled.replicas = 0:4
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "broker/protocol/ids.h"
#include "clients/client/partition_io.h"

namespace gregor::admin {

using client::TopicPartition;
using protocol::NodeId;

using Replicas = std::vector<NodeId>;
/// The first replica of each partition is its preferred leader.
using Assignment = std::map<TopicPartition, Replicas>;

/// One that goes on, as ListPartitionReassignments tells.
struct ActiveReassignment {
    Replicas replicas;
    Replicas adding;
    Replicas removing;
};
using ActiveReassignments = std::map<TopicPartition, ActiveReassignment>;

/// Who has the records of a partition, and who is to get them.
struct Move {
    std::set<NodeId> sources;
    std::set<NodeId> destinations;

    friend bool operator==(const Move&, const Move&) = default;
};
using Moves = std::map<TopicPartition, Move>;

/// The moves that go on, and those that lead from `current` to `proposed`. A proposal for a
/// partition that moves already starts at the replicas of before.
[[nodiscard]] Moves moves_between(const ActiveReassignments& active, const Assignment& current,
                                  const Assignment& proposed);

/// The values of a topic's two settings: "0:1,0:2,1:3", partition and broker of each replica.
struct ThrottledReplicas {
    std::string leader;
    std::string follower;

    friend bool operator==(const ThrottledReplicas&, const ThrottledReplicas&) = default;
};
/// By topic.
[[nodiscard]] std::map<std::string, ThrottledReplicas> throttled_replicas(const Moves& moves);
/// Everybody who takes part.
[[nodiscard]] std::set<NodeId> brokers_of(const Moves& moves);
[[nodiscard]] std::set<NodeId> brokers_of(const Assignment& assignment);
[[nodiscard]] std::set<std::string> topics_of(const Assignment& assignment);

/// "orders-3", as Kafka writes partitions.
[[nodiscard]] std::string to_string(const TopicPartition& partition);

}  // namespace gregor::admin
