// WorkerPool: the threads that do what may block. They run jobs and nothing else: everything that
// is known to fibers stays in the loop's thread, which learns of finished jobs by mail.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "sim/real/mailbox.h"

namespace gregor::real {

class WorkerPool {
public:
    WorkerPool(Poller& poller, std::size_t threads);
    /// Finishes the jobs that were posted; what should follow them in the loop is dropped.
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// Runs `work` on a thread and then `done` in the loop. From the loop's thread. How many jobs
    /// there are is bounded by how many fibers wait for one.
    void post(std::move_only_function<void()> work, std::move_only_function<void()> done);

private:
    struct Job {
        std::move_only_function<void()> work;
        std::move_only_function<void()> done;
    };

    void work_until_quit();

    Mailbox<Job> finished_;
    std::mutex mutex_;
    std::condition_variable posted_;
    std::deque<Job> waiting_;
    bool quit_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace gregor::real
