#include "broker/log/leader_epoch_cache.h"

#include <algorithm>

#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::log {

LeaderEpochCache::LeaderEpochCache(std::span<const EpochEntry> entries) {
    for (const EpochEntry& entry : entries) assign(entry.epoch, entry.start_offset);
}

bool LeaderEpochCache::assign(LeaderEpoch epoch, Offset start_offset) {
    CHECK(epoch >= LeaderEpoch(0), "epoch {}", epoch);
    CHECK(start_offset >= Offset(0), "start offset {}", start_offset);
    if (!entries_.empty() && entries_.back().epoch == epoch &&
        start_offset >= entries_.back().start_offset) {
        return false;
    }
    const std::size_t dropped = std::erase_if(entries_, [&](const EpochEntry& entry) {
        return entry.epoch >= epoch || entry.start_offset >= start_offset;
    });
    if (dropped > 0) PROBE("a new leader epoch displaced entries of the epoch cache");
    entries_.push_back({epoch, start_offset});
    return true;
}

std::optional<EpochEntry> LeaderEpochCache::latest() const {
    if (entries_.empty()) return std::nullopt;
    return entries_.back();
}

std::optional<EpochEntry> LeaderEpochCache::earliest() const {
    if (entries_.empty()) return std::nullopt;
    return entries_.front();
}

EpochEnd LeaderEpochCache::end_offset_for(LeaderEpoch epoch, Offset log_end_offset) const {
    if (epoch == kNoLeaderEpoch || entries_.empty()) return {};
    if (epoch == entries_.back().epoch) return {epoch, log_end_offset};
    const auto next = std::upper_bound(
        entries_.begin(), entries_.end(), epoch,
        [](LeaderEpoch wanted, const EpochEntry& entry) { return wanted < entry.epoch; });
    if (next == entries_.end()) return {};
    // Older than all that is known: it ended where the first one begins.
    if (next == entries_.begin()) return {epoch, next->start_offset};
    return {std::prev(next)->epoch, next->start_offset};
}

std::optional<LeaderEpoch> LeaderEpochCache::epoch_for_offset(Offset offset) const {
    const auto next = std::upper_bound(
        entries_.begin(), entries_.end(), offset,
        [](Offset wanted, const EpochEntry& entry) { return wanted < entry.start_offset; });
    if (next == entries_.begin()) return std::nullopt;
    return std::prev(next)->epoch;
}

bool LeaderEpochCache::truncate_from_end(Offset end_offset) {
    return std::erase_if(entries_, [end_offset](const EpochEntry& entry) {
               return entry.start_offset >= end_offset;
           }) > 0;
}

bool LeaderEpochCache::truncate_to(Offset target, Offset log_end_offset) {
    if (target >= log_end_offset && PLANTED(b09_epoch_cache_not_truncated_at_leo)) return false;
    return truncate_from_end(target);
}

bool LeaderEpochCache::truncate_from_start(Offset start_offset) {
    const auto next = std::upper_bound(
        entries_.begin(), entries_.end(), start_offset,
        [](Offset wanted, const EpochEntry& entry) { return wanted < entry.start_offset; });
    if (next == entries_.begin()) return false;
    const auto covering = std::prev(next);
    if (covering == entries_.begin() && covering->start_offset == start_offset) return false;
    covering->start_offset = start_offset;
    entries_.erase(entries_.begin(), covering);
    return true;
}

void LeaderEpochCache::check_invariants(Offset log_end_offset) const {
    for (std::size_t i = 1; i < entries_.size(); ++i) {
        CHECK(entries_[i - 1].epoch < entries_[i].epoch);
        CHECK(entries_[i - 1].start_offset < entries_[i].start_offset, "epoch {} starts at {}",
              entries_[i].epoch, entries_[i].start_offset);
    }
    if (entries_.empty()) return;
    CHECK(entries_.back().start_offset <= log_end_offset,
          "epoch {} starts at {}, the log ends at {}", entries_.back().epoch,
          entries_.back().start_offset, log_end_offset);
}

}  // namespace gregor::log
