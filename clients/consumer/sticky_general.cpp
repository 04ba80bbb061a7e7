// The sticky assignment of members that read different topics. A partition goes to whoever has the
// least of those that read its topic; then partitions move from who has much to who has little,
// while the two differ by more than one. Moves of one topic that would meet (a from x to y, then b
// from y to x) are replaced by moving the first one back.
#include <algorithm>

#include "clients/consumer/sticky_assignor.h"
#include "sim/base/check.h"

namespace gregor::consumer {

using protocol::PartitionId;

namespace {

/// Which partitions have moved, by topic and by the pair of members between which they did.
class Movements {
public:
    struct Pair {
        std::string from;
        std::string to;
        friend auto operator<=>(const Pair&, const Pair&) = default;
    };

    /// What to move instead of `partition`, so that no two of a topic are swapped for nothing.
    [[nodiscard]] TopicPartition better_choice(const TopicPartition& partition,
                                               const Pair& move) const {
        const auto topic = by_topic_.find(partition.topic);
        if (topic == by_topic_.end()) return partition;
        const auto moved = moves_.find(partition);
        const std::string& origin = moved == moves_.end() ? move.from : moved->second.from;
        const auto reverse = topic->second.find({move.to, origin});
        return reverse == topic->second.end() ? partition : *reverse->second.begin();
    }

    void note(const TopicPartition& partition, const Pair& move) {
        const auto moved = moves_.find(partition);
        if (moved == moves_.end()) return add(partition, move);
        const std::string origin = moved->second.from;
        remove(partition);
        if (origin != move.to) add(partition, {origin, move.to});
    }

private:
    void add(const TopicPartition& partition, const Pair& pair) {
        moves_[partition] = pair;
        by_topic_[partition.topic][pair].insert(partition);
    }
    void remove(const TopicPartition& partition) {
        const Pair pair = moves_.at(partition);
        moves_.erase(partition);
        auto& pairs = by_topic_.at(partition.topic);
        pairs.at(pair).erase(partition);
        if (pairs.at(pair).empty()) pairs.erase(pair);
        if (pairs.empty()) by_topic_.erase(partition.topic);
    }

    std::map<TopicPartition, Pair> moves_;
    std::map<std::string, std::map<Pair, std::set<TopicPartition>>> by_topic_;
};

class GeneralBuilder {
public:
    GeneralBuilder(const PartitionCounts& counts, const std::vector<StickyMember>& members,
                   const StickyClaims& claims)
        : counts_(counts), claims_(claims), assignment_(claims.owned) {
        for (const auto& [topic, count] : counts) readers_[topic];
        for (const StickyMember& member : members) {
            topics_[member.member_id] = {member.topics.begin(), member.topics.end()};
            for (const std::string& topic : topics_[member.member_id]) {
                readers_[topic].insert(member.member_id);
            }
        }
    }

    [[nodiscard]] GroupAssignment build() && {
        const std::vector<TopicPartition> all = in_order_of_readers();
        keep_owned();
        for (const auto& [member, assigned] : assignment_) {
            by_load_.insert({assigned.size(), member});
        }
        const bool is_first = by_load_.rbegin()->first == 0;
        std::vector<TopicPartition> added;
        for (const TopicPartition& partition : all) {
            if (owner_.contains(partition) || readers_.at(partition.topic).empty()) continue;
            give(partition, least_loaded_reader(partition.topic));
            added.push_back(partition);
        }
        balance(all, added, is_first);
        return std::move(assignment_);
    }

private:
    using Load = std::pair<std::size_t, std::string>;

    /// Partitions of topics that few read first.
    [[nodiscard]] std::vector<TopicPartition> in_order_of_readers() const {
        std::vector<std::pair<std::size_t, std::string>> topics;
        for (const auto& [topic, readers] : readers_) topics.emplace_back(readers.size(), topic);
        std::ranges::sort(topics);
        std::vector<TopicPartition> partitions;
        for (const auto& [readers, topic] : topics) {
            for (std::int32_t i = 0; i < counts_.at(topic); ++i) {
                partitions.push_back({topic, PartitionId(i)});
            }
        }
        return partitions;
    }

    void keep_owned() {
        for (auto& [member, assigned] : assignment_) {
            const auto& topics = topics_.at(member);
            const auto dropped = std::erase_if(
                assigned, [&](const TopicPartition& each) { return !topics.contains(each.topic); });
            if (dropped > 0) something_was_revoked_ = true;
            std::erase_if(assigned, [&](const TopicPartition& each) {
                return each.partition.value() >= counts_.at(each.topic);
            });
            for (const TopicPartition& each : assigned) owner_[each] = member;
        }
    }

    void balance(const std::vector<TopicPartition>& all, const std::vector<TopicPartition>& added,
                 bool is_first) {
        const auto is_movable = [&](const TopicPartition& each) {
            return readers_.at(each.topic).size() >= 2;
        };
        std::vector<TopicPartition> movable;
        std::vector<TopicPartition> movable_added;
        std::ranges::copy_if(all, std::back_inserter(movable), is_movable);
        std::ranges::copy_if(added, std::back_inserter(movable_added), is_movable);
        GroupAssignment fixed;
        for (const auto& [member, topics] : topics_) {
            if (can_take_part(member)) continue;
            by_load_.erase({assignment_.at(member).size(), member});
            fixed.insert(assignment_.extract(member));
        }
        if (!by_load_.empty()) {
            const GroupAssignment before = assignment_;
            if (!something_was_revoked_) move_while_better(movable_added);
            const bool moved = move_while_better(movable);
            if (!is_first && moved && imbalance(assignment_) >= imbalance(before)) {
                assignment_ = before;
            }
        }
        assignment_.merge(fixed);
    }

    [[nodiscard]] std::size_t most_it_can_have(const std::string& member) const {
        std::size_t most = 0;
        for (const std::string& topic : topics_.at(member)) {
            most += static_cast<std::size_t>(counts_.at(topic));
        }
        return most;
    }
    [[nodiscard]] bool can_take_part(const std::string& member) const {
        const auto& assigned = assignment_.at(member);
        return assigned.size() < most_it_can_have(member) ||
               std::ranges::any_of(
                   assigned,
                   [&](const TopicPartition& each) { return readers_.at(each.topic).size() >= 2; });
    }

    /// True if anything moved.
    bool move_while_better(const std::vector<TopicPartition>& partitions) {
        bool moved_any = false;
        for (bool moved = true; moved;) {
            moved = false;
            for (const TopicPartition& partition : partitions) {
                if (is_balanced()) break;
                if (move_if_better(partition)) moved = true;
            }
            moved_any = moved_any || moved;
        }
        return moved_any;
    }

    bool move_if_better(const TopicPartition& partition) {
        const std::string owner = owner_.at(partition);
        const std::size_t load = assignment_.at(owner).size();
        const auto is_better = [&](const std::string& other) {
            const auto found = assignment_.find(other);
            return found != assignment_.end() && load > found->second.size() + 1;
        };
        const auto previous = claims_.previous_owner.find(partition);
        if (previous != claims_.previous_owner.end() &&
            topics_.at(previous->second).contains(partition.topic) && is_better(previous->second)) {
            move(partition, previous->second);
            return true;
        }
        if (!std::ranges::any_of(readers_.at(partition.topic), is_better)) return false;
        move(partition, least_loaded_reader(partition.topic));
        return true;
    }

    void move(const TopicPartition& wanted, const std::string& to) {
        const TopicPartition partition = movements_.better_choice(wanted, {owner_.at(wanted), to});
        const std::string from = owner_.at(partition);
        movements_.note(partition, {from, to});
        auto& assigned = assignment_.at(from);
        by_load_.erase({assigned.size(), from});
        std::erase(assigned, partition);
        by_load_.insert({assigned.size(), from});
        give(partition, to);
    }

    void give(const TopicPartition& partition, const std::string& to) {
        auto& assigned = assignment_.at(to);
        by_load_.erase({assigned.size(), to});
        assigned.push_back(partition);
        by_load_.insert({assigned.size(), to});
        owner_[partition] = to;
    }

    [[nodiscard]] std::string least_loaded_reader(const std::string& topic) const {
        const auto& readers = readers_.at(topic);
        for (const auto& [load, member] : by_load_) {
            if (readers.contains(member)) return member;
        }
        UNREACHABLE("a topic that nobody reads");
    }

    [[nodiscard]] bool is_balanced() const {
        if (by_load_.begin()->first + 1 >= by_load_.rbegin()->first) return true;
        return std::ranges::none_of(by_load_, [&](const Load& each) {
            return each.first < most_it_can_have(each.second) && could_have_more(each);
        });
    }
    /// Whether somebody has so much more that a partition of his would better be this member's.
    [[nodiscard]] bool could_have_more(const Load& member) const {
        for (const std::string& topic : topics_.at(member.second)) {
            for (std::int32_t i = 0; i < counts_.at(topic); ++i) {
                const std::string& owner = owner_.at({topic, PartitionId(i)});
                if (owner == member.second) continue;
                const auto assigned = assignment_.find(owner);
                if (assigned != assignment_.end() && member.first + 1 < assigned->second.size()) {
                    return true;
                }
            }
        }
        return false;
    }

    /// The sum of the differences between all pairs of members: 0 is perfect.
    [[nodiscard]] static std::size_t imbalance(const GroupAssignment& assignment) {
        std::size_t sum = 0;
        for (auto one = assignment.begin(); one != assignment.end(); ++one) {
            for (auto other = std::next(one); other != assignment.end(); ++other) {
                const std::size_t a = one->second.size();
                const std::size_t b = other->second.size();
                sum += a > b ? a - b : b - a;
            }
        }
        return sum;
    }

    const PartitionCounts& counts_;
    const StickyClaims& claims_;
    GroupAssignment assignment_;
    std::map<std::string, std::set<std::string>> readers_;  // by topic
    std::map<std::string, std::set<std::string>> topics_;   // by member
    std::map<TopicPartition, std::string> owner_;
    std::set<Load> by_load_;  // the members that may be given something
    Movements movements_;
    bool something_was_revoked_ = false;
};

}  // namespace

GroupAssignment assign_general(const PartitionCounts& counts,
                               const std::vector<StickyMember>& members,
                               const StickyClaims& claims) {
    return GeneralBuilder(counts, members, claims).build();
}

}  // namespace gregor::consumer
