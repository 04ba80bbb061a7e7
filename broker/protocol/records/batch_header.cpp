#include "broker/protocol/records/batch_header.h"

#include <limits>

#include "broker/protocol/records/big_endian.h"
#include "broker/protocol/records/crc32c.h"

namespace gregor::records {
namespace {

// Byte positions of the fields.
constexpr std::size_t kBatchLengthAt = 8;
constexpr std::size_t kLeaderEpochAt = 12;
constexpr std::size_t kMagicAt = 16;
constexpr std::size_t kCrcAt = 17;
constexpr std::size_t kAttributesAt = kChecksummedFrom;
constexpr std::size_t kLastOffsetDeltaAt = 23;
constexpr std::size_t kBaseTimestampAt = 27;
constexpr std::size_t kMaxTimestampAt = 35;
constexpr std::size_t kProducerIdAt = 43;
constexpr std::size_t kProducerEpochAt = 51;
constexpr std::size_t kBaseSequenceAt = 53;
constexpr std::size_t kRecordCountAt = 57;
static_assert(kRecordCountAt + sizeof(std::int32_t) == kBatchHeaderSize);

// Offsets come from outside: sums wrap as Java's do instead of being undefined.
std::int64_t add(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

}  // namespace

std::int64_t BatchHeader::last_offset() const { return add(base_offset, last_offset_delta); }

std::int64_t BatchHeader::next_offset() const { return add(last_offset(), 1); }

std::int32_t BatchHeader::last_sequence() const {
    if (base_sequence < 0) return kNoSequence;
    return increment_sequence(base_sequence, last_offset_delta);
}

std::int32_t increment_sequence(std::int32_t sequence, std::int32_t increment) {
    const std::int64_t sum = std::int64_t{sequence} + increment;
    return static_cast<std::int32_t>(sum & std::numeric_limits<std::int32_t>::max());
}

Result<BatchHeader, RecordError> parse_batch_header(ByteSpan bytes) {
    if (bytes.size() < kBatchHeaderSize) {
        return fail(RecordError{RecordErrorCode::corrupt_message,
                                "fewer bytes than the header of a record batch has"});
    }
    const std::uint8_t* at = bytes.data();
    const auto magic = load_big_endian<std::int8_t>(at + kMagicAt);
    if (magic < 0 || magic > 2) {
        return fail(RecordError{RecordErrorCode::corrupt_message, "unknown magic"});
    }
    if (magic < 2) {
        return fail(RecordError{RecordErrorCode::unsupported_for_message_format,
                                "message formats 0 and 1 are not supported"});
    }
    const BatchHeader header{
        .base_offset = load_big_endian<std::int64_t>(at),
        .batch_length = load_big_endian<std::int32_t>(at + kBatchLengthAt),
        .partition_leader_epoch = load_big_endian<std::int32_t>(at + kLeaderEpochAt),
        .magic = magic,
        .crc = load_big_endian<std::uint32_t>(at + kCrcAt),
        .attributes = load_big_endian<std::int16_t>(at + kAttributesAt),
        .last_offset_delta = load_big_endian<std::int32_t>(at + kLastOffsetDeltaAt),
        .base_timestamp = load_big_endian<std::int64_t>(at + kBaseTimestampAt),
        .max_timestamp = load_big_endian<std::int64_t>(at + kMaxTimestampAt),
        .producer_id = load_big_endian<std::int64_t>(at + kProducerIdAt),
        .producer_epoch = load_big_endian<std::int16_t>(at + kProducerEpochAt),
        .base_sequence = load_big_endian<std::int32_t>(at + kBaseSequenceAt),
        .record_count = load_big_endian<std::int32_t>(at + kRecordCountAt),
    };
    if (header.batch_length < static_cast<std::int32_t>(kBatchHeaderSize - kLogOverhead)) {
        return fail(RecordError{RecordErrorCode::corrupt_message,
                                "a batch length below the size of the header"});
    }
    return header;
}

void write_batch_header(const BatchHeader& header, std::span<std::uint8_t, kBatchHeaderSize> to) {
    std::uint8_t* at = to.data();
    store_big_endian(at, header.base_offset);
    store_big_endian(at + kBatchLengthAt, header.batch_length);
    store_big_endian(at + kLeaderEpochAt, header.partition_leader_epoch);
    store_big_endian(at + kMagicAt, header.magic);
    store_big_endian(at + kCrcAt, header.crc);
    store_big_endian(at + kAttributesAt, header.attributes);
    store_big_endian(at + kLastOffsetDeltaAt, header.last_offset_delta);
    store_big_endian(at + kBaseTimestampAt, header.base_timestamp);
    store_big_endian(at + kMaxTimestampAt, header.max_timestamp);
    store_big_endian(at + kProducerIdAt, header.producer_id);
    store_big_endian(at + kProducerEpochAt, header.producer_epoch);
    store_big_endian(at + kBaseSequenceAt, header.base_sequence);
    store_big_endian(at + kRecordCountAt, header.record_count);
}

Bytes encode_batch_header(const BatchHeader& header) {
    ByteBuffer buffer(kBatchHeaderSize);
    write_batch_header(header, std::span<std::uint8_t, kBatchHeaderSize>(
                                   buffer.extend(kBatchHeaderSize), kBatchHeaderSize));
    return std::move(buffer).freeze();
}

std::uint32_t compute_crc(const BatchHeader& header, ByteSpan records) {
    std::array<std::uint8_t, kBatchHeaderSize> bytes;
    write_batch_header(header, bytes);
    return crc32c_extend(crc32c(ByteSpan(bytes).subspan(kChecksummedFrom)), records);
}

bool has_valid_crc(ByteSpan batch) {
    CHECK(batch.size() >= kBatchHeaderSize, "{} bytes", batch.size());
    return crc32c(batch.subspan(kChecksummedFrom)) ==
           load_big_endian<std::uint32_t>(batch.data() + kCrcAt);
}

BatchHeader with_max_timestamp(BatchHeader header, TimestampType type, std::int64_t max_timestamp,
                               ByteSpan records) {
    if (header.timestamp_type() == type && header.max_timestamp == max_timestamp) return header;
    header.attributes =
        static_cast<std::int16_t>(type == TimestampType::log_append_time
                                      ? header.attributes | BatchHeader::kLogAppendTimeBit
                                      : header.attributes & ~BatchHeader::kLogAppendTimeBit);
    header.max_timestamp = max_timestamp;
    header.crc = compute_crc(header, records);
    return header;
}

}  // namespace gregor::records
