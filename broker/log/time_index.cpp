#include "broker/log/time_index.h"

#include <algorithm>
#include <limits>

#include "broker/protocol/records/big_endian.h"

namespace gregor::log {

using records::load_big_endian;
using records::store_big_endian;

std::optional<TimeIndex> TimeIndex::decode(Offset base_offset, ByteSpan bytes) {
    if (bytes.size() % kEntrySize != 0) return std::nullopt;
    TimeIndex index(base_offset);
    for (std::size_t at = 0; at < bytes.size(); at += kEntrySize) {
        const Entry entry{load_big_endian<std::int64_t>(bytes.data() + at),
                          load_big_endian<std::int32_t>(bytes.data() + at + 8)};
        if (entry.timestamp == 0 && entry.relative_offset == 0) {
            // A crashed Kafka's padding; as a first entry it may also be a record of 1970.
            const bool zeros = std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                                           bytes.end(), [](std::uint8_t b) { return b == 0; });
            if (zeros && (at > 0 || bytes.size() > kEntrySize)) break;
            if (!zeros && at > 0) return std::nullopt;
        }
        if (entry.relative_offset < 0) return std::nullopt;
        if (!index.entries_.empty()) {
            const Entry& last = index.entries_.back();
            if (entry.timestamp <= last.timestamp) return std::nullopt;
            if (entry.relative_offset < last.relative_offset) return std::nullopt;
        }
        index.entries_.push_back(entry);
    }
    return index;
}

Bytes TimeIndex::encode(std::size_t first) const {
    CHECK(first <= entries_.size());
    ByteBuffer out((entries_.size() - first) * kEntrySize);
    for (std::size_t i = first; i < entries_.size(); ++i) {
        std::uint8_t* to = out.extend(kEntrySize);
        store_big_endian(to, entries_[i].timestamp);
        store_big_endian(to + 8, entries_[i].relative_offset);
    }
    return std::move(out).freeze();
}

void TimeIndex::maybe_append(const TimestampOffset& entry) {
    if (entry.timestamp <= kNoTimestamp) return;
    const std::int64_t relative = entry.offset - base_offset_;
    CHECK(relative >= 0 && relative <= std::numeric_limits<std::int32_t>::max(),
          "offset {} is not relative to {}", entry.offset, base_offset_);
    if (!entries_.empty()) {
        if (entry.timestamp <= entries_.back().timestamp) return;
        CHECK(relative >= entries_.back().relative_offset, "offset {} after {}", entry.offset,
              base_offset_ + std::int64_t{entries_.back().relative_offset});
    }
    entries_.push_back({entry.timestamp, static_cast<std::int32_t>(relative)});
}

TimestampOffset TimeIndex::lookup(std::int64_t timestamp) const {
    const auto after = std::upper_bound(
        entries_.begin(), entries_.end(), timestamp,
        [](std::int64_t wanted, const Entry& entry) { return wanted < entry.timestamp; });
    if (after == entries_.begin()) return {kNoTimestamp, base_offset_};
    return absolute(*std::prev(after));
}

std::optional<TimestampOffset> TimeIndex::last() const {
    if (entries_.empty()) return std::nullopt;
    return absolute(entries_.back());
}

void TimeIndex::truncate_to(Offset offset) {
    const std::int64_t relative = offset - base_offset_;
    const auto first = std::lower_bound(
        entries_.begin(), entries_.end(), relative,
        [](const Entry& entry, std::int64_t wanted) { return entry.relative_offset < wanted; });
    entries_.erase(first, entries_.end());
}

}  // namespace gregor::log
