// Atlas: what of a partition must survive, and what a fault excuses.
//
// Promised: a record that was acknowledged with acks=all, or read, is in the log of every leader to
// come. Kills, pauses, clean restarts, networks, clocks and disks that fail excuse nothing: none of
// them takes from a page cache what was written to it.
//
// A power loss takes the unsynced tail of every replica on the machine. Leaders come from the
// in-sync set alone, so the promise holds for an offset as long as some member of the set has it:
//
//     isr {n1, n2, n3}   n1: ----------60   n2: ------50 (lost power)   n3: ---40 (lost power)
//                        60 is promised: n2 and n3 leave the set as they register again
//     isr {n2, n3}       n1 was dead for longer than its session: only 50 is promised now
//     isr {n3}           n2 registered again and left the set; n3, the last, stays: 40
//
// Who loses its power just before a set that it was to join is committed is a member, too, until it
// registers again.
//
// The last rule is Kafka's without eligible leader replicas (KIP-966): the last member keeps its
// place in the set, whatever it lost. With them, those who left a set that was too small count as
// members, and whoever restarts uncleanly is none, until nobody is left: then the last leader is
// waited for, whatever a loss of power has left to it. With flush.messages=1 nothing acknowledged
// is unsynced, and an excuse that takes it is a violation itself (L8).
//
// So after each power loss, and each change of an in-sync set that has a member which has lost
// power and has not left the set since, the longest log among the members is what is promised. It
// is read from the disks, by code that is not the broker's. A set without such a member excuses
// nothing, however it came about.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "scenarios/clients/workload.h"
#include "scenarios/cluster/nodes.h"
#include "scenarios/platter.h"

namespace gregor::scenarios::cluster {

class Atlas {
public:
    Atlas(clients::Workload& workload, Nodes& nodes) : workload_(workload), nodes_(nodes) {}

    // A power loss of a node, just before and just after.
    void losing_power(const ClusterNode& node);
    void lost_power(const ClusterNode& node);
    /// Some node has published an image.
    void image_published();

private:
    using Disk = std::map<std::string, PartitionOnDisk>;

    struct Promise {
        /// Nobody has ever been told of an offset at or above it.
        std::int64_t highest_end = 0;
        protocol::NodeId leader = protocol::kNoNode;
        protocol::LeaderEpoch leader_epoch{-1};
        /// Those who may be elected without loss.
        std::vector<protocol::NodeId> candidates;
        /// Candidates that lost power and have not ceased to be some since.
        std::set<std::int32_t> lossy;
        /// All that ever lost power while they were candidates.
        std::set<std::int32_t> ever_lossy;

        /// Of those leaders that write no more: one that has lost nothing may go on.
        [[nodiscard]] std::int32_t last_epoch() const {
            const bool goes_on = leader != protocol::kNoNode && !lossy.contains(leader.value());
            return leader_epoch.value() - (goes_on ? 1 : 0);
        }
        [[nodiscard]] bool is_candidate(protocol::NodeId node) const {
            return std::ranges::find(candidates, node) != candidates.end();
        }
    };

    void judge(std::size_t place, std::map<std::int32_t, Disk>& disks);
    [[nodiscard]] std::int64_t end_on(std::int32_t node, std::size_t place,
                                      std::map<std::int32_t, Disk>& disks) const;
    void take_candidates(std::size_t place);
    [[nodiscard]] bool has_lost_power_since_it_registered(protocol::NodeId node) const;

    clients::Workload& workload_;
    Nodes& nodes_;
    std::map<std::size_t, Promise> promises_;  // by the partition's place
    /// Brokers that have lost power, and the registration that they lost it in.
    std::map<std::int32_t, std::int64_t> lost_in_epoch_;
};

}  // namespace gregor::scenarios::cluster
