#include "broker/drivers/snapshot_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "broker/log/checkpoint_file.h"
#include "sim/base/check.h"
#include "sim/base/probe.h"

namespace gregor::drivers {
namespace {

constexpr std::string_view kUnfinished = ".checkpoint.part";

}  // namespace

Result<void, IoError> SnapshotStore::open() {
    ids_.clear();
    for (const DirectoryEntry& entry : TRY(disk_.list(folder_))) {
        if (entry.name.ends_with(kUnfinished)) {
            PROBE("an unfinished snapshot was removed");
            TRY(disk_.remove(log::join_path(folder_, entry.name)));
        } else if (const auto id = metadata::parse_snapshot_file_name(entry.name)) {
            ids_.push_back(*id);
        }
    }
    std::ranges::sort(ids_);
    sizes_.clear();
    for (const metadata::SnapshotId& id : ids_) {
        const FileRef file = TRY(disk_.open(path_of(id), OpenMode::read));
        sizes_.push_back(TRY(file->size()));
    }
    return {};
}

std::vector<raft::Snapshot> SnapshotStore::snapshots() const {
    std::vector<raft::Snapshot> found;
    for (std::size_t i = 0; i < ids_.size(); ++i) {
        found.push_back({.id = {.epoch = ids_[i].epoch, .offset = ids_[i].end_offset},
                         .size = static_cast<std::int64_t>(sizes_[i])});
    }
    return found;
}

Result<metadata::SnapshotContents, log::StorageError> SnapshotStore::read(
    const metadata::SnapshotId& id) {
    const Bytes file = TRY(read_bytes(id));
    auto contents = metadata::decode_snapshot(file);
    if (contents) return *std::move(contents);
    return fail(log::StorageError(fmt::format("{}: {}", path_of(id), contents.error())));
}

Result<Bytes, IoError> SnapshotStore::read_bytes(const metadata::SnapshotId& id) {
    return read_file(disk_, path_of(id));
}

Result<Bytes, IoError> SnapshotStore::read_piece(const metadata::SnapshotId& id,
                                                 std::int64_t position, std::int64_t size) {
    const FileRef file = TRY(disk_.open(path_of(id), OpenMode::read));
    return file->read(static_cast<std::uint64_t>(position), static_cast<std::size_t>(size));
}

Result<raft::Snapshot, IoError> SnapshotStore::write(const metadata::SnapshotId& id,
                                                     const std::vector<Bytes>& batches) {
    CHECK(ids_.empty() || ids_.back() < id);
    {
        const FileRef file = TRY(disk_.open(unfinished_path_of(id), OpenMode::create));
        TRY(file->truncate(0));
        TRY(file->write(0, batches));
        TRY(file->sync());
    }
    return adopt(id);
}

Result<void, IoError> SnapshotStore::write_chunk(const metadata::SnapshotId& id,
                                                 std::int64_t position, const Bytes& bytes) {
    const FileRef file = TRY(disk_.open(unfinished_path_of(id), OpenMode::create));
    if (position == 0) TRY(file->truncate(0));
    return file->write(static_cast<std::uint64_t>(position), bytes);
}

Result<Bytes, IoError> SnapshotStore::seal(const metadata::SnapshotId& id) {
    {
        const FileRef file = TRY(disk_.open(unfinished_path_of(id), OpenMode::write));
        TRY(file->sync());
    }
    return read_file(disk_, unfinished_path_of(id));
}

Result<raft::Snapshot, IoError> SnapshotStore::adopt(const metadata::SnapshotId& id) {
    CHECK(ids_.empty() || ids_.back() < id);
    TRY(disk_.rename(unfinished_path_of(id), path_of(id)));
    TRY(disk_.sync_dir(folder_));
    const FileRef file = TRY(disk_.open(path_of(id), OpenMode::read));
    const std::uint64_t size = TRY(file->size());
    ids_.push_back(id);
    sizes_.push_back(size);
    return raft::Snapshot{.id = {.epoch = id.epoch, .offset = id.end_offset},
                          .size = static_cast<std::int64_t>(size)};
}

Result<void, IoError> SnapshotStore::drop_unfinished(const metadata::SnapshotId& id) {
    return disk_.remove(unfinished_path_of(id));
}

Result<void, IoError> SnapshotStore::remove_oldest() {
    CHECK(!ids_.empty());
    TRY(disk_.remove(path_of(ids_.front())));
    ids_.erase(ids_.begin());
    sizes_.erase(sizes_.begin());
    return {};
}

std::uint64_t SnapshotStore::size_in_bytes() const {
    return std::accumulate(sizes_.begin(), sizes_.end(), std::uint64_t{0});
}

std::string SnapshotStore::path_of(const metadata::SnapshotId& id) const {
    return log::join_path(folder_, metadata::snapshot_file_name(id));
}

std::string SnapshotStore::unfinished_path_of(const metadata::SnapshotId& id) const {
    return path_of(id) + ".part";
}

std::vector<metadata::SnapshotControl> to_snapshot_controls(
    const std::vector<raft::ControlRecord>& records) {
    std::vector<metadata::SnapshotControl> controls;
    for (const raft::ControlRecord& record : records) {
        if (const auto* version = std::get_if<protocol::KRaftVersionRecord>(&record)) {
            controls.push_back(
                {records::ControlRecordType::kraft_version, protocol::encode(*version, 0)});
        } else if (const auto* voters = std::get_if<protocol::VotersRecord>(&record)) {
            controls.push_back(
                {records::ControlRecordType::kraft_voters, protocol::encode(*voters, 0)});
        }
    }
    return controls;
}

}  // namespace gregor::drivers
