#include "broker/coordinator/consumer/classic_protocol.h"

#include <algorithm>

#include "broker/coordinator/versioned_bytes.h"

namespace gregor::coordinator {
namespace {

using protocol::ConsumerProtocolAssignment;
using protocol::ConsumerProtocolSubscription;

template <class T>
std::optional<T> read(const Bytes& bytes) {
    const auto version = version_of(bytes);
    if (!version || *version < 0) return std::nullopt;
    auto message = protocol::decode<T>(bytes.suffix(sizeof(*version)),
                                       std::min(*version, T::kMessage.versions.max));
    if (!message) return std::nullopt;
    return *std::move(message);
}

template <class Named>
TopicPartitions by_id(const std::vector<Named>& list, const metadata::MetadataImage& image) {
    TopicPartitions partitions;
    for (const Named& each : list) {
        const metadata::TopicImage* topic = image.find_topic(each.topic);
        if (topic == nullptr || each.partitions.empty()) continue;
        partitions[topic->id].insert(each.partitions.begin(), each.partitions.end());
    }
    return partitions;
}

}  // namespace

std::optional<ConsumerProtocolSubscription> read_subscription(const Bytes& metadata) {
    return read<ConsumerProtocolSubscription>(metadata);
}

std::optional<TopicPartitions> read_assignment(const Bytes& assignment,
                                               const metadata::MetadataImage& image) {
    if (assignment.empty()) return TopicPartitions();
    const auto read_one = read<ConsumerProtocolAssignment>(assignment);
    if (!read_one) return std::nullopt;
    return by_id(read_one->assigned_partitions, image);
}

bool names_unknown_topic(const Bytes& assignment, const metadata::MetadataImage& image) {
    const auto read_one = read<ConsumerProtocolAssignment>(assignment);
    return read_one && std::ranges::any_of(read_one->assigned_partitions, [&](const auto& topic) {
               return image.find_topic(topic.topic) == nullptr;
           });
}

TopicPartitions owned_partitions(const ConsumerProtocolSubscription& subscription,
                                 const metadata::MetadataImage& image) {
    return by_id(subscription.owned_partitions, image);
}

Bytes write_assignment(const TopicPartitions& partitions, const Bytes& subscription,
                       const metadata::MetadataImage& image) {
    ConsumerProtocolAssignment assignment;
    for (const auto& [topic_id, numbers] : partitions) {
        const metadata::TopicImage* topic = image.find_topic(topic_id);
        if (topic == nullptr) continue;
        assignment.assigned_partitions.push_back(
            {.topic = topic->name, .partitions = {numbers.begin(), numbers.end()}});
    }
    const std::int16_t version = version_of(subscription).value_or(0);
    return encode_versioned(
        assignment,
        std::clamp(version, std::int16_t{0}, ConsumerProtocolAssignment::kMessage.versions.max));
}

}  // namespace gregor::coordinator
