// The one scheduler of both worlds: fibers, timers and sync objects are the same code; only what
// happens when no fiber is ready differs, and that is EventSource (pop virtual time, or
// epoll_wait).
//
// A loop turn runs the fibers that were ready when it began, then asks the EventSource for more
// (without waiting while some are ready), then fires the timers that are due. One thread; one
// scheduler a process.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "sim/base/digest.h"
#include "sim/base/random.h"
#include "sim/base/time.h"
#include "sim/runtime/fiber.h"

namespace gregor {

class Scheduler;
class TaskGroup;

/// Where time and outside events come from. World time, the scheduler's own, not a node's.
class EventSource {
public:
    virtual ~EventSource() = default;
    [[nodiscard]] virtual Instant now() = 0;
    /// Lets outside events happen until one made a fiber ready or `deadline` came (not after now():
    /// looks without waiting). False when nothing can ever happen any more.
    virtual bool wait(Instant deadline) = 0;
};

/// Something that happens at a world time. Intrusive: arming allocates nothing.
class Timer {
public:
    Timer() = default;
    virtual ~Timer();
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    [[nodiscard]] bool armed() const { return heap_index_ != kIdle; }

protected:
    /// Called from the loop, outside any fiber; does not wait.
    virtual void fire() = 0;

private:
    friend class Scheduler;
    static constexpr std::size_t kIdle = SIZE_MAX;
    std::size_t heap_index_ = kIdle;
};

/// What the fibers of one node share: how its clock maps to world time, and whether it is paused.
class FiberHost {
public:
    virtual ~FiberHost() = default;
    /// World time at which the node's monotonic clock will show `time`, as far as is known now.
    [[nodiscard]] virtual Instant to_world(Instant time) const { return time; }

    [[nodiscard]] bool paused() const { return paused_; }

private:
    friend class Scheduler;
    bool paused_ = false;
    std::vector<class Fiber*> stalled_;  // became ready while paused
};

enum class WakeReason : std::uint8_t { woken, timed_out, cancelled };

/// A fiber as the scheduler and its group know it.
class Fiber final : private Timer {
public:
    [[nodiscard]] std::uint64_t id() const { return id_; }
    [[nodiscard]] std::string_view name() const { return name_; }
    [[nodiscard]] TaskGroup& group() const { return *group_; }
    [[nodiscard]] bool cancelled() const { return cancelled_; }

private:
    friend class Scheduler;
    friend class TaskGroup;

    enum class State : std::uint8_t { idle, ready, running, parked };

    explicit Fiber(Scheduler& scheduler, std::size_t stack_size)
        : scheduler_(scheduler), stack_(stack_size) {}
    void fire() override;

    Scheduler& scheduler_;
    FiberStack stack_;
    std::uint64_t id_ = 0;
    std::string_view name_;
    TaskGroup* group_ = nullptr;
    FiberHost* host_ = nullptr;
    Fiber* group_previous_ = nullptr;
    Fiber* group_next_ = nullptr;
    State state_ = State::idle;
    WakeReason wake_reason_ = WakeReason::woken;
    bool cancelled_ = false;
    std::uint8_t passes_unrun_ = 0;  // of trim_stacks(), since it last ran
};

struct SchedulerOptions {
    std::size_t stack_size = 256 * 1024;
    /// Picks among the ready fibers; nullptr: first in, first out.
    Random* random = nullptr;
    /// Takes every choice and every timer; nullptr: none.
    RunningDigest* digest = nullptr;
};

class Scheduler {
public:
    explicit Scheduler(EventSource& events, SchedulerOptions options = {});
    ~Scheduler();
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

    // The loop. ---------------------------------------------------------------------------------

    /// Runs turns until stop() or until nothing can ever happen any more.
    void run();
    /// Runs turns until world time `time` at the latest; events due exactly then are fired. Returns
    /// false when stop() was called or nothing can happen any more.
    bool run_until(Instant time);
    void stop() { stopped_ = true; }

    [[nodiscard]] Instant now() const { return events_.now(); }

    // Called from fibers. -------------------------------------------------------------------------

    /// The running fiber; CHECKs that there is one.
    [[nodiscard]] Fiber& current();
    [[nodiscard]] bool in_fiber() const { return current_ != nullptr; }
    /// Stops the running fiber until wake(), its deadline on its node's clock, or cancellation. The
    /// primitive below every wait: it returns `cancelled` and does not throw. `heed_cancel` false
    /// is for the one wait that must outlast cancellation, joining a group.
    WakeReason park(Instant deadline, bool heed_cancel = true);
    /// World time of a deadline on the running fiber's clock.
    [[nodiscard]] Instant world_deadline(Instant deadline);
    /// Throws Cancelled if the running fiber was cancelled.
    void throw_if_cancelled();
    /// Lets every other ready fiber run first.
    void yield();
    void sleep_until(Instant deadline);

    // Called from anywhere in the loop's thread. -------------------------------------------------

    /// Makes a parked fiber ready; nothing if it is not parked.
    void wake(Fiber& fiber) { make_ready(fiber, WakeReason::woken); }
    void arm(Timer& timer, Instant world_time);
    void disarm(Timer& timer);
    /// Runs `callback` at a world time, outside any fiber.
    void call_at(Instant world_time, std::move_only_function<void()> callback);
    void pause(FiberHost& host) { host.paused_ = true; }
    void unpause(FiberHost& host);

    // For measurements. ---------------------------------------------------------------------------

    [[nodiscard]] std::uint64_t switches() const { return switches_; }
    [[nodiscard]] std::uint64_t timers_fired() const { return timers_fired_; }
    [[nodiscard]] std::size_t live_fibers() const { return live_fibers_; }
    /// The deepest that any pooled stack has ever been, in bytes.
    [[nodiscard]] std::size_t deepest_stack() const;

    /// Looks at the next `count` fibers and gives back the unused stack memory of those that have
    /// not run since the pass before. True at the end of a pass over all fibers. Changes nothing
    /// that a fiber could see; called now and then where memory counts.
    bool trim_stacks(std::size_t count);

private:
    friend class TaskGroup;
    friend class Fiber;

    struct HeapEntry {
        Instant at;
        std::uint64_t sequence;
        Timer* timer;
        [[nodiscard]] bool before(const HeapEntry& other) const {
            return at != other.at ? at < other.at : sequence < other.sequence;
        }
    };
    class CallbackTimer;

    Fiber& start_fiber(TaskGroup& group, std::string_view name,
                       std::move_only_function<void()> body);
    void cancel_fiber(Fiber& fiber);
    void make_ready(Fiber& fiber, WakeReason reason);
    bool turn(Instant limit);
    void run_ready(std::size_t count);
    Fiber& take_ready();
    void run_fiber(Fiber& fiber);
    void fire_due(Instant now);

    void sift_up(std::size_t index);
    void sift_down(std::size_t index);
    void place(std::size_t index, HeapEntry entry);
    void remove_at(std::size_t index);

    EventSource& events_;
    SchedulerOptions options_;
    std::vector<std::unique_ptr<Fiber>> fibers_;
    std::vector<Fiber*> idle_;
    // ready_[ready_head_...] are ready, in the order in which they became so.
    std::vector<Fiber*> ready_;
    std::size_t ready_head_ = 0;
    std::vector<HeapEntry> heap_;
    std::vector<std::unique_ptr<CallbackTimer>> idle_callbacks_;
    std::vector<std::unique_ptr<CallbackTimer>> armed_callbacks_;
    Fiber* current_ = nullptr;
    bool stopped_ = false;
    std::uint64_t next_fiber_id_ = 1;
    std::uint64_t next_sequence_ = 1;
    std::uint64_t switches_ = 0;
    std::uint64_t timers_fired_ = 0;
    std::size_t live_fibers_ = 0;
    std::size_t next_trimmed_ = 0;
};

}  // namespace gregor
