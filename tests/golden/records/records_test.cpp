// Batches that Kafka wrote: every field and record is compared, and they are built again from what
// is listed. Compressed bytes depend on the library and its level, so there what comes out is
// compared.
#include <openssl/sha.h>

#include <array>

#include "broker/protocol/records/batch_builder.h"
#include "broker/protocol/records/batch_reader.h"
#include "broker/protocol/records/control_record.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"

namespace gregor::records {
namespace {

using golden::from_hex;
using golden::golden_lines;
using golden::Json;
using golden::print_compared;

constexpr std::size_t kLimit = std::size_t{256} << 20;

std::optional<std::string> hex_of(const std::optional<ByteSpan>& bytes) {
    if (!bytes) return std::nullopt;
    return to_hex(*bytes);
}

std::optional<std::string> text_of(const Json& value) {
    if (value.is_null()) return std::nullopt;
    return value.get<std::string>();
}

std::string sha256(ByteSpan bytes) {
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest;
    SHA256(bytes.data(), bytes.size(), digest.data());
    return to_hex(digest);
}

void compare_header(const BatchHeader& header, const Json& expected) {
    REQUIRE(header.magic == expected["magic"].get<int>());
    REQUIRE(header.base_offset == expected["baseOffset"].get<std::int64_t>());
    REQUIRE(header.last_offset() == expected["lastOffset"].get<std::int64_t>());
    REQUIRE(header.next_offset() == expected["nextOffset"].get<std::int64_t>());
    REQUIRE(header.size_in_bytes() == expected["sizeInBytes"].get<std::size_t>());
    REQUIRE(header.batch_length == expected["batchLength"].get<std::int32_t>());
    REQUIRE(header.codec().has_value());
    REQUIRE(name_of(*header.codec()) == expected["compression"].get<std::string>());
    REQUIRE(
        (header.timestamp_type() == TimestampType::create_time ? "CreateTime" : "LogAppendTime") ==
        expected["timestampType"].get<std::string>());
    REQUIRE(header.max_timestamp == expected["maxTimestamp"].get<std::int64_t>());
    REQUIRE(header.partition_leader_epoch == expected["partitionLeaderEpoch"].get<std::int32_t>());
    REQUIRE(header.crc == expected["crc"].get<std::uint32_t>());
    REQUIRE(header.attributes == expected["attributes"].get<std::int16_t>());
    REQUIRE(header.last_offset_delta == expected["lastOffsetDelta"].get<std::int32_t>());
    REQUIRE(header.base_timestamp == expected["baseTimestampRaw"].get<std::int64_t>());
    REQUIRE(header.delete_horizon_ms().has_value() == !expected["deleteHorizonMs"].is_null());
    if (header.has_delete_horizon()) {
        REQUIRE(header.delete_horizon_ms() == expected["deleteHorizonMs"].get<std::int64_t>());
    }
    REQUIRE(header.producer_id == expected["producerId"].get<std::int64_t>());
    REQUIRE(header.producer_epoch == expected["producerEpoch"].get<std::int16_t>());
    REQUIRE(header.base_sequence == expected["baseSequence"].get<std::int32_t>());
    REQUIRE(header.last_sequence() == expected["lastSequence"].get<std::int32_t>());
    REQUIRE(header.record_count == expected["recordsCount"].get<std::int32_t>());
    REQUIRE(header.is_transactional() == expected["isTransactional"].get<bool>());
    REQUIRE(header.is_control() == expected["isControlBatch"].get<bool>());
}

void compare_record(const RecordView& record, const Json& expected) {
    REQUIRE(record.offset == expected["offset"].get<std::int64_t>());
    REQUIRE(record.timestamp == expected["timestamp"].get<std::int64_t>());
    REQUIRE(record.sequence == expected["sequence"].get<std::int32_t>());
    REQUIRE(record.size_in_bytes == expected["sizeInBytes"].get<std::int32_t>());
    REQUIRE(hex_of(record.key) == text_of(expected["key"]));
    REQUIRE(hex_of(record.value) == text_of(expected["value"]));
    REQUIRE(record.headers.count() == static_cast<std::int32_t>(expected["headers"].size()));
    std::size_t i = 0;
    record.headers.for_each([&](const RecordHeader& header) {
        const Json& expected_header = expected["headers"][i++];
        REQUIRE(header.key == expected_header["key"].get<std::string>());
        REQUIRE(hex_of(header.value) == text_of(expected_header["value"]));
    });
    REQUIRE(i == expected["headers"].size());
    if (!expected.contains("control")) return;
    const Json& control = expected["control"];
    const auto type = control_record_type(record);
    REQUIRE(type);
    REQUIRE(type->has_value());
    REQUIRE(static_cast<int>(**type) == control["typeId"].get<int>());
    if (!control.contains("coordinatorEpoch")) return;
    const auto marker = read_end_transaction_marker(record);
    REQUIRE(marker);
    REQUIRE(marker->coordinator_epoch == control["coordinatorEpoch"].get<std::int32_t>());
}

/// The same batch built from its parts. Under LogAppendTime the producer's timestamps are taken
/// from the deltas, as the listed ones are the append time.
Bytes rebuild(const BatchView& batch) {
    const BatchHeader& header = batch.header;
    if (header.record_count == 0) return build_empty_batch(header);
    BatchOptions options{.codec = *header.codec(),
                         .base_offset = header.base_offset,
                         .partition_leader_epoch = header.partition_leader_epoch,
                         .delete_horizon_ms = header.delete_horizon_ms(),
                         .producer_id = header.producer_id,
                         .producer_epoch = header.producer_epoch,
                         .base_sequence = header.base_sequence,
                         .is_transactional = header.is_transactional(),
                         .is_control = header.is_control()};
    BatchHeader as_created = header;
    if (header.timestamp_type() == TimestampType::log_append_time) {
        options.log_append_time_ms = header.max_timestamp;
        as_created.attributes &= ~BatchHeader::kLogAppendTimeBit;
    }
    BatchBuilder builder(options);
    auto reader = RecordReader::open(as_created, batch.records(), kLimit);
    REQUIRE(reader);
    while (true) {
        const auto record = reader->next();
        REQUIRE(record);
        if (*record == nullptr) break;
        std::vector<RecordHeader> headers;
        (*record)->headers.for_each([&](const RecordHeader& h) { headers.push_back(h); });
        builder.append_at((*record)->offset, {.timestamp = (*record)->timestamp,
                                              .key = (*record)->key,
                                              .value = (*record)->value,
                                              .headers = headers});
    }
    builder.set_last_offset(header.last_offset());
    return std::move(builder).build();
}

void compare_rebuilt(const BatchView& batch) {
    const Bytes rebuilt = rebuild(batch);
    if (batch.header.codec() == CompressionCodec::none) {
        REQUIRE(to_hex(rebuilt) == to_hex(batch.bytes));
        return;
    }
    const auto header = parse_batch_header(rebuilt);
    REQUIRE(header);
    REQUIRE(has_valid_crc(rebuilt));
    BatchHeader alike = *header;
    alike.crc = batch.header.crc;
    alike.batch_length = batch.header.batch_length;
    REQUIRE(alike == batch.header);
    const auto ours =
        decompress(*header->codec(), rebuilt.span().subspan(kBatchHeaderSize), kLimit);
    const auto theirs = decompress(*header->codec(), batch.records(), kLimit);
    REQUIRE(ours);
    REQUIRE(theirs);
    REQUIRE(*ours == *theirs);
}

void compare_batch(const BatchView& batch, const Json& expected, const Json& line) {
    compare_header(batch.header, expected);
    REQUIRE(batch.has_valid_crc() == expected["isValid"].get<bool>());
    const auto uncompressed = decompress(*batch.header.codec(), batch.records(), kLimit);
    REQUIRE(uncompressed);
    if (expected.contains("uncompressedRecordsHex")) {
        REQUIRE(to_hex(*uncompressed) == expected["uncompressedRecordsHex"].get<std::string>());
    }
    if (line.contains("uncompressedSha256")) {
        REQUIRE(uncompressed->size() == line["uncompressedSize"].get<std::size_t>());
        REQUIRE(sha256(*uncompressed) == line["uncompressedSha256"].get<std::string>());
    }
    auto reader = batch.open(kLimit);
    REQUIRE(reader);
    std::int32_t count = 0;
    while (true) {
        const auto record = reader->next();
        REQUIRE(record);
        if (*record == nullptr) break;
        if (expected.contains("records")) {
            compare_record(**record, expected["records"][static_cast<std::size_t>(count)]);
        }
        ++count;
    }
    REQUIRE(count == batch.header.record_count);
    compare_rebuilt(batch);
}

TEST_CASE("batches of every kind read as Kafka reads them and are built as Kafka builds them") {
    const std::vector<Json> lines = golden_lines("records/records.jsonl");
    for (const Json& line : lines) {
        INFO(line["case"].get<std::string>());
        const Bytes bytes = from_hex(line["hex"]);
        REQUIRE(bytes.size() == line["size"].get<std::size_t>());
        BatchReader batches(bytes);
        for (const Json& expected : line["batches"]) {
            const auto batch = batches.next();
            REQUIRE(batch);
            REQUIRE(batch->has_value());
            compare_batch(**batch, expected, line);
        }
        REQUIRE(batches.position() == bytes.size());
    }
    print_compared("records/records.jsonl", lines.size());
}

TEST_CASE("batches of message formats 0 and 1 are refused as unsupported") {
    const std::vector<Json> lines = golden_lines("records/legacy.jsonl");
    for (const Json& line : lines) {
        INFO(line["case"].get<std::string>());
        const Bytes bytes = from_hex(line["hex"]);
        const auto batch = BatchReader(bytes).next();
        REQUIRE_FALSE(batch);
        REQUIRE(batch.error().code == RecordErrorCode::unsupported_for_message_format);
    }
    print_compared("records/legacy.jsonl", lines.size());
}

}  // namespace
}  // namespace gregor::records
