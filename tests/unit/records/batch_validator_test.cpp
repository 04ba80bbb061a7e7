#include "broker/protocol/records/batch_validator.h"

#include <functional>
#include <string>
#include <vector>

#include "broker/protocol/records/batch_builder.h"
#include "broker/protocol/records/batch_reader.h"
#include "broker/protocol/records/control_record.h"
#include "tests/support/catch.h"

namespace gregor::records {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;
constexpr std::size_t kLimit = std::size_t{16} << 20;
constexpr CompressionCodec kCodecs[] = {CompressionCodec::none, CompressionCodec::gzip,
                                        CompressionCodec::snappy, CompressionCodec::lz4,
                                        CompressionCodec::zstd};

Bytes batch_of(const std::vector<std::int64_t>& timestamps, BatchOptions options = {}) {
    BatchBuilder builder(options);
    for (const std::int64_t timestamp : timestamps) {
        builder.append({.timestamp = timestamp, .key = as_bytes("key"), .value = as_bytes("v")});
    }
    return std::move(builder).build();
}

Bytes good_batch(CompressionCodec codec = CompressionCodec::none) {
    return batch_of({kNow - 5, kNow, kNow - 1}, {.codec = codec});
}

/// The same batch with its header changed and a checksum that holds.
Bytes with_header(const Bytes& batch, const std::function<void(BatchHeader&)>& change) {
    BatchHeader header = *parse_batch_header(batch);
    change(header);
    header.crc = compute_crc(header, batch.suffix(kBatchHeaderSize));
    ByteBuffer changed;
    changed.append(encode_batch_header(header).span());
    changed.append(batch.span().subspan(kBatchHeaderSize));
    return std::move(changed).freeze();
}

ValidationOptions usual() {
    return {.base_offset = 100,
            .partition_leader_epoch = 7,
            .now_ms = kNow,
            .topic_partition = "orders-3"};
}

Refusal refused(const Bytes& chunk, const ValidationOptions& options = usual()) {
    auto outcome = validate_batch(chunk, options);
    REQUIRE_FALSE(outcome);
    REQUIRE_FALSE(outcome.error().message.empty());
    return std::move(outcome).error();
}

ValidatedBatch accepted(const Bytes& chunk, const ValidationOptions& options = usual()) {
    auto outcome = validate_batch(chunk, options);
    if (!outcome) FAIL(outcome.error().message);
    return *std::move(outcome);
}

Bytes written(const ValidatedBatch& batch) {
    ByteBuffer bytes;
    bytes.append(batch.header_bytes.span());
    bytes.append(batch.records.span());
    return std::move(bytes).freeze();
}

TEST_CASE("an accepted batch gets its place and keeps its records and checksum") {
    for (const CompressionCodec codec : kCodecs) {
        const Bytes chunk = good_batch(codec);
        const ValidatedBatch batch = accepted(chunk);
        REQUIRE(batch.header.base_offset == 100);
        REQUIRE(batch.header.partition_leader_epoch == 7);
        REQUIRE(batch.header.last_offset() == 102);
        REQUIRE(batch.max_timestamp == kNow);
        REQUIRE(batch.offset_of_max_timestamp == 101);
        REQUIRE(batch.header.crc == parse_batch_header(chunk)->crc);
        REQUIRE(batch.records.data() == chunk.data() + kBatchHeaderSize);
        REQUIRE(has_valid_crc(written(batch)));
        REQUIRE(*parse_batch_header(batch.header_bytes) == batch.header);
    }
}

TEST_CASE(
    "what follows the one batch is dropped if it is less than a batch and refused if it is one") {
    const Bytes good = good_batch();
    ByteBuffer chunk;
    chunk.append(good.span());
    chunk.append(good.span().first(good.size() - 1));
    REQUIRE(accepted(Bytes::copy_of(chunk.span())).records.size() ==
            good.size() - kBatchHeaderSize);
    chunk.append(good.span().last(1));
    REQUIRE(refused(Bytes::copy_of(chunk.span())).code == RecordErrorCode::invalid_record);
    REQUIRE(refused(Bytes()).code == RecordErrorCode::invalid_record);
    REQUIRE(refused(good.slice(0, good.size() - 1)).code == RecordErrorCode::invalid_record);
}

TEST_CASE("an old message format is an invalid record, an unknown one is corrupt") {
    const auto with_magic = [](int magic) {
        return with_header(good_batch(), [&](BatchHeader& header) {
            header.magic = static_cast<std::int8_t>(magic);
        });
    };
    REQUIRE(refused(with_magic(0)).code == RecordErrorCode::invalid_record);
    REQUIRE(refused(with_magic(1)).code == RecordErrorCode::invalid_record);
    REQUIRE(refused(with_magic(3)).code == RecordErrorCode::corrupt_message);
}

TEST_CASE("a checksum that does not hold is corrupt") {
    const Bytes good = good_batch();
    for (std::size_t i = 17; i < good.size(); ++i) {
        ByteBuffer damaged;
        damaged.append(good.span());
        damaged.data()[i] ^= 0x10;
        REQUIRE(refused(std::move(damaged).freeze()).code == RecordErrorCode::corrupt_message);
    }
}

TEST_CASE("a header that makes no sense from a client is an invalid record") {
    const std::vector<std::function<void(BatchHeader&)>> changes = {
        [](BatchHeader& h) { h.base_offset = 1; },
        [](BatchHeader& h) { h.record_count = 0; },
        [](BatchHeader& h) { h.record_count = -1; },
        [](BatchHeader& h) { h.record_count = 2; },
        [](BatchHeader& h) { h.last_offset_delta = 3; },
        [](BatchHeader& h) { h.last_offset_delta = -1, h.record_count = 0; },
        [](BatchHeader& h) { h.record_count = 2, h.last_offset_delta = 1; },
        [](BatchHeader& h) { h.record_count = 4, h.last_offset_delta = 3; },
        [](BatchHeader& h) { h.attributes |= BatchHeader::kControlBit; },
        [](BatchHeader& h) { h.attributes |= BatchHeader::kDeleteHorizonBit; },
        [](BatchHeader& h) { h.attributes |= BatchHeader::kTransactionalBit; },
        [](BatchHeader& h) { h.producer_id = 5; },
    };
    for (const auto& change : changes) {
        REQUIRE(refused(with_header(good_batch(), change)).code == RecordErrorCode::invalid_record);
    }
}

TEST_CASE("an unknown codec is an unsupported compression type") {
    for (const int codec : {5, 6, 7}) {
        const Bytes chunk = with_header(good_batch(), [&](BatchHeader& header) {
            header.attributes = static_cast<std::int16_t>(codec);
        });
        REQUIRE(refused(chunk).code == RecordErrorCode::unsupported_compression_type);
    }
}

TEST_CASE("idempotent and transactional batches are accepted with their sequence") {
    const Bytes chunk = batch_of(
        {kNow, kNow},
        {.producer_id = 5, .producer_epoch = 1, .base_sequence = 0, .is_transactional = true});
    REQUIRE(accepted(chunk).header.last_sequence() == 1);
}

TEST_CASE("a batch above max.message.bytes is too large, one of just that size is not") {
    const Bytes chunk = good_batch();
    ValidationOptions options = usual();
    options.max_message_bytes = static_cast<std::int32_t>(chunk.size());
    (void)accepted(chunk, options);
    --options.max_message_bytes;
    REQUIRE(refused(chunk, options).code == RecordErrorCode::message_too_large);
}

TEST_CASE("a compacted topic names every record without a key") {
    for (const CompressionCodec codec : kCodecs) {
        BatchBuilder builder({.codec = codec});
        for (int i = 0; i < 5; ++i) {
            RecordInput record{.timestamp = kNow, .value = as_bytes("v")};
            if (i % 2 == 0) record.key = as_bytes("k");
            builder.append(record);
        }
        const Bytes chunk = std::move(builder).build();
        (void)accepted(chunk);
        ValidationOptions options = usual();
        options.is_compacted = true;
        const Refusal refusal = refused(chunk, options);
        REQUIRE(refusal.code == RecordErrorCode::invalid_record);
        REQUIRE(refusal.record_errors.size() == 2);
        REQUIRE(refusal.record_errors[0].batch_index == 1);
        REQUIRE(refusal.record_errors[1].batch_index == 3);
    }
}

TEST_CASE("the list of record errors has an end") {
    BatchBuilder builder({});
    for (int i = 0; i < 3000; ++i) builder.append({.timestamp = kNow});
    ValidationOptions options = usual();
    options.is_compacted = true;
    const Refusal refusal = refused(std::move(builder).build(), options);
    REQUIRE(refusal.record_errors.size() == kMaxRecordErrors);
    REQUIRE(refusal.message.find("3000 of 3000") != std::string::npos);
}

TEST_CASE("timestamps are held against now, both ways, and having none is fine") {
    ValidationOptions options = usual();
    options.timestamp_before_max_ms = 1000;
    options.timestamp_after_max_ms = 500;
    const Bytes at_the_edges = batch_of({kNow - 1000, kNow + 500, kNoTimestamp});
    const ValidatedBatch batch = accepted(at_the_edges, options);
    REQUIRE(batch.max_timestamp == kNow + 500);
    REQUIRE(batch.offset_of_max_timestamp == 101);

    const std::int64_t least = std::numeric_limits<std::int64_t>::min();
    const std::int64_t most = std::numeric_limits<std::int64_t>::max();
    const Refusal refusal =
        refused(batch_of({kNow, kNow - 1001, kNow + 501, least, most}), options);
    REQUIRE(refusal.code == RecordErrorCode::invalid_timestamp);
    REQUIRE(refusal.record_errors.size() == 4);
    REQUIRE(refusal.record_errors[0].batch_index == 1);
}

TEST_CASE(
    "under LogAppendTime the broker's clock counts and the producer's timestamps are not checked") {
    ValidationOptions options = usual();
    options.timestamp_before_max_ms = 0;
    options.timestamp_after_max_ms = 0;
    options.timestamp_type = TimestampType::log_append_time;
    for (const CompressionCodec codec : kCodecs) {
        const ValidatedBatch batch = accepted(batch_of({1, 2}, {.codec = codec}), options);
        REQUIRE(batch.header.timestamp_type() == TimestampType::log_append_time);
        REQUIRE(batch.header.max_timestamp == kNow);
        REQUIRE(batch.header.base_timestamp == 1);
        REQUIRE(batch.max_timestamp == kNow);
        REQUIRE(batch.offset_of_max_timestamp == 100);
        REQUIRE(has_valid_crc(written(batch)));
    }
    const Bytes stamped = batch_of({1, 2}, {.log_append_time_ms = kNow});
    REQUIRE(refused(stamped, options).code == RecordErrorCode::invalid_timestamp);
    REQUIRE(refused(stamped).code == RecordErrorCode::invalid_timestamp);
}

TEST_CASE("a wrong maximum timestamp is set right, with a new checksum") {
    for (const CompressionCodec codec : kCodecs) {
        const Bytes chunk =
            with_header(good_batch(codec), [](BatchHeader& header) { header.max_timestamp = 3; });
        const ValidatedBatch batch = accepted(chunk);
        REQUIRE(batch.header.max_timestamp == kNow);
        REQUIRE(has_valid_crc(written(batch)));
    }
}

TEST_CASE("compressed records may be left unread, then the header is believed") {
    ValidationOptions options = usual();
    options.walk_compressed = false;
    options.is_compacted = true;
    BatchBuilder builder({.codec = CompressionCodec::lz4});
    builder.append({.timestamp = kNow});
    const Bytes without_key = std::move(builder).build();
    const ValidatedBatch batch = accepted(without_key, options);
    REQUIRE(batch.max_timestamp == kNow);
    REQUIRE(batch.offset_of_max_timestamp == batch.header.last_offset());
    options.walk_compressed = true;
    REQUIRE(refused(without_key, options).code == RecordErrorCode::invalid_record);
}

TEST_CASE("offset deltas of a client's batch count from 0 without a gap") {
    for (const CompressionCodec codec : kCodecs) {
        BatchBuilder builder({.codec = codec});
        builder.append({.timestamp = kNow});
        builder.append_at(2, {.timestamp = kNow});
        const Bytes gap = with_header(std::move(builder).build(),
                                      [](BatchHeader& header) { header.last_offset_delta = 1; });
        REQUIRE(refused(gap).code == RecordErrorCode::invalid_record);
    }
}

TEST_CASE("a topic's codec replaces the producer's, record for record") {
    std::vector<std::int64_t> timestamps(500, kNow);
    for (const CompressionCodec from : kCodecs) {
        const Bytes chunk = batch_of(timestamps, {.codec = from});
        for (const CompressionCodec to : kCodecs) {
            ValidationOptions options = usual();
            options.compression_type = to;
            const ValidatedBatch batch = accepted(chunk, options);
            REQUIRE(batch.header.codec() == to);
            const Bytes bytes = written(batch);
            REQUIRE(batch.header.size_in_bytes() == bytes.size());
            REQUIRE(has_valid_crc(bytes));
            const auto plain = decompress(to, batch.records, kLimit);
            const auto expected = decompress(from, chunk.suffix(kBatchHeaderSize), kLimit);
            REQUIRE(plain);
            REQUIRE(*plain == *expected);
            if (from == to) REQUIRE(batch.records.data() == chunk.data() + kBatchHeaderSize);
        }
    }
    ValidationOptions options = usual();
    options.compression_type = CompressionCodec::none;
    options.max_message_bytes = 1000;
    REQUIRE(refused(batch_of(timestamps, {.codec = CompressionCodec::zstd}), options).code ==
            RecordErrorCode::message_too_large);
}

TEST_CASE("a batch that decompresses beyond the limit is too large") {
    const std::string zeros(1 << 20, '\0');
    for (const CompressionCodec codec : kCodecs) {
        if (codec == CompressionCodec::none) continue;
        BatchBuilder builder({.codec = codec});
        builder.append({.timestamp = kNow, .value = as_bytes(zeros)});
        const Bytes chunk = std::move(builder).build();
        ValidationOptions options = usual();
        (void)accepted(chunk, options);
        options.max_uncompressed_bytes = 1 << 20;
        REQUIRE(refused(chunk, options).code == RecordErrorCode::message_too_large);
    }
}

TEST_CASE("nobody appends a batch that has no records or would move the log backwards") {
    ValidationOptions options = usual();
    options.origin = AppendOrigin::coordinator;
    options.walk_compressed = false;
    for (const CompressionCodec codec : kCodecs) {
        const auto changed = [&](std::int32_t record_count, std::int32_t last_offset_delta) {
            return with_header(good_batch(codec), [&](BatchHeader& header) {
                header.record_count = record_count;
                header.last_offset_delta = last_offset_delta;
            });
        };
        (void)accepted(changed(3, 2), options);
        REQUIRE(refused(changed(0, 2), options).code == RecordErrorCode::invalid_record);
        REQUIRE(refused(changed(-1, 2), options).code == RecordErrorCode::invalid_record);
        REQUIRE(refused(changed(3, -1), options).code == RecordErrorCode::invalid_record);
    }
}

TEST_CASE("a coordinator may append a transaction marker") {
    const Bytes marker =
        build_marker_batch({.marker = {.type = ControlRecordType::commit, .coordinator_epoch = 4},
                            .producer_id = 9,
                            .producer_epoch = 2,
                            .timestamp = kNow});
    ValidationOptions options = usual();
    options.is_compacted = true;
    options.compression_type = CompressionCodec::zstd;
    REQUIRE(refused(marker, options).code == RecordErrorCode::invalid_record);
    options.origin = AppendOrigin::coordinator;
    const ValidatedBatch batch = accepted(marker, options);
    REQUIRE(batch.header.is_control());
    REQUIRE(batch.header.base_offset == 100);
    REQUIRE(batch.records.size() == marker.size() - kBatchHeaderSize);
    auto reader = RecordReader::open(batch.header, batch.records, kLimit);
    REQUIRE(reader);
    const auto read = read_end_transaction_marker(**reader->next());
    REQUIRE(read);
    REQUIRE(read->type == ControlRecordType::commit);
    REQUIRE(read->coordinator_epoch == 4);
}

}  // namespace
}  // namespace gregor::records
