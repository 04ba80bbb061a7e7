// GroupLookup: what the coordinators of consumer groups count and believe, for those who judge what
// members were told.
#pragma once

#include <optional>
#include <string>

#include "broker/drivers/group_coordinators.h"
#include "scenarios/cluster/nodes.h"

namespace gregor::scenarios::cluster {

class GroupLookup {
public:
    explicit GroupLookup(Nodes& nodes) : nodes_(nodes) {}

    /// Whether some node still takes itself for the coordinator that another has replaced.
    [[nodiscard]] bool has_replaced_coordinator(const std::string& group);
    /// Whether the group's coordinator counts the member.
    [[nodiscard]] bool counts_member(const std::string& group, const std::string& member_id);

private:
    /// The partition that holds a group, and its leader's epoch, as the newest image has them.
    struct Place {
        protocol::PartitionId partition;
        protocol::LeaderEpoch epoch;
    };
    [[nodiscard]] std::optional<Place> place_of(const std::string& group);
    template <class Holds>
    [[nodiscard]] bool any_coordinators(Holds holds) const;

    Nodes& nodes_;
};

}  // namespace gregor::scenarios::cluster
