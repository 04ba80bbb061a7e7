// LogTail: the batches of one log, read from the simulated disk's page cache as it grows, by
// nothing of the broker's but the parser of batch headers. Costs what is new.
//
//     000…0.log | b | b | b |  000…42.log | b | b | - - - >
//                                              ^ read so far     ^ log end offset
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "broker/log/log.h"
#include "scenarios/checkers/cluster_view.h"
#include "sim/simulated/disk_store.h"

namespace gregor::scenarios {

class LogTail {
public:
    /// Brings `seen`, the same object each time, up to the log's end.
    void update(simulated::DiskStore& disk, const log::Log& log, SeenLog& seen);
    /// Of `seen`, as update() has left it, a power loss leaves what is below.
    [[nodiscard]] Offset synced_end(const SeenLog& seen) const;

private:
    void read_anew(simulated::DiskStore& disk, const log::Log& log, SeenLog& seen);
    void read_on(simulated::DiskStore& disk, const log::Log& log, SeenLog& seen);
    void read_segment(Offset end, SeenLog& seen);
    /// The next segment is there, so this one is sealed.
    void look_at_sealed(simulated::DiskStore& disk, const log::Log& log, SeenLog& seen) const;

    std::shared_ptr<simulated::FileNode> segment_;
    Offset segment_base_{0};
    std::uint64_t position_ = 0;  // in the segment
    Offset next_{0};
    std::int64_t truncations_ = -1;
};

}  // namespace gregor::scenarios
