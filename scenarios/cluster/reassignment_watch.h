// ReassignmentWatch: what becomes of reassignments, as the images that nodes publish tell.
//
// R9: a reassignment completes only when every replica of its target is in sync. One that is so
// from the first completes in the record that asks for it; one to the brokers that have the
// partition anyway changes their order and asks nothing of them. Counted are those that went on
// for a while:
//
//     adding, removing ──> neither: on the brokers of before   cancelled
//                                   on others                  completed
#pragma once

#include <cstdint>
#include <map>

#include "scenarios/clients/workload.h"
#include "scenarios/cluster/nodes.h"

namespace gregor::scenarios::cluster {

class ReassignmentWatch {
public:
    ReassignmentWatch(clients::Workload& workload, Nodes& nodes)
        : workload_(workload), nodes_(nodes) {}

    /// Some node has published an image.
    void image_published();

    [[nodiscard]] std::uint64_t completed() const { return completed_; }
    [[nodiscard]] std::uint64_t cancelled() const { return cancelled_; }

private:
    void compare(const std::string& name, const metadata::PartitionState& before,
                 const metadata::PartitionState& after);

    clients::Workload& workload_;
    Nodes& nodes_;
    std::int64_t seen_ = -1;                                // the image's offset
    std::map<std::size_t, metadata::PartitionState> last_;  // by the partition's place
    std::uint64_t completed_ = 0;
    std::uint64_t cancelled_ = 0;
};

}  // namespace gregor::scenarios::cluster
