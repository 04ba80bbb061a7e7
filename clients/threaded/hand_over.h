// HandOver: records on their way from the program's threads to the engine's. Bounded by bytes:
// whoever brings more waits.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

namespace gregor::threaded {

template <class T>
class HandOver {
public:
    explicit HandOver(std::size_t limit_bytes) : limit_(limit_bytes) {}

    enum class Put { first, more, timed_out };

    /// `first`: it was empty, and somebody has to be told.
    [[nodiscard]] Put put(T item, std::size_t bytes, std::chrono::nanoseconds patience) {
        std::unique_lock lock(mutex_);
        const auto has_room = [&] { return items_.empty() || bytes_ + bytes <= limit_; };
        if (!has_room() && !room_.wait_for(lock, patience, has_room)) return Put::timed_out;
        items_.push_back(std::move(item));
        bytes_ += bytes;
        return items_.size() == 1 ? Put::first : Put::more;
    }

    /// All that is there.
    [[nodiscard]] std::vector<T> take() {
        std::vector<T> taken;
        {
            const std::lock_guard lock(mutex_);
            taken.swap(items_);
            bytes_ = 0;
        }
        room_.notify_all();
        return taken;
    }

private:
    std::size_t limit_;
    std::mutex mutex_;
    std::condition_variable room_;
    std::vector<T> items_;
    std::size_t bytes_ = 0;
};

}  // namespace gregor::threaded
