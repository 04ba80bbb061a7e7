// MemoryLog: a log of numbers, with the leader epochs of a real one and a mark up to where it would
// survive a power loss.
#pragma once

#include <cstddef>
#include <vector>

#include "broker/log/leader_epoch_cache.h"
#include "broker/replication/partition.h"

namespace gregor::isr_test {

using namespace gregor::replication;

struct Entry {
    LeaderEpoch epoch;
    int value = 0;

    friend bool operator==(const Entry&, const Entry&) = default;
};

class MemoryLog {
public:
    [[nodiscard]] Offset end() const { return Offset(static_cast<std::int64_t>(entries_.size())); }
    [[nodiscard]] const Entry& at(Offset offset) const {
        return entries_[static_cast<std::size_t>(offset.value())];
    }
    [[nodiscard]] const log::LeaderEpochCache& epochs() const { return epochs_; }

    void begin_epoch(const log::EpochEntry& entry) {
        epochs_.assign(entry.epoch, entry.start_offset);
    }
    void append(const Entry& entry) {
        const auto latest = epochs_.latest();
        if (!latest || latest->epoch < entry.epoch) epochs_.assign(entry.epoch, end());
        entries_.push_back(entry);
    }
    void truncate_to(Offset target) {
        epochs_.truncate_to(target, end());
        if (target < end()) entries_.resize(static_cast<std::size_t>(target.value()));
        synced_ = std::min(synced_, end());
    }
    void sync() { synced_ = end(); }
    [[nodiscard]] Offset synced() const { return synced_; }
    /// What a power loss leaves: at least what was synced.
    void lose_from(Offset offset) {
        entries_.resize(static_cast<std::size_t>(offset.value()));
        epochs_.truncate_from_end(end());
        synced_ = std::min(synced_, end());
    }

private:
    std::vector<Entry> entries_;
    log::LeaderEpochCache epochs_;
    Offset synced_{0};
};

}  // namespace gregor::isr_test
