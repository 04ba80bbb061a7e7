// The disk of one replica of the quorum, in memory: what is written, and what of it a power loss
// leaves. quorum-state, snapshots and cuts at the front are durable at once; batches when synced.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "broker/raft/control_batches.h"
#include "broker/raft/raft.h"

namespace gregor::raft::test {

struct BatchInfo {
    Offset base_offset;
    Offset next_offset;
    LeaderEpoch epoch;
};
[[nodiscard]] BatchInfo info_of(const Bytes& batch);

class RaftDisk {
public:
    QuorumState quorum;
    Offset start_offset{0};
    std::vector<Bytes> written;
    std::vector<Bytes> durable;
    std::map<OffsetAndEpoch, Bytes> snapshots;

    [[nodiscard]] static Offset end_of(const std::vector<Bytes>& log, Offset start_offset);
    [[nodiscard]] Offset end_offset() const { return end_of(written, start_offset); }
    void append(const Bytes& batch);
    void truncate_to(Offset offset);
    void sync() { durable = written; }
    void lose_power() { written = durable; }
    /// A snapshot takes the place of the log.
    void restart_at(const OffsetAndEpoch& id, Bytes snapshot);
    /// Drops what lies below this snapshot's end.
    void trim_to(Offset offset);
    /// Whole batches from `offset` on, below `end`.
    [[nodiscard]] Bytes read(Offset offset, Offset end, std::int32_t max_bytes) const;

    [[nodiscard]] DurableState state() const;
};

/// A snapshot that ends at `end_offset`: header, voters, some state, footer.
[[nodiscard]] Bytes build_snapshot(const std::vector<ControlRecord>& voters, LeaderEpoch epoch,
                                   std::size_t padding);
/// What it says about voters; nothing of a damaged one.
[[nodiscard]] std::optional<VoterHistory> voters_in(const Bytes& snapshot, Offset end_offset);

}  // namespace gregor::raft::test
