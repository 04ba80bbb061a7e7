// uniform, where members subscribe to different topics: what a member had it keeps at first; what
// nobody has goes to the member with least, of the topics with the fewest members first; then
// partitions move from who has most to who has least for as long as that evens them out.
#include <optional>

#include "broker/coordinator/consumer/server_assignor.h"

namespace gregor::coordinator {
namespace {

using protocol::PartitionId;
using protocol::TopicId;

class Balance {
public:
    Balance(const AssignedMembers& members, const PartitionCounts& counts)
        : members_(members), counts_(counts) {
        for (const auto& [id, member] : members_) {
            targets_[id];
            loads_[id] = 0;
            for (const TopicId& topic_id : member.subscribed) members_of_[topic_id].push_back(id);
        }
    }

    Targets run() && {
        keep();
        hand_out();
        // Each move lessens the sum of the squares of the loads: it ends.
        while (even_out()) {
        }
        return std::move(targets_);
    }

private:
    void give(const std::string& id, const TopicId& topic_id, PartitionId partition) {
        targets_[id][topic_id].insert(partition);
        ++loads_[id];
    }
    void take(const std::string& id, const TopicId& topic_id, PartitionId partition) {
        auto& of_topic = targets_[id][topic_id];
        of_topic.erase(partition);
        if (of_topic.empty()) targets_[id].erase(topic_id);
        --loads_[id];
    }

    void keep() {
        for (const auto& [id, member] : members_) {
            for (const auto& [topic_id, partitions] : member.current) {
                if (!member.subscribed.contains(topic_id)) continue;
                for (const PartitionId partition : partitions) {
                    if (partition.value() >= counts_.at(topic_id)) continue;
                    if (!kept_[topic_id].insert(partition).second) continue;
                    give(id, topic_id, partition);
                }
            }
        }
    }

    void hand_out() {
        std::vector<TopicId> topics;
        for (const auto& [topic_id, ids] : members_of_) topics.push_back(topic_id);
        // Many partitions for few members first: the others can still make up for it.
        std::ranges::stable_sort(topics, [&](const TopicId& a, const TopicId& b) {
            const auto members_a = static_cast<std::int64_t>(members_of_.at(a).size());
            const auto members_b = static_cast<std::int64_t>(members_of_.at(b).size());
            const std::int64_t weight_a = counts_.at(a) * members_b;
            const std::int64_t weight_b = counts_.at(b) * members_a;
            return weight_a != weight_b ? weight_a > weight_b : members_a < members_b;
        });
        for (const TopicId& topic_id : topics) {
            const std::vector<std::string>& ids = members_of_.at(topic_id);
            for (std::int32_t i = 0; i < counts_.at(topic_id); ++i) {
                if (kept_[topic_id].contains(PartitionId(i))) continue;
                const auto least = std::ranges::min_element(
                    ids, {}, [&](const std::string& id) { return loads_.at(id); });
                give(*least, topic_id, PartitionId(i));
            }
        }
    }

    /// One move, to the member with least that can take from one with at least two more.
    bool even_out() {
        std::vector<std::string> receivers;
        for (const auto& [id, load] : loads_) receivers.push_back(id);
        std::ranges::stable_sort(receivers, {}, [&](const auto& id) { return loads_.at(id); });
        for (const std::string& receiver : receivers) {
            if (take_over(receiver)) return true;
        }
        return false;
    }

    bool take_over(const std::string& receiver) {
        std::optional<std::string> giver;
        TopicId topic;
        for (const TopicId& topic_id : members_.at(receiver).subscribed) {
            for (const std::string& id : members_of_.at(topic_id)) {
                const bool has_any = targets_.at(id).contains(topic_id);
                if (!has_any || (giver && loads_.at(id) <= loads_.at(*giver))) continue;
                giver = id;
                topic = topic_id;
            }
        }
        if (!giver || loads_.at(*giver) < loads_.at(receiver) + 2) return false;
        const PartitionId partition = partition_to_move(*giver, receiver, topic);
        take(*giver, topic, partition);
        give(receiver, topic, partition);
        return true;
    }

    /// One that comes home if there is one, else one that the giver had not before, else its last.
    PartitionId partition_to_move(const std::string& giver, const std::string& receiver,
                                  const TopicId& topic_id) const {
        const std::set<PartitionId>& candidates = targets_.at(giver).at(topic_id);
        PartitionId chosen = *candidates.rbegin();
        for (const PartitionId partition : candidates) {
            if (contains(members_.at(receiver).current, topic_id, partition)) return partition;
            if (!contains(members_.at(giver).current, topic_id, partition)) chosen = partition;
        }
        return chosen;
    }

    const AssignedMembers& members_;
    const PartitionCounts& counts_;
    std::map<TopicId, std::vector<std::string>> members_of_;
    std::map<TopicId, std::set<PartitionId>> kept_;
    std::map<std::string, std::int64_t> loads_;
    Targets targets_;
};

}  // namespace

Targets assign_uniform_of_different(const AssignedMembers& members, const PartitionCounts& counts) {
    return Balance(members, counts).run();
}

}  // namespace gregor::coordinator
