// TimeIndex: from a time to an offset at or before which to start looking.
//
// Kafka's `.timeindex`: entries of 12 bytes {int64 timestamp in ms, int32 offset - base_offset}. An
// entry says: no batch before this one's has a larger timestamp, and `offset` is the last of the
// batch that has this one. Timestamps strictly increase, offsets do not fall. The last entry of a
// closed segment is the segment's largest timestamp, which retention by time needs.
//
// Pure, as OffsetIndex is.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "broker/log/log_types.h"
#include "sim/base/bytes.h"

namespace gregor::log {

class TimeIndex {
public:
    static constexpr std::size_t kEntrySize = 12;

    struct Entry {
        std::int64_t timestamp;
        std::int32_t relative_offset;

        friend bool operator==(const Entry&, const Entry&) = default;
    };

    explicit TimeIndex(Offset base_offset) : base_offset_(base_offset) {}

    /// The index in `bytes`; nothing if they are damaged.
    [[nodiscard]] static std::optional<TimeIndex> decode(Offset base_offset, ByteSpan bytes);
    [[nodiscard]] Bytes encode(std::size_t first = 0) const;

    /// Adds an entry unless the last one's timestamp is as large already. Batches without a
    /// timestamp (-1) are never entered.
    void maybe_append(const TimestampOffset& entry);
    /// The last entry with a timestamp <= `timestamp`; the base offset with none.
    [[nodiscard]] TimestampOffset lookup(std::int64_t timestamp) const;
    /// The last entry, if any.
    [[nodiscard]] std::optional<TimestampOffset> last() const;
    /// Drops entries for offsets >= `offset`.
    void truncate_to(Offset offset);
    void clear() { entries_.clear(); }

    [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    /// One entry is kept free for the one that closes the segment.
    [[nodiscard]] bool is_full(std::int32_t max_index_bytes) const {
        return entries_.size() + 1 >= static_cast<std::size_t>(max_index_bytes) / kEntrySize;
    }
    [[nodiscard]] Offset base_offset() const { return base_offset_; }

private:
    [[nodiscard]] TimestampOffset absolute(const Entry& entry) const {
        return {entry.timestamp, base_offset_ + std::int64_t{entry.relative_offset}};
    }

    Offset base_offset_;
    std::vector<Entry> entries_;
};

}  // namespace gregor::log
