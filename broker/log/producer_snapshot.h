// The `.snapshot` file: the producers' state for offsets below the file's name, so that opening a
// log need not read it from its start.
//
//     int16 version 1 | uint32 crc32c of all that follows | int32 count | count times 46 bytes:
//     int64 producer id | int16 epoch | int32 last sequence | int64 last offset | int32 offset
//     delta | int64 timestamp | int32 coordinator epoch | int64 first offset of the open
//     transaction, or -1
//
// Only the last batch of each producer is kept: what is read knows that others may stand before it.
// Pure.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "broker/log/producer_state.h"
#include "sim/base/bytes.h"

namespace gregor::log {

[[nodiscard]] Bytes encode_producer_snapshot(std::span<const ProducerEntry> entries);

/// Nothing if the bytes are damaged or of another version.
[[nodiscard]] std::optional<std::vector<ProducerEntry>> decode_producer_snapshot(ByteSpan bytes);

}  // namespace gregor::log
