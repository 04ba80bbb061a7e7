// What a client is told of one partition, whichever API it asks by: who leads, as far as the client
// can reach it, and which replicas are offline.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "broker/metadata/image.h"
#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"

namespace gregor::server {

/// Bits of Kafka's AclOperation that there are for a topic: Read (3) to DescribeConfigs (10) and
/// AlterConfigs (11), but for ClusterAction (9); without an authorizer everyone may do all.
inline constexpr std::int32_t kAllTopicOperations =
    1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8 | 1 << 10 | 1 << 11;

struct PartitionView {
    /// LEADER_NOT_AVAILABLE: none leads, or it is fenced. LISTENER_NOT_FOUND: the leader does not
    /// listen where the client asks.
    protocol::ErrorCode error = protocol::ErrorCode::none;
    protocol::NodeId leader = protocol::kNoNode;
    std::vector<protocol::NodeId> offline_replicas;
};

/// As clients of `listener` see it.
[[nodiscard]] PartitionView view_of(const metadata::MetadataImage& image,
                                    const metadata::PartitionState& state,
                                    std::string_view listener);

}  // namespace gregor::server
