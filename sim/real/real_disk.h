// RealDisk: the files of this machine below a root.
#pragma once

#include <string>

#include "sim/real/descriptor.h"
#include "sim/real/real_file.h"
#include "sim/runtime/disk.h"

namespace gregor::real {

class RealDisk final : public Disk {
public:
    /// Paths are relative to `root`, which exists; "" or "/": ordinary paths.
    RealDisk(Scheduler& scheduler, WorkerPool& workers, const std::string& root);

    Result<FileRef, IoError> open(std::string_view path, OpenMode mode) override;
    Result<bool, IoError> exists(std::string_view path) override;
    Result<void, IoError> rename(std::string_view from, std::string_view to) override;
    Result<void, IoError> remove(std::string_view path) override;
    Result<void, IoError> create_directories(std::string_view path) override;
    Result<void, IoError> sync_dir(std::string_view path) override;
    Result<std::vector<DirectoryEntry>, IoError> list(std::string_view path) override;
    Result<std::unique_ptr<DiskLock>, IoError> lock(std::string_view path) override;

private:
    struct Status {
        bool is_directory = false;
        std::uint64_t size = 0;
    };

    [[nodiscard]] Result<std::string, IoError> to_system(std::string_view path) const;
    [[nodiscard]] Result<Status, IoError> status_of(const std::string& path, int flags) const;
    /// Runs `call` here or, if it has much to do, on a worker; it returns 0 or an errno.
    Result<void, IoError> run(bool much, FunctionRef<int()> call);

    Scheduler& scheduler_;
    WorkerPool& workers_;
    Descriptor root_;
    int root_fd_;  // AT_FDCWD without a root
};

}  // namespace gregor::real
