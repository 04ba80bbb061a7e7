#include "sim/real/worker_pool.h"

#include <csignal>

#include "sim/base/check.h"

namespace gregor::real {

WorkerPool::WorkerPool(Poller& poller, std::size_t threads)
    : finished_(poller, [](std::vector<Job> finished) {
          for (Job& job : finished) job.done();
      }) {
    CHECK(threads > 0);
    // Signals are the loop's affair: the threads inherit a mask that blocks them all.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work_until_quit(); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

WorkerPool::~WorkerPool() {
    {
        const std::lock_guard lock(mutex_);
        quit_ = true;
    }
    posted_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::post(std::move_only_function<void()> work, std::move_only_function<void()> done) {
    {
        const std::lock_guard lock(mutex_);
        waiting_.push_back({std::move(work), std::move(done)});
    }
    posted_.notify_one();
}

void WorkerPool::work_until_quit() {
    std::unique_lock lock(mutex_);
    for (;;) {
        posted_.wait(lock, [this] { return quit_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        Job job = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        job.work();
        // The job goes back whole: what it holds is released in the loop's thread.
        finished_.post(std::move(job));
        lock.lock();
    }
}

}  // namespace gregor::real
