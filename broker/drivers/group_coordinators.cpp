#include "broker/drivers/group_coordinators.h"

#include <algorithm>

namespace gregor::drivers {

GroupCoordinators::GroupCoordinators(Runtime& runtime, replication::ReplicaManager& replicas,
                                     const coordinator::GroupConfig& config,
                                     CoordinatorDriverOptions options)
    : driver_(runtime, replicas, std::move(options).with_topic(kConsumerOffsetsTopic),
              [config, &runtime] {
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

protocol::ErrorCode GroupCoordinators::error_of(bool is_commit, protocol::ErrorCode error) {
    if (error != protocol::ErrorCode::message_too_large) return error;
    return is_commit ? protocol::ErrorCode::invalid_commit_offset_size
                     : protocol::ErrorCode::unknown_server_error;
}

}  // namespace gregor::drivers
