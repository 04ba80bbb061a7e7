#include "sim/real/real_file.h"

#include <sys/stat.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>

#include "sim/base/check.h"
#include "sim/real/io_error_of.h"

namespace gregor::real {
namespace {

constexpr std::uint64_t kMaxPosition = std::numeric_limits<off_t>::max();
constexpr std::size_t kWriteVectors = 64;
// A read at least this long asks for the file's size first, so that memory follows what is there.
constexpr std::size_t kLongRead = 64 * 1024;

struct ReadOutcome {
    std::size_t count = 0;
    int error = 0;  // EAGAIN: the rest is not in memory
};

/// Reads until `size` bytes, the end of the file or an error.
ReadOutcome read_fully(int fd, std::uint8_t* to, std::size_t size, std::uint64_t position,
                       int flags) {
    ReadOutcome outcome;
    while (outcome.count < size) {
        const iovec vector{to + outcome.count, size - outcome.count};
        const std::ptrdiff_t count =
            ::preadv2(fd, &vector, 1, static_cast<off_t>(position + outcome.count), flags);
        if (count > 0) {
            outcome.count += static_cast<std::size_t>(count);
        } else if (count == 0) {
            break;
        } else if (errno != EINTR) {
            outcome.error = errno == EOPNOTSUPP ? EAGAIN : errno;
            break;
        }
    }
    return outcome;
}

Result<void, IoError> write_vectors(int fd, std::span<iovec> vectors, std::uint64_t position) {
    while (!vectors.empty()) {
        const std::ptrdiff_t count = ::pwritev(fd, vectors.data(), static_cast<int>(vectors.size()),
                                               static_cast<off_t>(position));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail(disk_error_of(errno));
        position += static_cast<std::uint64_t>(count);
        auto left = static_cast<std::size_t>(count);
        while (!vectors.empty() && left >= vectors.front().iov_len) {
            left -= vectors.front().iov_len;
            vectors = vectors.subspan(1);
        }
        if (vectors.empty()) break;
        vectors.front().iov_base = static_cast<std::uint8_t*>(vectors.front().iov_base) + left;
        vectors.front().iov_len -= left;
    }
    return {};
}

}  // namespace

void run_on_worker(Scheduler& scheduler, WorkerPool& workers, FunctionRef<void()> job) {
    scheduler.throw_if_cancelled();
    Fiber& fiber = scheduler.current();
    bool done = false;
    workers.post([job] { job(); },
                 [&] {
                     done = true;
                     scheduler.wake(fiber);
                 });
    while (!done) scheduler.park(kNever, /*heed_cancel=*/false);
}

/// The sync that runs and the one that follows it.
struct RealFile::Syncs {
    struct Round {
        explicit Round(Scheduler& scheduler) : finished(scheduler) {}
        Event finished;
        int error = 0;
    };

    std::shared_ptr<Descriptor> descriptor;
    std::shared_ptr<Round> running;
    std::shared_ptr<Round> next;
};

RealFile::RealFile(Scheduler& scheduler, WorkerPool& workers, Descriptor descriptor)
    : scheduler_(scheduler),
      workers_(workers),
      descriptor_(std::make_shared<Descriptor>(std::move(descriptor))),
      syncs_(std::make_shared<Syncs>()) {
    syncs_->descriptor = descriptor_;
}

RealFile::~RealFile() {
    if (syncs_->running != nullptr) return;  // closed when that is done
    struct stat status{};
    if (::fstat(fd(), &status) != 0 || status.st_nlink > 0) return;
    if (static_cast<std::uint64_t>(status.st_size) < kBigFile) return;
    // The last close of a removed file gives its space back.
    syncs_->descriptor = nullptr;
    workers_.post([descriptor = std::move(descriptor_)]() mutable { descriptor = nullptr; }, [] {});
}

Result<Bytes, IoError> RealFile::read(std::uint64_t position, std::size_t size) {
    scheduler_.throw_if_cancelled();
    if (position > kMaxPosition) return Bytes();
    if (size >= kLongRead) {
        const std::uint64_t end = TRY(this->size());
        size =
            static_cast<std::size_t>(std::min<std::uint64_t>(size, end - std::min(end, position)));
        if (size > std::numeric_limits<std::uint32_t>::max())
            return fail(IoError::invalid_argument);
    }
    if (size == 0) return Bytes();
    ByteBuffer buffer(size);
    std::uint8_t* to = buffer.extend(size);
    ReadOutcome outcome = read_fully(fd(), to, size, position, RWF_NOWAIT);
    if (outcome.error == EAGAIN) {
        run_on_worker(scheduler_, workers_, [&] {
            const std::size_t done = outcome.count;
            outcome = read_fully(fd(), to + done, size - done, position + done, 0);
            outcome.count += done;
        });
    }
    if (outcome.error != 0) return fail(disk_error_of(outcome.error));
    buffer.resize(outcome.count);
    return std::move(buffer).freeze();
}

Result<void, IoError> RealFile::write(std::uint64_t position, std::span<const Bytes> pieces) {
    scheduler_.throw_if_cancelled();
    std::array<iovec, kWriteVectors> vectors;
    while (!pieces.empty()) {
        std::size_t used = 0;
        std::uint64_t total = 0;
        while (!pieces.empty() && used < vectors.size()) {
            const Bytes& piece = pieces.front();
            if (!piece.empty()) {
                vectors[used++] = {const_cast<std::uint8_t*>(piece.data()), piece.size()};
            }
            total += piece.size();
            pieces = pieces.subspan(1);
        }
        if (position > kMaxPosition || total > kMaxPosition - position) {
            return fail(IoError::file_too_large);
        }
        TRY(write_vectors(fd(), std::span(vectors).first(used), position));
        position += total;
    }
    return {};
}

Result<void, IoError> RealFile::truncate(std::uint64_t size) {
    scheduler_.throw_if_cancelled();
    if (size > kMaxPosition) return fail(IoError::file_too_large);
    const std::uint64_t before = TRY(this->size());
    int error = 0;
    const auto cut = [&] { error = ::ftruncate(fd(), static_cast<off_t>(size)) == 0 ? 0 : errno; };
    if (before > size && before - size >= kBigFile) {
        run_on_worker(scheduler_, workers_, cut);
    } else {
        cut();
    }
    // Through a handle for reading: EINVAL rather than EBADF.
    if (error == EINVAL) return fail(IoError::permission_denied);
    if (error != 0) return fail(disk_error_of(error));
    return {};
}

Result<void, IoError> RealFile::sync() {
    scheduler_.throw_if_cancelled();
    auto& round = syncs_->running == nullptr ? syncs_->running : syncs_->next;
    const bool start = syncs_->running == nullptr;
    if (round == nullptr) round = std::make_shared<Syncs::Round>(scheduler_);
    const std::shared_ptr<Syncs::Round> mine = round;
    if (start) start_sync(workers_, syncs_);
    mine->finished.wait();
    if (mine->error != 0) return fail(disk_error_of(mine->error));
    return {};
}

void RealFile::start_sync(WorkerPool& workers, std::shared_ptr<Syncs> syncs) {
    workers.post(
        [descriptor = syncs->descriptor, round = syncs->running.get()] {
            round->error = ::fdatasync(descriptor->get()) == 0 ? 0 : errno;
        },
        [&workers, syncs] {
            syncs->running->finished.set();
            syncs->running = std::exchange(syncs->next, nullptr);
            if (syncs->running != nullptr) start_sync(workers, syncs);
        });
}

Result<std::uint64_t, IoError> RealFile::size() {
    struct stat status{};
    if (::fstat(fd(), &status) != 0) return fail(disk_error_of(errno));
    return static_cast<std::uint64_t>(status.st_size);
}

Result<void, IoError> RealFile::warm(std::uint64_t position, std::size_t size) {
    if (size == 0 || position > kMaxPosition - size) return {};
    // Pages arrive in order, so the ends speak for the middle.
    std::uint8_t byte = 0;
    const bool cold = read_fully(fd(), &byte, 1, position, RWF_NOWAIT).error == EAGAIN ||
                      read_fully(fd(), &byte, 1, position + size - 1, RWF_NOWAIT).error == EAGAIN;
    if (!cold) return {};
    int error = 0;
    run_on_worker(scheduler_, workers_, [&] {
        std::array<std::uint8_t, 16 * 1024> sink;
        for (std::size_t done = 0; done < size && error == 0;) {
            const std::size_t wanted = std::min(sink.size(), size - done);
            const ReadOutcome outcome = read_fully(fd(), sink.data(), wanted, position + done, 0);
            error = outcome.error;
            if (outcome.count == 0) break;
            done += outcome.count;
        }
    });
    if (error != 0) return fail(disk_error_of(error));
    return {};
}

}  // namespace gregor::real
