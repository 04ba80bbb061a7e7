#include "clients/client/fetch_session.h"

#include <limits>

namespace gregor::client {

void name_targets(protocol::FetchRequest& request, const std::vector<FetchTarget>& targets) {
    for (const FetchTarget& target : targets) {
        if (request.topics.empty() || request.topics.back().topic != target.topic) {
            request.topics.push_back({.topic = target.topic, .topic_id = target.topic_id});
        }
        request.topics.back().partitions.push_back(
            {.partition = protocol::PartitionId(target.index),
             .current_leader_epoch = protocol::LeaderEpoch(target.leader_epoch),
             .fetch_offset = protocol::Offset(target.offset),
             .partition_max_bytes = target.max_bytes});
    }
}

void FetchSession::fill(protocol::FetchRequest& request, const std::vector<FetchTarget>& targets) {
    request.session_id = id_;
    request.session_epoch = epoch_;
    std::map<Key, FetchTarget> wanted;
    std::vector<FetchTarget> changed;
    for (const FetchTarget& target : targets) {
        const Key key(target.topic, target.index);
        wanted[key] = target;
        const auto known = remembered_.find(key);
        if (known == remembered_.end() || known->second != target) changed.push_back(target);
    }
    name_targets(request, changed);
    for (const auto& [key, target] : remembered_) {
        if (wanted.contains(key)) continue;
        auto& forgotten = request.forgotten_topics_data;
        if (forgotten.empty() || forgotten.back().topic != target.topic) {
            forgotten.push_back({.topic = target.topic, .topic_id = target.topic_id});
        }
        forgotten.back().partitions.push_back(protocol::PartitionId(target.index));
    }
    remembered_ = std::move(wanted);
}

void FetchSession::answered(std::int32_t session_id) {
    if (session_id == 0) {
        *this = {};
        return;
    }
    id_ = session_id;
    epoch_ = epoch_ == std::numeric_limits<std::int32_t>::max() ? 1 : epoch_ + 1;
}

void FetchSession::broken() {
    epoch_ = 0;
    remembered_.clear();
}

}  // namespace gregor::client
