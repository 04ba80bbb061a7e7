// range: topic by topic, each member of a topic gets its even share of neighbouring partitions, the
// first ones one more where it does not divide. Members that subscribe to topics with equally many
// partitions so get the same numbers of each.
#include <algorithm>
#include <tuple>

#include "broker/coordinator/consumer/server_assignor.h"

namespace gregor::coordinator {

using protocol::PartitionId;
using protocol::TopicId;

Targets assign_range(const AssignedMembers& members, const PartitionCounts& counts) {
    Targets targets;
    std::vector<std::string> ordered;
    for (const auto& [id, member] : members) {
        targets[id];
        ordered.push_back(id);
    }
    // Static members first, by their names: a restart changes nothing.
    std::ranges::stable_sort(ordered, {}, [&](const std::string& id) {
        const std::optional<std::string>& instance_id = members.at(id).instance_id;
        return std::tuple(!instance_id.has_value(), instance_id.value_or(""));
    });
    std::map<TopicId, std::vector<std::string>> members_of;
    for (const std::string& id : ordered) {
        for (const TopicId& topic_id : members.at(id).subscribed)
            members_of[topic_id].push_back(id);
    }
    for (const auto& [topic_id, ids] : members_of) {
        const auto member_count = static_cast<std::int32_t>(ids.size());
        const std::int32_t share = counts.at(topic_id) / member_count;
        std::int32_t left_over = counts.at(topic_id) % member_count;
        std::int32_t next = 0;
        for (const std::string& id : ids) {
            const std::int32_t end = next + share + (left_over-- > 0 ? 1 : 0);
            for (; next < end; ++next) targets[id][topic_id].emplace(next);
        }
    }
    return targets;
}

}  // namespace gregor::coordinator
