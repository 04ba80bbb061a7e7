// ClusterInvariants: what must hold across the nodes of a cluster at every instant, held against
// one view of it after another. Pure: it knows what it was shown, and what excuses.
//
//     view ──> images (M2, M4, M5, M8) ──> quorum (M1, M3, M10) ──> each partition (R, L, C7)
//
// What it is shown must include every instant at which a high watermark rose, an image was
// published or a role changed: what is exposed then may be all that is left to tell of a broker
// that dies next.
//
// Excuses, of a partition: an unclean election, where those are allowed; and a loss of unsynced
// data on a replica while, with it, more than min.insync.replicas - 1 have restarted (KIP-966), or
// without ELR (the feature of that name), on all of its ISR. Then whoever leads next says what the
// partition holds.
#pragma once

#include <map>
#include <optional>

#include "scenarios/checkers/cluster_view.h"
#include "scenarios/checkers/image_invariants.h"
#include "scenarios/checkers/partition_invariants.h"
#include "scenarios/checkers/quorum_invariants.h"
#include "scenarios/judge.h"

namespace gregor::scenarios {

class ClusterInvariants {
public:
    struct Options {
        /// unclean.leader.election.enable, somewhere.
        bool unclean_elections = false;
        /// Of topics that may be deleted from; nothing: they are by request, too.
        std::optional<Retention> retention;
        /// Well above replica.lag.time.max.ms and half of it; zero: nobody is held to it.
        Duration lag_bound{};
        /// producer.id.expiration.ms is within the run's reach.
        bool do_producers_expire = false;
        ImageInvariants::Options images;
    };

    explicit ClusterInvariants(Judge& judge) : ClusterInvariants(judge, Options()) {}
    ClusterInvariants(Judge& judge, Options options);

    void check(const ClusterView& view);

    /// What may wait until something worse was not found.
    void check_at_end() { quorum_.check_at_end(); }

    /// The highest high watermark that a leader of the partition has ever shown; nothing once a
    /// loss of what was below it was excused.
    [[nodiscard]] std::optional<Offset> committed_end(const PartitionKey& key) const;

    /// The machine of this node has lost what it had not synced, or its disk lost more than that.
    void lost_data(NodeId node);
    /// Another process runs on the machine of this node.
    void restarted(NodeId node);

private:
    /// Calls `action` with each partition that this node has a replica of.
    template <class Action>
    void for_partitions_of(NodeId node, const Action& action);
    [[nodiscard]] std::optional<Retention> retention_of(const metadata::MetadataImage& image,
                                                        const PartitionKey& key) const;
    [[nodiscard]] PartitionContext context_of(const PartitionKey& key, Instant now) const;

    Judge& judge_;
    Options options_;
    ImageInvariants images_;
    QuorumInvariants quorum_;
    std::map<PartitionKey, PartitionInvariants> partitions_;
};

}  // namespace gregor::scenarios
