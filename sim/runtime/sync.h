// What fibers wait on. Every wait takes a deadline on the node's clock or may be cancelled, and
// then throws Cancelled. Nothing here is for threads.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "sim/base/check.h"
#include "sim/base/time.h"
#include "sim/runtime/scheduler.h"

namespace gregor {

/// Fibers that wait for "something changed": the primitive below the others. A notification that
/// meets cancellation or a deadline in the same moment wins, so that none is lost.
class WaitQueue {
public:
    explicit WaitQueue(Scheduler& scheduler) : scheduler_(scheduler) {}
    ~WaitQueue() { CHECK(first_ == nullptr, "fibers still wait here"); }
    WaitQueue(const WaitQueue&) = delete;
    WaitQueue& operator=(const WaitQueue&) = delete;

    /// True when notified, false when the deadline came.
    bool wait(Instant deadline = kNever);
    /// The one that waits longest; false if there is none.
    bool notify_one();
    void notify_all();
    [[nodiscard]] bool empty() const { return first_ == nullptr; }

private:
    struct Waiter;
    void unlink(Waiter& waiter);

    Scheduler& scheduler_;
    Waiter* first_ = nullptr;
    Waiter* last_ = nullptr;
};

/// A condition that becomes true once and stays so.
class Event {
public:
    explicit Event(Scheduler& scheduler) : waiters_(scheduler) {}

    void set() {
        set_ = true;
        waiters_.notify_all();
    }
    [[nodiscard]] bool is_set() const { return set_; }
    /// True once set, false when the deadline came first.
    bool wait(Instant deadline = kNever) {
        while (!set_) {
            if (!waiters_.wait(deadline)) return set_;
        }
        return true;
    }

private:
    WaitQueue waiters_;
    bool set_ = false;
};

/// `permits` of something bounded; first come, first served: who asks for little waits behind who
/// asks for much. A grant that meets cancellation or a deadline in the same moment wins.
class Semaphore {
public:
    Semaphore(Scheduler& scheduler, std::int64_t permits) : scheduler_(scheduler), free_(permits) {}
    ~Semaphore() { CHECK(first_ == nullptr, "fibers still wait here"); }
    Semaphore(const Semaphore&) = delete;
    Semaphore& operator=(const Semaphore&) = delete;

    /// False when the deadline came first.
    bool acquire(std::int64_t permits = 1, Instant deadline = kNever);
    void release(std::int64_t permits = 1) {
        free_ += permits;
        grant();
    }
    [[nodiscard]] std::int64_t available() const { return free_; }

private:
    struct Waiter;
    void grant();

    Scheduler& scheduler_;
    std::int64_t free_;
    Waiter* first_ = nullptr;
    Waiter* last_ = nullptr;
};

/// One fiber at a time across waits; first come, first served. Between two waits a fiber is alone
/// anyway.
class Mutex {
public:
    explicit Mutex(Scheduler& scheduler) : waiters_(scheduler) {}

    void lock() {
        if (locked_) waiters_.wait();  // unlock() hands it over locked
        locked_ = true;
    }
    /// False when the deadline came first. For std::unique_lock.
    bool try_lock_until(Instant deadline) {
        if (locked_ && !waiters_.wait(deadline)) return false;
        locked_ = true;
        return true;
    }
    void unlock() {
        CHECK(locked_);
        locked_ = waiters_.notify_one();
    }
    [[nodiscard]] bool locked() const { return locked_; }

private:
    WaitQueue waiters_;
    bool locked_ = false;
};

/// A bounded queue between fibers.
template <class T>
class Channel {
public:
    Channel(Scheduler& scheduler, std::size_t capacity)
        : readers_(scheduler), writers_(scheduler), capacity_(capacity) {
        CHECK(capacity > 0);
    }

    /// Waits for room. False when the channel is closed or the deadline came.
    bool push(T value, Instant deadline = kNever) {
        while (!closed_ && items_.size() >= capacity_) {
            if (!writers_.wait(deadline)) return false;
        }
        if (closed_) return false;
        items_.push_back(std::move(value));
        readers_.notify_one();
        return true;
    }
    /// False when there is no room or the channel is closed.
    bool try_push(T value) {
        if (closed_ || items_.size() >= capacity_) return false;
        items_.push_back(std::move(value));
        readers_.notify_one();
        return true;
    }
    /// The next item; nothing when the channel is closed and drained, or the deadline came.
    std::optional<T> pop(Instant deadline = kNever) {
        while (items_.empty()) {
            if (closed_ || !readers_.wait(deadline)) return std::nullopt;
        }
        std::optional<T> item(std::move(items_.front()));
        items_.pop_front();
        writers_.notify_one();
        if (!items_.empty()) readers_.notify_one();
        return item;
    }
    /// No more pushes; what is inside can still be popped.
    void close() {
        closed_ = true;
        readers_.notify_all();
        writers_.notify_all();
    }
    [[nodiscard]] std::size_t size() const { return items_.size(); }
    [[nodiscard]] bool closed() const { return closed_; }

private:
    WaitQueue readers_;
    WaitQueue writers_;
    std::size_t capacity_;
    std::deque<T> items_;
    bool closed_ = false;
};

}  // namespace gregor
