#include "clients/consumer/sticky_assignor.h"

#include <algorithm>
#include <deque>

#include "clients/consumer/sticky_user_data.h"
#include "sim/base/check.h"

namespace gregor::consumer {

using protocol::PartitionId;

StickyClaims sort_claims(const PartitionCounts& counts, const std::vector<StickyMember>& members) {
    struct Claim {
        std::string member_id;
        std::int32_t generation_id;
    };
    StickyClaims claims;
    std::map<TopicPartition, Claim> owners;
    std::map<TopicPartition, Claim> previous;
    std::int32_t newest = -1;
    for (const StickyMember& member : members) newest = std::max(newest, member.generation_id);
    for (const StickyMember& member : members) {
        auto& owned = claims.owned[member.member_id];
        for (const TopicPartition& each : member.claimed) {
            if (!counts.contains(each.topic)) continue;
            if (member.generation_id < newest) {
                const auto known = previous.find(each);
                if (known == previous.end() || known->second.generation_id < member.generation_id) {
                    previous[each] = {member.member_id, member.generation_id};
                }
            }
            const auto other = owners.find(each);
            if (other == owners.end()) {
                owned.push_back(each);
                owners[each] = {member.member_id, member.generation_id};
                continue;
            }
            if (other->second.generation_id > member.generation_id) continue;
            std::erase(claims.owned[other->second.member_id], each);
            if (other->second.generation_id < member.generation_id) owned.push_back(each);
            other->second = {member.member_id, member.generation_id};
        }
    }
    for (const auto& [partition, claim] : previous) {
        claims.previous_owner[partition] = claim.member_id;
    }
    return claims;
}

bool all_read_the_same(const std::vector<StickyMember>& members) {
    const auto set_of = [](const StickyMember& member) {
        return std::set<std::string>(member.topics.begin(), member.topics.end());
    };
    return std::ranges::all_of(members, [&](const StickyMember& member) {
        return set_of(member) == set_of(members.front());
    });
}

// Members that read the same. ---------------------------------------------------------------------

namespace {

/// Every member gets at least `minimum`, `above_minimum` of them one more.
class ConstrainedBuilder {
public:
    ConstrainedBuilder(const PartitionCounts& counts, const std::vector<StickyMember>& members,
                       const StickyClaims& claims)
        : claims_(claims) {
        const std::set<std::string> topics(members.front().topics.begin(),
                                           members.front().topics.end());
        for (const std::string& topic : topics) {
            for (std::int32_t i = 0; i < counts.at(topic); ++i) {
                partitions_.push_back({topic, PartitionId(i)});
            }
        }
        minimum_ = partitions_.size() / members.size();
        above_minimum_ = partitions_.size() % members.size();
        maximum_ = minimum_ + (above_minimum_ > 0 ? 1 : 0);
    }

    [[nodiscard]] GroupAssignment build() && {
        keep_owned();
        deal_out_rest();
        return std::move(assignment_);
    }

private:
    void keep_owned() {
        for (const auto& [member, all_owned] : claims_.owned) {
            auto& assigned = assignment_[member];
            std::vector<TopicPartition> owned;
            std::ranges::copy_if(all_owned, std::back_inserter(owned), [&](const auto& each) {
                return std::ranges::binary_search(partitions_, each);
            });
            // What is given up comes from all of the topics, the last partitions first.
            std::ranges::sort(owned, {}, [](const TopicPartition& each) {
                return std::pair(each.partition, each.topic);
            });
            std::size_t kept = minimum_;
            if (owned.size() < minimum_) {
                kept = owned.size();
                below_.push_back(member);
            } else if (owned.size() >= maximum_ && above_ < above_minimum_) {
                kept = maximum_;
                ++above_;
            } else {
                at_minimum_.push_back(member);
            }
            for (std::size_t i = 0; i < kept; ++i) {
                assigned.push_back(owned[i]);
                assigned_.insert(owned[i]);
            }
        }
    }

    /// In turn to who has less than the minimum, then one each to who has just that.
    void deal_out_rest() {
        std::size_t turn = 0;
        for (const TopicPartition& partition : partitions_) {
            if (assigned_.contains(partition)) continue;
            if (below_.empty()) {
                CHECK(!at_minimum_.empty(), "nobody has room for {}", partition);
                assignment_[at_minimum_.front()].push_back(partition);
                at_minimum_.pop_front();
                continue;
            }
            if (turn >= below_.size()) turn = 0;
            const std::string member = below_[turn];
            auto& assigned = assignment_[member];
            assigned.push_back(partition);
            if (assigned.size() < minimum_) {
                ++turn;
            } else {
                below_.erase(below_.begin() + static_cast<std::ptrdiff_t>(turn));
                at_minimum_.push_back(member);
            }
        }
    }

    const StickyClaims& claims_;
    std::vector<TopicPartition> partitions_;  // sorted
    std::size_t minimum_ = 0;
    std::size_t maximum_ = 0;
    std::size_t above_minimum_ = 0;  // members that are to have more than the minimum
    std::size_t above_ = 0;          // members that have
    std::vector<std::string> below_;
    std::deque<std::string> at_minimum_;
    std::set<TopicPartition> assigned_;
    GroupAssignment assignment_;
};

// The two assignors. ------------------------------------------------------------------------------

GroupAssignment assign_sticky_members(const PartitionCounts& counts,
                                      const std::vector<StickyMember>& members) {
    if (members.empty()) return {};
    const StickyClaims claims = sort_claims(counts, members);
    return all_read_the_same(members) ? assign_constrained(counts, members, claims)
                                      : assign_general(counts, members, claims);
}

std::vector<std::string> existing_topics(const PartitionCounts& counts,
                                         const MemberSubscription& member) {
    std::vector<std::string> topics;
    std::ranges::copy_if(member.topics, std::back_inserter(topics),
                         [&](const std::string& topic) { return counts.contains(topic); });
    return topics;
}

/// What moves from a member to another is nobody's until the first has given it up (KIP-429).
void withhold_moving(const std::vector<MemberSubscription>& members, GroupAssignment& assignment) {
    std::set<TopicPartition> given_up;
    for (const MemberSubscription& member : members) {
        const auto& assigned = assignment[member.member_id];
        for (const TopicPartition& each : member.owned) {
            if (std::ranges::find(assigned, each) == assigned.end()) given_up.insert(each);
        }
    }
    for (const MemberSubscription& member : members) {
        std::erase_if(assignment[member.member_id], [&](const TopicPartition& each) {
            const bool had_it = std::ranges::find(member.owned, each) != member.owned.end();
            return !had_it && given_up.contains(each);
        });
    }
}

}  // namespace

GroupAssignment assign_constrained(const PartitionCounts& counts,
                                   const std::vector<StickyMember>& members,
                                   const StickyClaims& claims) {
    return ConstrainedBuilder(counts, members, claims).build();
}

GroupAssignment assign_sticky(const PartitionCounts& counts,
                              const std::vector<MemberSubscription>& members) {
    std::vector<StickyMember> sticky;
    for (const MemberSubscription& member : members) {
        StickyMember added{.member_id = member.member_id,
                           .topics = existing_topics(counts, member),
                           .claimed = {}};
        const auto data =
            member.user_data ? decode_sticky_user_data(*member.user_data) : std::nullopt;
        if (data) {
            added.claimed = data->assigned;
            added.generation_id = data->generation_id;
        }
        sticky.push_back(std::move(added));
    }
    return assign_sticky_members(counts, sticky);
}

GroupAssignment assign_cooperative_sticky(const PartitionCounts& counts,
                                          const std::vector<MemberSubscription>& members) {
    std::vector<StickyMember> sticky;
    for (const MemberSubscription& member : members) {
        std::int32_t generation = member.generation_id;
        if (generation < 0 && member.user_data) {
            generation = decode_cooperative_user_data(*member.user_data).value_or(-1);
        }
        sticky.push_back({.member_id = member.member_id,
                          .topics = existing_topics(counts, member),
                          .claimed = member.owned,
                          .generation_id = generation});
    }
    GroupAssignment assignment = assign_sticky_members(counts, sticky);
    withhold_moving(members, assignment);
    return assignment;
}

}  // namespace gregor::consumer
