#include "broker/log/batch_scanner.h"

#include <algorithm>

namespace gregor::log {

Result<Bytes, ScanError> BatchScanner::view(std::uint64_t position, std::size_t size,
                                            std::size_t window) {
    CHECK(position + size <= end_);
    const bool held =
        position >= window_position_ && position + size <= window_position_ + window_.size();
    if (!held) {
        const auto wanted = static_cast<std::size_t>(
            std::min<std::uint64_t>(std::max(size, window), end_ - position));
        auto read = file_->read(position, wanted);
        if (!read) return fail(ScanError::io_failed);
        if (read->size() < size) return fail(ScanError::damaged);
        window_ = *std::move(read);
        window_position_ = position;
    }
    return window_.slice(static_cast<std::size_t>(position - window_position_), size);
}

Result<std::optional<BatchScanner::Batch>, ScanError> BatchScanner::next(std::size_t window) {
    if (position_ == end_) return std::optional<Batch>();
    if (end_ - position_ < kBatchHeaderSize) return fail(ScanError::damaged);
    const Bytes front = TRY(view(position_, kBatchHeaderSize, window));
    const auto header = records::parse_batch_header(front);
    if (!header) return fail(ScanError::damaged);
    if (header->size_in_bytes() > end_ - position_) return fail(ScanError::damaged);
    if (header->base_offset < 0 || header->last_offset_delta < 0) return fail(ScanError::damaged);
    return std::optional<Batch>(Batch{*header, position_, {}});
}

Result<std::optional<BatchScanner::Batch>, ScanError> BatchScanner::next_header() {
    auto batch = TRY(next(kHeaderWindow));
    if (batch) position_ += batch->header.size_in_bytes();
    return batch;
}

Result<std::optional<BatchScanner::Batch>, ScanError> BatchScanner::next_batch() {
    auto batch = TRY(next(kBatchWindow));
    if (!batch) return batch;
    batch->bytes = TRY(view(position_, batch->header.size_in_bytes(), kBatchWindow));
    position_ += batch->header.size_in_bytes();
    return batch;
}

}  // namespace gregor::log
