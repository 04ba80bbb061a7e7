#include "sim/runtime/scheduler.h"

#include <algorithm>
#include <exception>

#include "sim/base/check.h"
#include "sim/runtime/task_group.h"

namespace gregor {

Timer::~Timer() { CHECK(!armed(), "a timer is disarmed before it dies"); }

void Fiber::fire() { scheduler_.make_ready(*this, WakeReason::timed_out); }

/// A pooled one-shot timer behind call_at().
class Scheduler::CallbackTimer final : public Timer {
public:
    explicit CallbackTimer(Scheduler& scheduler) : scheduler_(scheduler) {}

    void fire() override {
        auto callback = std::exchange(callback_, nullptr);
        auto& armed = scheduler_.armed_callbacks_;
        std::swap(armed[slot_], armed.back());
        armed[slot_]->slot_ = slot_;
        scheduler_.idle_callbacks_.push_back(std::move(armed.back()));
        armed.pop_back();
        callback();
    }

    Scheduler& scheduler_;
    std::move_only_function<void()> callback_;
    std::size_t slot_ = 0;
};

Scheduler::Scheduler(EventSource& events, SchedulerOptions options)
    : events_(events), options_(options) {}

Scheduler::~Scheduler() {
    CHECK(live_fibers_ == 0, "{} fibers are left; cancel and join their groups first",
          live_fibers_);
    for (auto& timer : armed_callbacks_) disarm(*timer);
    CHECK(heap_.empty(), "{} timers are armed", heap_.size());
}

void Scheduler::run() {
    while (!stopped_ && turn(kNever)) {
    }
    stopped_ = false;
}

bool Scheduler::run_until(Instant time) {
    while (!stopped_ && (ready_head_ < ready_.size() || now() < time)) {
        if (!turn(time)) return false;
    }
    return !std::exchange(stopped_, false);
}

bool Scheduler::turn(Instant limit) {
    run_ready(ready_.size() - ready_head_);
    if (stopped_) return true;
    const bool busy = ready_head_ < ready_.size();
    const Instant next_timer = heap_.empty() ? kNever : heap_.front().at;
    const Instant deadline = busy ? Instant::min() : std::min(next_timer, limit);
    if (!events_.wait(deadline) && !busy) return false;
    fire_due(now());
    return true;
}

void Scheduler::run_ready(std::size_t count) {
    while (count-- > 0 && !stopped_ && ready_head_ < ready_.size()) {
        Fiber& fiber = take_ready();
        if (fiber.host_ != nullptr && fiber.host_->paused_) {
            fiber.host_->stalled_.push_back(&fiber);
        } else {
            run_fiber(fiber);
        }
    }
}

Fiber& Scheduler::take_ready() {
    const std::size_t waiting = ready_.size() - ready_head_;
    if (options_.random != nullptr && waiting > 1) {
        const auto choice = static_cast<std::size_t>(options_.random->below(waiting));
        std::swap(ready_[ready_head_], ready_[ready_head_ + choice]);
    }
    Fiber& fiber = *ready_[ready_head_++];
    if (ready_head_ == ready_.size()) {
        ready_.clear();
        ready_head_ = 0;
    } else if (ready_head_ >= 1024 && ready_head_ * 2 >= ready_.size()) {
        ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(ready_head_));
        ready_head_ = 0;
    }
    return fiber;
}

void Scheduler::run_fiber(Fiber& fiber) {
    CHECK(fiber.state_ == Fiber::State::ready);
    if (options_.digest != nullptr) options_.digest->add(fiber.id_);
    ++switches_;
    fiber.state_ = Fiber::State::running;
    fiber.passes_unrun_ = 0;
    current_ = &fiber;
    const bool ended = fiber.stack_.resume();
    current_ = nullptr;
    if (!ended) return;
    fiber.state_ = Fiber::State::idle;
    --live_fibers_;
    TaskGroup& group = *fiber.group_;
    fiber.host_ = nullptr;
    group.forget(fiber);
    idle_.push_back(&fiber);
}

void Scheduler::fire_due(Instant now) {
    while (!heap_.empty() && heap_.front().at <= now) {
        const HeapEntry entry = heap_.front();
        remove_at(0);
        ++timers_fired_;
        if (options_.digest != nullptr) {
            options_.digest->add(static_cast<std::uint64_t>(entry.at.time_since_epoch().count()));
        }
        entry.timer->fire();
    }
}

Fiber& Scheduler::current() {
    CHECK(current_ != nullptr, "this may only be called from a fiber");
    return *current_;
}

WakeReason Scheduler::park(Instant deadline, bool heed_cancel) {
    Fiber& fiber = current();
    CHECK(std::uncaught_exceptions() == 0, "fiber {} waits in a destructor", fiber.name_);
    CHECK(std::current_exception() == nullptr, "fiber {} waits inside a catch block", fiber.name_);
    if (heed_cancel && fiber.cancelled_) return WakeReason::cancelled;
    if (deadline != kNever) arm(fiber, world_deadline(deadline));
    fiber.state_ = Fiber::State::parked;
    fiber.stack_.suspend();
    return fiber.wake_reason_;
}

Instant Scheduler::world_deadline(Instant deadline) {
    const FiberHost* host = current().host_;
    return host == nullptr || deadline == kNever ? deadline : host->to_world(deadline);
}

void Scheduler::throw_if_cancelled() {
    if (current().cancelled_) throw Cancelled{};
}

void Scheduler::yield() {
    Fiber& fiber = current();
    CHECK(std::uncaught_exceptions() == 0, "fiber {} yields in a destructor", fiber.name_);
    CHECK(std::current_exception() == nullptr, "fiber {} yields inside a catch block", fiber.name_);
    throw_if_cancelled();
    fiber.state_ = Fiber::State::ready;
    ready_.push_back(&fiber);
    fiber.stack_.suspend();
    throw_if_cancelled();
}

void Scheduler::sleep_until(Instant deadline) {
    if (park(deadline) == WakeReason::cancelled) throw Cancelled{};
}

Fiber& Scheduler::start_fiber(TaskGroup& group, std::string_view name,
                              std::move_only_function<void()> body) {
    if (idle_.empty()) {
        fibers_.push_back(std::unique_ptr<Fiber>(new Fiber(*this, options_.stack_size)));
        idle_.push_back(fibers_.back().get());
    }
    Fiber& fiber = *idle_.back();
    idle_.pop_back();
    fiber.id_ = next_fiber_id_++;
    fiber.name_ = name;
    fiber.group_ = &group;
    fiber.host_ = group.host();
    fiber.cancelled_ = false;
    fiber.stack_.start(std::move(body));
    fiber.state_ = Fiber::State::ready;
    ready_.push_back(&fiber);
    ++live_fibers_;
    return fiber;
}

void Scheduler::cancel_fiber(Fiber& fiber) {
    fiber.cancelled_ = true;
    make_ready(fiber, WakeReason::cancelled);
}

void Scheduler::make_ready(Fiber& fiber, WakeReason reason) {
    if (fiber.state_ != Fiber::State::parked) return;
    if (fiber.armed()) disarm(fiber);
    fiber.wake_reason_ = reason;
    fiber.state_ = Fiber::State::ready;
    ready_.push_back(&fiber);
}

void Scheduler::unpause(FiberHost& host) {
    host.paused_ = false;
    for (Fiber* fiber : host.stalled_) ready_.push_back(fiber);
    host.stalled_.clear();
}

void Scheduler::call_at(Instant world_time, std::move_only_function<void()> callback) {
    if (idle_callbacks_.empty()) {
        idle_callbacks_.push_back(std::make_unique<CallbackTimer>(*this));
    }
    armed_callbacks_.push_back(std::move(idle_callbacks_.back()));
    idle_callbacks_.pop_back();
    CallbackTimer& timer = *armed_callbacks_.back();
    timer.slot_ = armed_callbacks_.size() - 1;
    timer.callback_ = std::move(callback);
    arm(timer, world_time);
}

std::size_t Scheduler::deepest_stack() const {
    std::size_t deepest = 0;
    for (const auto& fiber : fibers_) deepest = std::max(deepest, fiber->stack_.touched_bytes());
    return deepest;
}

bool Scheduler::trim_stacks(std::size_t count) {
    for (; count > 0 && next_trimmed_ < fibers_.size(); --count) {
        Fiber& fiber = *fibers_[next_trimmed_++];
        if (fiber.passes_unrun_ == 1) fiber.stack_.trim();
        if (fiber.passes_unrun_ < 2) ++fiber.passes_unrun_;
    }
    if (next_trimmed_ < fibers_.size()) return false;
    next_trimmed_ = 0;
    return true;
}

// The timer heap: binary, with each timer knowing its place so that disarming is cheap. -----------

void Scheduler::arm(Timer& timer, Instant world_time) {
    CHECK(!timer.armed(), "the timer is already armed");
    heap_.push_back({world_time, next_sequence_++, &timer});
    timer.heap_index_ = heap_.size() - 1;
    sift_up(heap_.size() - 1);
}

void Scheduler::disarm(Timer& timer) {
    if (timer.armed()) remove_at(timer.heap_index_);
}

void Scheduler::place(std::size_t index, HeapEntry entry) {
    heap_[index] = entry;
    entry.timer->heap_index_ = index;
}

void Scheduler::sift_up(std::size_t index) {
    const HeapEntry entry = heap_[index];
    while (index > 0) {
        const std::size_t parent = (index - 1) / 2;
        if (!entry.before(heap_[parent])) break;
        place(index, heap_[parent]);
        index = parent;
    }
    place(index, entry);
}

void Scheduler::sift_down(std::size_t index) {
    const HeapEntry entry = heap_[index];
    for (;;) {
        std::size_t child = index * 2 + 1;
        if (child >= heap_.size()) break;
        if (child + 1 < heap_.size() && heap_[child + 1].before(heap_[child])) ++child;
        if (!heap_[child].before(entry)) break;
        place(index, heap_[child]);
        index = child;
    }
    place(index, entry);
}

void Scheduler::remove_at(std::size_t index) {
    heap_[index].timer->heap_index_ = Timer::kIdle;
    const HeapEntry last = heap_.back();
    heap_.pop_back();
    if (index == heap_.size()) return;
    place(index, last);
    sift_up(index);
    sift_down(last.timer->heap_index_);
}

}  // namespace gregor
