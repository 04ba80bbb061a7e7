#include "broker/raft/log_state.h"

#include <algorithm>

#include "sim/base/check.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::raft {

LogState::LogState(Offset start_offset, Offset end_offset, const std::vector<EpochStart>& epochs,
                   const std::vector<Snapshot>& snapshots)
    : start_offset_(start_offset), end_offset_(end_offset), flushed_(end_offset), epochs_(epochs) {
    for (const Snapshot& snapshot : snapshots) add_snapshot(snapshot);
    // A crash while the log was emptied behind a fetched snapshot may leave an epoch without
    // records, which is the snapshot's to tell.
    while (!epochs_.empty() && epochs_.back().start_offset >= end_offset_) epochs_.pop_back();
}

LeaderEpoch LogState::last_epoch() const {
    if (!epochs_.empty()) return epochs_.back().epoch;
    const auto snapshot = latest_snapshot();
    return snapshot ? snapshot->id.epoch : LeaderEpoch(0);
}

OffsetAndEpoch LogState::end_offset_for(LeaderEpoch epoch) const {
    const auto behind = std::ranges::upper_bound(epochs_, epoch, {}, &EpochStart::epoch);
    const Offset end = behind == epochs_.end() ? end_offset_ : behind->start_offset;
    if (behind != epochs_.begin()) return {std::prev(behind)->epoch, end};
    const auto snapshot = earliest_snapshot();
    if (snapshot && snapshot->id.epoch <= epoch) return {snapshot->id.epoch, end};
    return {LeaderEpoch(0), start_offset_};
}

std::optional<Snapshot> LogState::earliest_snapshot() const {
    if (snapshots_.empty()) return std::nullopt;
    return Snapshot{snapshots_.begin()->first, snapshots_.begin()->second};
}

std::optional<Snapshot> LogState::latest_snapshot() const {
    if (snapshots_.empty()) return std::nullopt;
    return Snapshot{snapshots_.rbegin()->first, snapshots_.rbegin()->second};
}

std::optional<Snapshot> LogState::find_snapshot(const OffsetAndEpoch& id) const {
    const auto it = snapshots_.find(id);
    if (it == snapshots_.end()) return std::nullopt;
    return Snapshot{it->first, it->second};
}

bool LogState::contains(const OffsetAndEpoch& snapshot_id) const {
    if (snapshot_id.offset <= start_offset_) return true;
    const OffsetAndEpoch shared = end_offset_for(snapshot_id.epoch);
    return shared.epoch == snapshot_id.epoch && shared.offset >= snapshot_id.offset;
}

LogState::Validation LogState::validate(const OffsetAndEpoch& end) const {
    if (start_offset_ == Offset(0) && end == OffsetAndEpoch{}) return {Fit::valid, end};
    const auto earliest = earliest_snapshot();
    const bool before_log =
        earliest && (end.offset < start_offset_ ||
                     (end.offset == start_offset_ && start_offset_ != Offset(0) &&
                      end.epoch != earliest->id.epoch) ||
                     end.epoch < earliest->id.epoch);
    if (before_log) return {Fit::snapshot, latest_snapshot()->id};
    const OffsetAndEpoch shared = end_offset_for(end.epoch);
    if (shared.epoch != end.epoch || shared.offset < end.offset) return {Fit::diverging, shared};
    return {Fit::valid, end};
}

void LogState::append(Offset next_offset, LeaderEpoch epoch) {
    CHECK(next_offset > end_offset_);
    CHECK(epoch >= last_epoch(), "epoch {} after {}", epoch, last_epoch());
    if (epochs_.empty() || epochs_.back().epoch < epoch) epochs_.push_back({epoch, end_offset_});
    end_offset_ = next_offset;
    if (PLANTED(metadata_counts_before_sync)) flushed_ = end_offset_;
}

void LogState::flushed_to(Offset offset) { flushed_ = std::max(flushed_, offset); }

void LogState::truncate_to(Offset offset) {
    CHECK(offset >= start_offset_);
    CHECK(offset <= end_offset_);
    end_offset_ = offset;
    flushed_ = std::min(flushed_, offset);
    while (!epochs_.empty() && epochs_.back().start_offset >= offset) epochs_.pop_back();
}

void LogState::restart_at(const Snapshot& snapshot) {
    PROBE("a metadata log restarted behind a snapshot");
    snapshots_.clear();
    epochs_.clear();
    add_snapshot(snapshot);
    start_offset_ = end_offset_ = flushed_ = snapshot.id.offset;
}

void LogState::add_snapshot(const Snapshot& snapshot) {
    snapshots_.insert_or_assign(snapshot.id, snapshot.size);
}

void LogState::move_start(Offset start_offset) {
    CHECK(start_offset >= start_offset_);
    CHECK(start_offset <= end_offset_);
    start_offset_ = start_offset;
    while (snapshots_.size() > 1 && snapshots_.begin()->first.offset < start_offset) {
        snapshots_.erase(snapshots_.begin());
    }
    while (epochs_.size() > 1 && epochs_[1].start_offset <= start_offset) {
        epochs_.erase(epochs_.begin());
    }
    if (!epochs_.empty() && epochs_.front().start_offset < start_offset) {
        epochs_.front().start_offset = start_offset;
    }
    // An epoch whose records are all gone is the snapshot's to tell.
    if (epochs_.size() == 1 && epochs_.front().start_offset == end_offset_) epochs_.clear();
}

void LogState::check_invariants() const {
    CHECK(start_offset_ <= end_offset_, "start {} end {}", start_offset_, end_offset_);
    CHECK(flushed_ <= end_offset_, "flushed {} end {}", flushed_, end_offset_);
    CHECK(snapshots_.size() < 2 || snapshots_.begin()->first.offset >= start_offset_,
          "start {} snapshot {}", start_offset_, snapshots_.begin()->first.offset);
    if (start_offset_ > Offset(0)) {
        const auto latest = latest_snapshot();
        CHECK(latest.has_value());
        CHECK(latest->id.offset >= start_offset_, "no snapshot at the start {}", start_offset_);
    }
    for (std::size_t i = 0; i < epochs_.size(); ++i) {
        CHECK(epochs_[i].start_offset < end_offset_, "epoch {} begins at the end {}",
              epochs_[i].epoch, end_offset_);
        if (i == 0) continue;
        CHECK(epochs_[i - 1].epoch < epochs_[i].epoch);
        CHECK(epochs_[i - 1].start_offset < epochs_[i].start_offset);
    }
}

}  // namespace gregor::raft
