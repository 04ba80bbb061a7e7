// What the four codec files share, and what compression.cpp calls in them.
#pragma once

#include <cstddef>
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

[[nodiscard]] std::unique_ptr<Decompressor> open_gzip(ByteSpan input, std::size_t max_output);
[[nodiscard]] std::unique_ptr<Decompressor> open_snappy(ByteSpan input, std::size_t max_output);
[[nodiscard]] std::unique_ptr<Decompressor> open_lz4(ByteSpan input, std::size_t max_output);
[[nodiscard]] std::unique_ptr<Decompressor> open_zstd(ByteSpan input, std::size_t max_output);

[[nodiscard]] Bytes compress_gzip(ByteSpan input, int level);
[[nodiscard]] Bytes compress_snappy(ByteSpan input);
[[nodiscard]] Bytes compress_lz4(ByteSpan input, int level);
[[nodiscard]] Bytes compress_zstd(ByteSpan input, int level);

}  // namespace gregor::records::detail
