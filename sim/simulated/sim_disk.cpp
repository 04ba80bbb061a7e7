#include "sim/simulated/sim_disk.h"

#include <algorithm>
#include <set>

#include "sim/base/check.h"
#include "sim/simulated/world_sleep.h"

namespace gregor::simulated {

/// What a process's disk and its open files have in common. Files may outlive the SimDisk (a slice
/// on its way through the network), so they hold it too.
struct SimDisk::Shared {
    Scheduler& scheduler;
    DiskHardware& hardware;
    bool severed = false;
    std::set<std::string, std::less<>> locked;

    void throw_if_severed() const {
        if (severed) throw Cancelled{};
    }

    /// Uses up one unit of `trouble`, if it meets the file.
    bool use_up(FileTrouble& trouble, std::string_view path, FaultKind kind) {
        if (trouble.left <= 0 || !trouble.meets(path)) return false;
        if (trouble.after > 0) {
            --trouble.after;
            return false;
        }
        --trouble.left;
        hardware.counters->fired(kind);
        return true;
    }

    /// Whether trouble that lasts a while meets the file now.
    [[nodiscard]] bool lasts(const FileTrouble& trouble, std::string_view path) const {
        return scheduler.now() < trouble.until && trouble.meets(path);
    }

    /// Takes the operation's own time, and more while the disk is slow. Outside a fiber (a check
    /// that looks at the disk) nothing takes time.
    void take(Duration duration, std::string_view path) {
        throw_if_severed();
        if (!scheduler.in_fiber()) return;
        if (lasts(hardware.trouble.slow, path)) {
            hardware.counters->fired(FaultKind::disk_slow);
            duration += hardware.random.between(Duration(10ms), Duration(400ms));
        }
        if (duration <= Duration::zero()) return;
        sleep_until_world_time(scheduler, scheduler.now() + duration);
        throw_if_severed();
    }

    void take_read(std::string_view path) {
        take(draw(hardware.model.read_waits, hardware.model.read_wait_max), path);
    }
    void take_write(std::string_view path) {
        take(draw(hardware.model.write_waits, hardware.model.write_wait_max), path);
    }
    void take_sync(std::string_view path) {
        take(hardware.random.between(hardware.model.sync_min, hardware.model.sync_max), path);
    }

    Duration draw(Chance chance, Duration max) {
        if (!hardware.random.happens(chance)) return Duration::zero();
        return hardware.random.between(Duration(1us), max);
    }

    void changed(DiskOperation operation, std::string_view path) {
        if (hardware.digest != nullptr) {
            hardware.digest->add(static_cast<std::uint64_t>(operation));
            hardware.digest->add(digest_of(as_bytes(path)));
        }
        if (hardware.observer) hardware.observer(operation, path);
    }
};

class SimFile final : public File {
public:
    SimFile(std::shared_ptr<SimDisk::Shared> disk, std::shared_ptr<FileNode> node, std::string path,
            bool writable)
        : disk_(std::move(disk)),
          node_(std::move(node)),
          path_(std::move(path)),
          writable_(writable) {
        ++hardware().open_files;
    }
    ~SimFile() override { --hardware().open_files; }

    Result<Bytes, IoError> read(std::uint64_t position, std::size_t size) override {
        disk_->take_read(path_);
        if (disk_->use_up(trouble().failing_reads, path_, FaultKind::disk_read_error)) {
            return fail(IoError::io_failed);
        }
        return node_->read(position, size);
    }

    Result<void, IoError> write(std::uint64_t position, std::span<const Bytes> pieces) override {
        if (!writable_) return fail(IoError::permission_denied);
        if (too_large(position, pieces)) return fail(IoError::file_too_large);
        disk_->take_write(path_);
        if (disk_->use_up(trouble().failing_writes, path_, FaultKind::disk_write_error)) {
            write_part(position, pieces);
            return fail(IoError::io_failed);
        }
        if (disk_->lasts(trouble().full, path_) && grows(position, pieces)) {
            hardware().counters->fired(FaultKind::disk_full);
            write_part(position, pieces);
            return fail(IoError::no_space);
        }
        if (disk_->use_up(trouble().misdirected_writes, path_, FaultKind::disk_misdirected_write)) {
            position = position < kSectorSize ? position + kSectorSize : position - kSectorSize;
        }
        const Instant now = disk_->scheduler.now();
        node_->write_back(now - hardware().model.writeback_after);
        for (const Bytes& piece : pieces) {
            node_->write(position, piece, now);
            position += piece.size();
            if (hardware().digest != nullptr) hardware().digest->add(piece.digest());
        }
        disk_->changed(DiskOperation::write, path_);
        return {};
    }

    Result<void, IoError> truncate(std::uint64_t size) override {
        if (!writable_) return fail(IoError::permission_denied);
        if (size > kMaxFileSize) return fail(IoError::file_too_large);
        disk_->take_write(path_);
        if (disk_->use_up(trouble().failing_writes, path_, FaultKind::disk_write_error)) {
            return fail(IoError::io_failed);
        }
        node_->truncate(size, disk_->scheduler.now());
        disk_->changed(DiskOperation::truncate, path_);
        return {};
    }

    Result<void, IoError> sync() override {
        disk_->take_sync(path_);
        if (disk_->use_up(trouble().failing_syncs, path_, FaultKind::disk_sync_error)) {
            node_->drop_dirty();
            return fail(IoError::io_failed);
        }
        if (disk_->lasts(trouble().lying, path_)) {
            hardware().counters->fired(FaultKind::disk_lying_sync);
            return {};
        }
        node_->sync();
        disk_->changed(DiskOperation::sync, path_);
        return {};
    }

    Result<std::uint64_t, IoError> size() override {
        disk_->throw_if_severed();
        return node_->size();
    }

private:
    [[nodiscard]] DiskHardware& hardware() { return disk_->hardware; }
    [[nodiscard]] DiskTrouble& trouble() { return disk_->hardware.trouble; }

    /// Simulated files live in memory.
    static constexpr std::uint64_t kMaxFileSize = std::uint64_t{4} << 30;

    [[nodiscard]] static bool too_large(std::uint64_t position, std::span<const Bytes> pieces) {
        if (position > kMaxFileSize) return true;
        std::uint64_t left = kMaxFileSize - position;
        for (const Bytes& piece : pieces) {
            if (piece.size() > left) return true;
            left -= piece.size();
        }
        return false;
    }

    [[nodiscard]] bool grows(std::uint64_t position, std::span<const Bytes> pieces) const {
        std::uint64_t end = position;
        for (const Bytes& piece : pieces) end += piece.size();
        return end > node_->size();
    }

    /// What a failing write may leave behind: a part of it.
    void write_part(std::uint64_t position, std::span<const Bytes> pieces) {
        std::size_t total = 0;
        for (const Bytes& piece : pieces) total += piece.size();
        auto left = static_cast<std::size_t>(hardware().random.below(total + 1));
        for (const Bytes& piece : pieces) {
            const std::size_t part = std::min(left, piece.size());
            node_->write(position, piece.slice(0, part), disk_->scheduler.now());
            position += part;
            left -= part;
        }
        disk_->changed(DiskOperation::write, path_);
    }

    std::shared_ptr<SimDisk::Shared> disk_;
    std::shared_ptr<FileNode> node_;
    std::string path_;
    bool writable_;
};

class SimDisk::SimLock final : public DiskLock {
public:
    SimLock(std::shared_ptr<Shared> disk, std::string path)
        : disk_(std::move(disk)), path_(std::move(path)) {}
    ~SimLock() override { disk_->locked.erase(path_); }

private:
    std::shared_ptr<Shared> disk_;
    std::string path_;
};

SimDisk::SimDisk(Scheduler& scheduler, DiskHardware& hardware)
    : shared_(std::make_shared<Shared>(scheduler, hardware)) {
    CHECK(hardware.counters != nullptr);
}

SimDisk::~SimDisk() { sever(); }

void SimDisk::sever() { shared_->severed = true; }

Result<FileRef, IoError> SimDisk::open(std::string_view path, OpenMode mode) {
    shared_->take_read(path);
    if (shared_->use_up(shared_->hardware.trouble.failing_opens, path,
                        FaultKind::disk_open_error)) {
        return fail(IoError::io_failed);
    }
    const bool existed = TRY(shared_->hardware.store->exists(path));
    if (!existed && mode != OpenMode::read && mode != OpenMode::write &&
        shared_->lasts(shared_->hardware.trouble.full, path)) {
        shared_->hardware.counters->fired(FaultKind::disk_full);
        return fail(IoError::no_space);
    }
    auto node = TRY(shared_->hardware.store->open(path, mode));
    if (!existed) shared_->changed(DiskOperation::create, path);
    return std::make_shared<SimFile>(shared_, std::move(node), std::string(path),
                                     mode != OpenMode::read);
}

Result<bool, IoError> SimDisk::exists(std::string_view path) {
    shared_->throw_if_severed();
    return shared_->hardware.store->exists(path);
}

Result<void, IoError> SimDisk::rename(std::string_view from, std::string_view to) {
    shared_->take_write(from);
    if (shared_->use_up(shared_->hardware.trouble.failing_renames, from,
                        FaultKind::disk_rename_error)) {
        return fail(IoError::io_failed);
    }
    TRY(shared_->hardware.store->rename(from, to));
    shared_->changed(DiskOperation::rename, to);
    return {};
}

Result<void, IoError> SimDisk::remove(std::string_view path) {
    shared_->take_write(path);
    if (shared_->use_up(shared_->hardware.trouble.failing_removes, path,
                        FaultKind::disk_write_error)) {
        return fail(IoError::io_failed);
    }
    TRY(shared_->hardware.store->remove(path));
    shared_->changed(DiskOperation::remove, path);
    return {};
}

Result<void, IoError> SimDisk::create_directories(std::string_view path) {
    shared_->take_write(path);
    if (shared_->lasts(shared_->hardware.trouble.full, path) &&
        !TRY(shared_->hardware.store->exists(path))) {
        shared_->hardware.counters->fired(FaultKind::disk_full);
        return fail(IoError::no_space);
    }
    TRY(shared_->hardware.store->create_directories(path));
    shared_->changed(DiskOperation::create, path);
    return {};
}

Result<void, IoError> SimDisk::sync_dir(std::string_view path) {
    shared_->take_sync(path);
    if (shared_->use_up(shared_->hardware.trouble.failing_syncs, path,
                        FaultKind::disk_sync_error)) {
        return fail(IoError::io_failed);
    }
    if (shared_->lasts(shared_->hardware.trouble.lying, path)) {
        shared_->hardware.counters->fired(FaultKind::disk_lying_sync);
        return {};
    }
    TRY(shared_->hardware.store->sync_dir(path));
    shared_->changed(DiskOperation::sync_dir, path);
    return {};
}

Result<std::vector<DirectoryEntry>, IoError> SimDisk::list(std::string_view path) {
    shared_->take_read(path);
    if (shared_->use_up(shared_->hardware.trouble.failing_reads, path,
                        FaultKind::disk_read_error)) {
        return fail(IoError::io_failed);
    }
    return shared_->hardware.store->list(path);
}

Result<std::unique_ptr<DiskLock>, IoError> SimDisk::lock(std::string_view path) {
    const FileRef file = TRY(open(path, OpenMode::create));
    if (!shared_->locked.insert(std::string(path)).second) return fail(IoError::locked);
    return std::make_unique<SimLock>(shared_, std::string(path));
}

}  // namespace gregor::simulated
