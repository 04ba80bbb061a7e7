// uniform, where all members subscribe to the same topics: each gets its even share of all
// partitions together, some one more where it does not divide: who has more already, then the first
// ones. A member keeps what it had up to its share; the rest goes to those that have less, in turn.
#include "broker/coordinator/consumer/server_assignor.h"

namespace gregor::coordinator {
namespace {

using protocol::PartitionId;
using protocol::TopicId;

bool subscribe_to_the_same(const AssignedMembers& members) {
    return std::ranges::all_of(members, [&](const auto& member) {
        return member.second.subscribed == members.begin()->second.subscribed;
    });
}

using Partition = std::pair<TopicId, PartitionId>;

/// What the member had of these topics.
std::vector<Partition> had_of(const AssignedMember& member, const std::set<TopicId>& topics) {
    std::vector<Partition> had;
    for (const auto& [topic_id, partitions] : member.current) {
        if (!topics.contains(topic_id)) continue;
        for (const PartitionId partition : partitions) had.emplace_back(topic_id, partition);
    }
    return had;
}

}  // namespace

Targets assign_uniform(const AssignedMembers& members, const PartitionCounts& counts) {
    Targets targets;
    if (members.empty()) return targets;
    if (!subscribe_to_the_same(members)) return assign_uniform_of_different(members, counts);
    const std::set<TopicId>& topics = members.begin()->second.subscribed;
    std::size_t total = 0;
    for (const TopicId& topic_id : topics) total += static_cast<std::size_t>(counts.at(topic_id));
    const std::size_t share = total / members.size();
    std::size_t left_over = total % members.size();
    std::set<Partition> kept;
    std::map<std::string, std::size_t> missing;
    for (const auto& [id, member] : members) {
        const std::vector<Partition> had = had_of(member, topics);
        const bool keeps_one_more = had.size() > share && left_over > 0;
        if (keeps_one_more) --left_over;
        const std::size_t keeps = std::min(had.size(), share + (keeps_one_more ? 1 : 0));
        TopicPartitions& target = targets[id];
        for (std::size_t i = 0; i < keeps; ++i) {
            target[had[i].first].insert(had[i].second);
            kept.insert(had[i]);
        }
        if (!keeps_one_more) missing[id] = share - keeps;
    }
    for (auto& [id, how_many] : missing) {
        if (left_over == 0) break;
        ++how_many;
        --left_over;
    }
    std::erase_if(missing, [](const auto& each) { return each.second == 0; });
    auto next = missing.begin();
    for (const TopicId& topic_id : topics) {
        for (std::int32_t i = 0; i < counts.at(topic_id); ++i) {
            if (kept.contains({topic_id, PartitionId(i)})) continue;
            targets[next->first][topic_id].emplace(i);
            const auto given = next++;
            if (--given->second == 0) missing.erase(given);
            if (next == missing.end()) next = missing.begin();
        }
    }
    return targets;
}

}  // namespace gregor::coordinator
