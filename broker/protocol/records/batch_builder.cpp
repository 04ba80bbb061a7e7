#include "broker/protocol/records/batch_builder.h"

#include <algorithm>
#include <limits>

namespace gregor::records {
namespace {

// Of offsets within a batch, of lengths and of counts alike.
constexpr std::int64_t kLargest = std::numeric_limits<std::int32_t>::max();

std::int64_t subtract(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

std::int32_t length_of(ByteSpan bytes) {
    CHECK(bytes.size() <= static_cast<std::size_t>(kLargest), "{} bytes", bytes.size());
    return static_cast<std::int32_t>(bytes.size());
}

std::size_t nullable_size(const std::optional<ByteSpan>& bytes) {
    return bytes ? varint_size(length_of(*bytes)) + bytes->size() : varint_size(-1);
}

std::uint8_t* store_nullable(std::uint8_t* to, const std::optional<ByteSpan>& bytes) {
    if (!bytes) return store_varint(to, -1);
    to = store_varint(to, length_of(*bytes));
    if (!bytes->empty()) std::memcpy(to, bytes->data(), bytes->size());
    return to + bytes->size();
}

std::size_t body_size(std::int64_t timestamp_delta, std::int32_t offset_delta,
                      const RecordInput& record) {
    std::size_t size = 1 + varlong_size(timestamp_delta) + varint_size(offset_delta) +
                       nullable_size(record.key) + nullable_size(record.value) +
                       varint_size(static_cast<std::int32_t>(record.headers.size()));
    for (const RecordHeader& header : record.headers) {
        size += nullable_size(as_bytes(header.key)) + nullable_size(header.value);
    }
    return size;
}

std::int32_t batch_length_for(ByteSpan stored_records) {
    const std::size_t length = kBatchHeaderSize - kLogOverhead + stored_records.size();
    CHECK(length <= static_cast<std::size_t>(kLargest), "a batch of {} bytes", length);
    return static_cast<std::int32_t>(length);
}

std::int16_t attributes_of(const BatchOptions& options) {
    int attributes = static_cast<int>(options.codec);
    if (options.log_append_time_ms) attributes |= BatchHeader::kLogAppendTimeBit;
    if (options.is_transactional) attributes |= BatchHeader::kTransactionalBit;
    if (options.is_control) attributes |= BatchHeader::kControlBit;
    if (options.delete_horizon_ms) attributes |= BatchHeader::kDeleteHorizonBit;
    return static_cast<std::int16_t>(attributes);
}

}  // namespace

BatchBuilder::BatchBuilder(BatchOptions options)
    : options_(options),
      header_{
          .base_offset = options.base_offset,
          .partition_leader_epoch = options.partition_leader_epoch,
          .attributes = attributes_of(options),
          .producer_id = options.producer_id,
          .producer_epoch = options.producer_epoch,
          .base_sequence = options.base_sequence,
      },
      next_offset_(options.base_offset),
      last_offset_(options.base_offset) {
    batch_.resize(kBatchHeaderSize);
}

void BatchBuilder::append(const RecordInput& record) { append_at(next_offset_, record); }

void BatchBuilder::append_at(std::int64_t offset, const RecordInput& record) {
    CHECK(offset >= next_offset_, "offset {} after {}", offset, next_offset_ - 1);
    CHECK(offset - options_.base_offset <= kLargest);
    CHECK(header_.record_count < kLargest);
    if (header_.record_count == 0) {
        header_.base_timestamp = options_.delete_horizon_ms.value_or(record.timestamp);
    }
    const auto offset_delta = static_cast<std::int32_t>(offset - options_.base_offset);
    const std::int64_t delta = timestamp_delta(record);
    const std::size_t size = body_size(delta, offset_delta, record);
    CHECK(size <= static_cast<std::size_t>(kLargest), "a record of {} bytes", size);

    const auto body = static_cast<std::int32_t>(size);
    std::uint8_t* to = batch_.extend(varint_size(body) + size);
    to = store_varint(to, body);
    *to++ = 0;
    to = store_varlong(to, delta);
    to = store_varint(to, offset_delta);
    to = store_nullable(to, record.key);
    to = store_nullable(to, record.value);
    to = store_varint(to, static_cast<std::int32_t>(record.headers.size()));
    for (const RecordHeader& header : record.headers) {
        to = store_nullable(to, as_bytes(header.key));
        to = store_nullable(to, header.value);
    }
    CHECK(to == batch_.data() + batch_.size());

    ++header_.record_count;
    header_.max_timestamp = std::max(header_.max_timestamp, record.timestamp);
    last_offset_ = offset;
    next_offset_ = offset + 1;
}

void BatchBuilder::set_producer(std::int64_t producer_id, std::int16_t producer_epoch,
                                std::int32_t base_sequence) {
    header_.producer_id = producer_id;
    header_.producer_epoch = producer_epoch;
    header_.base_sequence = base_sequence;
}

void BatchBuilder::set_last_offset(std::int64_t offset) {
    CHECK(offset >= last_offset_, "last offset {} below {}", offset, last_offset_);
    CHECK(offset - options_.base_offset <= kLargest);
    last_offset_ = offset;
    next_offset_ = offset + 1;
}

std::size_t BatchBuilder::size_of_next(const RecordInput& record) const {
    return encoded_record_size(timestamp_delta(record),
                               static_cast<std::int32_t>(next_offset_ - options_.base_offset),
                               record);
}

Bytes BatchBuilder::build() && {
    header_.last_offset_delta = static_cast<std::int32_t>(last_offset_ - options_.base_offset);
    if (options_.log_append_time_ms) header_.max_timestamp = *options_.log_append_time_ms;
    if (header_.record_count == 0) {
        header_.base_timestamp = options_.delete_horizon_ms.value_or(kNoTimestamp);
        return assemble_batch(header_, {});
    }
    const ByteSpan records = batch_.span().subspan(kBatchHeaderSize);
    if (options_.codec != CompressionCodec::none) {
        return assemble_batch(
            header_, compress(options_.codec, records, options_.levels, options_.contexts));
    }
    header_.batch_length = batch_length_for(records);
    header_.crc = compute_crc(header_, records);
    write_batch_header(header_, batch_.span().first<kBatchHeaderSize>());
    return std::move(batch_).freeze();
}

std::int64_t BatchBuilder::timestamp_delta(const RecordInput& record) const {
    if (header_.record_count == 0 && !options_.delete_horizon_ms) return 0;
    if (header_.record_count == 0) return subtract(record.timestamp, *options_.delete_horizon_ms);
    return subtract(record.timestamp, header_.base_timestamp);
}

Bytes assemble_batch(BatchHeader header, ByteSpan stored_records) {
    header.batch_length = batch_length_for(stored_records);
    header.crc = compute_crc(header, stored_records);
    ByteBuffer batch(kBatchHeaderSize + stored_records.size());
    write_batch_header(header, std::span<std::uint8_t, kBatchHeaderSize>(
                                   batch.extend(kBatchHeaderSize), kBatchHeaderSize));
    batch.append(stored_records);
    return std::move(batch).freeze();
}

Bytes with_producer(const Bytes& batch, std::int64_t producer_id, std::int16_t producer_epoch,
                    std::int32_t base_sequence) {
    auto header = parse_batch_header(batch);
    CHECK(header.has_value(), "not a batch");
    header->producer_id = producer_id;
    header->producer_epoch = producer_epoch;
    header->base_sequence = base_sequence;
    return assemble_batch(*header, batch.span().subspan(kBatchHeaderSize));
}

Bytes build_empty_batch(const BatchHeader& cleaned) {
    BatchHeader header = cleaned;
    header.attributes = static_cast<std::int16_t>(
        cleaned.attributes & (BatchHeader::kLogAppendTimeBit | BatchHeader::kTransactionalBit |
                              BatchHeader::kControlBit));
    header.base_timestamp = kNoTimestamp;
    header.record_count = 0;
    return assemble_batch(header, {});
}

std::size_t encoded_record_size(std::int64_t timestamp_delta, std::int32_t offset_delta,
                                const RecordInput& record) {
    const std::size_t size = body_size(timestamp_delta, offset_delta, record);
    CHECK(size <= static_cast<std::size_t>(kLargest), "a record of {} bytes", size);
    return varint_size(static_cast<std::int32_t>(size)) + size;
}

}  // namespace gregor::records
