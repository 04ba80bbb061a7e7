// What the four codec files share, and what compression.cpp calls in them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "broker/protocol/records/compression.h"
#include "broker/protocol/records/record_error.h"
#include "sim/base/bytes.h"

namespace gregor::records::detail {

inline constexpr RecordError kDamagedStream{RecordErrorCode::invalid_record,
                                            "a compressed stream of records is damaged"};
inline constexpr RecordError kCutStream{RecordErrorCode::invalid_record,
                                        "a compressed stream of records ends too early"};
inline constexpr RecordError kTooMuchOutput{RecordErrorCode::message_too_large,
                                            "a batch decompresses to more than the limit"};

/// How much a stream may still give.
class OutputBudget {
public:
    explicit OutputBudget(std::size_t limit) : left_(limit) {}

    [[nodiscard]] std::size_t left() const { return left_; }
    /// Takes `size`; false, and nothing taken, if that is more than is left.
    [[nodiscard]] bool take(std::size_t size) {
        if (size > left_) return false;
        left_ -= size;
        return true;
    }

private:
    std::size_t left_;
};

/// Where a stream decoder puts its chunks: as large as its input suggests, as small batches are
/// many and a large block of memory for each of them is dear.
class ChunkBuffer {
public:
    explicit ChunkBuffer(std::size_t expected_output)
        : size_(std::clamp(expected_output, kSmallest, kDecompressedChunkBytes)),
          bytes_(std::make_unique_for_overwrite<std::uint8_t[]>(size_)) {}

    [[nodiscard]] std::uint8_t* data() { return bytes_.get(); }
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    static constexpr std::size_t kSmallest = 256;

    std::size_t size_;
    std::unique_ptr<std::uint8_t[]> bytes_;
};

[[nodiscard]] std::unique_ptr<Decompressor> open_gzip(ByteSpan input, std::size_t max_output);
[[nodiscard]] std::unique_ptr<Decompressor> open_snappy(ByteSpan input, std::size_t max_output);
[[nodiscard]] std::unique_ptr<Decompressor> open_lz4(ByteSpan input, std::size_t max_output);
[[nodiscard]] std::unique_ptr<Decompressor> open_zstd(ByteSpan input, std::size_t max_output,
                                                      CodecContexts* contexts);

[[nodiscard]] Bytes compress_gzip(ByteSpan input, int level);
[[nodiscard]] Bytes compress_snappy(ByteSpan input);
[[nodiscard]] Bytes compress_lz4(ByteSpan input, int level, CodecContexts* contexts);
[[nodiscard]] Bytes compress_zstd(ByteSpan input, int level, CodecContexts* contexts);

}  // namespace gregor::records::detail
