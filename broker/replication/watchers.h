// Watchers: who waits for one partition, and the marks that they wait for.
//
// A mark only grows: the high watermark, and the bytes of log below the log end offset, the high
// watermark and the last stable offset. A parked request waits until a mark has reached a
// threshold. Thresholds are kept in order, so a mark that grows looks at the requests that are due
// and at no other: an append on a partition with a thousand parked fetches costs one comparison
// while none is due.
//
//     high_watermark_bytes   ..... 4096 ......................... 9000
//     thresholds                       ^ 4097 (min_bytes 1)   ^ 8192      ^ 65536
//
// Bytes are counted from when the broker took the partition up; only differences mean something.
// Where the high watermark or the last stable offset lags behind, the batches in between are
// remembered as steps, at most kMaxSteps of them; beyond, neighbours are merged and bytes inside a
// step are shared out over its offsets. So a byte count may be a little off until the step is
// passed, but every batch that becomes visible raises it.
//
// The low watermark may fall, as replicas come back. So what is counted of it is how often it has
// moved, and who waits for it looks again.
//
// A partition that changes hands (leader, truncation, deletion, failure) wakes all: see disturb().
// Pure.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <set>
#include <utility>
#include <vector>

#include "broker/replication/partition.h"

namespace gregor::replication {

enum class Mark : std::uint8_t {
    high_watermark,            // an offset
    log_end_bytes,             // bytes of log, for followers
    high_watermark_bytes,      // for consumers
    last_stable_offset_bytes,  // for consumers with read_committed
    low_watermark_moves,       // for those who delete records
};
inline constexpr std::size_t kMarks = 5;

/// A parked request, as the purgatory numbers them.
using ParkedId = std::uint64_t;

class Watchers {
public:
    static constexpr std::size_t kMaxSteps = 256;

    /// The partition's offsets as they are now; nobody waits yet.
    explicit Watchers(const LogMarks& marks);

    // What happened. The requests that are due are added to `due` and wait here no more. ----------

    /// `bytes` were appended (0: only a mark rose) and the log stands at `marks` now.
    void progressed(const LogMarks& marks, std::uint64_t bytes, std::vector<ParkedId>& due);
    /// To be told while somebody watches it, and before somebody begins to.
    void low_watermark_at(Offset low_watermark, std::vector<ParkedId>& due);
    /// What was known holds no more: everyone is due, and offsets may have gone back to `marks`.
    void disturb(const LogMarks& marks, std::vector<ParkedId>& due);

    // Who waits. ----------------------------------------------------------------------------------

    [[nodiscard]] std::uint64_t value(Mark mark) const { return values_[index(mark)]; }
    [[nodiscard]] bool is_watched(Mark mark) const { return !waiting_[index(mark)].empty(); }
    /// `id` is due when `mark` reaches `threshold`, which it has not yet.
    void watch(Mark mark, std::uint64_t threshold, ParkedId id);
    void forget(Mark mark, std::uint64_t threshold, ParkedId id);
    [[nodiscard]] std::size_t size() const;

private:
    struct Step {
        Offset end_offset;
        std::uint64_t bytes;  // below end_offset
    };
    using Waiting = std::set<std::pair<std::uint64_t, ParkedId>>;

    static std::size_t index(Mark mark) { return static_cast<std::size_t>(mark); }
    void raise(Mark mark, std::uint64_t value, std::vector<ParkedId>& due);
    /// Bytes below `offset`, exact where a remembered step ends.
    [[nodiscard]] std::uint64_t bytes_below(Offset offset) const;
    void drop_steps();

    std::array<std::uint64_t, kMarks> values_{};
    std::array<Waiting, kMarks> waiting_;
    LogMarks marks_;
    Offset low_watermark_{-1};
    Step passed_;             // the last step that both marks have passed
    std::deque<Step> steps_;  // those beyond
};

}  // namespace gregor::replication
