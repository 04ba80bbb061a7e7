// TransactionEnds: holds what a coordinator says of transactions that are over against the
// partitions that they wrote to, and against what it said before:
//
//     T6   a transaction is complete, and the leader of a partition has it open: whoever reads
//          committed waits there, and what comes next is taken for a part of it
//          an id is forgotten with its transaction open or decided: nobody ends it any more
//     T10  a transaction is open, and the leader of a partition that it has written to has its end:
//          that of another transaction, which came late (KIP-890)
//
// Only of the coordinator and the leader of the newest epochs that any node knows; of a transaction
// that is open at a leader, when it was so at the look before, too.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "scenarios/checkers/cluster_view.h"
#include "scenarios/observers/acting_coordinators.h"

namespace gregor::scenarios {

class TransactionEnds {
public:
    explicit TransactionEnds(Judge& judge) : judge_(judge) {}

    /// Of all coordinators that are looked at together: begin(), then look_at() each.
    void begin(const ClusterView& view);
    void look_at(const Shard& shard, std::int64_t wall_ms,
                 const coordinator::TransactionCoordinator& coordinator);

private:
    /// One that is over, as its coordinator says, and where it is open.
    using Hanging = std::tuple<Shard, std::string, protocol::ProducerId, std::int64_t, std::string,
                               protocol::Offset>;
    struct Open {
        std::string partition;
        protocol::Offset since{0};
    };
    /// What was seen at one coordinator.
    struct Unfinished {
        std::int64_t wall_ms = 0;
        std::set<std::string> ids;
    };

    [[nodiscard]] bool is_newest(const Shard& shard) const;
    void look_at_ended(const Shard& shard, const std::string& id,
                       const coordinator::TransactionMetadata& metadata);
    void look_at_hanging(const Shard& shard, const std::string& id,
                         const coordinator::TransactionMetadata& metadata);

    Judge& judge_;
    // At the leaders of now.
    std::map<std::string, const log::ProducerState*> producers_;  // by partition
    std::multimap<protocol::ProducerId, Open> open_;
    std::map<protocol::PartitionId, protocol::LeaderEpoch> newest_;  // of __transaction_state
    std::set<Hanging> hanging_;
    std::set<Hanging> hanging_before_;
    std::map<Shard, Unfinished> unfinished_;
    std::map<Shard, Unfinished> unfinished_before_;
};

}  // namespace gregor::scenarios
