#include "broker/log/offset_index.h"

#include <algorithm>
#include <limits>

#include "broker/protocol/records/big_endian.h"

namespace gregor::log {

using records::load_big_endian;
using records::store_big_endian;

std::optional<OffsetIndex> OffsetIndex::decode(Offset base_offset, ByteSpan bytes,
                                               std::uint64_t log_size) {
    if (bytes.size() % kEntrySize != 0) return std::nullopt;
    OffsetIndex index(base_offset);
    index.entries_.reserve(std::min(bytes.size(), static_cast<std::size_t>(log_size)) / kEntrySize);
    for (std::size_t at = 0; at < bytes.size(); at += kEntrySize) {
        const Entry entry{load_big_endian<std::int32_t>(bytes.data() + at),
                          load_big_endian<std::int32_t>(bytes.data() + at + 4)};
        // An entry never stands for the first batch, so a position of zero is padding: up to the
        // end.
        if (entry.position == 0) {
            const bool zeros = std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                                           bytes.end(), [](std::uint8_t b) { return b == 0; });
            if (!zeros) return std::nullopt;
            break;
        }
        if (entry.position < 0 || static_cast<std::uint64_t>(entry.position) >= log_size) {
            return std::nullopt;
        }
        if (entry.relative_offset < 0) return std::nullopt;
        if (!index.entries_.empty()) {
            const Entry& last = index.entries_.back();
            if (entry.relative_offset <= last.relative_offset) return std::nullopt;
            if (entry.position <= last.position) return std::nullopt;
        }
        index.entries_.push_back(entry);
    }
    return index;
}

Bytes OffsetIndex::encode(std::size_t first) const {
    CHECK(first <= entries_.size());
    ByteBuffer out((entries_.size() - first) * kEntrySize);
    for (std::size_t i = first; i < entries_.size(); ++i) {
        std::uint8_t* to = out.extend(kEntrySize);
        store_big_endian(to, entries_[i].relative_offset);
        store_big_endian(to + 4, entries_[i].position);
    }
    return std::move(out).freeze();
}

void OffsetIndex::append(Offset last_offset, std::uint64_t position) {
    const std::int64_t relative = last_offset - base_offset_;
    CHECK(relative >= 0 && relative <= std::numeric_limits<std::int32_t>::max(),
          "offset {} is not relative to {}", last_offset, base_offset_);
    CHECK(position > 0);
    CHECK(position <= static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max()));
    const Entry entry{static_cast<std::int32_t>(relative), static_cast<std::int32_t>(position)};
    if (!entries_.empty()) {
        CHECK(entry.relative_offset > entries_.back().relative_offset);
        CHECK(entry.position > entries_.back().position);
    }
    entries_.push_back(entry);
}

std::uint64_t OffsetIndex::lookup(Offset target) const {
    const std::int64_t relative = target - base_offset_;
    const auto after = std::upper_bound(
        entries_.begin(), entries_.end(), relative,
        [](std::int64_t wanted, const Entry& entry) { return wanted < entry.relative_offset; });
    if (after == entries_.begin()) return 0;
    return static_cast<std::uint64_t>(std::prev(after)->position);
}

std::vector<OffsetIndex::Entry>::const_iterator OffsetIndex::at_or_after(
    std::uint64_t position) const {
    return std::lower_bound(entries_.begin(), entries_.end(), position,
                            [](const Entry& entry, std::uint64_t wanted) {
                                return static_cast<std::uint64_t>(entry.position) < wanted;
                            });
}

std::uint64_t OffsetIndex::position_below(std::uint64_t position) const {
    const auto at = at_or_after(position);
    return at == entries_.begin() ? 0 : static_cast<std::uint64_t>(std::prev(at)->position);
}

std::optional<Offset> OffsetIndex::offset_at_or_after(std::uint64_t position) const {
    const auto at = at_or_after(position);
    if (at == entries_.end()) return std::nullopt;
    return base_offset_ + std::int64_t{at->relative_offset};
}

void OffsetIndex::truncate_to(Offset offset) {
    const std::int64_t relative = offset - base_offset_;
    const auto first = std::lower_bound(
        entries_.begin(), entries_.end(), relative,
        [](const Entry& entry, std::int64_t wanted) { return entry.relative_offset < wanted; });
    entries_.erase(first, entries_.end());
}

}  // namespace gregor::log
