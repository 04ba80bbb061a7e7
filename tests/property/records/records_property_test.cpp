// Properties of batches: what is built is read back under every codec, damage is seen, checksums
// and hashes behave as their definitions say.
#include <rapidcheck.h>

#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/records/batch_builder.h"
#include "broker/protocol/records/batch_reader.h"
#include "broker/protocol/records/batch_validator.h"
#include "broker/protocol/records/crc32c.h"
#include "broker/protocol/records/java_hash.h"
#include "broker/protocol/records/murmur2.h"
#include "broker/protocol/records/varint.h"
#include "tests/support/catch.h"

namespace gregor::records {
namespace {

constexpr std::size_t kLimit = std::size_t{64} << 20;

using MaybeText = std::optional<std::string>;

struct Record {
    std::int64_t offset = 0;
    std::int64_t timestamp = 0;
    MaybeText key;
    MaybeText value;
    std::vector<std::pair<std::string, MaybeText>> headers;

    friend bool operator==(const Record&, const Record&) = default;
};

std::optional<ByteSpan> bytes_of(const MaybeText& text) {
    if (!text) return std::nullopt;
    return as_bytes(*text);
}

MaybeText text_of(const std::optional<ByteSpan>& bytes) {
    if (!bytes) return std::nullopt;
    return std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size());
}

MaybeText any_text(int largest) {
    if (*rc::gen::inRange(0, 4) == 0) return std::nullopt;
    const int size = *rc::gen::inRange(0, largest);
    const int kinds = *rc::gen::element(1, 4, 256);
    std::string text;
    for (int i = 0; i < size; ++i) text.push_back(static_cast<char>(*rc::gen::inRange(0, kinds)));
    return text;
}

Record any_record(std::int64_t offset) {
    Record record{.offset = offset,
                  .timestamp = *rc::gen::oneOf(rc::gen::arbitrary<std::int64_t>(),
                                               rc::gen::inRange<std::int64_t>(-1, 1000)),
                  .key = any_text(40),
                  .value = any_text(300)};
    const int headers = *rc::gen::inRange(0, 4);
    for (int i = 0; i < headers; ++i) {
        record.headers.emplace_back(any_text(10).value_or("k"), any_text(20));
    }
    return record;
}

CompressionCodec any_codec() { return static_cast<CompressionCodec>(*rc::gen::inRange(0, 5)); }

BatchOptions any_options() {
    BatchOptions options{.codec = any_codec(), .base_offset = *rc::gen::inRange(0, 1 << 30)};
    if (*rc::gen::arbitrary<bool>()) {
        options.producer_id = *rc::gen::inRange(0, 1000);
        options.producer_epoch = 3;
        options.base_sequence = *rc::gen::oneOf(
            rc::gen::inRange(0, 100), rc::gen::just(std::numeric_limits<std::int32_t>::max()));
        options.is_transactional = *rc::gen::arbitrary<bool>();
    }
    if (*rc::gen::inRange(0, 4) == 0) options.delete_horizon_ms = *rc::gen::inRange(0, 100000);
    return options;
}

Bytes build(const BatchOptions& options, const std::vector<Record>& records) {
    BatchBuilder builder(options);
    for (const Record& record : records) {
        std::vector<RecordHeader> headers;
        for (const auto& [key, value] : record.headers) {
            headers.push_back({.key = key, .value = bytes_of(value)});
        }
        builder.append_at(record.offset, {.timestamp = record.timestamp,
                                          .key = bytes_of(record.key),
                                          .value = bytes_of(record.value),
                                          .headers = headers});
    }
    return std::move(builder).build();
}

/// The records of a batch, or nothing if any of it is refused.
std::optional<std::vector<Record>> read(ByteSpan bytes) {
    const auto batch = BatchReader(bytes).next();
    if (!batch || !*batch || !(*batch)->has_valid_crc()) return std::nullopt;
    auto reader = (*batch)->open(kLimit);
    if (!reader) return std::nullopt;
    std::vector<Record> records;
    while (true) {
        const auto view = reader->next();
        if (!view) return std::nullopt;
        if (*view == nullptr) return records;
        Record record{.offset = (*view)->offset,
                      .timestamp = (*view)->timestamp,
                      .key = text_of((*view)->key),
                      .value = text_of((*view)->value)};
        (*view)->headers.for_each([&](const RecordHeader& header) {
            record.headers.emplace_back(header.key, text_of(header.value));
        });
        records.push_back(record);
    }
}

std::vector<Record> any_records(std::int64_t offset) {
    std::vector<Record> records;
    const int count = *rc::gen::inRange(1, 30);
    for (int i = 0; i < count; ++i) {
        records.push_back(any_record(offset));
        offset += *rc::gen::oneOf(rc::gen::just(1), rc::gen::inRange(1, 10000));
    }
    return records;
}

TEST_CASE("records that were built are read back, under every codec") {
    REQUIRE(rc::check([] {
        const BatchOptions options = any_options();
        const std::vector<Record> records = any_records(options.base_offset);
        const Bytes bytes = build(options, records);
        const auto header = parse_batch_header(bytes);
        RC_ASSERT(header.has_value());
        RC_ASSERT(header->last_offset() == records.back().offset);
        RC_ASSERT(header->size_in_bytes() == bytes.size());
        const auto back = read(bytes);
        RC_ASSERT(back.has_value());
        RC_ASSERT(*back == records);
    }));
}

TEST_CASE("a flipped bit is refused, or stands where no checksum covers and reads as it must") {
    REQUIRE(rc::check([] {
        const BatchOptions options = any_options();
        std::vector<Record> records = any_records(options.base_offset);
        const Bytes bytes = build(options, records);
        const auto bit = *rc::gen::inRange<std::size_t>(0, bytes.size() * 8);
        ByteBuffer damaged;
        damaged.append(bytes.span());
        damaged.data()[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
        const auto back = read(damaged.span());
        if (bit < 8 * 8) {
            // The base offset: every record moves with it.
            RC_ASSERT(back.has_value());
            const std::int64_t base = parse_batch_header(damaged.span())->base_offset;
            const auto shift =
                static_cast<std::uint64_t>(base) - static_cast<std::uint64_t>(options.base_offset);
            for (Record& record : records) {
                record.offset =
                    static_cast<std::int64_t>(static_cast<std::uint64_t>(record.offset) + shift);
            }
            RC_ASSERT(*back == records);
        } else if (bit >= 12 * 8 && bit < 16 * 8) {
            RC_ASSERT(back.has_value());  // the leader epoch
            RC_ASSERT(*back == records);
        } else {
            RC_ASSERT_FALSE(back.has_value());
        }
    }));
}

TEST_CASE("damage under a checksum that holds is refused or read, and the validator agrees") {
    REQUIRE(rc::check([] {
        BatchOptions options{.codec = any_codec()};
        std::vector<Record> records;
        const int count = *rc::gen::inRange(1, 10);
        for (int i = 0; i < count; ++i) {
            records.push_back(any_record(i));
            records.back().timestamp = 0;
        }
        const Bytes bytes = build(options, records);
        ByteBuffer damaged;
        damaged.append(bytes.span());
        const int flips = *rc::gen::inRange(1, 4);
        for (int i = 0; i < flips; ++i) {
            const auto bit = *rc::gen::inRange<std::size_t>(kBatchHeaderSize * 8, bytes.size() * 8);
            damaged.data()[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
        }
        BatchHeader header = *parse_batch_header(damaged.span());
        header.crc = compute_crc(header, damaged.span().subspan(kBatchHeaderSize));
        write_batch_header(header, damaged.span().first<kBatchHeaderSize>());
        const Bytes chunk = std::move(damaged).freeze();
        const auto back = read(chunk);
        const auto validated = validate_batch(
            chunk, {.timestamp_after_max_ms = std::numeric_limits<std::int64_t>::max()});
        // What is appended can be read; what cannot be read is refused.
        if (validated) RC_ASSERT(back.has_value());
        if (!back) RC_ASSERT(!validated.has_value());
    }));
}

TEST_CASE("a checksum extends over any cut, and differs for any one flipped bit") {
    REQUIRE(rc::check([](const std::vector<std::uint8_t>& bytes) {
        const auto cut = *rc::gen::inRange<std::size_t>(0, bytes.size() + 1);
        RC_ASSERT(crc32c_extend(crc32c(ByteSpan(bytes).first(cut)), ByteSpan(bytes).subspan(cut)) ==
                  crc32c(bytes));
        RC_PRE(!bytes.empty());
        std::vector<std::uint8_t> damaged = bytes;
        const auto bit = *rc::gen::inRange<std::size_t>(0, bytes.size() * 8);
        damaged[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
        RC_ASSERT(crc32c(damaged) != crc32c(bytes));
    }));
}

TEST_CASE("a key's partition lies within the topic and depends on the key's bytes alone") {
    REQUIRE(rc::check([](const std::vector<std::uint8_t>& key) {
        const int partitions = *rc::gen::inRange(1, 10000);
        const std::int32_t partition = partition_for_key(key, partitions);
        RC_ASSERT(partition >= 0);
        RC_ASSERT(partition < partitions);
        const std::vector<std::uint8_t> copy = key;
        RC_ASSERT(murmur2(copy) == murmur2(key));
        const std::string_view text(reinterpret_cast<const char*>(key.data()), key.size());
        RC_ASSERT(group_partition(text, partitions) >= 0);
        RC_ASSERT(group_partition(text, partitions) < partitions);
    }));
}

TEST_CASE("varlongs round-trip and any bytes are read without going beyond them") {
    REQUIRE(rc::check([](std::int64_t value, const std::vector<std::uint8_t>& bytes) {
        ByteBuffer out;
        append_varlong(out, value);
        ByteCursor cursor(out.span());
        RC_ASSERT(cursor.varlong() == value);
        RC_ASSERT(out.size() == varlong_size(value));
        ByteCursor any(bytes);
        while (any.remaining() > 0) (void)any.varint();
        RC_ASSERT(any.position() == bytes.data() + bytes.size());
    }));
}

}  // namespace
}  // namespace gregor::records
