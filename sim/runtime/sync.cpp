#include "sim/runtime/sync.h"

namespace gregor {

/// Lives on the waiting fiber's stack.
struct WaitQueue::Waiter {
    Fiber* fiber;
    Waiter* previous = nullptr;
    Waiter* next = nullptr;
    bool notified = false;
};

bool WaitQueue::wait(Instant deadline) {
    scheduler_.throw_if_cancelled();
    Waiter waiter{&scheduler_.current(), last_};
    (last_ == nullptr ? first_ : last_->next) = &waiter;
    last_ = &waiter;
    const WakeReason reason = scheduler_.park(deadline);
    if (waiter.notified) return true;
    unlink(waiter);
    if (reason == WakeReason::cancelled) throw Cancelled{};
    CHECK(reason == WakeReason::timed_out, "fiber {} was woken past its wait queue",
          waiter.fiber->name());
    return false;
}

void WaitQueue::notify_one() {
    if (first_ == nullptr) return;
    Waiter& waiter = *first_;
    unlink(waiter);
    waiter.notified = true;
    scheduler_.wake(*waiter.fiber);
}

void WaitQueue::notify_all() {
    while (first_ != nullptr) notify_one();
}

void WaitQueue::unlink(Waiter& waiter) {
    (waiter.previous == nullptr ? first_ : waiter.previous->next) = waiter.next;
    (waiter.next == nullptr ? last_ : waiter.next->previous) = waiter.previous;
}

}  // namespace gregor
