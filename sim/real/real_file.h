// RealFile: one open file. Reads that the page cache can answer, and writes, are done in the loop's
// thread; cold reads, syncs, cutting much off and the last close of a removed file go to a worker.
#pragma once

#include <memory>

#include "sim/real/descriptor.h"
#include "sim/real/worker_pool.h"
#include "sim/runtime/disk.h"
#include "sim/runtime/function_ref.h"
#include "sim/runtime/scheduler.h"
#include "sim/runtime/sync.h"

namespace gregor::real {

/// Runs `job` on a worker while the calling fiber waits; not cut short by cancellation. Throws
/// Cancelled before it starts if the fiber has been cancelled.
void run_on_worker(Scheduler& scheduler, WorkerPool& workers, FunctionRef<void()> job);

/// Below this many bytes, giving disk space back is no work worth a thread.
inline constexpr std::uint64_t kBigFile = 1024 * 1024;

class RealFile final : public File {
public:
    RealFile(Scheduler& scheduler, WorkerPool& workers, Descriptor descriptor);
    ~RealFile();

    Result<Bytes, IoError> read(std::uint64_t position, std::size_t size) override;
    Result<void, IoError> write(std::uint64_t position, std::span<const Bytes> pieces) override;
    Result<void, IoError> truncate(std::uint64_t size) override;
    /// Calls that overlap share: whoever calls while a sync runs waits for the next one, which
    /// starts when that one is done and is one for all who came meanwhile.
    Result<void, IoError> sync() override;
    Result<std::uint64_t, IoError> size() override;

    [[nodiscard]] int fd() const { return descriptor_->get(); }
    /// Brings `size` bytes from `position` into memory if they are not, so that sendfile() will not
    /// block the loop. No promise: they may be dropped again.
    Result<void, IoError> warm(std::uint64_t position, std::size_t size);

private:
    struct Syncs;

    static void start_sync(WorkerPool& workers, std::shared_ptr<Syncs> syncs);

    Scheduler& scheduler_;
    WorkerPool& workers_;
    // Shared with syncs that outlive the fibers that asked for them.
    std::shared_ptr<Descriptor> descriptor_;
    std::shared_ptr<Syncs> syncs_;
};

}  // namespace gregor::real
