// What differs between two images: what a publisher has to act on. Images share what neither
// changed, so this costs a walk over the topics and a look into those that were touched. Records
// are not consulted: an image that came from a snapshot gives the same delta as one that came
// record by record.
#pragma once

#include <string>
#include <vector>

#include "broker/metadata/image.h"

namespace gregor::metadata {

/// Of one partition; `before` is null if it is new, `after` if it is gone. The pointers reach into
/// the images.
struct PartitionDelta {
    std::string topic;
    TopicId topic_id;
    PartitionId partition;
    const PartitionState* before = nullptr;
    const PartitionState* after = nullptr;
};

struct ImageDelta {
    std::vector<PartitionDelta> partitions;  // by topic id and partition; deletions before the rest
    std::vector<ConfigResource> configs;     // whose settings changed; not those of deleted topics
    std::vector<NodeId> brokers;             // registered, changed or gone
    bool features_changed = false;

    [[nodiscard]] bool empty() const {
        return partitions.empty() && configs.empty() && brokers.empty() && !features_changed;
    }
};

/// Both images must outlive the delta.
[[nodiscard]] ImageDelta delta_between(const MetadataImage& before, const MetadataImage& after);

}  // namespace gregor::metadata
