// ChangeMutex: held by the fiber that changes a log. A change waits for the disk again and again; a
// fiber that is cancelled there leaves what the files hold and what is known of them apart. Then
// the mutex remembers it: nobody may change the log any more, nor call its end a clean one, and the
// next start recovers.
#pragma once

#include <exception>

#include "sim/runtime/sync.h"

namespace gregor::log {

class ChangeMutex {
public:
    explicit ChangeMutex(Scheduler& scheduler) : mutex_(scheduler) {}

    void lock() { mutex_.lock(); }
    void unlock() {
        if (std::uncaught_exceptions() > 0) interrupted_ = true;
        mutex_.unlock();
    }
    /// Whether a fiber was cancelled while it held this.
    [[nodiscard]] bool interrupted() const { return interrupted_; }

private:
    Mutex mutex_;
    bool interrupted_ = false;
};

}  // namespace gregor::log
