// DiskStore: what a simulated machine's disk holds, without time or fibers: a page cache over a
// platter at sector grain. It outlives the processes of its node.
//
//     process --write--> live (the page cache) --writeback, sync--> durable (the platter)
//
// A file's platter is its live content with the dirty writes undone, newest first; each dirty write
// keeps its bytes (shared, not copied) and what it overwrote. A directory's platter is its durable
// entries; `pending` are the changes since its last sync_dir(), in order.
//
// Fault model. A killed process loses nothing that it wrote. A power loss
//  - keeps, drops or tears each dirty write of a file on its own, in any combination (the kernel
//    writes pages back in any order); a torn write keeps any subset of its 512-byte sectors; a gap
//    that a lost write leaves below a kept one reads as zeros;
//  - keeps a prefix of each directory's pending changes and loses the rest, so that a new, renamed
//    or removed file may be as it was before; a rename is one change; what a lost directory entry
//    led to is gone, synced or not;
//  - never touches what was synced (a sector is atomic, and a sync that was answered is kept),
//    unless the sync lied.
// A failed sync drops the dirty writes of its file from the platter's point of view: they stay
// visible in the cache, and a later sync that succeeds does not make them durable. Bit rot and
// misdirected writes change synced content; nothing that depends on the disk alone can survive
// them, so what must hold after them is only that damage is noticed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/bytes.h"
#include "sim/base/hash_map.h"
#include "sim/base/random.h"
#include "sim/base/result.h"
#include "sim/base/time.h"
#include "sim/runtime/disk.h"

namespace gregor::simulated {

inline constexpr std::size_t kSectorSize = 512;

/// Decides what a power loss spares. Called in a fixed order: directories and files by path, writes
/// from oldest to newest.
class CrashPolicy {
public:
    virtual ~CrashPolicy() = default;
    /// Which of the write's sectors reach the platter: all true, all false, or torn. `index` counts
    /// the file's dirty writes from 0, `count` is how many there are.
    [[nodiscard]] virtual std::vector<bool> sectors_kept(std::string_view path, std::size_t index,
                                                         std::size_t count,
                                                         std::size_t sectors) = 0;
    /// How many of the directory's pending changes survive, from the oldest on.
    [[nodiscard]] virtual std::size_t changes_kept(std::string_view directory,
                                                   std::size_t pending) = 0;
};

/// Draws everything from a stream.
class RandomCrashPolicy final : public CrashPolicy {
public:
    explicit RandomCrashPolicy(Random& random) : random_(random) {}
    std::vector<bool> sectors_kept(std::string_view path, std::size_t index, std::size_t count,
                                   std::size_t sectors) override;
    std::size_t changes_kept(std::string_view directory, std::size_t pending) override;

private:
    Random& random_;
};

/// A file's content, cached and durable.
class FileNode {
public:
    [[nodiscard]] std::uint64_t size() const { return live_.size(); }
    [[nodiscard]] Bytes read(std::uint64_t position, std::size_t size) const;
    void write(std::uint64_t position, const Bytes& bytes, Instant now);
    void truncate(std::uint64_t size, Instant now);
    /// Everything written so far is durable.
    void sync();
    /// As a failed sync: what is dirty now will never be written back.
    void drop_dirty();
    /// The kernel's own writeback of what has been dirty since before `limit`.
    void write_back(Instant limit);
    /// Flips one bit of the cache and the platter alike.
    void flip_bit(std::uint64_t position, unsigned bit);
    /// Keeps what the policy spares; true when anything was lost.
    bool crash(std::string_view path, CrashPolicy& policy);
    [[nodiscard]] std::size_t dirty_writes() const { return dirty_.size(); }
    /// What is below it a power loss leaves as it is.
    [[nodiscard]] std::uint64_t synced_size() const;
    [[nodiscard]] std::shared_ptr<FileNode> clone() const;

private:
    struct DirtyWrite {
        std::uint64_t position = 0;  // of a truncation: the new size
        Bytes bytes;                 // empty: a truncation
        Bytes overwritten;           // what stood there before, up to the old end of the file
        std::uint64_t old_size = 0;
        Instant at{};
        bool dropped = false;  // a failed sync: only in the cache
    };

    void undo(const DirtyWrite& write);
    void keep_dropped_apart();
    void put(std::uint64_t position, ByteSpan bytes);

    std::vector<std::uint8_t> live_;
    std::vector<DirtyWrite> dirty_;
};

/// The tree of one machine.
class DiskStore {
public:
    DiskStore();

    [[nodiscard]] Result<std::shared_ptr<FileNode>, IoError> open(std::string_view path,
                                                                  OpenMode mode);
    [[nodiscard]] Result<bool, IoError> exists(std::string_view path) const;
    [[nodiscard]] Result<void, IoError> rename(std::string_view from, std::string_view to);
    [[nodiscard]] Result<void, IoError> remove(std::string_view path);
    [[nodiscard]] Result<void, IoError> create_directories(std::string_view path);
    [[nodiscard]] Result<void, IoError> sync_dir(std::string_view path);
    [[nodiscard]] Result<std::vector<DirectoryEntry>, IoError> list(std::string_view path) const;

    struct PowerLoss {
        bool lost_data = false;  // some dirty write did not survive whole
        bool lost_names = false;
    };
    PowerLoss crash(CrashPolicy& policy);
    void write_back(Instant limit);
    /// Every file that has a name now, by path.
    [[nodiscard]] std::vector<std::pair<std::string, std::shared_ptr<FileNode>>> files() const;
    /// A deep copy: cache, platter and pending changes.
    [[nodiscard]] std::unique_ptr<DiskStore> clone() const;
    [[nodiscard]] std::uint64_t used_bytes() const;

private:
    struct Directory;
    struct Entry {
        std::shared_ptr<FileNode> file;  // one of the two
        std::shared_ptr<Directory> directory;
    };
    using Entries = std::map<std::string, Entry, std::less<>>;
    /// Replaces `added_name` by `entry` and takes `removed_name` away; either may be empty.
    struct Change {
        std::string removed_name;
        std::string added_name;
        Entry entry;
    };
    struct Directory {
        Entries live;
        Entries durable;
        std::vector<Change> pending;
    };
    struct Place {
        std::shared_ptr<Directory> directory;
        std::string name;
    };

    static void apply(Entries& entries, const Change& change);
    static void change(Directory& directory, Change change);
    [[nodiscard]] Result<std::shared_ptr<Directory>, IoError> find_directory(
        std::string_view path) const;
    [[nodiscard]] Result<Place, IoError> find_parent(std::string_view path) const;
    PowerLoss crash_directory(const std::string& path, Directory& directory, CrashPolicy& policy);
    static std::shared_ptr<Directory> clone_directory(
        const Directory& directory, HashMap<const FileNode*, std::shared_ptr<FileNode>>& files,
        HashMap<const Directory*, std::shared_ptr<Directory>>& directories);
    static void collect(const std::string& path, const Directory& directory,
                        std::vector<std::pair<std::string, std::shared_ptr<FileNode>>>& out);

    std::shared_ptr<Directory> root_;
};

}  // namespace gregor::simulated
