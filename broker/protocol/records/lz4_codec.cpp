// lz4 frames, read as Kafka's Lz4BlockInputStream reads them: one frame of independent blocks, its
// header checksum and block checksums verified, a content size or content checksum skipped unread,
// what follows the end mark ignored. liblz4's own frame reader is laxer and stricter in just these
// places, so the frame is taken apart here and liblz4 decodes the blocks.
//
//     0x184d2204 | FLG | BD | [content size 8] | HC | { size | block | [checksum] } … | 0 |
//     [checksum]
#include <lz4.h>
#include <lz4frame.h>
#include <xxhash.h>

#include <algorithm>
#include <bit>

#include "broker/protocol/records/codec_contexts.h"
#include "broker/protocol/records/codecs.h"

namespace gregor::records::detail {
namespace {

constexpr std::uint32_t kFrameMagic = 0x184d2204;
constexpr std::uint32_t kStoredBlockBit = 0x80000000;
constexpr std::size_t kLargestExpansion = 255;  // a length byte of 255 stands for 255 bytes
constexpr std::size_t kUsualExpansion = 8;
constexpr int kKafkaDefaultLevel = 9;  // with lz4-java: the fast compressor

// FLG: version (2 bits) | block independence | block checksum | content size | content checksum | 0
// 0.
constexpr int kBlockChecksumBit = 0x10;
constexpr int kContentSizeBit = 0x08;

std::uint32_t load_little_endian(const std::uint8_t* from) {
    std::uint32_t raw;
    std::memcpy(&raw, from, sizeof raw);
    if constexpr (std::endian::native == std::endian::big) raw = __builtin_bswap32(raw);
    return raw;
}

class Lz4Decompressor final : public Decompressor {
public:
    Lz4Decompressor(ByteSpan input, std::size_t max_output) : rest_(input), budget_(max_output) {}

    Result<ByteSpan, RecordError> next() override {
        if (state_ == State::header) TRY(read_frame_header());
        while (state_ == State::blocks) {
            const ByteSpan chunk = TRY(read_block());
            if (!chunk.empty()) return chunk;
        }
        return ByteSpan{};
    }

private:
    enum class State { header, blocks, ended };
    struct Nothing {};

    Result<Nothing, RecordError> read_frame_header() {
        constexpr std::size_t kSmallestHeader = 7;
        if (rest_.size() < kSmallestHeader) return fail(kCutStream);
        if (load_little_endian(rest_.data()) != kFrameMagic) return fail(kDamagedStream);
        const int flags = rest_[4];
        const int block_descriptor = rest_[5];
        if ((flags & 0xe3) != 0x60) return fail(kDamagedStream);
        const int block_size_id = block_descriptor >> 4;
        if ((block_descriptor & 0x8f) != 0 || block_size_id < 4) return fail(kDamagedStream);
        largest_block_ = std::size_t{1} << (2 * block_size_id + 8);
        has_block_checksums_ = (flags & kBlockChecksumBit) != 0;

        const std::size_t descriptor_size = (flags & kContentSizeBit) != 0 ? 10 : 2;
        if (rest_.size() < 4 + descriptor_size + 1) return fail(kCutStream);
        const ByteSpan descriptor = rest_.subspan(4, descriptor_size);
        const auto checksum =
            static_cast<std::uint8_t>(XXH32(descriptor.data(), descriptor.size(), 0) >> 8);
        if (checksum != rest_[4 + descriptor_size]) return fail(kDamagedStream);
        rest_ = rest_.subspan(4 + descriptor_size + 1);
        state_ = State::blocks;
        return Nothing{};
    }

    /// The next block's bytes; empty at the end mark, or for an empty block.
    Result<ByteSpan, RecordError> read_block() {
        if (rest_.size() < sizeof(std::uint32_t)) return fail(kCutStream);
        const std::uint32_t raw_size = load_little_endian(rest_.data());
        rest_ = rest_.subspan(sizeof(std::uint32_t));
        if (raw_size == 0) {
            state_ = State::ended;
            return ByteSpan{};
        }
        const std::size_t size = raw_size & ~kStoredBlockBit;
        if (size > largest_block_) return fail(kDamagedStream);
        if (size > rest_.size()) return fail(kCutStream);
        const ByteSpan block = rest_.first(size);
        rest_ = rest_.subspan(size);
        if (has_block_checksums_) TRY(check_block(block));
        const ByteSpan chunk = (raw_size & kStoredBlockBit) != 0 ? block : TRY(decode_block(block));
        if (!budget_.take(chunk.size())) return fail(kTooMuchOutput);
        return chunk;
    }

    Result<Nothing, RecordError> check_block(ByteSpan block) {
        if (rest_.size() < sizeof(std::uint32_t)) return fail(kCutStream);
        const std::uint32_t stored = load_little_endian(rest_.data());
        rest_ = rest_.subspan(sizeof(std::uint32_t));
        if (XXH32(block.data(), block.size(), 0) != stored) return fail(kDamagedStream);
        return Nothing{};
    }

    Result<ByteSpan, RecordError> decode_block(ByteSpan block) {
        const std::size_t room = std::min(largest_block_, block.size() * kLargestExpansion);
        // First into less: small batches are many, and the largest block is a lot of memory.
        int size = decode_block_into(std::min(room, block.size() * kUsualExpansion), block);
        if (size < 0) size = decode_block_into(room, block);
        if (size < 0) return fail(kDamagedStream);
        return ByteSpan(chunk_.data(), static_cast<std::size_t>(size));
    }

    /// The block's decompressed size, negative if it is damaged or has no room.
    int decode_block_into(std::size_t room, ByteSpan block) {
        chunk_.clear();
        char* output = reinterpret_cast<char*>(chunk_.extend(std::max<std::size_t>(room, 1)));
        return LZ4_decompress_safe(reinterpret_cast<const char*>(block.data()), output,
                                   static_cast<int>(block.size()), static_cast<int>(room));
    }

    ByteSpan rest_;
    State state_ = State::header;
    std::size_t largest_block_ = 0;
    bool has_block_checksums_ = false;
    OutputBudget budget_;
    ByteBuffer chunk_;
};

/// What LZ4F_compressFrame does, in a context that is kept.
std::size_t compress_frame(LZ4F_cctx& context, std::uint8_t* to, std::size_t room, ByteSpan input,
                           LZ4F_preferences_t preferences) {
    preferences.autoFlush = 1;
    std::size_t size = 0;
    const auto add = [&](std::size_t written) {
        CHECK(!LZ4F_isError(written), "lz4: {}", LZ4F_getErrorName(written));
        size += written;
    };
    add(LZ4F_compressBegin(&context, to, room, &preferences));
    add(LZ4F_compressUpdate(&context, to + size, room - size, input.data(), input.size(), nullptr));
    add(LZ4F_compressEnd(&context, to + size, room - size, nullptr));
    return size;
}

}  // namespace

std::unique_ptr<Decompressor> open_lz4(ByteSpan input, std::size_t max_output) {
    return std::make_unique<Lz4Decompressor>(input, max_output);
}

Bytes compress_lz4(ByteSpan input, int level, CodecContexts* contexts) {
    CHECK(level >= 1, "lz4 level {}", level);
    CHECK(level <= 17, "lz4 level {}", level);
    LZ4F_preferences_t preferences{};
    preferences.frameInfo.blockSizeID = LZ4F_max64KB;
    preferences.frameInfo.blockMode = LZ4F_blockIndependent;
    // liblz4's high-compression levels run from 3 to 12, lz4-java's to 17.
    preferences.compressionLevel = level == kKafkaDefaultLevel ? 0 : std::clamp(level, 3, 12);
    const std::size_t bound = LZ4F_compressFrameBound(input.size(), &preferences);
    ByteBuffer output(bound);
    CodecContexts for_this_batch;
    LZ4F_cctx& context = (contexts == nullptr ? for_this_batch : *contexts).lz4_compression();
    output.resize(compress_frame(context, output.extend(bound), bound, input, preferences));
    return std::move(output).freeze();
}

}  // namespace gregor::records::detail
