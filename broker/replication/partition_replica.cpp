#include "broker/replication/partition_replica.h"

#include <algorithm>

#include "sim/base/planted.h"

namespace gregor::replication {

void ReplicaState::fetched(Instant now, const FollowerFetch& fetch, Offset leader_end_offset) {
    if (fetch.fetch_offset >= leader_end_offset || PLANTED(each_fetch_catches_up)) {
        last_caught_up_ = now;
    } else if (last_fetch_ && fetch.fetch_offset >= leader_end_at_last_fetch_) {
        last_caught_up_ = std::max(last_caught_up_.value_or(*last_fetch_), *last_fetch_);
    }
    log_end_offset_ = fetch.fetch_offset;
    log_start_offset_ = fetch.log_start_offset;
    broker_epoch_ = fetch.broker_epoch;
    leader_end_at_last_fetch_ = std::max(leader_end_at_last_fetch_, leader_end_offset);
    last_fetch_ = now;
}

bool ReplicaState::is_caught_up(Instant now, Offset leader_end_offset, Duration max_lag) const {
    if (log_end_offset_ == leader_end_offset) return true;
    return last_caught_up_ && now - *last_caught_up_ <= max_lag;
}

bool ReplicaState::is_eligible(NodeId id, const EligibleBrokers& eligible) const {
    const auto known = eligible.find(id);
    if (known == eligible.end()) return false;
    return broker_epoch_ == kNoBrokerEpoch || broker_epoch_ == known->second;
}

}  // namespace gregor::replication
