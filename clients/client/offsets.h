// Positions that a group commits, and who commits them: what consumers and transactional producers
// tell a group's coordinator. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "broker/protocol/ids.h"
#include "clients/client/topic_partition.h"

namespace gregor::client {

struct OffsetAndMetadata {
    protocol::Offset offset;
    protocol::LeaderEpoch leader_epoch = protocol::kNoLeaderEpoch;
    std::string metadata = {};

    friend bool operator==(const OffsetAndMetadata&, const OffsetAndMetadata&) = default;
};
using Offsets = std::map<TopicPartition, OffsetAndMetadata>;

/// A member of a group, by which the coordinator tells an old one from the present one (KIP-447).
/// A group id alone is any of them.
struct GroupMetadata {
    std::string group_id;
    std::int32_t generation_id = -1;
    std::string member_id = {};
    std::optional<std::string> group_instance_id = {};

    friend bool operator==(const GroupMetadata&, const GroupMetadata&) = default;
};

}  // namespace gregor::client
