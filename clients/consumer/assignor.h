// Assignors: who of a group reads which partitions. The leader of a generation runs the one that
// all members know; it is a function of the members and the topics, and so every member that ran it
// would give the same.
//
//     range                each topic's partitions in runs, to the members in order
//     roundrobin           all partitions dealt out in turn
//     sticky               balanced, and as little moves as can be; eager
//     cooperative-sticky   the same in two steps: first given up, then taken over (KIP-429)
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "clients/client/topic_partition.h"
#include "sim/base/bytes.h"

namespace gregor::consumer {

using client::TopicPartition;

/// What a member says of itself when it joins (ConsumerProtocolSubscription).
struct MemberSubscription {
    std::string member_id;
    std::optional<std::string> group_instance_id = {};
    std::vector<std::string> topics;
    std::vector<TopicPartition> owned = {};
    std::int32_t generation_id = -1;  // of `owned`
    std::optional<Bytes> user_data = {};
    std::optional<std::string> rack_id = {};
};

/// How many partitions a topic has; topics that do not exist are absent.
using PartitionCounts = std::map<std::string, std::int32_t>;
/// By member id: every member has an entry.
using GroupAssignment = std::map<std::string, std::vector<TopicPartition>>;

enum class RebalanceProtocol : std::uint8_t {
    eager,        // everything is given up before a member joins
    cooperative,  // only what moves is given up, after the assignment has said so
};

struct Assignor {
    std::string_view name;
    RebalanceProtocol protocol;
    GroupAssignment (*assign)(const PartitionCounts& counts,
                              const std::vector<MemberSubscription>& members);
    /// What it wants to be told by a member that has this assignment; may be null.
    std::optional<Bytes> (*user_data)(const std::vector<TopicPartition>& assigned,
                                      std::int32_t generation_id);
};

/// By Kafka's name ("range", also "org.apache.kafka.clients.consumer.RangeAssignor"); null if there
/// is none.
[[nodiscard]] const Assignor* find_assignor(std::string_view name);
/// What all of these assignors can do, cooperative if possible; nothing if one is unknown.
[[nodiscard]] std::optional<RebalanceProtocol> supported_protocol(
    std::span<const std::string> names);

[[nodiscard]] GroupAssignment assign_ranges(const PartitionCounts& counts,
                                            const std::vector<MemberSubscription>& members);
[[nodiscard]] GroupAssignment assign_round_robin(const PartitionCounts& counts,
                                                 const std::vector<MemberSubscription>& members);
[[nodiscard]] GroupAssignment assign_sticky(const PartitionCounts& counts,
                                            const std::vector<MemberSubscription>& members);
[[nodiscard]] GroupAssignment assign_cooperative_sticky(
    const PartitionCounts& counts, const std::vector<MemberSubscription>& members);

/// The members in the order in which they are served: static ones by instance id, then the others
/// by member id.
[[nodiscard]] std::vector<const MemberSubscription*> in_order(
    const std::vector<MemberSubscription>& members);

}  // namespace gregor::consumer
