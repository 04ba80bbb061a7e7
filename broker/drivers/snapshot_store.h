// SnapshotStore: the .checkpoint files beside the metadata log (broker/metadata/snapshot.h). A
// snapshot is written under another name, synced, renamed, and its directory synced: a name that
// ends in .checkpoint is a whole snapshot.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/log/storage_error.h"
#include "broker/metadata/snapshot.h"
#include "sim/runtime/disk.h"

namespace gregor::drivers {

class SnapshotStore {
public:
    SnapshotStore(Disk& disk, std::string folder) : disk_(disk), folder_(std::move(folder)) {}

    /// Finds the snapshots and removes what a crash left unfinished.
    [[nodiscard]] Result<void, IoError> open();

    /// Oldest first.
    [[nodiscard]] const std::vector<metadata::SnapshotId>& ids() const { return ids_; }
    [[nodiscard]] Result<metadata::SnapshotContents, log::StorageError> read(
        const metadata::SnapshotId& id);
    /// Newer than all there are; durable when it returns. On an error there is none of this id.
    [[nodiscard]] Result<void, IoError> write(const metadata::SnapshotId& id,
                                              const metadata::SnapshotContents& contents,
                                              std::int64_t now_ms);
    [[nodiscard]] Result<void, IoError> remove_oldest();
    [[nodiscard]] Result<std::uint64_t, IoError> size_in_bytes();

private:
    [[nodiscard]] std::string path_of(const metadata::SnapshotId& id) const;

    Disk& disk_;
    std::string folder_;
    std::vector<metadata::SnapshotId> ids_;
};

}  // namespace gregor::drivers
