// LeaderEpochCache: which leader epoch began where (KIP-101, KIP-279, KIP-320).
//
//     offset   0        100        250          end 300
//     epoch    |-- 2 ---|--- 5 ----|---- 7 ------|
//
// Entries (epoch, start offset) strictly increase in both: a leader that wrote nothing is displaced
// by the next one. The end of an epoch is the start of the next; of the last one, the log's end. A
// follower cuts where the leader's history leaves its own.
//
// Pure: Log writes it to `leader-epoch-checkpoint` (checkpoint_file.h).
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "broker/log/log_types.h"

namespace gregor::log {

struct EpochEntry {
    LeaderEpoch epoch{-1};
    Offset start_offset{-1};

    friend bool operator==(const EpochEntry&, const EpochEntry&) = default;
};

struct EpochEnd {
    LeaderEpoch epoch = kNoLeaderEpoch;
    Offset end_offset{-1};

    friend bool operator==(const EpochEnd&, const EpochEnd&) = default;
};

class LeaderEpochCache {
public:
    LeaderEpochCache() = default;
    /// Entries as a checkpoint has them; each is assigned in its turn.
    explicit LeaderEpochCache(std::span<const EpochEntry> entries);

    /// The leader of `epoch` begins at `start_offset`. Entries that contradict it (an epoch as
    /// large or larger, or a start at or after it) are dropped. True if anything changed. An epoch
    /// that is known keeps its first start.
    bool assign(LeaderEpoch epoch, Offset start_offset);

    [[nodiscard]] std::optional<EpochEntry> latest() const;
    [[nodiscard]] std::optional<EpochEntry> earliest() const;
    /// The largest known epoch <= `epoch` and where it ends; `log_end_offset` bounds the last one.
    /// Epoch and offset -1 when `epoch` is larger than any; an epoch older than all ends where the
    /// first begins.
    [[nodiscard]] EpochEnd end_offset_for(LeaderEpoch epoch, Offset log_end_offset) const;
    /// The epoch of the batch at `offset`, if an entry covers it.
    [[nodiscard]] std::optional<LeaderEpoch> epoch_for_offset(Offset offset) const;

    /// Drops entries that start at or after `end_offset`. True if anything changed.
    bool truncate_from_end(Offset end_offset);
    /// The same for a log that is told to end at `target` and ends at `log_end_offset` now, perhaps
    /// short of it: leaders that wrote nothing may have left entries there (KAFKA-10706).
    bool truncate_to(Offset target, Offset log_end_offset);
    /// Drops entries that end at or before `start_offset`; the one that covers it starts there now.
    bool truncate_from_start(Offset start_offset);
    void clear() { entries_.clear(); }

    [[nodiscard]] const std::vector<EpochEntry>& entries() const { return entries_; }
    [[nodiscard]] bool empty() const { return entries_.empty(); }

    /// L4: order, and the last start within the log; CHECKs.
    void check_invariants(Offset log_end_offset) const;

private:
    std::vector<EpochEntry> entries_;
};

}  // namespace gregor::log
