// A skim against the reader, whose judgement is Kafka's: both say the same of a small batch and of
// all that is one or two bits, a cut or a byte away from it.
#include "broker/protocol/records/record_skim.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "broker/protocol/records/batch_builder.h"
#include "broker/protocol/records/codec_contexts.h"
#include "broker/protocol/records/record_reader.h"
#include "tests/support/catch.h"

namespace gregor::records {
namespace {

constexpr std::size_t kLimit = std::size_t{16} << 20;
constexpr CompressionCodec kCodecs[] = {CompressionCodec::none, CompressionCodec::gzip,
                                        CompressionCodec::snappy, CompressionCodec::lz4,
                                        CompressionCodec::zstd};

struct Batch {
    BatchHeader header;
    std::vector<std::uint8_t> records;

    void flip(std::size_t bit) { records[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8); }
    [[nodiscard]] std::size_t bits() const { return records.size() * 8; }
    [[nodiscard]] std::optional<SkimmedRecords> skimmed() const {
        return skim_records(header, records, kLimit);
    }
};

Batch batch_of(const std::vector<RecordInput>& records,
               CompressionCodec codec = CompressionCodec::none) {
    BatchBuilder builder({.codec = codec});
    for (const RecordInput& record : records) builder.append(record);
    const Bytes bytes = std::move(builder).build();
    const ByteSpan body = bytes.span().subspan(kBatchHeaderSize);
    return {.header = *parse_batch_header(bytes), .records = {body.begin(), body.end()}};
}

/// Fields of every kind: null, empty, of two bytes' length; with headers and without.
Batch usual_batch() {
    const std::vector<RecordHeader> headers = {{.key = "h", .value = as_bytes("v")},
                                               {.key = "", .value = std::nullopt}};
    return batch_of({{.timestamp = 500, .key = as_bytes("k"), .value = as_bytes("v")},
                     {.timestamp = 700, .key = as_bytes(""), .headers = headers},
                     {.timestamp = 0, .key = as_bytes("k"), .value = as_bytes("")}});
}

std::optional<SkimmedRecords> skimmed_by_reading(const Batch& batch) {
    SkimmedRecords skimmed{.min_timestamp = std::numeric_limits<std::int64_t>::max(),
                           .max_timestamp = -1};
    auto reader = RecordReader::open(batch.header, batch.records, kLimit);
    for (std::int32_t i = 0; i < batch.header.record_count; ++i) {
        const auto record = reader->next();
        if (!record || (*record)->offset_delta != i || (*record)->timestamp < 0) {
            return std::nullopt;
        }
        const std::int64_t timestamp = (*record)->timestamp;
        if (!(*record)->key) skimmed.all_have_keys = false;
        skimmed.min_timestamp = std::min(skimmed.min_timestamp, timestamp);
        if (timestamp <= skimmed.max_timestamp) continue;
        skimmed.max_timestamp = timestamp;
        skimmed.delta_of_max = i;
    }
    return skimmed;
}

bool agree(const Batch& batch) { return batch.skimmed() == skimmed_by_reading(batch); }

TEST_CASE("a skim tells the times of well-formed records, and whether all have keys") {
    REQUIRE(usual_batch().skimmed() ==
            SkimmedRecords{.min_timestamp = 0, .max_timestamp = 700, .delta_of_max = 1});
    const Batch without_key = batch_of({{.timestamp = 9}, {.timestamp = 9}});
    REQUIRE(without_key.skimmed() ==
            SkimmedRecords{
                .min_timestamp = 9, .max_timestamp = 9, .delta_of_max = 0, .all_have_keys = false});
}

TEST_CASE("a skim leaves records without a time, and sums beyond all times, to the reader") {
    REQUIRE_FALSE(batch_of({{.timestamp = 1}, {.timestamp = kNoTimestamp}}).skimmed());
    Batch batch = batch_of({{.timestamp = 1}, {.timestamp = 2}});
    batch.header.base_timestamp = std::numeric_limits<std::int64_t>::max();
    REQUIRE_FALSE(batch.skimmed());
}

TEST_CASE("a skim goes over thousands of records, and over one of many chunks, under every codec") {
    const std::string long_value(200, 'v');
    const std::string longest_value(1'000'000, 'w');
    std::vector<RecordInput> records;
    for (int i = 0; i < 10'000; ++i) {
        records.push_back({.timestamp = 1000 + i % 300, .value = as_bytes(long_value)});
    }
    records[5000].value = as_bytes(longest_value);
    for (const CompressionCodec codec : kCodecs) {
        Batch batch = batch_of(records, codec);
        REQUIRE(batch.skimmed());
        REQUIRE(agree(batch));
        --batch.header.record_count;
        REQUIRE_FALSE(batch.skimmed());
        batch.header.record_count += 2;
        REQUIRE_FALSE(batch.skimmed());
        batch.header.record_count -= 1;
        batch.records.pop_back();
        REQUIRE(agree(batch));
    }
}

TEST_CASE("a skim does not decompress beyond the limit") {
    const std::string value(100'000, 'v');
    const Batch batch =
        batch_of({{.timestamp = 1, .value = as_bytes(value)}}, CompressionCodec::lz4);
    REQUIRE(skim_records(batch.header, batch.records, 200'000));
    REQUIRE_FALSE(skim_records(batch.header, batch.records, 50'000));
}

TEST_CASE("contexts that are kept change no verdict, also after a batch that was damaged") {
    CodecContexts contexts;
    for (const CompressionCodec codec : kCodecs) {
        Batch batch = batch_of({{.timestamp = 3, .value = as_bytes("v")}, {.timestamp = 5}}, codec);
        std::size_t damaged = 0;
        for (std::size_t bit = 0; bit < batch.bits(); ++bit) {
            batch.flip(bit);
            const auto skimmed = skim_records(batch.header, batch.records, kLimit, &contexts);
            REQUIRE(skimmed == batch.skimmed());
            if (!skimmed) ++damaged;
            batch.flip(bit);
            REQUIRE(skim_records(batch.header, batch.records, kLimit, &contexts));
        }
        REQUIRE(damaged > 0);
    }
}

TEST_CASE("a skim and the reader agree on what two flipped bits make of a batch") {
    Batch batch = usual_batch();
    std::size_t disagreements = 0;
    std::size_t accepted = 0;
    for (std::size_t first = 0; first < batch.bits(); ++first) {
        batch.flip(first);
        for (std::size_t second = first; second < batch.bits(); ++second) {
            if (second > first) batch.flip(second);
            if (!agree(batch)) ++disagreements;
            if (batch.skimmed()) ++accepted;
            if (second > first) batch.flip(second);
        }
        batch.flip(first);
    }
    REQUIRE(disagreements == 0);
    REQUIRE(accepted > 100);
}

TEST_CASE("a skim and the reader agree on batches that are too short or too long") {
    Batch batch = usual_batch();
    batch.records.push_back(0);
    REQUIRE_FALSE(batch.skimmed());
    while (!batch.records.empty()) {
        REQUIRE(agree(batch));
        batch.records.pop_back();
    }
    REQUIRE(agree(batch));
}

}  // namespace
}  // namespace gregor::records
