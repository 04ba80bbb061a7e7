#include "broker/protocol/records/compression.h"

#include <algorithm>
#include <string>
#include <vector>

#include "broker/protocol/records/codec_contexts.h"
#include "sim/base/random.h"
#include "tests/support/catch.h"

namespace gregor::records {
namespace {

constexpr std::size_t kLimit = std::size_t{64} << 20;
constexpr CompressionCodec kCompressed[] = {CompressionCodec::gzip, CompressionCodec::snappy,
                                            CompressionCodec::lz4, CompressionCodec::zstd};

/// Half repeating, half not.
Bytes sample(std::size_t size) {
    Random random(size + 1);
    ByteBuffer bytes(size + 1);
    while (bytes.size() < size) {
        const std::uint64_t drawn = random.next();
        for (int i = 0; i < 16 && bytes.size() < size; ++i) {
            bytes.push_back(static_cast<std::uint8_t>(i < 8 ? drawn >> (8 * i) : 'a'));
        }
    }
    return std::move(bytes).freeze();
}

Bytes joined(ByteSpan a, ByteSpan b) {
    ByteBuffer bytes;
    bytes.append(a);
    bytes.append(b);
    return std::move(bytes).freeze();
}

TEST_CASE("what is compressed comes out again, whatever its size") {
    for (const CompressionCodec codec : kCompressed) {
        for (const std::size_t size :
             {0, 1, 100, 32767, 32768, 32769, 65536, 65537, 200'000, 3'000'000}) {
            const Bytes plain = sample(size);
            const Bytes compressed = compress(codec, plain);
            INFO(name_of(codec) << " " << size);
            REQUIRE(compressed.size() < plain.size() * 9 / 10 + 100);
            const auto back = decompress(codec, compressed, kLimit);
            REQUIRE(back);
            REQUIRE(*back == plain);
        }
    }
}

TEST_CASE("contexts that are kept change no byte") {
    CodecContexts contexts;
    for (int round = 0; round < 3; ++round) {
        for (const CompressionCodec codec : kCompressed) {
            for (const std::size_t size :
                 {0, 1, 100, 1000, 4095, 4096, 33'000, 70'000, 500, 300'000}) {
                const Bytes plain = sample(size);
                INFO(name_of(codec) << " " << size << " in round " << round);
                const Bytes compressed = compress(codec, plain, {}, &contexts);
                REQUIRE(compressed == compress(codec, plain));
                const auto back = decompress(codec, compressed, kLimit, &contexts);
                REQUIRE(back);
                REQUIRE(*back == plain);
            }
        }
    }
    for (const int level : {1, 3, 9, 12}) {
        const Bytes plain = sample(5000 + static_cast<std::size_t>(level));
        const CompressionLevels levels{.lz4 = level, .zstd = level};
        for (const CompressionCodec codec : {CompressionCodec::lz4, CompressionCodec::zstd}) {
            INFO(name_of(codec) << " level " << level);
            REQUIRE(compress(codec, plain, levels, &contexts) == compress(codec, plain, levels));
        }
    }
}

TEST_CASE("a context that met a damaged stream reads the next one") {
    CodecContexts contexts;
    const Bytes plain = sample(100'000);
    for (const CompressionCodec codec : kCompressed) {
        const Bytes compressed = compress(codec, plain, {}, &contexts);
        INFO(name_of(codec));
        for (const std::size_t end : {compressed.size() - 1, compressed.size() / 2}) {
            REQUIRE_FALSE(decompress(codec, compressed.slice(0, end), kLimit, &contexts));
            REQUIRE_FALSE(decompress(codec, compressed, plain.size() - 1, &contexts));
            const auto back = decompress(codec, compressed, kLimit, &contexts);
            REQUIRE(back);
            REQUIRE(*back == plain);
        }
    }
}

TEST_CASE("several streams may be open on one set of contexts") {
    CodecContexts contexts;
    const Bytes plain = sample(300'000);
    for (const CompressionCodec codec : kCompressed) {
        const Bytes compressed = compress(codec, plain, {}, &contexts);
        INFO(name_of(codec));
        const auto a = open_decompressor(codec, compressed, kLimit, &contexts);
        const auto b = open_decompressor(codec, compressed, kLimit, &contexts);
        ByteBuffer from_a;
        ByteBuffer from_b;
        for (bool more = true; more;) {
            const auto part_a = a->next();
            REQUIRE(part_a);
            from_a.append(*part_a);
            const auto part_b = b->next();
            REQUIRE(part_b);
            from_b.append(*part_b);
            more = !part_a->empty();
        }
        REQUIRE(std::move(from_a).freeze() == plain);
        REQUIRE(std::move(from_b).freeze() == plain);
    }
}

TEST_CASE("every level of every codec is read") {
    const Bytes plain = sample(150'000);
    const auto check = [&](CompressionCodec codec, const CompressionLevels& levels) {
        const auto back = decompress(codec, compress(codec, plain, levels), kLimit);
        REQUIRE(back);
        REQUIRE(*back == plain);
    };
    for (const int level : {-1, 1, 5, 9}) check(CompressionCodec::gzip, {.gzip = level});
    for (const int level : {1, 3, 9, 12, 17}) check(CompressionCodec::lz4, {.lz4 = level});
    for (const int level : {-131072, -1, 1, 3, 19, 22}) {
        check(CompressionCodec::zstd, {.zstd = level});
    }
}

TEST_CASE("chunks are bounded and a bomb is cut at the limit") {
    const Bytes zeros = [] {
        ByteBuffer buffer;
        buffer.resize(std::size_t{32} << 20);
        return std::move(buffer).freeze();
    }();
    for (const CompressionCodec codec : kCompressed) {
        const Bytes bomb = compress(codec, zeros);
        INFO(name_of(codec));
        const auto exact = decompress(codec, bomb, zeros.size());
        REQUIRE(exact);
        REQUIRE(exact->size() == zeros.size());
        const std::size_t limit = std::size_t{1} << 20;
        const auto stream = open_decompressor(codec, bomb, limit);
        std::size_t total = 0;
        while (true) {
            const auto chunk = stream->next();
            if (!chunk) {
                REQUIRE(chunk.error().code == RecordErrorCode::message_too_large);
                break;
            }
            REQUIRE(chunk->size() > 0);
            REQUIRE(chunk->size() <= kDecompressedChunkBytes);
            total += chunk->size();
        }
        REQUIRE(total <= limit);
        REQUIRE(total > limit - 2 * kDecompressedChunkBytes);
    }
}

TEST_CASE("a stream that is cut anywhere is an error, not less data") {
    const Bytes plain = sample(3000);
    for (const CompressionCodec codec : kCompressed) {
        const Bytes compressed = compress(codec, plain);
        for (std::size_t size = 0; size < compressed.size(); ++size) {
            const auto cut = decompress(codec, compressed.span().first(size), kLimit);
            INFO(name_of(codec) << " cut to " << size);
            if (cut) {
                // A stream of no zstd frame is whole, and so is one of no snappy block: nothing in
                // xerial's stream marks its end.
                REQUIRE(cut->empty());
                const bool is_empty_stream =
                    (codec == CompressionCodec::zstd && size == 0) ||
                    (codec == CompressionCodec::snappy && size >= 16 && size < 20);
                REQUIRE(is_empty_stream);
            } else {
                REQUIRE(cut.error().code == RecordErrorCode::invalid_record);
            }
        }
    }
}

TEST_CASE("bytes after a gzip, snappy or lz4 stream are ignored, after zstd they are an error") {
    const Bytes plain = sample(1000);
    const std::string rubbish(40, '\x7f');
    for (const CompressionCodec codec : kCompressed) {
        const Bytes compressed = compress(codec, plain);
        for (const std::size_t size : {1, 3, 40}) {
            // Four bytes and more would be the size of another snappy block.
            if (codec == CompressionCodec::snappy && size > 3) continue;
            const Bytes longer =
                joined(compressed, as_bytes(std::string_view(rubbish).substr(0, size)));
            const auto back = decompress(codec, longer, kLimit);
            INFO(name_of(codec) << " and " << size << " bytes");
            REQUIRE(back.has_value() == (codec != CompressionCodec::zstd));
            if (back) REQUIRE(*back == plain);
        }
    }
}

TEST_CASE(
    "gzip members, snappy streams and zstd frames may follow one another, lz4 frames may not") {
    const Bytes first = sample(1000);
    const Bytes second = sample(5000);
    for (const CompressionCodec codec : kCompressed) {
        const Bytes both = joined(compress(codec, first), compress(codec, second));
        const auto back = decompress(codec, both, kLimit);
        INFO(name_of(codec));
        REQUIRE(back);
        if (codec == CompressionCodec::lz4) {
            REQUIRE(*back == first);
        } else {
            REQUIRE(*back == joined(first, second));
        }
    }
}

TEST_CASE("a bare snappy block is read, as some clients sent it") {
    // "hello" as one literal: the length 5, then the tag of a literal of 5 bytes.
    const std::vector<std::uint8_t> bare = {5, 0x10, 'h', 'e', 'l', 'l', 'o'};
    const auto back = decompress(CompressionCodec::snappy, bare, kLimit);
    REQUIRE(back);
    REQUIRE(back->text() == "hello");
}

TEST_CASE("a snappy block that claims what its bytes cannot give is damaged") {
    const std::vector<std::uint8_t> claims_four_gigabytes = {0xff, 0xff, 0xff, 0xff, 0x0f,
                                                             0x10, 'h',  'e',  'l',  'l'};
    const auto back = decompress(CompressionCodec::snappy, claims_four_gigabytes,
                                 std::numeric_limits<std::size_t>::max());
    REQUIRE_FALSE(back);
    REQUIRE(back.error().code == RecordErrorCode::invalid_record);
}

TEST_CASE("an lz4 frame of dependent blocks or with reserved bits is damaged") {
    const Bytes good = compress(CompressionCodec::lz4, sample(100));
    for (const std::uint8_t flip : {0x20, 0x01, 0x02, 0x80, 0x40}) {
        ByteBuffer changed;
        changed.append(good.span());
        changed.data()[4] ^= flip;
        REQUIRE_FALSE(decompress(CompressionCodec::lz4, changed.span(), kLimit));
    }
}

TEST_CASE("a zstd frame of a window above 8 MiB is decoded as far as its content goes") {
    // Level 22 asks for a window of up to 128 MiB when the size is not known beforehand; the bytes
    // here are such a frame: window descriptor 0x88 (2^27), one run of 100 'a' as an RLE block,
    // last.
    const std::vector<std::uint8_t> frame = {0x28, 0xb5, 0x2f, 0xfd, 0x00,
                                             0x88, 0x23, 0x03, 0x00, 'a'};
    const auto back = decompress(CompressionCodec::zstd, frame, kLimit);
    REQUIRE(back);
    REQUIRE(back->text() == std::string(100, 'a'));
    const Bytes twice = joined(frame, frame);
    REQUIRE(decompress(CompressionCodec::zstd, twice, kLimit)->size() == 200);
    const auto limited = decompress(CompressionCodec::zstd, twice, 150);
    REQUIRE_FALSE(limited);
    REQUIRE(limited.error().code == RecordErrorCode::message_too_large);
    REQUIRE_FALSE(decompress(CompressionCodec::zstd, ByteSpan(frame).first(9), kLimit));
}

}  // namespace
}  // namespace gregor::records
