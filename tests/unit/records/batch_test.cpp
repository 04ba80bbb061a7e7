#include <limits>
#include <string>
#include <vector>

#include "broker/protocol/records/batch_builder.h"
#include "broker/protocol/records/batch_header.h"
#include "broker/protocol/records/batch_reader.h"
#include "broker/protocol/records/record_reader.h"
#include "tests/support/catch.h"

namespace gregor::records {
namespace {

constexpr std::size_t kLimit = std::size_t{16} << 20;

Bytes batch_of(int count, BatchOptions options = {}) {
    BatchBuilder builder(options);
    for (int i = 0; i < count; ++i) {
        const std::string value = "value-" + std::to_string(i);
        builder.append({.timestamp = 1000 + i, .key = as_bytes("key"), .value = as_bytes(value)});
    }
    return std::move(builder).build();
}

BatchHeader header_of(ByteSpan batch) {
    const auto header = parse_batch_header(batch);
    REQUIRE(header);
    return *header;
}

std::vector<std::int64_t> offsets_of(const BatchView& batch) {
    std::vector<std::int64_t> offsets;
    auto reader = batch.open(kLimit);
    REQUIRE(reader);
    while (true) {
        const auto record = reader->next();
        REQUIRE(record);
        if (*record == nullptr) return offsets;
        offsets.push_back((*record)->offset);
    }
}

TEST_CASE("a batch that was built is read again, record by record") {
    const std::vector<RecordHeader> headers = {{.key = "trace", .value = as_bytes("abc")},
                                               {.key = "", .value = std::nullopt}};
    BatchBuilder builder({.base_offset = 40,
                          .producer_id = 7,
                          .producer_epoch = 2,
                          .base_sequence = std::numeric_limits<std::int32_t>::max()});
    builder.append({.timestamp = 100, .key = as_bytes("k"), .value = as_bytes("v")});
    builder.append({.timestamp = 90, .value = as_bytes(""), .headers = headers});
    builder.append_at(50, {.timestamp = 95, .key = as_bytes("gone")});
    const Bytes bytes = std::move(builder).build();

    BatchReader batches(bytes);
    const auto batch = batches.next();
    REQUIRE(batch);
    REQUIRE(batch->has_value());
    const BatchView& view = **batch;
    REQUIRE(view.has_valid_crc());
    REQUIRE(view.header.last_offset() == 50);
    REQUIRE(view.header.next_offset() == 51);
    REQUIRE(view.header.base_timestamp == 100);
    REQUIRE(view.header.max_timestamp == 100);
    REQUIRE(view.header.last_sequence() == 9);
    REQUIRE(batches.position() == bytes.size());

    auto reader = view.open(kLimit);
    REQUIRE(reader);
    auto record = reader->next();
    REQUIRE(record);
    REQUIRE((*record)->offset == 40);
    REQUIRE((*record)->sequence == std::numeric_limits<std::int32_t>::max());
    REQUIRE(to_hex(*(*record)->key) == "6b");
    record = reader->next();
    REQUIRE(record);
    REQUIRE((*record)->offset == 41);
    REQUIRE((*record)->timestamp == 90);
    REQUIRE((*record)->sequence == 0);
    REQUIRE_FALSE((*record)->key.has_value());
    REQUIRE((*record)->value->empty());
    std::vector<std::string> seen;
    (*record)->headers.for_each([&](const RecordHeader& header) {
        seen.push_back(std::string(header.key) + "=" +
                       (header.value ? to_hex(*header.value) : "null"));
    });
    REQUIRE(seen == std::vector<std::string>{"trace=616263", "=null"});
    record = reader->next();
    REQUIRE(record);
    REQUIRE((*record)->offset == 50);
    REQUIRE_FALSE((*record)->value.has_value());
    record = reader->next();
    REQUIRE(record);
    REQUIRE(*record == nullptr);
}

TEST_CASE("a header is written as it was parsed") {
    const Bytes bytes = batch_of(3, {.base_offset = 5,
                                     .producer_id = 1,
                                     .producer_epoch = 0,
                                     .base_sequence = 0,
                                     .is_transactional = true});
    const BatchHeader header = header_of(bytes);
    REQUIRE(encode_batch_header(header) == bytes.slice(0, kBatchHeaderSize));
    REQUIRE(header.size_in_bytes() == bytes.size());
    REQUIRE(header.is_transactional());
    REQUIRE_FALSE(header.is_control());
    REQUIRE(compute_crc(header, bytes.suffix(kBatchHeaderSize)) == header.crc);
}

TEST_CASE("a place in the log does not touch the checksum, a timestamp does") {
    const Bytes bytes = batch_of(3);
    const Bytes records = bytes.suffix(kBatchHeaderSize);
    BatchHeader header = header_of(bytes);
    header.base_offset = 1234;
    header.partition_leader_epoch = 9;
    REQUIRE(compute_crc(header, records) == header.crc);

    REQUIRE(with_max_timestamp(header, TimestampType::create_time, header.max_timestamp, records) ==
            header);
    const BatchHeader appended =
        with_max_timestamp(header, TimestampType::log_append_time, 5000, records);
    REQUIRE(appended.crc != header.crc);
    REQUIRE(appended.crc == compute_crc(appended, records));
    REQUIRE(appended.base_timestamp == header.base_timestamp);
    auto reader = RecordReader::open(appended, records, kLimit);
    REQUIRE(reader);
    const auto record = reader->next();
    REQUIRE(record);
    REQUIRE((*record)->timestamp == 5000);
    REQUIRE(with_max_timestamp(appended, TimestampType::create_time, header.max_timestamp,
                               records) == header);
}

TEST_CASE("sequence numbers follow the last offset and wrap to 0") {
    constexpr std::int32_t kMax = std::numeric_limits<std::int32_t>::max();
    REQUIRE(increment_sequence(0, 5) == 5);
    REQUIRE(increment_sequence(kMax, 0) == kMax);
    REQUIRE(increment_sequence(kMax, 1) == 0);
    REQUIRE(increment_sequence(kMax - 1, 3) == 1);
    REQUIRE(increment_sequence(kMax, kMax) == kMax - 1);
    BatchHeader header;
    header.last_offset_delta = 7;
    REQUIRE(header.last_sequence() == kNoSequence);
}

TEST_CASE("a batch whose records were all cleaned away is its header and keeps its offsets") {
    BatchBuilder builder(
        {.base_offset = 10, .producer_id = 3, .producer_epoch = 1, .base_sequence = 20});
    builder.set_last_offset(14);
    const Bytes bytes = std::move(builder).build();
    const BatchHeader header = header_of(bytes);
    REQUIRE(bytes.size() == kBatchHeaderSize);
    REQUIRE(header.last_offset() == 14);
    REQUIRE(header.last_sequence() == 24);
    REQUIRE(header.base_timestamp == kNoTimestamp);
    REQUIRE(header.record_count == 0);
    REQUIRE(has_valid_crc(bytes));
    REQUIRE(offsets_of({.header = header, .bytes = bytes}).empty());
}

TEST_CASE("a chunk that ends inside a batch ends the walk there") {
    ByteBuffer log;
    log.append(batch_of(2).span());
    const std::size_t second_begin = log.size();
    log.append(batch_of(3, {.base_offset = 2}).span());
    const Bytes whole = std::move(log).freeze();
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        BatchReader batches(whole.span().first(size));
        int seen = 0;
        while (true) {
            const auto batch = batches.next();
            REQUIRE(batch);
            if (!*batch) break;
            ++seen;
        }
        const int expected = size == whole.size() ? 2 : size >= second_begin ? 1 : 0;
        REQUIRE(seen == expected);
        REQUIRE(batches.position() == (seen == 2 ? whole.size() : seen == 1 ? second_begin : 0));
    }
}

TEST_CASE("a batch of formats 0 and 1 is refused as unsupported, an unknown one as corrupt") {
    const Bytes good = batch_of(1);
    for (const int magic : {-1, 0, 1, 3}) {
        ByteBuffer buffer;
        buffer.append(good.span());
        buffer.data()[16] = static_cast<std::uint8_t>(magic);
        const RecordErrorCode expected = magic == 0 || magic == 1
                                             ? RecordErrorCode::unsupported_for_message_format
                                             : RecordErrorCode::corrupt_message;
        const auto batch = BatchReader(buffer.span()).next();
        REQUIRE_FALSE(batch);
        REQUIRE(batch.error().code == expected);
        const auto header = parse_batch_header(buffer.span());
        REQUIRE_FALSE(header);
        REQUIRE(header.error().code == expected);
    }
}

TEST_CASE("a header of too few bytes or with too small a length is corrupt") {
    const Bytes good = batch_of(1);
    const auto cut = parse_batch_header(good.span().first(kBatchHeaderSize - 1));
    REQUIRE_FALSE(cut);
    REQUIRE(cut.error().code == RecordErrorCode::corrupt_message);
    for (const std::uint8_t length : {0, 13, 48}) {
        ByteBuffer buffer;
        buffer.append(good.span());
        buffer.data()[11] = length;
        const auto batch = BatchReader(buffer.span()).next();
        REQUIRE_FALSE(batch);
        REQUIRE(batch.error().code == RecordErrorCode::corrupt_message);
    }
}

TEST_CASE("the size of a record is known before it is appended") {
    BatchBuilder builder({.base_offset = 3});
    std::size_t expected = kBatchHeaderSize;
    const std::string large(9000, 'x');
    const std::vector<RecordHeader> headers = {{.key = "k", .value = as_bytes(large)}};
    for (int i = 0; i < 100; ++i) {
        const RecordInput record{
            .timestamp = i * 1000,
            .key = as_bytes("key"),
            .value = as_bytes(std::string_view(large).substr(0, static_cast<std::size_t>(i) * 80)),
            .headers = headers};
        expected += builder.size_of_next(record);
        builder.append(record);
        REQUIRE(builder.uncompressed_size() == expected);
    }
    REQUIRE(std::move(builder).build().size() == expected);
}

}  // namespace
}  // namespace gregor::records
