#include "sim/real/real_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "sim/base/check.h"
#include "sim/real/io_error_of.h"

namespace gregor::real {
namespace {

constexpr mode_t kFileMode = 0644;
constexpr mode_t kDirectoryMode = 0755;

int flags_of(OpenMode mode) {
    // O_NONBLOCK matters for pipes alone, which are refused a moment later.
    constexpr int kAlways = O_CLOEXEC | O_NONBLOCK;
    switch (mode) {
        case OpenMode::read: return kAlways | O_RDONLY;
        case OpenMode::write: return kAlways | O_RDWR;
        case OpenMode::create: return kAlways | O_RDWR | O_CREAT;
        case OpenMode::create_new: return kAlways | O_RDWR | O_CREAT | O_EXCL;
    }
    UNREACHABLE("open mode {}", static_cast<int>(mode));
}

class RealLock final : public DiskLock {
public:
    explicit RealLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

private:
    Descriptor descriptor_;  // closing it lets go
};

struct DirectoryCloser {
    void operator()(DIR* directory) const { ::closedir(directory); }
};

/// "a/b/c" → "a/b", "c" → ".", "/c" → "/".
std::string_view parent_of(std::string_view path) {
    while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos) return ".";
    path = path.substr(0, slash + 1);
    while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    return path;
}

bool is_directory(DIR* directory, const dirent& entry) {
    if (entry.d_type != DT_UNKNOWN && entry.d_type != DT_LNK) return entry.d_type == DT_DIR;
    struct stat status{};
    return ::fstatat(::dirfd(directory), entry.d_name, &status, 0) == 0 && S_ISDIR(status.st_mode);
}

/// 0 or an errno; blocks.
int read_directory(int root, const std::string& path, std::vector<DirectoryEntry>& entries) {
    Descriptor descriptor(::openat(root, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!descriptor.valid()) return errno;
    const std::unique_ptr<DIR, DirectoryCloser> directory(::fdopendir(descriptor.get()));
    if (directory == nullptr) return errno;
    (void)descriptor.release();  // closedir() closes it
    for (;;) {
        errno = 0;
        const dirent* entry = ::readdir(directory.get());
        if (entry == nullptr) return errno;
        const std::string_view name(entry->d_name);
        if (name == "." || name == "..") continue;
        entries.push_back({std::string(name), is_directory(directory.get(), *entry)});
    }
}

}  // namespace

RealDisk::RealDisk(Scheduler& scheduler, WorkerPool& workers, const std::string& root)
    : scheduler_(scheduler), workers_(workers), root_fd_(AT_FDCWD) {
    if (root.empty() || root == "/") return;
    root_ = Descriptor(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    CHECK(root_.valid(), "the root {} cannot be opened: errno {}", root, errno);
    root_fd_ = root_.get();
}

Result<FileRef, IoError> RealDisk::open(std::string_view path, OpenMode mode) {
    scheduler_.throw_if_cancelled();
    const std::string name = TRY(to_system(path));
    Descriptor descriptor(::openat(root_fd_, name.c_str(), flags_of(mode), kFileMode));
    if (!descriptor.valid()) return fail(disk_error_of(errno));
    struct stat status{};
    if (::fstat(descriptor.get(), &status) != 0) return fail(disk_error_of(errno));
    if (S_ISDIR(status.st_mode)) return fail(IoError::is_a_directory);
    if (!S_ISREG(status.st_mode)) return fail(IoError::invalid_argument);
    return std::make_shared<RealFile>(scheduler_, workers_, std::move(descriptor));
}

Result<bool, IoError> RealDisk::exists(std::string_view path) {
    scheduler_.throw_if_cancelled();
    const auto status = status_of(TRY(to_system(path)), 0);
    if (status) return true;
    if (status.error() == IoError::not_found || status.error() == IoError::not_a_directory) {
        return false;
    }
    return fail(status.error());
}

Result<void, IoError> RealDisk::rename(std::string_view from, std::string_view to) {
    const std::string source = TRY(to_system(from));
    const std::string target = TRY(to_system(to));
    if (parent_of(source) != parent_of(target)) return fail(IoError::invalid_argument);
    const Status moved = TRY(status_of(source, AT_SYMLINK_NOFOLLOW));
    const auto replaced = status_of(target, AT_SYMLINK_NOFOLLOW);
    if (moved.is_directory && replaced) return fail(IoError::already_exists);
    return run(replaced && replaced->size >= kBigFile, [&] {
        const int result =
            moved.is_directory
                ? ::renameat2(root_fd_, source.c_str(), root_fd_, target.c_str(), RENAME_NOREPLACE)
                : ::renameat(root_fd_, source.c_str(), root_fd_, target.c_str());
        return result == 0 ? 0 : errno;
    });
}

Result<void, IoError> RealDisk::remove(std::string_view path) {
    const std::string name = TRY(to_system(path));
    const Status status = TRY(status_of(name, AT_SYMLINK_NOFOLLOW));
    return run(!status.is_directory && status.size >= kBigFile, [&] {
        const int flags = status.is_directory ? AT_REMOVEDIR : 0;
        return ::unlinkat(root_fd_, name.c_str(), flags) == 0 ? 0 : errno;
    });
}

Result<void, IoError> RealDisk::create_directories(std::string_view path) {
    scheduler_.throw_if_cancelled();
    const std::string name = TRY(to_system(path));
    for (std::size_t end = 0; end != std::string::npos;) {
        end = name.find('/', end + 1);
        const std::string part = name.substr(0, end);
        if (::mkdirat(root_fd_, part.c_str(), kDirectoryMode) == 0) continue;
        if (errno != EEXIST) return fail(disk_error_of(errno));
    }
    if (!TRY(status_of(name, 0)).is_directory) return fail(IoError::not_a_directory);
    return {};
}

Result<void, IoError> RealDisk::sync_dir(std::string_view path) {
    const std::string name = TRY(to_system(path));
    return run(true, [&] {
        const Descriptor directory(
            ::openat(root_fd_, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!directory.valid()) return errno;
        return ::fsync(directory.get()) == 0 ? 0 : errno;
    });
}

Result<std::vector<DirectoryEntry>, IoError> RealDisk::list(std::string_view path) {
    const std::string name = TRY(to_system(path));
    std::vector<DirectoryEntry> entries;
    TRY(run(true, [&] { return read_directory(root_fd_, name, entries); }));
    std::sort(entries.begin(), entries.end());
    return entries;
}

Result<std::unique_ptr<DiskLock>, IoError> RealDisk::lock(std::string_view path) {
    scheduler_.throw_if_cancelled();
    const std::string name = TRY(to_system(path));
    Descriptor descriptor(
        ::openat(root_fd_, name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, kFileMode));
    if (!descriptor.valid()) return fail(disk_error_of(errno));
    if (::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0) return fail(disk_error_of(errno));
    return std::make_unique<RealLock>(std::move(descriptor));
}

Result<std::string, IoError> RealDisk::to_system(std::string_view path) const {
    if (path.find('\0') != std::string_view::npos) return fail(IoError::invalid_argument);
    if (root_.valid()) path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
    return path.empty() ? "." : std::string(path);
}

Result<RealDisk::Status, IoError> RealDisk::status_of(const std::string& path, int flags) const {
    struct stat status{};
    if (::fstatat(root_fd_, path.c_str(), &status, flags) != 0) return fail(disk_error_of(errno));
    return Status{S_ISDIR(status.st_mode), static_cast<std::uint64_t>(status.st_size)};
}

Result<void, IoError> RealDisk::run(bool much, FunctionRef<int()> call) {
    scheduler_.throw_if_cancelled();
    int error = 0;
    if (much) {
        run_on_worker(scheduler_, workers_, [&] { error = call(); });
    } else {
        error = call();
    }
    if (error != 0) return fail(disk_error_of(error));
    return {};
}

}  // namespace gregor::real
