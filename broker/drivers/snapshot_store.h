// SnapshotStore: the .checkpoint files beside the metadata log (broker/metadata/snapshot.h). A
// snapshot is written under another name, synced, renamed, and its directory synced: a name that
// ends in .checkpoint is a whole snapshot.
//
//     taken here:     write()
//     of the leader:  write_chunk() … write_chunk(), seal(), and adopt() or drop_unfinished()
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/log/storage_error.h"
#include "broker/metadata/snapshot.h"
#include "broker/raft/control_batches.h"
#include "broker/raft/log_state.h"
#include "sim/runtime/disk.h"

namespace gregor::drivers {

[[nodiscard]] inline metadata::SnapshotId to_snapshot_id(const raft::OffsetAndEpoch& id) {
    return {.end_offset = id.offset, .epoch = id.epoch};
}

/// What the quorum has to say in a snapshot, as the snapshot holds it.
[[nodiscard]] std::vector<metadata::SnapshotControl> to_snapshot_controls(
    const std::vector<raft::ControlRecord>& records);

class SnapshotStore {
public:
    SnapshotStore(Disk& disk, std::string folder) : disk_(disk), folder_(std::move(folder)) {}

    /// Finds the snapshots and removes what a crash left unfinished.
    [[nodiscard]] Result<void, IoError> open();

    /// Oldest first.
    [[nodiscard]] const std::vector<metadata::SnapshotId>& ids() const { return ids_; }
    /// The same with their sizes, as open() and later calls have found them.
    [[nodiscard]] std::vector<raft::Snapshot> snapshots() const;
    [[nodiscard]] Result<metadata::SnapshotContents, log::StorageError> read(
        const metadata::SnapshotId& id);
    [[nodiscard]] Result<Bytes, IoError> read_bytes(const metadata::SnapshotId& id);
    /// `size` bytes from `position` on.
    [[nodiscard]] Result<Bytes, IoError> read_piece(const metadata::SnapshotId& id,
                                                    std::int64_t position, std::int64_t size);

    /// Newer than all there are, of these batches; durable when it returns. On an error there is
    /// none of this id.
    [[nodiscard]] Result<raft::Snapshot, IoError> write(const metadata::SnapshotId& id,
                                                        const std::vector<Bytes>& batches);
    /// A piece of a snapshot that is still to come; position 0 begins it anew.
    [[nodiscard]] Result<void, IoError> write_chunk(const metadata::SnapshotId& id,
                                                    std::int64_t position, const Bytes& bytes);
    /// The last piece is written: gives all of it, durable, but not among ids() yet.
    [[nodiscard]] Result<Bytes, IoError> seal(const metadata::SnapshotId& id);
    /// A sealed one is a snapshot from now on, durably.
    [[nodiscard]] Result<raft::Snapshot, IoError> adopt(const metadata::SnapshotId& id);
    [[nodiscard]] Result<void, IoError> drop_unfinished(const metadata::SnapshotId& id);

    [[nodiscard]] Result<void, IoError> remove_oldest();
    [[nodiscard]] std::uint64_t size_in_bytes() const;

private:
    [[nodiscard]] std::string path_of(const metadata::SnapshotId& id) const;
    [[nodiscard]] std::string unfinished_path_of(const metadata::SnapshotId& id) const;

    Disk& disk_;
    std::string folder_;
    std::vector<metadata::SnapshotId> ids_;
    std::vector<std::uint64_t> sizes_;  // of each
};

}  // namespace gregor::drivers
