#include "clients/consumer/subscription_codec.h"

#include <algorithm>
#include <map>

#include "broker/protocol/messages/embedded.h"

namespace gregor::consumer {

using protocol::ConsumerProtocolAssignment;
using protocol::ConsumerProtocolSubscription;
using protocol::PartitionId;

namespace {

template <protocol::Message T>
Bytes encode_in_newest(const T& message) {
    constexpr std::int16_t kVersion = T::kMessage.versions.max;
    ByteBuffer out(128);
    protocol::detail::store_big_endian(out.extend(sizeof(kVersion)), kVersion);
    protocol::encode(message, kVersion, out);
    return std::move(out).freeze();
}

template <protocol::Message T>
std::optional<T> decode_any(const Bytes& bytes) {
    if (bytes.size() < sizeof(std::int16_t)) return std::nullopt;
    const auto version = protocol::detail::load_big_endian<std::int16_t>(bytes.data());
    if (version < 0) return std::nullopt;
    auto message = protocol::decode<T>(bytes.suffix(sizeof(version)),
                                       std::min(version, T::kMessage.versions.max));
    if (!message) return std::nullopt;
    return *std::move(message);
}

std::map<std::string, std::vector<PartitionId>> by_topic(
    const std::vector<TopicPartition>& partitions) {
    std::map<std::string, std::vector<PartitionId>> grouped;
    for (const TopicPartition& each : partitions) grouped[each.topic].push_back(each.partition);
    return grouped;
}

}  // namespace

Bytes encode_subscription(const MemberSubscription& subscription) {
    ConsumerProtocolSubscription message{.topics = subscription.topics,
                                         .user_data = subscription.user_data,
                                         .owned_partitions = {},
                                         .generation_id = subscription.generation_id,
                                         .rack_id = subscription.rack_id};
    std::ranges::sort(message.topics);
    for (auto& [topic, partitions] : by_topic(subscription.owned)) {
        message.owned_partitions.push_back({.topic = topic, .partitions = partitions});
    }
    return encode_in_newest(message);
}

std::optional<MemberSubscription> decode_subscription(const Bytes& bytes) {
    const auto message = decode_any<ConsumerProtocolSubscription>(bytes);
    if (!message) return std::nullopt;
    MemberSubscription subscription{.member_id = {},
                                    .topics = message->topics,
                                    .generation_id = message->generation_id,
                                    .user_data = message->user_data,
                                    .rack_id = message->rack_id};
    for (const auto& topic : message->owned_partitions) {
        for (const PartitionId partition : topic.partitions) {
            subscription.owned.push_back({topic.topic, partition});
        }
    }
    return subscription;
}

Bytes encode_assignment(const std::vector<TopicPartition>& partitions) {
    ConsumerProtocolAssignment message;
    for (auto& [topic, indexes] : by_topic(partitions)) {
        message.assigned_partitions.push_back({.topic = topic, .partitions = indexes});
    }
    return encode_in_newest(message);
}

std::optional<std::vector<TopicPartition>> decode_assignment(const Bytes& bytes) {
    std::vector<TopicPartition> partitions;
    if (bytes.empty()) return partitions;
    const auto message = decode_any<ConsumerProtocolAssignment>(bytes);
    if (!message) return std::nullopt;
    for (const auto& topic : message->assigned_partitions) {
        for (const PartitionId partition : topic.partitions) {
            partitions.push_back({topic.topic, partition});
        }
    }
    return partitions;
}

}  // namespace gregor::consumer
