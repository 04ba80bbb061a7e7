#include "broker/raft/voter_history.h"

#include "sim/base/check.h"

namespace gregor::raft {
namespace {

template <class Value>
const Value* last_below(const std::map<Offset, Value>& history, Offset end_offset) {
    const auto it = history.lower_bound(end_offset);
    return it == history.begin() ? nullptr : &std::prev(it)->second;
}

template <class Value>
bool drop_from(std::map<Offset, Value>& history, Offset end_offset) {
    const auto first = history.lower_bound(end_offset);
    const bool any = first != history.end();
    history.erase(first, history.end());
    return any;
}

template <class Value>
void keep_last_below(std::map<Offset, Value>& history, Offset start_offset) {
    const auto behind = history.lower_bound(start_offset);
    if (behind != history.begin()) history.erase(history.begin(), std::prev(behind));
}

}  // namespace

void VoterHistory::add_voters(Offset offset, VoterSet voters) {
    CHECK(!voters.empty());
    CHECK(voters_.empty() || voters_.rbegin()->first < offset, "voters at {} after {}", offset,
          voters_.rbegin()->first);
    voters_.emplace(offset, std::move(voters));
}

void VoterHistory::add_kraft_version(Offset offset, std::int16_t version) {
    kraft_versions_.insert_or_assign(offset, version);
}

const VoterSet& VoterHistory::latest() const {
    return voters_.empty() ? static_voters_ : voters_.rbegin()->second;
}

std::optional<Offset> VoterHistory::latest_offset() const {
    if (voters_.empty()) return std::nullopt;
    return voters_.rbegin()->first;
}

std::vector<Offset> VoterHistory::changes_from(Offset start_offset) const {
    std::vector<Offset> offsets;
    for (auto it = voters_.lower_bound(start_offset); it != voters_.end(); ++it) {
        offsets.push_back(it->first);
    }
    return offsets;
}

std::int16_t VoterHistory::kraft_version() const {
    return kraft_versions_.empty() ? kMinKRaftVersion : kraft_versions_.rbegin()->second;
}

const VoterSet& VoterHistory::voters_below(Offset end_offset) const {
    const VoterSet* found = last_below(voters_, end_offset);
    return found == nullptr ? static_voters_ : *found;
}

std::int16_t VoterHistory::kraft_version_below(Offset end_offset) const {
    const std::int16_t* found = last_below(kraft_versions_, end_offset);
    return found == nullptr ? kMinKRaftVersion : *found;
}

bool VoterHistory::truncate_to(Offset end_offset) {
    drop_from(kraft_versions_, end_offset);
    return drop_from(voters_, end_offset);
}

void VoterHistory::trim_below(Offset start_offset) {
    keep_last_below(voters_, start_offset);
    keep_last_below(kraft_versions_, start_offset);
}

void VoterHistory::replace_with(const VoterHistory& snapshot) {
    voters_ = snapshot.voters_;
    kraft_versions_ = snapshot.kraft_versions_;
}

}  // namespace gregor::raft
