#include "broker/log/segment.h"

#include <algorithm>
#include <charconv>

#include "broker/log/checkpoint_file.h"
#include "sim/base/probe.h"

namespace gregor::log {

namespace {

ErrorCode to_error_code(ScanError error) {
    return error == ScanError::damaged ? ErrorCode::corrupt_message
                                       : ErrorCode::kafka_storage_error;
}

template <class T>
Result<T, ErrorCode> for_reader(Result<T, ScanError> result) {
    if (!result) return fail(to_error_code(result.error()));
    return *std::move(result);
}

template <class T>
Result<T, ErrorCode> for_reader(Result<T, IoError> result) {
    if (!result) return fail(ErrorCode::kafka_storage_error);
    if constexpr (std::is_void_v<T>) {
        return {};
    } else {
        return *std::move(result);
    }
}

}  // namespace

std::string segment_file_name(Offset base_offset, std::string_view suffix) {
    return fmt::format("{:020}{}", base_offset.value(), suffix);
}

std::optional<Offset> parse_segment_file_name(std::string_view name, std::string_view suffix) {
    constexpr std::size_t kDigits = 20;
    if (name.size() != kDigits + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + kDigits, value);
    if (error != std::errc() || end != name.data() + kDigits || value < 0) return std::nullopt;
    return Offset(value);
}

Segment::Segment(Disk& disk, std::string folder, Offset base_offset, FileRef file,
                 std::uint64_t size, std::int64_t now_ms)
    : disk_(disk),
      folder_(std::move(folder)),
      base_offset_(base_offset),
      file_(std::move(file)),
      size_(size),
      created_ms_(now_ms),
      derived_(base_offset) {}

Result<SegmentRef, IoError> Segment::create(Disk& disk, std::string folder, Offset base_offset,
                                            std::int64_t now_ms) {
    const std::string log_path = join_path(folder, segment_file_name(base_offset, kLogSuffix));
    FileRef file = TRY(disk.open(log_path, OpenMode::create));
    if (TRY(file->size()) > 0) TRY(file->truncate(0));
    SegmentRef segment(
        new Segment(disk, std::move(folder), base_offset, std::move(file), 0, now_ms));
    segment->loaded_ = true;
    return segment;
}

Result<SegmentRef, IoError> Segment::open(Disk& disk, std::string folder, Offset base_offset,
                                          std::int64_t now_ms) {
    const std::string log_path = join_path(folder, segment_file_name(base_offset, kLogSuffix));
    FileRef file = TRY(disk.open(log_path, OpenMode::write));
    const std::uint64_t size = TRY(file->size());
    SegmentRef segment(
        new Segment(disk, std::move(folder), base_offset, std::move(file), size, now_ms));
    segment->indexes_dirty_ = false;
    return segment;
}

std::string Segment::path(std::string_view suffix) const {
    return join_path(folder_, segment_file_name(base_offset_, suffix));
}

// Writing. ---------------------------------------------------------------------------------------

Result<void, IoError> Segment::append(std::span<const Bytes> pieces,
                                      std::span<const BatchHeader> headers,
                                      std::int32_t index_interval_bytes) {
    CHECK(loaded_);
    TRY(file_->write(size_, pieces));
    for (const BatchHeader& header : headers) note_batch(header, index_interval_bytes);
    return {};
}

void Segment::note_batch(const BatchHeader& header, std::int32_t index_interval_bytes) {
    const BatchPosition batch = position_of(header, size_);
    CHECK(batch.base_offset >= base_offset_);
    if (size_ == 0) first_timestamp_ = batch.max_timestamp;
    derived_.note(batch, index_interval_bytes);
    size_ += batch.size;
    indexes_dirty_ = true;
}

void Segment::Derived::note(const BatchPosition& batch, std::int32_t index_interval_bytes) {
    if (const BatchPosition* last = recent.newest()) CHECK(batch.base_offset > last->last_offset);
    if (batch.max_timestamp > max_timestamp.timestamp) {
        max_timestamp = {batch.max_timestamp, batch.last_offset};
    }
    const std::uint64_t last_indexed =
        offset_index.size() == 0
            ? 0
            : static_cast<std::uint64_t>(offset_index.entries().back().position);
    if (batch.position - last_indexed > static_cast<std::uint64_t>(index_interval_bytes)) {
        offset_index.append(batch.last_offset, batch.position);
        time_index.maybe_append(max_timestamp);
    }
    recent.remember(batch);
}

void Segment::note_aborted(const AbortedTransaction& transaction) {
    derived_.transaction_index.append(transaction);
    indexes_dirty_ = true;
}

void Segment::restart_indexes() {
    derived_ = Derived(base_offset_);
    first_timestamp_.reset();
    size_ = 0;
    loaded_ = true;
    indexes_dirty_ = true;
}

Result<void, IoError> Segment::cut_file() {
    TRY(file_->truncate(size_));
    return file_->sync();
}

Result<std::optional<Offset>, ErrorCode> Segment::truncate_to(Offset offset) {
    TRY(load());
    const std::optional<BatchPosition> first = TRY(find(offset));
    if (!first) return std::optional<Offset>();
    size_ = first->position;
    if (size_ == 0) first_timestamp_.reset();
    const Offset end = first->base_offset;
    indexes_dirty_ = true;
    derived_.offset_index.truncate_to(end);
    derived_.time_index.truncate_to(end);
    derived_.transaction_index.truncate_to(end);
    derived_.recent.forget_all();
    TRY(for_reader(cut_file()));
    Derived derived = derived_;
    TRY(scan_tail(derived));
    derived_ = std::move(derived);
    return std::optional(end);
}

Result<void, IoError> Segment::sync() { return file_->sync(); }

Result<void, IoError> Segment::write_indexes(bool durable) {
    if (!indexes_dirty_) return {};
    CHECK(loaded_);
    derived_.time_index.maybe_append(derived_.max_timestamp);
    TRY(write_index(kIndexSuffix, derived_.offset_index.encode(), durable));
    TRY(write_index(kTimeIndexSuffix, derived_.time_index.encode(), durable));
    if (!derived_.transaction_index.empty()) {
        TRY(write_index(kTransactionIndexSuffix, derived_.transaction_index.encode(), durable));
    } else if (TRY(disk_.exists(path(kTransactionIndexSuffix)))) {
        TRY(disk_.remove(path(kTransactionIndexSuffix)));
    }
    indexes_dirty_ = false;
    return {};
}

Result<void, IoError> Segment::write_index(std::string_view suffix, const Bytes& content,
                                           bool durable) {
    const FileRef file = TRY(disk_.open(path(suffix), OpenMode::create));
    TRY(file->truncate(0));
    if (!content.empty()) TRY(file->write(0, content));
    if (durable) TRY(file->sync());
    return {};
}

Result<void, IoError> Segment::rename_files(std::string_view suffix) {
    for (const std::string_view kind :
         {kLogSuffix, kIndexSuffix, kTimeIndexSuffix, kTransactionIndexSuffix}) {
        const std::string from = path(kind);
        const auto renamed = disk_.rename(from, from + std::string(suffix));
        if (!renamed && renamed.error() != IoError::not_found) return renamed;
    }
    return {};
}

Result<void, IoError> Segment::remove_files(std::string_view suffix) {
    for (const std::string_view kind :
         {kLogSuffix, kIndexSuffix, kTimeIndexSuffix, kTransactionIndexSuffix}) {
        const auto removed = disk_.remove(path(kind) + std::string(suffix));
        if (!removed && removed.error() != IoError::not_found) return removed;
    }
    return {};
}

// Reading. ---------------------------------------------------------------------------------------

Result<void, ErrorCode> Segment::load(std::int32_t index_interval_bytes) {
    if (loaded_) return {};
    const std::optional<Bytes> index_file =
        TRY(for_reader(read_file_if_there(disk_, path(kIndexSuffix))));
    const std::optional<Bytes> time_file =
        TRY(for_reader(read_file_if_there(disk_, path(kTimeIndexSuffix))));
    const std::optional<Bytes> transaction_file =
        TRY(for_reader(read_file_if_there(disk_, path(kTransactionIndexSuffix))));

    Derived derived(base_offset_);
    auto offset_index = OffsetIndex::decode(base_offset_, index_file.value_or(Bytes()), size_);
    auto time_index = TimeIndex::decode(base_offset_, time_file.value_or(Bytes()));
    auto transaction_index =
        TransactionIndex::decode(base_offset_, transaction_file.value_or(Bytes()));
    if (!transaction_index) {
        PROBE("a transaction index was damaged");
        return fail(ErrorCode::corrupt_message);
    }
    derived.transaction_index = *std::move(transaction_index);
    if (index_file && time_file && offset_index && time_index) {
        derived.offset_index = *std::move(offset_index);
        derived.time_index = *std::move(time_index);
        TRY(scan_tail(derived));
    } else {
        PROBE("an offset or time index was missing or damaged and is made anew");
        BatchScanner scanner(file_, 0, size_);
        while (const auto batch = TRY(for_reader(scanner.next_header()))) {
            derived.note(position_of(batch->header, batch->position), index_interval_bytes);
        }
    }
    if (loaded_) return {};  // another fiber was faster
    derived_ = std::move(derived);
    loaded_ = true;
    return {};
}

/// Walks the batches of which the time index does not speak.
Result<void, ErrorCode> Segment::scan_tail(Derived& derived) const {
    std::uint64_t start = 0;
    derived.max_timestamp = {};
    if (const auto last = derived.time_index.last()) {
        derived.max_timestamp = *last;
        start = derived.offset_index.lookup(last->offset);
    }
    BatchScanner scanner(file_, start, size_);
    while (const auto batch = TRY(for_reader(scanner.next_header()))) {
        const BatchPosition at = position_of(batch->header, batch->position);
        if (at.max_timestamp > derived.max_timestamp.timestamp) {
            derived.max_timestamp = {at.max_timestamp, at.last_offset};
        }
        derived.recent.remember(at);
    }
    return {};
}

Result<std::optional<BatchPosition>, ErrorCode> Segment::find(Offset target) {
    TRY(load());
    if (const BatchPosition* last = derived_.recent.newest();
        last != nullptr && target > last->last_offset) {
        return std::optional<BatchPosition>();
    }
    if (const BatchPosition* recent = derived_.recent.find(target)) return std::optional(*recent);
    BatchScanner scanner(file_, derived_.offset_index.lookup(target), size_);
    while (const auto batch = TRY(for_reader(scanner.next_header()))) {
        if (batch->header.last_offset() >= target.value()) {
            return std::optional(position_of(batch->header, batch->position));
        }
    }
    return std::optional<BatchPosition>();
}

Result<std::uint64_t, ErrorCode> Segment::position_for_time(std::int64_t timestamp, Offset from) {
    TRY(load());
    const Offset start = std::max(derived_.time_index.lookup(timestamp).offset, from);
    return derived_.offset_index.lookup(start);
}

Result<Offset, ErrorCode> Segment::read_next_offset() {
    TRY(load());
    const BatchPosition* last = derived_.recent.newest();
    return last == nullptr ? base_offset_ : last->last_offset + 1;
}

Result<TimestampOffset, ErrorCode> Segment::max_timestamp() {
    TRY(load());
    return derived_.max_timestamp;
}

Result<std::optional<std::int64_t>, ErrorCode> Segment::first_timestamp() {
    if (!first_timestamp_ && size_ > 0) {
        BatchScanner scanner(file_, 0, size_);
        if (const auto batch = TRY(for_reader(scanner.next_header()))) {
            first_timestamp_ = batch->header.max_timestamp;
        }
    }
    return first_timestamp_;
}

Result<bool, ErrorCode> Segment::collect_aborted(Offset from, Offset to,
                                                 std::vector<AbortedTransaction>& found) {
    TRY(load());
    return derived_.transaction_index.collect(from, to, found);
}

}  // namespace gregor::log
