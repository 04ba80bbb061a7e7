// What a batch costs on its way into the log: checksum, header, walk, decompression. memcpy of the
// same bytes stands beside the checksum as the measure.
#include <benchmark/benchmark.h>

#include <string>

#include "broker/protocol/records/batch_builder.h"
#include "broker/protocol/records/batch_reader.h"
#include "broker/protocol/records/batch_validator.h"
#include "broker/protocol/records/crc32c.h"
#include "sim/base/random.h"

namespace gregor::records {
namespace {

constexpr std::size_t kLimit = std::size_t{64} << 20;
constexpr std::size_t kBatchBytes = std::size_t{256} << 10;

/// Text-like bytes that compress to about a third.
std::string value_of(Random& random, std::size_t size) {
    constexpr std::string_view kWords[] = {"order", "status=", "shipped", ";", "customer", "2024"};
    std::string value;
    while (value.size() < size) {
        value += random.pick(kWords);
        if (random.below(3) == 0) value += std::to_string(random.below(100000));
    }
    value.resize(size);
    return value;
}

Bytes batch_of(CompressionCodec codec, std::size_t value_size) {
    Random random(1);
    BatchBuilder builder({.codec = codec});
    std::int64_t timestamp = 1'700'000'000'000;
    while (builder.uncompressed_size() < kBatchBytes) {
        const std::string key = std::to_string(random.below(1'000'000));
        const std::string value = value_of(random, value_size);
        builder.append({.timestamp = ++timestamp, .key = as_bytes(key), .value = as_bytes(value)});
    }
    return std::move(builder).build();
}

void count_bytes(benchmark::State& state, std::size_t bytes) {
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
}
void count_records(benchmark::State& state, const BatchHeader& header) {
    state.SetItemsProcessed(std::int64_t{header.record_count} * state.iterations());
}

void checksum(benchmark::State& state) {
    const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
    for (auto _ : state) benchmark::DoNotOptimize(crc32c(as_bytes(bytes)));
    count_bytes(state, bytes.size());
}
BENCHMARK(checksum)->Arg(100)->Arg(1 << 10)->Arg(16 << 10)->Arg(1 << 20);

void copy(benchmark::State& state) {
    const std::string from(static_cast<std::size_t>(state.range(0)), 'x');
    std::string to(from.size(), 'y');
    for (auto _ : state) {
        std::memcpy(to.data(), from.data(), from.size());
        benchmark::ClobberMemory();
    }
    count_bytes(state, from.size());
}
BENCHMARK(copy)->Arg(100)->Arg(1 << 10)->Arg(16 << 10)->Arg(1 << 20);

void parse_header(benchmark::State& state) {
    const Bytes batch = batch_of(CompressionCodec::none, 100);
    for (auto _ : state) {
        auto header = parse_batch_header(batch);
        benchmark::DoNotOptimize(header);
    }
}
BENCHMARK(parse_header);

void encode_header(benchmark::State& state) {
    const BatchHeader header = *parse_batch_header(batch_of(CompressionCodec::none, 100));
    for (auto _ : state) benchmark::DoNotOptimize(encode_batch_header(header));
}
BENCHMARK(encode_header);

/// Arguments: codec, bytes of a value.
void walk_records(benchmark::State& state) {
    const Bytes batch = batch_of(static_cast<CompressionCodec>(state.range(0)),
                                 static_cast<std::size_t>(state.range(1)));
    const BatchHeader header = *parse_batch_header(batch);
    for (auto _ : state) {
        auto reader = *RecordReader::open(header, batch.span().subspan(kBatchHeaderSize), kLimit);
        while (const RecordView* record = *reader.next()) benchmark::DoNotOptimize(record->offset);
    }
    count_records(state, header);
    count_bytes(state, batch.size());
}
BENCHMARK(walk_records)->ArgsProduct({{0, 1, 2, 3, 4}, {100, 1000}});

/// Arguments: codec, bytes of a value. Checksum, walk and new header together.
void validate(benchmark::State& state) {
    const Bytes batch = batch_of(static_cast<CompressionCodec>(state.range(0)),
                                 static_cast<std::size_t>(state.range(1)));
    const ValidationOptions options{.base_offset = 7, .now_ms = 1'700'000'000'000};
    for (auto _ : state) {
        auto validated = validate_batch(batch, options);
        benchmark::DoNotOptimize(validated);
    }
    count_records(state, *parse_batch_header(batch));
    count_bytes(state, batch.size());
}
BENCHMARK(validate)->ArgsProduct({{0, 4}, {100, 1000}});

/// Argument: codec. Bytes are those that come out.
void decompress_batch(benchmark::State& state) {
    const auto codec = static_cast<CompressionCodec>(state.range(0));
    const Bytes batch = batch_of(codec, 1000);
    const ByteSpan records = batch.span().subspan(kBatchHeaderSize);
    std::size_t size = 0;
    for (auto _ : state) {
        const auto stream = open_decompressor(codec, records, kLimit);
        size = 0;
        while (true) {
            const ByteSpan chunk = *stream->next();
            if (chunk.empty()) break;
            size += chunk.size();
        }
    }
    count_bytes(state, size);
}
BENCHMARK(decompress_batch)->DenseRange(1, 4);

/// Arguments: codec, bytes of a value. Bytes are those of the batch that is built.
void build_batch(benchmark::State& state) {
    const std::string value(static_cast<std::size_t>(state.range(1)), 'v');
    std::size_t size = 0;
    for (auto _ : state) {
        BatchBuilder builder({.codec = static_cast<CompressionCodec>(state.range(0))});
        for (int i = 0; i < 1000; ++i) {
            builder.append({.timestamp = i, .key = as_bytes("key"), .value = as_bytes(value)});
        }
        size = std::move(builder).build().size();
    }
    state.SetItemsProcessed(1000 * state.iterations());
    count_bytes(state, size);
}
BENCHMARK(build_batch)->Args({0, 100})->Args({0, 1000});

}  // namespace
}  // namespace gregor::records

BENCHMARK_MAIN();
