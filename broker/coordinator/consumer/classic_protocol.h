// What members of the classic protocol say and are told inside JoinGroup and SyncGroup, as far as a
// coordinator that assigns has to know it: subscriptions and assignments of consumers, by topic
// name.
#pragma once

#include <optional>

#include "broker/coordinator/consumer/topic_partitions.h"
#include "broker/metadata/image.h"
#include "broker/protocol/messages/embedded.h"

namespace gregor::coordinator {

/// Nothing if it does not parse. A newer version begins as the newest known one.
[[nodiscard]] std::optional<protocol::ConsumerProtocolSubscription> read_subscription(
    const Bytes& metadata);
/// By topic id, of the topics that are there; nothing if it does not parse. No bytes: no
/// partitions.
[[nodiscard]] std::optional<TopicPartitions> read_assignment(const Bytes& assignment,
                                                             const metadata::MetadataImage& image);
/// Whether an assignment names a topic that the image does not know, yet or any more.
[[nodiscard]] bool names_unknown_topic(const Bytes& assignment,
                                       const metadata::MetadataImage& image);
[[nodiscard]] TopicPartitions owned_partitions(
    const protocol::ConsumerProtocolSubscription& subscription,
    const metadata::MetadataImage& image);
/// In the version in which the member speaks.
[[nodiscard]] Bytes write_assignment(const TopicPartitions& partitions, const Bytes& subscription,
                                     const metadata::MetadataImage& image);

}  // namespace gregor::coordinator
