// Batches of metadata records: how they stand in __cluster_metadata and in its snapshots.
// Uncompressed, without producer; each record has a null key and a framed value. Control batches
// (leader change, snapshot header and footer) lie between them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "broker/metadata/metadata_record.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/records/batch_reader.h"
#include "sim/base/bytes.h"
#include "sim/base/result.h"

namespace gregor::metadata {

/// A batch takes no more than this many records and, unless one record alone is larger, bytes of
/// values.
inline constexpr std::size_t kMaxRecordsPerBatch = 10'000;
inline constexpr std::size_t kMaxBatchBytes = 8 * 1024 * 1024;

struct BatchPlace {
    protocol::Offset base_offset{0};
    protocol::LeaderEpoch epoch{0};
    std::int64_t timestamp_ms = 0;
};

/// One batch of all records; there is at least one.
[[nodiscard]] Bytes encode_batch(std::span<const VersionedRecord> records, const BatchPlace& place);

/// As many batches as the limits above ask for, one behind the other.
[[nodiscard]] std::vector<Bytes> encode_batches(std::span<const VersionedRecord> records,
                                                BatchPlace place);

/// Whether encode_batches() makes one batch of them: what an atomic result needs.
[[nodiscard]] bool fits_one_batch(std::span<const VersionedRecord> records);

struct OffsetRecord {
    protocol::Offset offset;
    VersionedRecord record;
};

/// The records of a batch that is no control batch. Its checksum is held against its bytes; any
/// damage gives a message.
[[nodiscard]] Result<std::vector<OffsetRecord>, std::string> decode_batch(
    const records::BatchView& batch);

}  // namespace gregor::metadata
