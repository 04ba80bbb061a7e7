// MetadataWatch: keeps what the consumer knows of its topics fresh: which there are (for a
// pattern), how many partitions they have, who leads them. It starts a reader for every leader.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "broker/protocol/messages/metadata.h"
#include "clients/consumer/consumer_state.h"

namespace gregor::consumer {

class MetadataWatch {
public:
    /// `start_reader` is called once for each node that leads one of the partitions.
    MetadataWatch(ConsumerState& state, std::function<void(protocol::NodeId)> start_reader)
        : state_(state), start_reader_(std::move(start_reader)) {}

    /// Until cancelled.
    void run();

private:
    [[nodiscard]] bool has_interest() const;
    /// None: all.
    [[nodiscard]] std::vector<std::string> wanted_topics() const;
    void note(const protocol::MetadataResponse& metadata);
    void match_pattern(const protocol::MetadataResponse& metadata);
    void look_for_changes();
    void point_to_leaders();

    ConsumerState& state_;
    std::function<void(protocol::NodeId)> start_reader_;
    std::set<protocol::NodeId> readers_;
};

/// The leader's view of the topics that its group reads; those that do not exist are absent.
[[nodiscard]] PartitionCounts counts_of(const PartitionCounts& counts,
                                        const std::set<std::string>& topics);

}  // namespace gregor::consumer
