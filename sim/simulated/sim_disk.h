// SimDisk: a DiskStore as one process of the node sees it, with time, faults and an end: when the
// process is killed its disk is severed first, and every later call throws Cancelled.
//
// The fault model of what a disk keeps is the prose of disk_store.h. On top of it, here: reads,
// writes, syncs, opens, renames and removals may fail with EIO (of a failed write any part may have
// been done; a failed sync drops what was dirty); a full disk takes what still fits and then
// answers no_space; any call may take long; a sync may lie.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "sim/base/digest.h"
#include "sim/base/random.h"
#include "sim/runtime/disk.h"
#include "sim/runtime/scheduler.h"
#include "sim/simulated/disk_store.h"
#include "sim/simulated/fault.h"

namespace gregor::simulated {

/// How the disk behaves without any fault; drawn per run.
struct DiskModel {
    /// A sync takes between the two.
    Duration sync_min = 200us;
    Duration sync_max = 5ms;
    /// A write into the page cache mostly takes no time; sometimes the process is scheduled away.
    Chance write_waits{50'000};
    Duration write_wait_max = 500us;
    Chance read_waits{50'000};
    Duration read_wait_max = 2ms;
    /// The kernel writes back what has been dirty for this long.
    Duration writeback_after = 30s;
    std::uint64_t capacity_bytes = std::uint64_t{64} << 30;
};

/// Trouble that meets the files whose path holds `path`.
struct FileTrouble {
    std::string path;
    /// How many operations are still to fail, or
    std::int64_t left = 0;
    /// until when, in world time.
    Instant until{};
    /// So many operations go well before the first that fails.
    std::int64_t after = 0;

    [[nodiscard]] bool meets(std::string_view file) const {
        return file.find(path) != std::string_view::npos;
    }
};

/// What is wrong with a machine's disk right now. Faults set it, calls use it up.
struct DiskTrouble {
    FileTrouble failing_reads;
    FileTrouble failing_writes;
    FileTrouble failing_syncs;
    FileTrouble failing_opens;
    FileTrouble failing_renames;
    FileTrouble failing_removes;
    FileTrouble misdirected_writes;
    FileTrouble full;
    FileTrouble slow;
    FileTrouble lying;
};

enum class DiskOperation : std::uint8_t { write, sync, truncate, create, rename, remove, sync_dir };

/// A machine's disk: what outlives the processes. Owned by the node.
struct DiskHardware {
    DiskModel model;
    std::unique_ptr<DiskStore> store = std::make_unique<DiskStore>();
    DiskTrouble trouble;
    Random random{0};
    FaultCounters* counters = nullptr;
    RunningDigest* digest = nullptr;
    /// That processes hold; 0 once none runs, or one has leaked some.
    std::size_t open_files = 0;
    /// Called after each change of the disk: where a crash test takes its copies.
    std::function<void(DiskOperation, std::string_view path)> observer;
};

class SimDisk final : public Disk {
public:
    SimDisk(Scheduler& scheduler, DiskHardware& hardware);
    ~SimDisk() override;

    /// The process is dead: nothing it still tries has any effect.
    void sever();

    Result<FileRef, IoError> open(std::string_view path, OpenMode mode) override;
    Result<bool, IoError> exists(std::string_view path) override;
    Result<void, IoError> rename(std::string_view from, std::string_view to) override;
    Result<void, IoError> remove(std::string_view path) override;
    Result<void, IoError> create_directories(std::string_view path) override;
    Result<void, IoError> sync_dir(std::string_view path) override;
    Result<std::vector<DirectoryEntry>, IoError> list(std::string_view path) override;
    Result<std::unique_ptr<DiskLock>, IoError> lock(std::string_view path) override;

private:
    friend class SimFile;
    class SimLock;
    struct Shared;

    std::shared_ptr<Shared> shared_;
};

}  // namespace gregor::simulated
