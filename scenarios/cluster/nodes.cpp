#include "scenarios/cluster/nodes.h"

#include <algorithm>

namespace gregor::scenarios::cluster {

void Nodes::look_at_images() {
    for (const ClusterNode& each : all) {
        server::Node* node = each.running();
        drivers::ClusterMetadata* metadata = node == nullptr ? nullptr : node->find_metadata();
        if (metadata == nullptr || metadata->image() == nullptr) continue;
        if (metadata->image_offset().value() <= image_offset_) continue;
        image_offset_ = metadata->image_offset().value();
        image_ = metadata->image();
    }
}

const metadata::PartitionState* Nodes::partition(const std::string& topic,
                                                 std::int32_t index) const {
    const metadata::TopicImage* found = image_ == nullptr ? nullptr : image_->find_topic(topic);
    return found == nullptr ? nullptr : found->find(protocol::PartitionId(index));
}

const ClusterNode* Nodes::find(const simulated::Machine& machine) const {
    const auto found = std::ranges::find(all, &machine, &ClusterNode::machine);
    return found == all.end() ? nullptr : &*found;
}

}  // namespace gregor::scenarios::cluster
