// Disk: files of one node. Paths are relative to the node's root on the simulated disk and ordinary
// paths on the real one; '/' separates.
//
// Contract, held by tests/parity on both worlds:
// - A write is visible to every later read at once, and durable only after sync() of the file
//   *and*, for a file that is new or was renamed, sync_dir() of its directory.
// - After a failed sync() the unsynced writes may be gone for good (as Linux drops dirty pages): a
//   second sync() that succeeds proves nothing about them.
// - rename() replaces its target atomically for readers; durable after sync_dir().
// - Each call may park the fiber. A file stays readable through its handle after it was removed.
// - Calls of a node that was killed throw Cancelled.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/bytes.h"
#include "sim/base/result.h"
#include "sim/runtime/io_error.h"

namespace gregor {

enum class OpenMode : std::uint8_t {
    read,        // must exist; reads only
    write,       // must exist; reads and writes
    create,      // made if missing; reads and writes
    create_new,  // already_exists if there
};

class File {
public:
    virtual ~File() = default;

    /// `size` bytes from `position`; fewer (perhaps none) only where the file ends.
    [[nodiscard]] virtual Result<Bytes, IoError> read(std::uint64_t position, std::size_t size) = 0;
    /// Writes all pieces one behind the other from `position` on, growing the file (a gap reads as
    /// zeros). On an error any part of them may have been written.
    [[nodiscard]] virtual Result<void, IoError> write(std::uint64_t position,
                                                      std::span<const Bytes> pieces) = 0;
    [[nodiscard]] Result<void, IoError> write(std::uint64_t position, const Bytes& bytes) {
        return write(position, std::span(&bytes, 1));
    }
    [[nodiscard]] virtual Result<void, IoError> truncate(std::uint64_t size) = 0;
    [[nodiscard]] virtual Result<void, IoError> sync() = 0;
    /// Never parks.
    [[nodiscard]] virtual Result<std::uint64_t, IoError> size() = 0;
};

using FileRef = std::shared_ptr<File>;

/// Held while it lives: see Disk::lock.
class DiskLock {
public:
    virtual ~DiskLock() = default;
};

struct DirectoryEntry {
    std::string name;
    bool is_directory = false;

    friend auto operator<=>(const DirectoryEntry&, const DirectoryEntry&) = default;
};

class Disk {
public:
    virtual ~Disk() = default;

    [[nodiscard]] virtual Result<FileRef, IoError> open(std::string_view path, OpenMode mode) = 0;
    [[nodiscard]] virtual Result<bool, IoError> exists(std::string_view path) = 0;
    /// Files or whole directories, inside one directory (else invalid_argument); a target file is
    /// replaced, a target of a directory must not exist.
    [[nodiscard]] virtual Result<void, IoError> rename(std::string_view from,
                                                       std::string_view to) = 0;
    /// A file, or a directory that is empty.
    [[nodiscard]] virtual Result<void, IoError> remove(std::string_view path) = 0;
    /// Makes the directory and those above it that are missing; fine if it is there.
    [[nodiscard]] virtual Result<void, IoError> create_directories(std::string_view path) = 0;
    /// Makes creations, renames and removals directly inside `path` durable.
    [[nodiscard]] virtual Result<void, IoError> sync_dir(std::string_view path) = 0;
    /// What is directly inside `path`, sorted by name.
    [[nodiscard]] virtual Result<std::vector<DirectoryEntry>, IoError> list(
        std::string_view path) = 0;
    /// Makes the file if missing and holds it for this process; `locked` if another does.
    [[nodiscard]] virtual Result<std::unique_ptr<DiskLock>, IoError> lock(
        std::string_view path) = 0;
};

/// The whole file.
[[nodiscard]] inline Result<Bytes, IoError> read_file(Disk& disk, std::string_view path) {
    const FileRef file = TRY(disk.open(path, OpenMode::read));
    return file->read(0, TRY(file->size()));
}

}  // namespace gregor
