// Coverage: which offsets of a partition were given to somebody, as intervals that merge.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

namespace gregor::scenarios {

/// The offsets [from, to).
struct OffsetRange {
    std::int64_t from = 0;
    std::int64_t to = 0;

    [[nodiscard]] bool is_empty() const { return from >= to; }
    friend bool operator==(const OffsetRange&, const OffsetRange&) = default;
};

class Coverage {
public:
    void add(OffsetRange range) {
        if (range.is_empty()) return;
        auto at = ranges_.upper_bound(range.from);
        if (at != ranges_.begin() && std::prev(at)->second >= range.from) --at;
        while (at != ranges_.end() && at->first <= range.to) {
            range.from = std::min(range.from, at->first);
            range.to = std::max(range.to, at->second);
            at = ranges_.erase(at);
        }
        ranges_.emplace(range.from, range.to);
    }
    /// What of the range is not covered, ascending.
    [[nodiscard]] std::vector<OffsetRange> missing(OffsetRange range) const {
        std::vector<OffsetRange> missing;
        auto at = ranges_.upper_bound(range.from);
        if (at != ranges_.begin()) --at;
        for (; at != ranges_.end() && at->first < range.to; ++at) {
            if (at->second <= range.from) continue;
            if (at->first > range.from) missing.push_back({range.from, at->first});
            range.from = at->second;
        }
        if (!range.is_empty()) missing.push_back(range);
        return missing;
    }
    [[nodiscard]] bool touches(OffsetRange range) const {
        const auto at = ranges_.lower_bound(range.to);
        return at != ranges_.begin() && std::prev(at)->second > range.from;
    }
    [[nodiscard]] bool is_empty() const { return ranges_.empty(); }
    [[nodiscard]] std::int64_t first() const { return ranges_.begin()->first; }

private:
    std::map<std::int64_t, std::int64_t> ranges_;
};

}  // namespace gregor::scenarios
