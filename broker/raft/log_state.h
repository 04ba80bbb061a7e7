// LogState: what the core knows of the metadata log: its marks, which epoch begins where, and the
// snapshots beside it. The bytes are the driver's.
//
//     snapshot X           log
//     [ all below X ] | epoch 3 ......... | epoch 5 .... | end
//                     start               flushed        end         flushed <= end
//
// It runs ahead of the disk by exactly the Effects that the driver has not carried out yet.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "broker/raft/types.h"

namespace gregor::raft {

/// A whole snapshot on disk.
struct Snapshot {
    OffsetAndEpoch id;
    std::int64_t size = 0;  // bytes

    friend auto operator<=>(const Snapshot&, const Snapshot&) = default;
};

/// The snapshot that formatting leaves (KIP-853): it holds no record of the log.
inline constexpr OffsetAndEpoch kBootstrapSnapshot{};

struct EpochStart {
    LeaderEpoch epoch;
    Offset start_offset;

    friend auto operator<=>(const EpochStart&, const EpochStart&) = default;
};

class LogState {
public:
    LogState() = default;
    /// `epochs` as leader-epoch-checkpoint has them; snapshots in any order.
    LogState(Offset start_offset, Offset end_offset, const std::vector<EpochStart>& epochs,
             const std::vector<Snapshot>& snapshots);

    [[nodiscard]] Offset start_offset() const { return start_offset_; }
    [[nodiscard]] Offset end_offset() const { return end_offset_; }
    /// Below it everything is durable.
    [[nodiscard]] Offset flushed() const { return flushed_; }
    /// Epoch of the last record, or of the snapshot that the log begins behind; 0 of an empty one.
    [[nodiscard]] LeaderEpoch last_epoch() const;
    [[nodiscard]] OffsetAndEpoch end() const { return {last_epoch(), end_offset_}; }
    /// The largest known epoch <= `epoch` and where it ends (KIP-101).
    [[nodiscard]] OffsetAndEpoch end_offset_for(LeaderEpoch epoch) const;

    [[nodiscard]] std::optional<Snapshot> earliest_snapshot() const;
    [[nodiscard]] std::optional<Snapshot> latest_snapshot() const;
    [[nodiscard]] std::optional<Snapshot> find_snapshot(const OffsetAndEpoch& id) const;

    /// Whether the log, or what came before its start, agrees with this snapshot.
    [[nodiscard]] bool contains(const OffsetAndEpoch& snapshot_id) const;

    /// What a follower that claims this end is to do (KIP-595, KIP-630).
    enum class Fit : std::uint8_t { valid, diverging, snapshot };
    struct Validation {
        Fit fit;
        OffsetAndEpoch where;  // diverging: the end of the shared epoch; snapshot: its id
    };
    [[nodiscard]] Validation validate(const OffsetAndEpoch& end) const;

    /// A batch that begins at the end.
    void append(Offset next_offset, LeaderEpoch epoch);
    void flushed_to(Offset offset);
    void truncate_to(Offset offset);
    /// Everything goes; the log begins behind this snapshot, which is known from now on.
    void restart_at(const Snapshot& snapshot);
    void add_snapshot(const Snapshot& snapshot);
    /// Records below and snapshots that end below go.
    void move_start(Offset start_offset);

    /// Order of marks, epochs and snapshots; a log that does not begin at 0 has a snapshot (M2).
    void check_invariants() const;

private:
    Offset start_offset_{0};
    Offset end_offset_{0};
    Offset flushed_{0};
    std::vector<EpochStart> epochs_;
    std::map<OffsetAndEpoch, std::int64_t> snapshots_;  // id, size
};

}  // namespace gregor::raft
