#include "broker/server/handlers/partition_errors.h"

namespace gregor::server {

namespace {

const metadata::PartitionState* find_partition(const metadata::MetadataImage& image,
                                               std::string_view topic,
                                               protocol::PartitionId partition) {
    const metadata::TopicImage* known = image.find_topic(topic);
    return known == nullptr ? nullptr : known->find(partition);
}

}  // namespace

protocol::ErrorCode refine_error(protocol::ErrorCode error, const metadata::MetadataImage& image,
                                 std::string_view topic, protocol::PartitionId partition) {
    if (error != protocol::ErrorCode::unknown_topic_or_partition) return error;
    return find_partition(image, topic, partition) == nullptr
               ? error
               : protocol::ErrorCode::not_leader_or_follower;
}

CurrentLeader current_leader(const metadata::MetadataImage& image, std::string_view topic,
                             protocol::PartitionId partition) {
    const metadata::PartitionState* known = find_partition(image, topic, partition);
    if (known == nullptr) return {};
    return {.id = known->leader, .epoch = known->leader_epoch};
}

}  // namespace gregor::server
