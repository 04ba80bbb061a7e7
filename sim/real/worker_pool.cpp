#include "sim/real/worker_pool.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <csignal>

#include "sim/base/check.h"

namespace gregor::real {

WorkerPool::WorkerPool(Poller& poller, std::size_t threads)
    : poller_(poller), wakeup_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    CHECK(wakeup_.valid(), "eventfd: errno {}", errno);
    CHECK(threads > 0);
    poller_.watch(wakeup_.get(), *this);
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
    poller_.forget(wakeup_.get(), *this);
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
        lock.lock();
        // The job goes back whole: what it holds is released in the loop's thread.
        finished_.push_back(std::move(job));
        if (finished_.size() > 1) continue;  // the loop has been told already
        const std::uint64_t one = 1;
        CHECK(::write(wakeup_.get(), &one, sizeof one) == sizeof one, "eventfd: errno {}", errno);
    }
}

void WorkerPool::on_ready(std::uint32_t) {
    std::uint64_t count = 0;
    if (::read(wakeup_.get(), &count, sizeof count) < 0) return;
    std::vector<Job> finished;
    {
        const std::lock_guard lock(mutex_);
        finished.swap(finished_);
    }
    for (Job& job : finished) job.done();
}

}  // namespace gregor::real
