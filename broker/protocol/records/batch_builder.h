// Building a batch: by clients, for control records, by the log cleaner, in tests.
//
// Records are appended in the order of their offsets and encoded at once; build() compresses them
// and puts the header in front. What is not said gets the value that Kafka's builder gives it: the
// first record's timestamp is the base, the last record's offset the last offset.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "broker/protocol/records/batch_header.h"
#include "broker/protocol/records/compression.h"
#include "broker/protocol/records/record_reader.h"
#include "sim/base/bytes.h"

namespace gregor::records {

struct BatchOptions {
    CompressionCodec codec = CompressionCodec::none;
    CompressionLevels levels = {};
    std::int64_t base_offset = 0;
    std::int32_t partition_leader_epoch = kNoPartitionLeaderEpoch;
    std::optional<std::int64_t> log_append_time_ms =
        {};  // set: LogAppendTime, and this is the time
    std::optional<std::int64_t> delete_horizon_ms = {};
    std::int64_t producer_id = kNoProducerId;
    std::int16_t producer_epoch = kNoProducerEpoch;
    std::int32_t base_sequence = kNoSequence;
    bool is_transactional = false;
    bool is_control = false;
    CodecContexts* contexts = nullptr;  // lent for build()
};

struct RecordInput {
    std::int64_t timestamp = kNoTimestamp;  // ms
    std::optional<ByteSpan> key = {};
    std::optional<ByteSpan> value = {};
    std::span<const RecordHeader> headers = {};
};

class BatchBuilder {
public:
    explicit BatchBuilder(BatchOptions options);

    /// Makes room for a batch of `size` bytes before compression.
    void reserve(std::size_t size) { batch_.reserve(size); }

    /// At the offset after the last one.
    void append(const RecordInput& record);
    /// At this offset, above the last one and less than 2^31 above the base offset (gaps, as
    /// cleaning leaves them).
    void append_at(std::int64_t offset, const RecordInput& record);

    /// Who sends the batch and where its sequence begins: known to a client only when it goes out.
    void set_producer(std::int64_t producer_id, std::int16_t producer_epoch,
                      std::int32_t base_sequence);

    /// The batch's last offset, at or above the last record's: what is kept when cleaning took the
    /// last records, so that sequence numbers go on.
    void set_last_offset(std::int64_t offset);

    [[nodiscard]] std::int32_t record_count() const { return header_.record_count; }
    [[nodiscard]] std::int64_t next_offset() const { return next_offset_; }
    /// Bytes of header and records before compression.
    [[nodiscard]] std::size_t uncompressed_size() const { return batch_.size(); }
    /// Bytes that appending this record next would add, before compression.
    [[nodiscard]] std::size_t size_of_next(const RecordInput& record) const;

    /// The batch. Without records it is the bare header with no timestamps.
    [[nodiscard]] Bytes build() &&;

private:
    [[nodiscard]] std::int64_t timestamp_delta(const RecordInput& record) const;

    BatchOptions options_;
    BatchHeader header_;
    ByteBuffer batch_;  // room for the header, then the encoded records
    std::int64_t next_offset_;
    std::int64_t last_offset_;
};

/// A whole batch of a header and its records as they are stored: length and checksum are computed.
[[nodiscard]] Bytes assemble_batch(BatchHeader header, ByteSpan stored_records);

/// `batch`, a whole one, as another producer epoch sends it: its records are copied untouched.
[[nodiscard]] Bytes with_producer(const Bytes& batch, std::int64_t producer_id,
                                  std::int16_t producer_epoch, std::int32_t base_sequence);

/// What the log cleaner leaves of a batch without records: the bare header that keeps offsets,
/// producer and maximum timestamp. It is uncompressed and has neither base timestamp nor delete
/// horizon.
[[nodiscard]] Bytes build_empty_batch(const BatchHeader& cleaned);

/// Bytes of one encoded record, its length in front included.
[[nodiscard]] std::size_t encoded_record_size(std::int64_t timestamp_delta,
                                              std::int32_t offset_delta, const RecordInput& record);

}  // namespace gregor::records
