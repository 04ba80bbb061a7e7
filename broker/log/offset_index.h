// OffsetIndex: from an offset to a place in the segment's file at or before which to start looking.
//
// Kafka's `.index`: entries of 8 bytes {int32 offset - base_offset, int32 position}, both strictly
// increasing, one for about every index.interval.bytes of log. An entry holds the *last* offset of
// a batch with the position where that batch begins.
//
//     log    |batch 0..9 |batch 10..14|batch 15..30 |batch 31..31|
//     index              ^ (14, 812)   ^ (30, 1210)                  lookup(20) -> 812, then scan
//
// Pure: the owner reads and writes the file. A file that Kafka left behind after a crash is padded
// with zeros up to segment.index.bytes; the padding is no entry.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "broker/log/log_types.h"
#include "sim/base/bytes.h"

namespace gregor::log {

class OffsetIndex {
public:
    static constexpr std::size_t kEntrySize = 8;

    struct Entry {
        std::int32_t relative_offset;
        std::int32_t position;

        friend bool operator==(const Entry&, const Entry&) = default;
    };

    explicit OffsetIndex(Offset base_offset) : base_offset_(base_offset) {}

    /// The index in `bytes`; nothing if they are damaged: a partial entry, or entries out of order,
    /// or one that points at or past `log_size`.
    [[nodiscard]] static std::optional<OffsetIndex> decode(Offset base_offset, ByteSpan bytes,
                                                           std::uint64_t log_size);
    /// Entries from the `first` on, as they stand in the file.
    [[nodiscard]] Bytes encode(std::size_t first = 0) const;

    /// Remembers that the batch ending with `last_offset` begins at `position`; both past the last
    /// entry's.
    void append(Offset last_offset, std::uint64_t position);
    /// The position of the last entry at or before `target`; 0 without one.
    [[nodiscard]] std::uint64_t lookup(Offset target) const;
    /// The position of the last entry whose batch begins below `position`; 0 without one.
    [[nodiscard]] std::uint64_t position_below(std::uint64_t position) const;
    /// The offset of the first entry at or after `position`, if any: a batch that ends there or
    /// later does not begin before it.
    [[nodiscard]] std::optional<Offset> offset_at_or_after(std::uint64_t position) const;
    /// Drops entries for offsets >= `offset`.
    void truncate_to(Offset offset);
    void clear() { entries_.clear(); }

    [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    [[nodiscard]] bool is_full(std::int32_t max_index_bytes) const {
        return entries_.size() >= static_cast<std::size_t>(max_index_bytes) / kEntrySize;
    }
    [[nodiscard]] Offset base_offset() const { return base_offset_; }

private:
    [[nodiscard]] std::vector<Entry>::const_iterator at_or_after(std::uint64_t position) const;

    Offset base_offset_;
    std::vector<Entry> entries_;
};

}  // namespace gregor::log
