// BatchScanner: walks the batches of a segment's file through a window of read-ahead.
//
// next_header() reads no more than it needs to step from header to header: with large batches one
// small read each, with small ones one read for many. next_batch() gives whole batches, for those
// who check checksums or look at records. A length that goes past the end or makes no sense ends
// the walk with `damaged`; at the exact end both give nothing.
#pragma once

#include <cstdint>
#include <optional>

#include "broker/log/log_types.h"
#include "sim/base/bytes.h"
#include "sim/base/result.h"
#include "sim/runtime/disk.h"

namespace gregor::log {

/// Where a batch stands in a segment's file.
struct BatchPosition {
    Offset base_offset{0};
    Offset last_offset{0};
    std::uint64_t position = 0;
    std::uint32_t size = 0;
    std::int64_t max_timestamp = kNoTimestamp;
};

enum class ScanError : std::uint8_t {
    io_failed,
    damaged,  // what stands at position() is no batch, or not all of one
};

class BatchScanner {
public:
    static constexpr std::size_t kHeaderWindow = 4096;
    static constexpr std::size_t kBatchWindow = 256 * 1024;

    struct Batch {
        BatchHeader header;
        std::uint64_t position = 0;
        Bytes bytes;  // header and records; empty from next_header()
    };

    /// Batches in [position, end) of `file`.
    BatchScanner(FileRef file, std::uint64_t position, std::uint64_t end)
        : file_(std::move(file)), position_(position), end_(end) {}

    [[nodiscard]] Result<std::optional<Batch>, ScanError> next_header();
    [[nodiscard]] Result<std::optional<Batch>, ScanError> next_batch();

    /// Where the next batch begins, or after an error the bad one.
    [[nodiscard]] std::uint64_t position() const { return position_; }

private:
    /// `size` bytes at `position`, reading at least `window` if it must read.
    [[nodiscard]] Result<Bytes, ScanError> view(std::uint64_t position, std::size_t size,
                                                std::size_t window);
    [[nodiscard]] Result<std::optional<Batch>, ScanError> next(std::size_t window);

    FileRef file_;
    std::uint64_t position_;
    std::uint64_t end_;
    Bytes window_;
    std::uint64_t window_position_ = 0;
};

[[nodiscard]] inline BatchPosition position_of(const BatchHeader& header, std::uint64_t position) {
    return {.base_offset = Offset(header.base_offset),
            .last_offset = Offset(header.last_offset()),
            .position = position,
            .size = static_cast<std::uint32_t>(header.size_in_bytes()),
            .max_timestamp = header.max_timestamp};
}

}  // namespace gregor::log
