// Metadata: the topics that a producer sends to, as the cluster last described them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "broker/protocol/messages/metadata.h"
#include "clients/producer/accumulator.h"
#include "clients/producer/partitioner.h"

namespace gregor::producer {

class Metadata {
public:
    struct Topic {
        struct Partition {
            PartitionSlot slot;
            protocol::NodeId leader = protocol::kNoNode;
            protocol::LeaderEpoch leader_epoch = protocol::kNoLeaderEpoch;
        };

        std::string name;
        protocol::TopicId id;
        /// Of the last answer; UNKNOWN_TOPIC_OR_PARTITION before the first.
        protocol::ErrorCode error_code = protocol::ErrorCode::unknown_topic_or_partition;
        std::vector<Partition> partitions;    // by partition id; kept through errors
        std::vector<std::int32_t> available;  // those with a leader
        StickyPartition sticky;
    };

    /// The topic, which is asked for from now on. The reference stays.
    [[nodiscard]] Topic& topic(std::string_view name);
    [[nodiscard]] std::vector<std::string> topic_names() const;
    /// Takes an answer over, into `accumulator` too. Of a partition whose leader epoch is older
    /// than what is known nothing changes, unless the topic is another one by its id.
    void apply(const protocol::MetadataResponse& response, Accumulator& accumulator);

private:
    static void apply(const protocol::MetadataResponse::Topic& answer, Topic& topic,
                      Accumulator& accumulator);

    std::map<std::string, Topic, std::less<>> topics_;
};

}  // namespace gregor::producer
