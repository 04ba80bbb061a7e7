// Log: reading, by offset and by time. Readers take no lock: a truncation beside them may move the
// ground, which shows as damage and is tried again.
#include <algorithm>
#include <limits>

#include "broker/log/log.h"
#include "broker/protocol/records/record_reader.h"
#include "sim/base/probe.h"

namespace gregor::log {

Result<ReadResult, ErrorCode> Log::read(const ReadRequest& request) {
    constexpr int kAttempts = 3;
    for (int attempt = 1;; ++attempt) {
        const std::int64_t truncations = truncations_;
        auto result = read_once(request);
        if (result || truncations == truncations_ || attempt == kAttempts) return result;
        PROBE("a read met a truncation and was tried again");
    }
}

Result<ReadResult, ErrorCode> Log::read_once(const ReadRequest& request) {
    if (request.offset < log_start_offset_ || request.offset > log_end_offset_) {
        return fail(ErrorCode::offset_out_of_range);
    }
    const Offset upper_bound = std::min(request.upper_bound, log_end_offset_);
    if (request.offset >= upper_bound) return ReadResult();
    auto at = segments_.upper_bound(request.offset);
    if (at != segments_.begin()) --at;
    while (true) {
        const SegmentRef segment = at->second;
        const std::optional<BatchPosition> first = TRY(segment->find(request.offset));
        at = segments_.upper_bound(segment->base_offset());  // others may have changed the map
        const std::optional<Offset> next_base =
            at == segments_.end() ? std::nullopt : std::optional(at->first);
        if (!first) {
            if (!next_base) return ReadResult();
            continue;
        }
        if (first->base_offset >= upper_bound) return ReadResult();
        const std::uint64_t end = TRY(end_position(*segment, upper_bound, next_base));
        if (end <= first->position) return ReadResult();
        const std::uint64_t available = end - first->position;
        auto size =
            std::min(available, static_cast<std::uint64_t>(std::max(request.max_bytes, 0L)));
        if (request.at_least_one_batch && size < first->size) {
            size = std::min<std::uint64_t>(first->size, available);
        }
        size = std::min<std::uint64_t>(size, std::numeric_limits<std::int32_t>::max());
        if (size == 0) return ReadResult();
        ReadResult result;
        result.records = {segment->file(), first->position, static_cast<std::uint32_t>(size)};
        if (request.with_aborted) {
            const Offset to = segment->offset_index()
                                  .offset_at_or_after(first->position + size)
                                  .value_or(next_base.value_or(log_end_offset_));
            result.aborted = TRY(aborted_transactions(request.offset, to));
        }
        return result;
    }
}

/// Where in the segment's file the batches below `upper_bound` end.
Result<std::uint64_t, ErrorCode> Log::end_position(Segment& segment, Offset upper_bound,
                                                   std::optional<Offset> next_base) {
    if (upper_bound >= next_base.value_or(next_offset_)) return segment.size();
    const std::optional<BatchPosition> beyond = TRY(segment.find(upper_bound));
    return beyond ? beyond->position : segment.size();
}

Result<std::vector<AbortedTransaction>, ErrorCode> Log::aborted_transactions(Offset from,
                                                                             Offset to) {
    std::vector<AbortedTransaction> found;
    auto at = segments_.upper_bound(from);
    if (at != segments_.begin()) --at;
    while (at != segments_.end()) {
        const SegmentRef segment = at->second;
        if (TRY(segment->collect_aborted(from, to, found))) break;
        at = segments_.upper_bound(segment->base_offset());
    }
    return found;
}

TimestampLookup Log::with_epoch(const TimestampOffset& found) const {
    return {found, epochs_.epoch_for_offset(found.offset).value_or(kNoLeaderEpoch)};
}

Result<std::optional<TimestampLookup>, ErrorCode> Log::offset_for_time(std::int64_t timestamp) {
    auto at = segments_.begin();
    while (at != segments_.end()) {
        const SegmentRef segment = at->second;
        if (TRY(segment->max_timestamp()).timestamp >= timestamp) {
            const auto found = TRY(search_segment(*segment, timestamp, log_start_offset_));
            if (found && found->offset >= log_end_offset_) break;
            if (found) return std::optional(with_epoch(*found));
        }
        at = segments_.upper_bound(segment->base_offset());
    }
    return std::optional<TimestampLookup>();
}

Result<std::optional<TimestampLookup>, ErrorCode> Log::offset_of_max_timestamp() {
    std::int64_t largest = kNoTimestamp;
    SegmentRef holder;
    auto at = segments_.begin();
    while (at != segments_.end()) {
        const SegmentRef segment = at->second;
        const std::int64_t here = TRY(max_timestamp_from(*segment, log_start_offset_));
        if (here > largest) {
            largest = here;
            holder = segment;
        }
        at = segments_.upper_bound(segment->base_offset());
    }
    if (holder == nullptr) return std::optional<TimestampLookup>();
    const auto found = TRY(search_segment(*holder, largest, log_start_offset_));
    if (!found || found->offset >= log_end_offset_) return std::optional<TimestampLookup>();
    return std::optional(with_epoch(*found));
}

namespace {

Result<std::optional<BatchScanner::Batch>, ErrorCode> next_header(BatchScanner& scanner) {
    auto batch = scanner.next_header();
    if (!batch) {
        return fail(batch.error() == ScanError::damaged ? ErrorCode::corrupt_message
                                                        : ErrorCode::kafka_storage_error);
    }
    return *std::move(batch);
}

/// Calls `visit` for the records of a batch until it gives false.
template <class Visit>
Result<void, ErrorCode> visit_records(const Segment& segment, const BatchScanner::Batch& batch,
                                      Visit&& visit) {
    constexpr std::size_t kMaxUncompressedBytes = std::numeric_limits<std::int32_t>::max();
    const std::size_t size = batch.header.size_in_bytes();
    const auto bytes = segment.file()->read(batch.position, size);
    if (!bytes) return fail(ErrorCode::kafka_storage_error);
    if (bytes->size() < size) return fail(ErrorCode::corrupt_message);
    auto reader = records::RecordReader::open(batch.header, bytes->span().subspan(kBatchHeaderSize),
                                              kMaxUncompressedBytes);
    if (!reader) return fail(ErrorCode::corrupt_message);
    while (true) {
        const auto record = reader->next();
        if (!record) return fail(ErrorCode::corrupt_message);
        if (*record == nullptr || !visit(**record)) return {};
    }
}

}  // namespace

/// The largest timestamp among the segment's records at or after `from`; kNoTimestamp without any.
Result<std::int64_t, ErrorCode> Log::max_timestamp_from(Segment& segment, Offset from) {
    if (segment.base_offset() >= from) return TRY(segment.max_timestamp()).timestamp;
    PROBE("the largest timestamp was looked for in a segment that the log's start cuts");
    const std::optional<BatchPosition> first = TRY(segment.find(from));
    std::int64_t largest = kNoTimestamp;
    if (!first) return largest;
    BatchScanner scanner(segment.file(), first->position, segment.size());
    while (const auto batch = TRY(next_header(scanner))) {
        if (batch->header.max_timestamp <= largest) continue;
        if (batch->header.base_offset >= from.value()) {
            largest = batch->header.max_timestamp;
            continue;
        }
        TRY(visit_records(segment, *batch, [&](const records::RecordView& record) {
            if (record.offset >= from.value()) largest = std::max(largest, record.timestamp);
            return true;
        }));
    }
    return largest;
}

/// The first record of the segment with an offset >= `from` and a timestamp >= `timestamp`.
Result<std::optional<TimestampOffset>, ErrorCode> Log::search_segment(Segment& segment,
                                                                      std::int64_t timestamp,
                                                                      Offset from) {
    const std::uint64_t start = TRY(segment.position_for_time(timestamp, from));
    BatchScanner scanner(segment.file(), start, segment.size());
    std::optional<TimestampOffset> found;
    while (const auto batch = TRY(next_header(scanner))) {
        const BatchHeader& header = batch->header;
        if (header.max_timestamp < timestamp || header.last_offset() < from.value()) continue;
        TRY(visit_records(segment, *batch, [&](const records::RecordView& record) {
            if (record.timestamp < timestamp || record.offset < from.value()) return true;
            found = TimestampOffset{record.timestamp, Offset(record.offset)};
            return false;
        }));
        if (found) break;
    }
    return found;
}

}  // namespace gregor::log
