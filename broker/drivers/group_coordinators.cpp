#include "broker/drivers/group_coordinators.h"

#include <algorithm>

#include "broker/protocol/records/java_hash.h"

namespace gregor::drivers {

namespace {

CoordinatorDriverOptions with_topic(CoordinatorDriverOptions options) {
    options.topic = kConsumerOffsetsTopic;
    return options;
}

}  // namespace

GroupCoordinators::GroupCoordinators(Runtime& runtime, replication::ReplicaManager& replicas,
                                     const coordinator::GroupConfig& config,
                                     CoordinatorDriverOptions options)
    : driver_(runtime, replicas, with_topic(std::move(options)), [config, &runtime] {
          return std::make_unique<coordinator::GroupCoordinator>(config, runtime.random());
      }) {}

void GroupCoordinators::publish(const metadata::ImageRef& before, const metadata::ImageRef& image) {
    image_ = image;
    driver_.publish(image);
    const bool has_lost_topic = std::ranges::any_of(before->topic_ids(), [&](const auto& topic) {
        return image->find_topic(topic.first) == nullptr;
    });
    if (!has_lost_topic) return;
    for (const protocol::PartitionId partition : driver_.partitions()) {
        // A shard that is loading looks for such offsets when it is done.
        driver_.submit(partition, coordinator::TopicsDeleted{}, [](const auto&) {});
    }
}

std::optional<protocol::PartitionId> GroupCoordinators::partition_of(
    const metadata::MetadataImage& image, std::string_view group_id) {
    const metadata::TopicImage* topic = image.find_topic(kConsumerOffsetsTopic);
    if (topic == nullptr || topic->partitions.empty()) return std::nullopt;
    return protocol::PartitionId(
        records::group_partition(group_id, static_cast<std::int32_t>(topic->partitions.size())));
}

}  // namespace gregor::drivers
