// Acknowledgements: what a send is told has been done is done by then (R12), not only as long as
// nobody dies who was to do it.
//
//     acks=all   some leader has had a high watermark above it
//     acks=1     the broker that answers has it in its log, synced where flush.messages asks for it
//
// Held against what the nodes have at the moment at which the client hears: high watermarks are
// remembered; a broker that leads in another epoch by then is not asked.
#pragma once

#include "scenarios/clients/workload.h"
#include "scenarios/cluster/nodes.h"
#include "scenarios/observers/cluster_observer.h"

namespace gregor::scenarios::cluster {

class Acknowledgements {
public:
    Acknowledgements(Judge& judge, const Nodes& nodes, ClusterObserver& observer)
        : judge_(judge), nodes_(nodes), observer_(observer) {}

    /// What the broker is as it is asked.
    struct Question {
        const ClusterNode* node = nullptr;
        replication::TopicPartition partition;
        std::uint64_t start = 0;
        protocol::LeaderEpoch leader_epoch = protocol::kNoLeaderEpoch;  // none: it does not lead
    };
    [[nodiscard]] Question ask(const clients::PartitionUnderTest& partition,
                               std::size_t broker) const;
    void judge(const Question& question, std::int16_t acks, std::int64_t last_offset) const;

private:
    void judge_all(const Question& question, protocol::Offset last_offset) const;
    void judge_leader(const Question& question, protocol::Offset last_offset) const;

    Judge& judge_;
    const Nodes& nodes_;
    ClusterObserver& observer_;
};

}  // namespace gregor::scenarios::cluster
