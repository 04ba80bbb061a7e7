#include "broker/drivers/snapshot_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "broker/log/checkpoint_file.h"
#include "sim/base/check.h"
#include "sim/base/instrument.h"

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
    return {};
}

Result<metadata::SnapshotContents, log::StorageError> SnapshotStore::read(
    const metadata::SnapshotId& id) {
    const Bytes file = TRY(read_file(disk_, path_of(id)));
    auto contents = metadata::decode_snapshot(file);
    if (contents) return *std::move(contents);
    return fail(log::StorageError(fmt::format("{}: {}", path_of(id), contents.error())));
}

Result<void, IoError> SnapshotStore::write(const metadata::SnapshotId& id,
                                           const metadata::SnapshotContents& contents,
                                           std::int64_t now_ms) {
    CHECK(ids_.empty() || ids_.back() < id);
    const std::string path = path_of(id);
    const std::string unfinished = path + ".part";
    {
        const FileRef file = TRY(disk_.open(unfinished, OpenMode::create));
        TRY(file->truncate(0));
        TRY(file->write(0, metadata::encode_snapshot(contents, id.epoch, now_ms)));
        TRY(file->sync());
    }
    TRY(disk_.rename(unfinished, path));
    TRY(disk_.sync_dir(folder_));
    ids_.push_back(id);
    return {};
}

Result<void, IoError> SnapshotStore::remove_oldest() {
    CHECK(!ids_.empty());
    TRY(disk_.remove(path_of(ids_.front())));
    ids_.erase(ids_.begin());
    return {};
}

Result<std::uint64_t, IoError> SnapshotStore::size_in_bytes() {
    std::uint64_t bytes = 0;
    for (const metadata::SnapshotId& id : ids_) {
        const FileRef file = TRY(disk_.open(path_of(id), OpenMode::read));
        bytes += TRY(file->size());
    }
    return bytes;
}

std::string SnapshotStore::path_of(const metadata::SnapshotId& id) const {
    return log::join_path(folder_, metadata::snapshot_file_name(id));
}

}  // namespace gregor::drivers
