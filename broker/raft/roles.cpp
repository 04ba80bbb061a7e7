#include "broker/raft/roles.h"

#include <algorithm>
#include <array>

namespace gregor::raft {

Ballot::Ballot(const VoterSet& voters) : majority_(voters.majority()) {
    for (const auto& [id, voter] : voters.voters()) votes_.emplace(id, std::nullopt);
}

void Ballot::record(NodeId voter, bool is_granted) {
    const auto it = votes_.find(voter);
    // A vote once given is not taken back by a late answer.
    if (it != votes_.end() && it->second != true) it->second = is_granted;
}

bool Ballot::is_lost() const {
    const auto rejected =
        std::ranges::count_if(votes_, [](const auto& vote) { return vote.second == false; });
    return votes_.size() - static_cast<std::size_t>(rejected) < majority_;
}

bool Ballot::has_answered(NodeId voter) const {
    const auto it = votes_.find(voter);
    return it != votes_.end() && it->second.has_value();
}

std::vector<NodeId> Ballot::granted() const {
    std::vector<NodeId> voters;
    for (const auto& [id, vote] : votes_) {
        if (vote == true) voters.push_back(id);
    }
    return voters;
}

LeaderEpoch epoch_of(const Role& role) {
    return std::visit([](const auto& each) { return each.epoch; }, role);
}

std::string_view name_of(const Role& role) {
    constexpr std::array<std::string_view, 6> kNames = {"unattached", "prospective", "candidate",
                                                        "follower",   "leader",      "resigned"};
    return kNames[role.index()];
}

// Rows: from; columns: to, in the order of Role. '=' in the same epoch or a higher one, '>' in a
// higher one only, '.' never. A candidacy always raises the epoch.
bool is_allowed(const Role& from, const Role& to) {
    constexpr std::array<std::string_view, 6> kTable = {
        //  U P C F L R
        "==.=..",  // unattached
        "=.>=..",  // prospective
        ">=.==.",  // candidate
        "==.=..",  // follower
        ">..>.=",  // leader
        ">..>..",  // resigned
    };
    const char rule = kTable[from.index()][to.index()];
    if (rule == '=') return epoch_of(to) >= epoch_of(from);
    return rule == '>' && epoch_of(to) > epoch_of(from);
}

}  // namespace gregor::raft
