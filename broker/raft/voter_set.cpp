#include "broker/raft/voter_set.h"

#include <algorithm>

#include "sim/base/check.h"

namespace gregor::raft {

VoterSet::VoterSet(const std::vector<Voter>& voters) {
    for (const Voter& voter : voters) voters_.insert_or_assign(voter.key.id, voter);
}

VoterSet VoterSet::from_record(const protocol::VotersRecord& record) {
    VoterSet set;
    for (const auto& each : record.voters) {
        Voter voter{.key = {each.voter_id, each.voter_directory_id},
                    .min_kraft_version = each.k_raft_version_feature.min_supported_version,
                    .max_kraft_version = each.k_raft_version_feature.max_supported_version};
        for (const auto& endpoint : each.endpoints) {
            voter.endpoints.push_back({endpoint.name, endpoint.host, endpoint.port});
        }
        set.voters_.insert_or_assign(each.voter_id, std::move(voter));
    }
    return set;
}

protocol::VotersRecord VoterSet::to_record() const {
    protocol::VotersRecord record;
    for (const auto& [id, voter] : voters_) {
        protocol::VotersRecord::Voter each{
            .voter_id = id,
            .voter_directory_id = voter.key.directory_id,
            .k_raft_version_feature = {.min_supported_version = voter.min_kraft_version,
                                       .max_supported_version = voter.max_kraft_version}};
        for (const Endpoint& endpoint : voter.endpoints) {
            each.endpoints.push_back(
                {.name = endpoint.name, .host = endpoint.host, .port = endpoint.port});
        }
        record.voters.push_back(std::move(each));
    }
    return record;
}

const Voter* VoterSet::find(NodeId id) const {
    const auto it = voters_.find(id);
    return it == voters_.end() ? nullptr : &it->second;
}

bool VoterSet::is_voter(const ReplicaKey& key) const {
    const Voter* voter = find(key.id);
    return voter != nullptr && same_replica(voter->key, key);
}

std::optional<Endpoint> VoterSet::endpoint_of(NodeId id, std::string_view listener) const {
    const Voter* voter = find(id);
    if (voter == nullptr) return std::nullopt;
    return find_endpoint(voter->endpoints, listener);
}

VoterSet VoterSet::with(Voter voter) const {
    VoterSet next = *this;
    const NodeId id = voter.key.id;
    next.voters_.insert_or_assign(id, std::move(voter));
    return next;
}

VoterSet VoterSet::without(NodeId id) const {
    VoterSet next = *this;
    next.voters_.erase(id);
    return next;
}

bool VoterSet::is_one_step_from(const VoterSet& other) const {
    const auto missing_in = [](const VoterSet& from, const VoterSet& in) {
        return std::ranges::count_if(from.voters_, [&](const auto& entry) {
            const Voter* voter = in.find(entry.first);
            return voter == nullptr || !same_replica(voter->key, entry.second.key);
        });
    };
    return missing_in(*this, other) + missing_in(other, *this) <= 1;
}

bool same_replica(const ReplicaKey& a, const ReplicaKey& b) {
    if (a.id != b.id) return false;
    return a.directory_id.is_zero() || b.directory_id.is_zero() || a.directory_id == b.directory_id;
}

std::optional<Endpoint> find_endpoint(const std::vector<Endpoint>& endpoints,
                                      std::string_view listener) {
    const auto it = std::ranges::find(endpoints, listener, &Endpoint::name);
    if (it == endpoints.end()) return std::nullopt;
    return *it;
}

}  // namespace gregor::raft
