#include "clients/consumer/metadata_watch.h"

namespace gregor::consumer {

using protocol::ErrorCode;
using protocol::NodeId;

PartitionCounts counts_of(const PartitionCounts& counts, const std::set<std::string>& topics) {
    PartitionCounts result;
    for (const std::string& topic : topics) {
        const auto found = counts.find(topic);
        if (found != counts.end()) result.insert(*found);
    }
    return result;
}

void MetadataWatch::run() {
    Instant next_refresh = state_.now();
    for (;;) {
        const bool is_due = state_.is_metadata_wanted || state_.now() >= next_refresh;
        if (!has_interest() || !is_due) {
            state_.changed.wait(has_interest() ? next_refresh : kNever);
            continue;
        }
        state_.is_metadata_wanted = false;
        const auto metadata = state_.cluster.metadata(
            wanted_topics(), deadline_after(state_.now(), state_.config.request_timeout));
        if (metadata) {
            note(*metadata);
            next_refresh = deadline_after(state_.now(), state_.config.metadata_max_age);
        } else {
            state_.want_metadata();
        }
        state_.notify();
        state_.cluster.back_off();
    }
}

bool MetadataWatch::has_interest() const {
    return state_.subscription.pattern || !wanted_topics().empty();
}

std::vector<std::string> MetadataWatch::wanted_topics() const {
    if (state_.subscription.pattern) return {};
    std::set<std::string> topics = state_.subscription.topics;
    topics.insert(state_.subscription.group_topics.begin(), state_.subscription.group_topics.end());
    for (const TopicPartition& each : state_.positions.assigned()) topics.insert(each.topic);
    return {topics.begin(), topics.end()};
}

void MetadataWatch::note(const protocol::MetadataResponse& metadata) {
    PartitionCounts& counts = state_.subscription.counts;
    if (state_.subscription.pattern) counts.clear();
    for (const auto& topic : metadata.topics) {
        if (!topic.name) continue;
        if (topic.error_code == ErrorCode::none) {
            counts[*topic.name] = static_cast<std::int32_t>(topic.partitions.size());
        } else if (topic.error_code == ErrorCode::unknown_topic_or_partition) {
            counts.erase(*topic.name);
        } else if (!protocol::is_retriable(topic.error_code)) {
            state_.report(client::error_of(topic.error_code, *topic.name));
        }
    }
    if (state_.subscription.pattern) match_pattern(metadata);
    look_for_changes();
    point_to_leaders();
}

void MetadataWatch::match_pattern(const protocol::MetadataResponse& metadata) {
    std::set<std::string> matching;
    for (const auto& topic : metadata.topics) {
        if (!topic.name || topic.error_code != ErrorCode::none) continue;
        if (topic.is_internal && state_.config.exclude_internal_topics) continue;
        if (std::regex_match(*topic.name, *state_.subscription.pattern)) {
            matching.insert(*topic.name);
        }
    }
    if (matching == state_.subscription.topics) return;
    state_.subscription.topics = std::move(matching);
    state_.membership.request_rejoin(state_.now());
}

/// The leader of a generation has it assigned anew when there is more or less to assign.
void MetadataWatch::look_for_changes() {
    if (!state_.classic.is_leader()) return;
    const Subscription& subscription = state_.subscription;
    if (counts_of(subscription.counts, subscription.group_topics) != subscription.assigned_counts) {
        state_.membership.request_rejoin(state_.now());
    }
}

void MetadataWatch::point_to_leaders() {
    for (const TopicPartition& partition : state_.positions.assigned()) {
        const PartitionLeader leader = state_.cluster.known_leader(partition);
        state_.positions.set_leader(partition, leader);
        if (leader.node == protocol::kNoNode) {
            state_.want_metadata();
        } else if (readers_.insert(leader.node).second) {
            start_reader_(leader.node);
        }
    }
}

}  // namespace gregor::consumer
