// The sticky assignments, balanced first and then with as few moves as can be (KIP-54). Members
// that all read the same topics are served by counting (KIP-54's "constrained" case,
// O(partitions)); any others by moving partitions, one at a time, while a move makes it more
// balanced.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "clients/consumer/assignor.h"

namespace gregor::consumer {

/// What the members had, as far as it is to be believed: of two that claim a partition, who had it
/// in the later generation; nobody if both say the same one.
struct StickyClaims {
    std::map<std::string, std::vector<TopicPartition>> owned;  // by member; all have an entry
    std::map<TopicPartition, std::string> previous_owner;      // in an earlier generation
};

struct StickyMember {
    std::string member_id;
    std::vector<std::string> topics;  // those that exist
    std::vector<TopicPartition> claimed;
    std::int32_t generation_id = -1;
};

[[nodiscard]] StickyClaims sort_claims(const PartitionCounts& counts,
                                       const std::vector<StickyMember>& members);

[[nodiscard]] bool all_read_the_same(const std::vector<StickyMember>& members);

[[nodiscard]] GroupAssignment assign_constrained(const PartitionCounts& counts,
                                                 const std::vector<StickyMember>& members,
                                                 const StickyClaims& claims);
[[nodiscard]] GroupAssignment assign_general(const PartitionCounts& counts,
                                             const std::vector<StickyMember>& members,
                                             const StickyClaims& claims);

}  // namespace gregor::consumer
