// What a leader checks before it appends a batch, and the batch as it goes into the log: Kafka's
// LogValidator with the checks that ProduceRequest and UnifiedLog make in front of it, for magic 2.
//
// The records are not touched: the answer is a new 61-byte header and a slice of what came in. Only
// where the topic's compression.type is another codec than the producer's are they compressed anew.
//
// Stricter than Kafka, where it would store what no client of its writes:
//   - the offset deltas of a client's batch are 0, 1, 2 …; Kafka renumbers compressed batches and
//   stores
//     uncompressed ones as they are;
//   - LogAppendTime or a delete horizon in a client's batch is refused on every topic;
//   - a transactional batch needs a producer id;
//   - a damaged compressed stream is INVALID_RECORD, where Kafka answers UNKNOWN_SERVER_ERROR.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/protocol/records/batch_header.h"
#include "broker/protocol/records/compression.h"
#include "broker/protocol/records/record_error.h"
#include "sim/base/bytes.h"
#include "sim/base/result.h"

namespace gregor::records {

enum class AppendOrigin : std::uint8_t {
    client,       // a produce request
    coordinator,  // a group or transaction coordinator: control batches, no sequences
    raft_leader,  // the metadata log: offsets are given by the writer
};

struct ValidationOptions {
    AppendOrigin origin = AppendOrigin::client;
    std::int64_t base_offset = 0;  // where the batch goes
    std::int32_t partition_leader_epoch = kNoPartitionLeaderEpoch;
    std::int64_t now_ms = 0;                // wall clock
    std::string_view topic_partition = {};  // "orders-3", for messages

    TimestampType timestamp_type = TimestampType::create_time;  // message.timestamp.type
    std::int64_t timestamp_before_max_ms = std::numeric_limits<std::int64_t>::max();
    std::int64_t timestamp_after_max_ms = 3'600'000;
    std::int32_t max_message_bytes = 1'048'588;  // max.message.bytes
    bool is_compacted = false;                   // cleanup.policy has compact: keys are required
    std::optional<CompressionCodec> compression_type = {};  // empty: "producer"
    CompressionLevels levels = {};

    bool walk_compressed = true;  // false: trust the header of compressed batches
    std::size_t max_uncompressed_bytes = std::size_t{256} << 20;
    CodecContexts* contexts = nullptr;  // lent for the call
};

/// Why one record is refused, by its place in the batch (KIP-467).
struct BatchRecordError {
    std::int32_t batch_index;
    std::string message;

    friend bool operator==(const BatchRecordError&, const BatchRecordError&) = default;
};

/// The most record errors that are listed; a batch is refused as a whole anyway.
inline constexpr std::size_t kMaxRecordErrors = 1000;

struct Refusal {
    RecordErrorCode code;
    std::string message;
    std::vector<BatchRecordError> record_errors = {};
};

struct ValidatedBatch {
    BatchHeader header;                         // in its place, with its checksum
    Bytes header_bytes;                         // the same, encoded
    Bytes records;                              // what follows the header in the log
    std::int64_t max_timestamp = kNoTimestamp;  // ms
    std::int64_t offset_of_max_timestamp =
        -1;  // of the first record with it; if not walked, the last
};

/// Checks `chunk`, the records of one partition in a produce request: one whole batch; less than a
/// batch may follow it and is dropped. Errors, in the order of the checks: corrupt_message (length,
/// magic beyond 2, checksum), invalid_record (no or two batches, magic 0 or 1, a header or a record
/// that makes no sense), message_too_large (max.message.bytes, also after compressing anew; or the
/// uncompressed limit), invalid_timestamp, unsupported_compression_type (codec 5 to 7).
[[nodiscard]] Result<ValidatedBatch, Refusal> validate_batch(const Bytes& chunk,
                                                             const ValidationOptions& options);

}  // namespace gregor::records
