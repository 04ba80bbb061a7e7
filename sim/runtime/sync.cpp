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

bool WaitQueue::notify_one() {
    if (first_ == nullptr) return false;
    Waiter& waiter = *first_;
    unlink(waiter);
    waiter.notified = true;
    scheduler_.wake(*waiter.fiber);
    return true;
}

void WaitQueue::notify_all() {
    while (notify_one()) {
    }
}

void WaitQueue::unlink(Waiter& waiter) {
    (waiter.previous == nullptr ? first_ : waiter.previous->next) = waiter.next;
    (waiter.next == nullptr ? last_ : waiter.next->previous) = waiter.previous;
}

/// Lives on the waiting fiber's stack.
struct Semaphore::Waiter {
    Fiber* fiber;
    std::int64_t permits;
    Waiter* previous = nullptr;
    Waiter* next = nullptr;
    bool granted = false;
};

bool Semaphore::acquire(std::int64_t permits, Instant deadline) {
    if (first_ == nullptr && free_ >= permits) {
        free_ -= permits;
        return true;
    }
    scheduler_.throw_if_cancelled();
    Waiter waiter{&scheduler_.current(), permits, last_};
    (last_ == nullptr ? first_ : last_->next) = &waiter;
    last_ = &waiter;
    const WakeReason reason = scheduler_.park(deadline);
    if (waiter.granted) return true;
    (waiter.previous == nullptr ? first_ : waiter.previous->next) = waiter.next;
    (waiter.next == nullptr ? last_ : waiter.next->previous) = waiter.previous;
    grant();  // who stood behind may be content with what there is
    if (reason == WakeReason::cancelled) throw Cancelled{};
    return false;
}

void Semaphore::grant() {
    while (first_ != nullptr && free_ >= first_->permits) {
        Waiter& waiter = *first_;
        first_ = waiter.next;
        (first_ == nullptr ? last_ : first_->previous) = nullptr;
        free_ -= waiter.permits;
        waiter.granted = true;
        scheduler_.wake(*waiter.fiber);
    }
}

}  // namespace gregor
