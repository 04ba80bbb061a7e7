// Nodes: the machines of a cluster as a watcher from outside sees them between two events.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/metadata/metadata_loader.h"
#include "scenarios/clients/programs.h"
#include "sim/simulated/world.h"

namespace gregor::scenarios::cluster {

struct ClusterNode {
    std::int32_t id = 0;
    simulated::Machine* machine = nullptr;
    bool is_broker = false;
    /// Not started yet, or stopped for good.
    bool is_absent = false;
    bool is_controller = false;
    /// A controller that the other voters will never hear of again.
    bool is_cut_off = false;

    /// nullptr: no process runs.
    [[nodiscard]] server::Node* running() const {
        auto* program = static_cast<NodeProgram*>(machine->program());
        return program == nullptr ? nullptr : &program->node();
    }
    /// nullptr: it is not up yet, or failing.
    [[nodiscard]] server::Node* serving() const {
        auto* program = static_cast<NodeProgram*>(machine->program());
        return program == nullptr ? nullptr : program->serving();
    }
};

class Nodes {
public:
    std::vector<ClusterNode> all;

    /// Takes up the newest image that some running node has published.
    void look_at_images();
    /// The newest image ever seen; nullptr before the first.
    [[nodiscard]] const metadata::MetadataImage* image() const { return image_.get(); }
    [[nodiscard]] std::int64_t image_offset() const { return image_offset_; }
    /// nullptr: there is no such partition.
    [[nodiscard]] const metadata::PartitionState* partition(const std::string& topic,
                                                            std::int32_t index) const;
    [[nodiscard]] const ClusterNode& node(protocol::NodeId id) const {
        return all.at(static_cast<std::size_t>(id.value() - 1));
    }
    /// nullptr: it is a client's machine.
    [[nodiscard]] const ClusterNode* find(const simulated::Machine& machine) const;

private:
    std::shared_ptr<const metadata::MetadataImage> image_;
    std::int64_t image_offset_ = -1;
};

}  // namespace gregor::scenarios::cluster
