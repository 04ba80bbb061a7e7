// Assignors of the coordinator (group.consumer.assignors): who is to have which partition is a
// function of the members, what they subscribe to and what they were to have before (KIP-848).
//
//     range    of each topic neighbouring partitions to each of its members
//     uniform  as many partitions to each member as to the others, whatever topics they are of; a
//              member keeps what it had as far as balance allows
//
// The order of members is that of their ids, of topics that of theirs: nothing depends on a hash.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "broker/coordinator/consumer/topic_partitions.h"

namespace gregor::coordinator {

struct AssignedMember {
    std::optional<std::string> instance_id;  // of a static member
    std::set<protocol::TopicId> subscribed;  // topics that are there
    TopicPartitions current;                 // its target so far
};
using AssignedMembers = std::map<std::string, AssignedMember>;
using PartitionCounts = std::map<protocol::TopicId, std::int32_t>;
/// Of every member.
using Targets = std::map<std::string, TopicPartitions>;

struct ServerAssignor {
    std::string_view name;
    Targets (*assign)(const AssignedMembers& members, const PartitionCounts& counts);
};

/// By name, the default first.
[[nodiscard]] std::span<const ServerAssignor> server_assignors();
/// nullptr: there is none of that name.
[[nodiscard]] const ServerAssignor* find_server_assignor(std::string_view name);

[[nodiscard]] Targets assign_range(const AssignedMembers& members, const PartitionCounts& counts);
[[nodiscard]] Targets assign_uniform(const AssignedMembers& members, const PartitionCounts& counts);
/// As assign_uniform, of members that subscribe to different topics.
[[nodiscard]] Targets assign_uniform_of_different(const AssignedMembers& members,
                                                  const PartitionCounts& counts);

}  // namespace gregor::coordinator
