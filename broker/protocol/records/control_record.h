// Control records: what brokers and controllers write for themselves into a partition's log. A
// control batch holds them; its clients skip it. The key says the type, the value is the type's
// own.
#pragma once

#include <cstdint>
#include <optional>

#include "broker/protocol/records/batch_builder.h"
#include "broker/protocol/records/batch_header.h"
#include "broker/protocol/records/record_error.h"
#include "broker/protocol/records/record_reader.h"
#include "sim/base/bytes.h"
#include "sim/base/result.h"

namespace gregor::records {

enum class ControlRecordType : std::int16_t {
    abort = 0,            // KIP-98
    commit = 1,           // KIP-98
    leader_change = 2,    // KIP-595
    snapshot_header = 3,  // KIP-630
    snapshot_footer = 4,  // KIP-630
    kraft_version = 5,    // KIP-853
    kraft_voters = 6,     // KIP-853
};

/// The type in a control record's key: empty for one that is newer than this code (to be skipped).
/// invalid_record: no key, or fewer than 4 bytes, or a negative version.
[[nodiscard]] Result<std::optional<ControlRecordType>, RecordError> control_record_type(
    const RecordView& record);

/// Key of a control record: int16 version 0, int16 type.
[[nodiscard]] Bytes control_record_key(ControlRecordType type);

/// The value of an abort or commit marker.
struct EndTransactionMarker {
    ControlRecordType type = ControlRecordType::abort;
    std::int32_t coordinator_epoch = 0;
};

/// Reads a record of type abort or commit. invalid_record: another type, or a value of fewer than 6
/// bytes; a higher version's further bytes are ignored.
[[nodiscard]] Result<EndTransactionMarker, RecordError> read_end_transaction_marker(
    const RecordView& record);

struct MarkerBatch {
    EndTransactionMarker marker;
    std::int64_t producer_id = kNoProducerId;
    std::int16_t producer_epoch = kNoProducerEpoch;
    std::int64_t base_offset = 0;
    std::int32_t partition_leader_epoch = kNoPartitionLeaderEpoch;
    std::int64_t timestamp = kNoTimestamp;  // ms
};

/// The control batch that ends a transaction on a partition: one record, transactional, no
/// sequence.
[[nodiscard]] Bytes build_marker_batch(const MarkerBatch& batch);

/// A control batch of one record of another type.
[[nodiscard]] Bytes build_control_batch(ControlRecordType type, ByteSpan value,
                                        BatchOptions options, std::int64_t timestamp_ms);

}  // namespace gregor::records
