// Purgatory: requests that wait for something, as records and not as fibers.
//
// A parked request names what it waits for: `need` units of growth, summed over some marks of some
// partitions (bytes for a Fetch over many partitions, one high watermark for a Produce), or its
// deadline. When the need may be met, the deadline has come or a partition was disturbed, it is
// taken out and one of a few completion fibers runs its complete(), which answers it or parks it
// again.
//
// Nobody polls. A need of n over k marks cannot be met before one of them has grown by n/k, so each
// mark is watched for that much; only then is the sum taken, and if it falls short the rest is
// spread anew. With min_bytes=1 every append that a fetch can see completes it; with more, an
// append that is not enough for anyone costs one comparison (Watchers).
//
//     park(request) ──> Watchers of each partition, deadlines ──> due ──> completion fibers
//
// Bounded by max_parked; above it, requests are told so at once. The requests of a node that is
// killed are dropped with it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "broker/replication/watchers.h"
#include "sim/runtime/runtime.h"
#include "sim/runtime/sync.h"

namespace gregor::replication {

enum class WakeUp : std::uint8_t {
    grown,      // what it needs may be there
    disturbed,  // a partition that it watches changed hands
    expired,    // its deadline has come
    overflow,   // the purgatory is full: it never waited
    shut_down,
};

/// What waits. Owned by the purgatory while it does.
class ParkedRequest {
public:
    virtual ~ParkedRequest() = default;
    /// On a completion fiber, once: answers the request, or parks `self`, which is this object,
    /// again (not when `expired` or worse). May wait for the disk.
    virtual void complete(WakeUp why, std::unique_ptr<ParkedRequest> self) = 0;
};

struct WatchedMark {
    std::shared_ptr<Watchers> watchers;
    Mark mark{};
    /// Where the mark stood when the request was last looked at.
    std::uint64_t base = 0;
    /// Growth beyond this much counts no further (a partition's max_bytes).
    std::uint64_t cap = UINT64_MAX;
};

struct ParkOrder {
    std::unique_ptr<ParkedRequest> request;
    /// The sum of growth that is waited for; at least 1.
    std::uint64_t need = 1;
    std::vector<WatchedMark> marks;
    Instant deadline = kNever;
};

class Purgatory {
public:
    struct Limits {
        std::size_t max_parked = 100'000;
        std::size_t max_completion_fibers = 8;
    };

    Purgatory(Runtime& runtime, Limits limits);
    Purgatory(const Purgatory&) = delete;
    Purgatory& operator=(const Purgatory&) = delete;

    /// Never waits. A need that is met already, a deadline that has passed or a full purgatory
    /// makes the request due at once.
    void park(ParkOrder order);

    /// Requests that `Watchers` reported as due; those whose need is not met yet are watched on.
    void notify(std::span<const ParkedId> due, WakeUp why);

    /// Completes everything with `shut_down`, now and from now on.
    void shut_down();

    [[nodiscard]] std::size_t parked() const { return parked_.size(); }
    [[nodiscard]] std::uint64_t sums_taken() const { return sums_taken_; }

private:
    struct Parked {
        ParkOrder order;
        std::vector<std::uint64_t> thresholds;  // one for each mark; 0: not watched
    };
    struct Due {
        std::unique_ptr<ParkedRequest> request;
        WakeUp why;
    };

    [[nodiscard]] static std::uint64_t grown(const ParkOrder& order);
    void spread(ParkedId id, Parked& parked, std::uint64_t rest);
    void unwatch(ParkedId id, Parked& parked);
    void take_out(ParkedId id, WakeUp why);
    void make_due(std::unique_ptr<ParkedRequest> request, WakeUp why);
    void watch_deadlines();
    void run_completions();

    Runtime& runtime_;
    Limits limits_;
    std::map<ParkedId, Parked> parked_;
    std::set<std::pair<Instant, ParkedId>> deadlines_;
    WaitQueue deadline_changed_;
    bool deadline_fiber_running_ = false;
    std::deque<Due> due_;
    std::size_t completion_fibers_ = 0;
    bool shut_down_ = false;
    ParkedId next_id_ = 1;
    std::uint64_t sums_taken_ = 0;
};

}  // namespace gregor::replication
