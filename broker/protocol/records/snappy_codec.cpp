// snappy in the framing of xerial's SnappyOutputStream, the one that Kafka's clients write:
//
//     0x82 "SNAPPY" 0x00 | int32 version 1 | int32 compatible 1 | { int32 size | raw snappy block }
//     …
//
// Streams may be joined: the header may come again where a block is expected. Anything without the
// magic is one bare raw block. Fewer than four bytes after the last block are ignored.
#include <snappy.h>

#include <algorithm>
#include <array>

#include "broker/protocol/records/big_endian.h"
#include "broker/protocol/records/codecs.h"

namespace gregor::records::detail {
namespace {

constexpr std::array<std::uint8_t, 8> kMagic = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
constexpr std::size_t kStreamHeaderSize = 16;
constexpr std::int32_t kVersion = 1;
constexpr std::size_t kBlockBytes = std::size_t{32} << 10;
// A three-byte copy gives at most 64 bytes: no block grows more than this.
constexpr std::size_t kLargestExpansion = 22;

bool starts_with_magic(ByteSpan bytes) {
    return bytes.size() >= kMagic.size() && std::equal(kMagic.begin(), kMagic.end(), bytes.begin());
}

class SnappyDecompressor final : public Decompressor {
public:
    SnappyDecompressor(ByteSpan input, std::size_t max_output)
        : rest_(input), is_framed_(starts_with_magic(input)), budget_(max_output) {}

    Result<ByteSpan, RecordError> next() override {
        if (!is_framed_) return next_bare();
        while (true) {
            if (starts_with_magic(rest_)) {
                if (!skip_stream_header()) return fail(kDamagedStream);
                continue;
            }
            if (rest_.size() < sizeof(std::int32_t)) return ByteSpan{};
            const auto size = load_big_endian<std::int32_t>(rest_.data());
            rest_ = rest_.subspan(sizeof(std::int32_t));
            if (size < 0) return fail(kDamagedStream);
            if (static_cast<std::size_t>(size) > rest_.size()) return fail(kCutStream);
            const ByteSpan block = rest_.first(static_cast<std::size_t>(size));
            rest_ = rest_.subspan(block.size());
            const ByteSpan output = TRY(uncompress(block));
            if (!output.empty()) return output;
        }
    }

private:
    /// The whole input as one block; a stream without a byte is damaged.
    Result<ByteSpan, RecordError> next_bare() {
        if (bare_done_) return ByteSpan{};
        bare_done_ = true;
        return uncompress(rest_);
    }

    bool skip_stream_header() {
        if (rest_.size() < kStreamHeaderSize) return false;
        const auto version = load_big_endian<std::int32_t>(rest_.data() + kMagic.size());
        if (version < kVersion) return false;
        rest_ = rest_.subspan(kStreamHeaderSize);
        return true;
    }

    Result<ByteSpan, RecordError> uncompress(ByteSpan block) {
        const char* data = reinterpret_cast<const char*>(block.data());
        std::size_t claimed = 0;
        if (!snappy::GetUncompressedLength(data, block.size(), &claimed)) {
            return fail(kDamagedStream);
        }
        if (claimed > block.size() * kLargestExpansion) return fail(kDamagedStream);
        if (!budget_.take(claimed)) return fail(kTooMuchOutput);
        chunk_.clear();
        char* output = reinterpret_cast<char*>(chunk_.extend(std::max<std::size_t>(claimed, 1)));
        if (!snappy::RawUncompress(data, block.size(), output)) return fail(kDamagedStream);
        return ByteSpan(chunk_.data(), claimed);
    }

    ByteSpan rest_;
    bool is_framed_;
    bool bare_done_ = false;
    OutputBudget budget_;
    ByteBuffer chunk_;
};

}  // namespace

std::unique_ptr<Decompressor> open_snappy(ByteSpan input, std::size_t max_output) {
    return std::make_unique<SnappyDecompressor>(input, max_output);
}

Bytes compress_snappy(ByteSpan input) {
    ByteBuffer output(kStreamHeaderSize + input.size() / 2);
    output.append(kMagic);
    store_big_endian(output.extend(sizeof kVersion), kVersion);
    store_big_endian(output.extend(sizeof kVersion), kVersion);
    while (!input.empty()) {
        const ByteSpan block = input.first(std::min(input.size(), kBlockBytes));
        input = input.subspan(block.size());
        const std::size_t size_at = output.size();
        const std::size_t bound = snappy::MaxCompressedLength(block.size());
        std::uint8_t* place = output.extend(sizeof(std::int32_t) + bound);
        std::size_t size = 0;
        snappy::RawCompress(reinterpret_cast<const char*>(block.data()), block.size(),
                            reinterpret_cast<char*>(place + sizeof(std::int32_t)), &size);
        store_big_endian(place, static_cast<std::int32_t>(size));
        output.resize(size_at + sizeof(std::int32_t) + size);
    }
    return std::move(output).freeze();
}

}  // namespace gregor::records::detail
