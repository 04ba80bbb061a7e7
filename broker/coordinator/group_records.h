// The records of __consumer_offsets that this coordinator writes and reads: committed offsets and
// the metadata of classic groups.
//
//     key    int16 type (0, 1: OffsetCommitKey · 2: GroupMetadataKey), then the key
//     value  int16 version, then the value; no value: a tombstone
//
// A record of another type (those of KIP-848 and of share groups) says nothing about a classic
// group; it is passed over.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "broker/coordinator/coordinator.h"
#include "broker/protocol/messages/group_records.h"

namespace gregor::coordinator {

struct OffsetCommitRecord {
    protocol::OffsetCommitKey key;
    std::optional<protocol::OffsetCommitValue> value;
};

struct GroupMetadataRecord {
    protocol::GroupMetadataKey key;
    std::optional<protocol::GroupMetadataValue> value;
};

/// Of a type that is not ours.
struct OtherGroupRecord {
    std::int16_t type = 0;
};

using GroupRecord = std::variant<OffsetCommitRecord, GroupMetadataRecord, OtherGroupRecord>;

/// The text says what does not parse.
[[nodiscard]] Result<GroupRecord, std::string> decode_group_record(const CoordinatorRecord& record);

/// In the versions that Kafka writes: keys 1 and 2, values 3, and for an offset with an expire
/// timestamp 1.
[[nodiscard]] CoordinatorRecord encode_group_record(const OffsetCommitRecord& record);
[[nodiscard]] CoordinatorRecord encode_group_record(const GroupMetadataRecord& record);

}  // namespace gregor::coordinator
