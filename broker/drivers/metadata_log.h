// MetadataLog: the disk of one member of the quorum, voter or observer: __cluster_metadata-0, the
// snapshots beside it, and quorum-state. It decides nothing: it carries out what the raft core
// (broker/raft) asks for.
//
//     snapshot X             log
//     [everything below X] | batch | batch | … | batch |  end
//
// Every failure of the disk is final: after one nothing may be relied upon but what was durable
// before, and the node stops.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "broker/drivers/snapshot_store.h"
#include "broker/log/log.h"
#include "broker/raft/config.h"
#include "broker/raft/effects.h"
#include "sim/runtime/runtime.h"

namespace gregor::drivers {

struct MetadataLogOptions {
    /// "<metadata.log.dir>/__cluster_metadata-0"; made if missing.
    std::string folder;
    /// metadata.log.segment.bytes
    std::int32_t segment_bytes = 1024 * 1024 * 1024;
    /// metadata.log.max.record.bytes.between.snapshots
    std::int64_t max_bytes_between_snapshots = 20 * 1024 * 1024;
    /// metadata.max.retention.bytes: above it the oldest snapshot goes, if there is a newer one,
    /// and the log below the next one.
    std::int64_t max_retention_bytes = 100 * 1024 * 1024;
};

/// Adds what the control batches of `bytes` say of voters, each at its own offset or all at `at`;
/// damage is an error.
[[nodiscard]] Result<void, log::StorageError> add_voters(const Bytes& bytes,
                                                         std::optional<raft::Offset> at,
                                                         raft::VoterHistory& voters);

class MetadataLog {
public:
    using Done = Result<void, log::StorageError>;

    MetadataLog(Runtime& runtime, MetadataLogOptions options);

    /// Opens and recovers the log; gives what the core has to know of it. What recovery found was
    /// perhaps never synced: it is made durable first.
    [[nodiscard]] Result<raft::DurableState, log::StorageError> open(raft::VoterSet static_voters);

    // What Effects ask for. -----------------------------------------------------------------------

    /// Durable when it returns.
    /// In the form that goes with `kraft_version`.
    [[nodiscard]] Done persist(const raft::QuorumState& state, std::int16_t kraft_version);
    /// The snapshot, a known or a sealed one, takes the place of everything; the log begins anew,
    /// empty, behind it.
    [[nodiscard]] Done start_at(const raft::OffsetAndEpoch& snapshot);
    [[nodiscard]] Done truncate_to(raft::Offset offset);
    /// Batches with their offsets and epochs, from the log's end on.
    [[nodiscard]] Done append(std::span<const Bytes> batches);
    /// Makes durable what was appended before the call; gives its end.
    [[nodiscard]] Result<raft::Offset, log::StorageError> flush();
    /// How often offsets were taken back: what flush() said before means nothing after.
    [[nodiscard]] std::int64_t truncations() const { return truncations_; }
    /// Whole batches from the one that holds `from` on, below `end`; at least one.
    [[nodiscard]] Result<Bytes, log::StorageError> read(raft::Offset from, raft::Offset end,
                                                        std::int64_t max_bytes);
    void set_high_watermark(raft::Offset offset) { log_->set_high_watermark(offset); }

    // Snapshots. ----------------------------------------------------------------------------------

    [[nodiscard]] SnapshotStore& snapshots() { return snapshots_; }
    /// Drops snapshots, oldest first but never the last, and the log below the next one, as long as
    /// all together are above what retention allows. Gives where the log begins then. What was
    /// dropped file.delete.delay.ms ago leaves the disk.
    [[nodiscard]] Result<raft::Offset, log::StorageError> apply_retention();

    [[nodiscard]] raft::Offset start_offset() const { return log_->log_start_offset(); }
    [[nodiscard]] raft::Offset end_offset() const { return log_->log_end_offset(); }
    [[nodiscard]] raft::LeaderEpoch epoch_at(raft::Offset offset) const;
    [[nodiscard]] const MetadataLogOptions& options() const { return options_; }
    /// As it is on disk; nullptr before open().
    [[nodiscard]] const log::Log* log() const { return log_.get(); }

    /// Syncs what a clean stop may leave; no more appends.
    [[nodiscard]] Done close();

private:
    [[nodiscard]] Done open_log();
    [[nodiscard]] Done restart_log_at(raft::Offset offset);
    [[nodiscard]] Done drop_snapshots_below_start();
    [[nodiscard]] Done read_voters(raft::VoterHistory& voters);
    template <class T>
    [[nodiscard]] Result<T, log::StorageError> told(Result<T, raft::ErrorCode> result) const;

    Runtime& runtime_;
    MetadataLogOptions options_;
    SnapshotStore snapshots_;
    std::unique_ptr<log::Log> log_;
    raft::VoterSet static_voters_;
    std::int64_t truncations_ = 0;
};

}  // namespace gregor::drivers
