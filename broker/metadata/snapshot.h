// Snapshots of the metadata log (KIP-630): an image as records, so that the log before it may go.
//
//     00000000000000000178-0000000002.checkpoint = end offset (exclusive) and epoch of the last
//     record
//
//     | header (control) | features, brokers, controllers, topics, configs … | footer (control) |
//
// The batches inside count their offsets from 0. Without its footer a snapshot is not whole.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "broker/metadata/image.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/records/control_record.h"
#include "sim/base/bytes.h"
#include "sim/base/result.h"

namespace gregor::metadata {

struct SnapshotId {
    protocol::Offset end_offset{0};  // one above the last offset that it holds
    protocol::LeaderEpoch epoch{0};  // of that record

    friend auto operator<=>(const SnapshotId&, const SnapshotId&) = default;
};

/// "00000000000000000178-0000000002.checkpoint".
[[nodiscard]] std::string snapshot_file_name(const SnapshotId& id);
/// Of a whole snapshot's name; nothing for other names, such as those of unfinished ones (".part").
[[nodiscard]] std::optional<SnapshotId> parse_snapshot_file_name(std::string_view name);

/// The records that make this image from an empty one, in Kafka's order of areas.
[[nodiscard]] std::vector<VersionedRecord> records_of(const MetadataImage& image);

struct SnapshotContents {
    MetadataImage image;
    std::int64_t last_contained_log_timestamp_ms = 0;
};

/// What a snapshot says beside the image, behind its header: kraft.version and voters (KIP-853).
struct SnapshotControl {
    records::ControlRecordType type;
    Bytes value;
};

/// The file's bytes, in batches.
[[nodiscard]] std::vector<Bytes> encode_snapshot(const SnapshotContents& contents,
                                                 protocol::LeaderEpoch epoch, std::int64_t now_ms,
                                                 std::span<const SnapshotControl> controls = {});

/// Reads a snapshot. A missing header or footer, damage, or records that make no image give a
/// message.
[[nodiscard]] Result<SnapshotContents, std::string> decode_snapshot(const Bytes& file);

}  // namespace gregor::metadata
