#include "broker/replication/fetch_session_builder.h"

#include <algorithm>

#include "broker/replication/fetch_session.h"
#include "sim/base/probe.h"

namespace gregor::replication {

namespace {

using protocol::FetchRequest;

/// `partitions` by topic, as a request names them.
std::vector<FetchRequest::Topic> topics_of(const FetchSessionBuilder::Wanted& partitions) {
    std::vector<FetchRequest::Topic> topics;
    for (const auto& [key, partition] : partitions) {
        if (topics.empty() || topics.back().topic_id != key.first) {
            topics.emplace_back().topic_id = key.first;
        }
        topics.back().partitions.push_back(partition);
    }
    return topics;
}

}  // namespace

void FetchSessionBuilder::build(FetchRequest& request, const Wanted& wanted) {
    full_ = epoch_ == kInitialEpoch;
    request.session_id = id_;
    request.session_epoch = epoch_;
    if (full_) {
        request.topics = topics_of(wanted);
        known_ = wanted;
        return;
    }
    Wanted changed;
    for (const auto& [key, partition] : wanted) {
        const auto before = known_.find(key);
        if (before == known_.end() || before->second != partition) changed.emplace(key, partition);
    }
    for (const auto& [key, partition] : known_) {
        if (wanted.contains(key)) continue;
        auto& forgotten = request.forgotten_topics_data;
        if (forgotten.empty() || forgotten.back().topic_id != key.first) {
            forgotten.emplace_back().topic_id = key.first;
        }
        forgotten.back().partitions.push_back(key.second);
    }
    request.topics = topics_of(changed);
    known_ = wanted;
}

/// A full answer names every partition, another one only those that are wanted.
bool FetchSessionBuilder::fits(const FetchResponse& response) const {
    std::size_t named = 0;
    for (const FetchResponse::Topic& topic : response.responses) {
        for (const FetchResponse::Partition& partition : topic.partitions) {
            if (!known_.contains({topic.topic_id, partition.partition_index})) return false;
            ++named;
        }
    }
    return full_ ? named == known_.size() : response.session_id == id_;
}

Result<void, protocol::ErrorCode> FetchSessionBuilder::answered(const FetchResponse& response) {
    using protocol::ErrorCode;
    if (response.error_code != ErrorCode::none) {
        PROBE("a leader refused a fetch session's request");
        if (response.error_code == ErrorCode::fetch_session_id_not_found) id_ = 0;
        lost();
        return fail(response.error_code);
    }
    if (!fits(response)) {
        lost();
        return fail(ErrorCode::invalid_request);
    }
    if (full_) id_ = response.session_id;
    // No session: the leader had no room for one, all are named the next time too.
    epoch_ = id_ == 0 ? kInitialEpoch : next_session_epoch(epoch_);
    return {};
}

}  // namespace gregor::replication
