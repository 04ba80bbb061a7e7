// The header of a record batch, magic 2: 61 bytes in front of the records, on the wire and on disk
// alike.
//
//     0           8            12                     16    17  21
//     base offset|batch length|partition leader epoch|magic|crc|attributes, deltas, producer …
//     |records
//                              <------------------- batch length
//                              ------------------------------------>
//                                                               <----------- covered by the crc
//                                                               ----->
//
// So a broker gives a batch its place (base offset, leader epoch) without touching the checksum; a
// new timestamp type or maximum timestamp needs a new one. A broker parses and checks a batch once,
// builds the header anew and writes it in front of the untouched records.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "broker/protocol/records/record_error.h"
#include "sim/base/bytes.h"
#include "sim/base/result.h"

namespace gregor::records {

inline constexpr std::size_t kBatchHeaderSize = 61;
/// Base offset and batch length: what the batch length does not count.
inline constexpr std::size_t kLogOverhead = 12;
/// Where the bytes under the checksum begin: at the attributes.
inline constexpr std::size_t kChecksummedFrom = 21;

inline constexpr std::int64_t kNoTimestamp = -1;
inline constexpr std::int64_t kNoProducerId = -1;
inline constexpr std::int16_t kNoProducerEpoch = -1;
inline constexpr std::int32_t kNoSequence = -1;
inline constexpr std::int32_t kNoPartitionLeaderEpoch = -1;

/// The low three bits of the attributes; 5 to 7 mean nothing and are refused where records are
/// read.
enum class CompressionCodec : std::uint8_t { none = 0, gzip = 1, snappy = 2, lz4 = 3, zstd = 4 };

enum class TimestampType : std::uint8_t { create_time = 0, log_append_time = 1 };

struct BatchHeader {
    std::int64_t base_offset = 0;
    std::int32_t batch_length = kBatchHeaderSize - kLogOverhead;  // bytes after this field
    std::int32_t partition_leader_epoch = kNoPartitionLeaderEpoch;
    std::int8_t magic = 2;
    std::uint32_t crc = 0;
    std::int16_t attributes = 0;
    std::int32_t last_offset_delta = 0;
    std::int64_t base_timestamp = kNoTimestamp;  // ms; the delete horizon if has_delete_horizon()
    std::int64_t max_timestamp = kNoTimestamp;   // ms
    std::int64_t producer_id = kNoProducerId;
    std::int16_t producer_epoch = kNoProducerEpoch;
    std::int32_t base_sequence = kNoSequence;
    std::int32_t record_count = 0;

    static constexpr std::int16_t kCodecMask = 0x07;
    static constexpr std::int16_t kLogAppendTimeBit = 0x08;
    static constexpr std::int16_t kTransactionalBit = 0x10;
    static constexpr std::int16_t kControlBit = 0x20;
    static constexpr std::int16_t kDeleteHorizonBit = 0x40;

    /// Empty for the numbers 5 to 7.
    [[nodiscard]] std::optional<CompressionCodec> codec() const {
        const int number = attributes & kCodecMask;
        if (number > 4) return std::nullopt;
        return static_cast<CompressionCodec>(number);
    }
    [[nodiscard]] TimestampType timestamp_type() const {
        return (attributes & kLogAppendTimeBit) != 0 ? TimestampType::log_append_time
                                                     : TimestampType::create_time;
    }
    [[nodiscard]] bool is_transactional() const { return (attributes & kTransactionalBit) != 0; }
    [[nodiscard]] bool is_control() const { return (attributes & kControlBit) != 0; }
    /// KIP-534: when a tombstone or an empty transaction may be dropped, in the base timestamp's
    /// place.
    [[nodiscard]] bool has_delete_horizon() const { return (attributes & kDeleteHorizonBit) != 0; }
    [[nodiscard]] std::optional<std::int64_t> delete_horizon_ms() const {
        if (!has_delete_horizon()) return std::nullopt;
        return base_timestamp;
    }
    [[nodiscard]] bool has_producer_id() const { return producer_id > kNoProducerId; }

    /// Bytes of header and records.
    [[nodiscard]] std::size_t size_in_bytes() const {
        return kLogOverhead + static_cast<std::size_t>(batch_length);
    }
    [[nodiscard]] std::size_t records_size() const { return size_in_bytes() - kBatchHeaderSize; }

    [[nodiscard]] std::int64_t last_offset() const;
    [[nodiscard]] std::int64_t next_offset() const;
    /// Of the last offset, not of the last record: the span survives compaction. kNoSequence
    /// without one.
    [[nodiscard]] std::int32_t last_sequence() const;

    friend bool operator==(const BatchHeader&, const BatchHeader&) = default;
};

/// `sequence + increment` as producers count: 0 follows 2^31 − 1. Both at least 0.
[[nodiscard]] std::int32_t increment_sequence(std::int32_t sequence, std::int32_t increment);

/// The header at the front of `bytes`. corrupt_message: fewer than 61 bytes, a batch length under
/// the header's own size or a magic that never was; unsupported_for_message_format: magic 0 or 1.
/// Whether the records are all there is the caller's question (size_in_bytes()).
[[nodiscard]] Result<BatchHeader, RecordError> parse_batch_header(ByteSpan bytes);

void write_batch_header(const BatchHeader& header, std::span<std::uint8_t, kBatchHeaderSize> to);
/// The 61 bytes, to be written in front of untouched records.
[[nodiscard]] Bytes encode_batch_header(const BatchHeader& header);

/// The checksum that a batch of these fields (its `crc` apart) and these records has.
[[nodiscard]] std::uint32_t compute_crc(const BatchHeader& header, ByteSpan records);
/// Whether the checksum stored in a whole batch holds. At least 61 bytes.
[[nodiscard]] bool has_valid_crc(ByteSpan batch);

/// `header` with this timestamp type and maximum timestamp, and a new checksum if either has
/// changed. Under LogAppendTime only the maximum carries the time; base and deltas stay the
/// producer's.
[[nodiscard]] BatchHeader with_max_timestamp(BatchHeader header, TimestampType type,
                                             std::int64_t max_timestamp, ByteSpan records);

}  // namespace gregor::records
