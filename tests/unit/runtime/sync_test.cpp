#include "sim/runtime/sync.h"

#include <mutex>

#include "tests/support/catch.h"
#include "tests/unit/runtime/loop.h"

namespace gregor {

TEST_CASE("a notification reaches the one that waits longest") {
    Loop loop;
    WaitQueue queue(loop.scheduler);
    for (const char mark : {'a', 'b', 'c'}) {
        loop.spawn([&, mark] {
            queue.wait();
            loop.log += mark;
        });
    }
    loop.run();
    REQUIRE(queue.notify_one());
    loop.run();
    REQUIRE(loop.log == "a");
    queue.notify_all();
    loop.run();
    REQUIRE(loop.log == "abc");
    REQUIRE_FALSE(queue.notify_one());
}

TEST_CASE("a notification wins over the deadline of the same moment, in either order") {
    for (const bool notify_first : {true, false}) {
        Loop loop;
        WaitQueue queue(loop.scheduler);
        if (notify_first) loop.scheduler.call_at(at(5ms), [&] { queue.notify_one(); });
        loop.spawn([&] { loop.log += queue.wait(at(5ms)) ? "notified" : "timed out"; });
        loop.scheduler.run_until(at(1ms));
        if (!notify_first) loop.scheduler.call_at(at(5ms), [&] { queue.notify_one(); });
        loop.run();
        REQUIRE(loop.log == "notified");
    }
}

TEST_CASE("a notification wins over the cancellation of the same moment, in either order") {
    for (const bool notify_first : {true, false}) {
        Loop loop;
        WaitQueue queue(loop.scheduler);
        loop.spawn([&] {
            loop.log += queue.wait() ? "notified " : "timed out ";
            queue.wait();
            loop.log += "never";
        });
        loop.run();
        if (notify_first) queue.notify_one();
        loop.group.cancel();
        if (!notify_first) queue.notify_one();
        loop.run();
        REQUIRE(loop.log == "notified ");
        REQUIRE(queue.empty());
    }
}

TEST_CASE("a wait that ended leaves nothing behind in its queue") {
    Loop loop;
    WaitQueue queue(loop.scheduler);
    for (const char mark : {'a', 'b', 'c'}) {
        loop.spawn([&, mark] {
            const Instant deadline = mark == 'b' ? at(1ms) : kNever;
            loop.log += queue.wait(deadline) ? mark : '-';
        });
    }
    loop.scheduler.run_until(at(2ms));
    REQUIRE(loop.log == "-");
    queue.notify_all();
    loop.run();
    REQUIRE(loop.log == "-ac");
}

TEST_CASE("a fiber that is cancelled already does not begin to wait") {
    Loop loop;
    WaitQueue queue(loop.scheduler);
    loop.group.cancel();
    loop.spawn([&] {
        loop.log += 'a';
        queue.wait();
        loop.log += 'b';
    });
    loop.run();
    REQUIRE(loop.log == "a");
    REQUIRE(queue.empty());
}

TEST_CASE("an event lets everybody pass from when it is set") {
    Loop loop;
    Event event(loop.scheduler);
    loop.spawn([&] { loop.log += event.wait(at(1ms)) ? 'y' : 'n'; });
    loop.spawn([&] { loop.log += event.wait() ? 'y' : 'n'; });
    loop.scheduler.call_at(at(2ms), [&] { event.set(); });
    loop.run();
    loop.spawn([&] { loop.log += event.wait() ? 'y' : 'n'; });
    loop.run();
    REQUIRE(loop.log == "nyy");
}

TEST_CASE("a semaphore serves in the order of asking, also who asks for much") {
    Loop loop;
    Semaphore semaphore(loop.scheduler, 2);
    const auto ask = [&](char mark, std::int64_t permits) {
        loop.spawn([&, mark, permits] {
            if (semaphore.acquire(permits)) loop.log += mark;
        });
    };
    ask('a', 3);
    ask('b', 1);
    ask('c', 1);
    loop.run();
    REQUIRE(loop.log.empty());  // b and c stand behind a, though two are free
    semaphore.release(1);
    loop.run();
    REQUIRE(loop.log == "a");
    semaphore.release(2);
    ask('d', 1);
    loop.run();
    REQUIRE(loop.log == "abc");
    semaphore.release(1);
    loop.run();
    REQUIRE(loop.log == "abcd");
    REQUIRE(semaphore.available() == 0);
}

TEST_CASE("who gives up at the head of a semaphore's queue lets the next ones pass") {
    for (const bool by_deadline : {true, false}) {
        Loop loop;
        TaskGroup impatient(loop.scheduler, "impatient");
        Semaphore semaphore(loop.scheduler, 1);
        impatient.spawn("head", [&] {
            const bool got = semaphore.acquire(5, by_deadline ? at(1ms) : kNever);
            loop.log += got ? "got it" : "-";
        });
        loop.spawn([&] {
            semaphore.acquire(1);
            loop.log += 'b';
        });
        loop.scheduler.call_at(at(1ms), [&] {
            if (!by_deadline) impatient.cancel();
        });
        loop.run();
        REQUIRE(loop.log == (by_deadline ? "-b" : "b"));
        REQUIRE(semaphore.available() == 0);
    }
}

TEST_CASE("permits of a cancelled waiter are not lost") {
    Loop loop;
    TaskGroup killed(loop.scheduler, "killed");
    Semaphore semaphore(loop.scheduler, 0);
    struct Permit {
        Semaphore& semaphore;
        ~Permit() { semaphore.release(); }
    };
    killed.spawn("granted and cancelled", [&] {
        semaphore.acquire();
        const Permit permit{semaphore};
        loop.scheduler.sleep_until(kNever);
    });
    loop.run();
    semaphore.release();
    killed.cancel();
    loop.run();
    REQUIRE(semaphore.available() == 1);
}

TEST_CASE("a mutex goes from hand to hand in the order of asking") {
    Loop loop;
    Mutex mutex(loop.scheduler);
    for (const char mark : {'a', 'b', 'c'}) {
        loop.spawn([&, mark] {
            for (int round = 0; round < 2; ++round) {
                mutex.lock();
                loop.log += mark;
                loop.scheduler.sleep_until(loop.scheduler.now() + 1ms);
                mutex.unlock();
            }
        });
    }
    loop.run();
    REQUIRE(loop.log == "abcabc");
    REQUIRE_FALSE(mutex.locked());
}

TEST_CASE("who waits for a mutex until a deadline goes on without it, and the next one has it") {
    Loop loop;
    Mutex mutex(loop.scheduler);
    loop.spawn([&] {
        const std::unique_lock lock(mutex);
        loop.scheduler.sleep_until(at(20ms));
    });
    loop.spawn([&] {
        const std::unique_lock lock(mutex, at(10ms));
        REQUIRE_FALSE(lock.owns_lock());
        REQUIRE(loop.scheduler.now() == at(10ms));
        loop.log += "late ";
    });
    loop.spawn([&] {
        const std::unique_lock lock(mutex, at(30ms));
        REQUIRE(lock.owns_lock());
        REQUIRE(loop.scheduler.now() == at(20ms));
        loop.log += "next";
    });
    loop.run();
    REQUIRE(loop.log == "late next");
    REQUIRE_FALSE(mutex.locked());
}

TEST_CASE("a channel is bounded, ordered, and drains after it was closed") {
    Loop loop;
    Channel<int> channel(loop.scheduler, 2);
    loop.spawn([&] {
        for (int i = 0; i < 5; ++i) {
            REQUIRE(channel.push(i));
            REQUIRE(channel.size() <= 2);
        }
        REQUIRE_FALSE(channel.push(99, at(50ms)));
        channel.close();
        REQUIRE_FALSE(channel.push(100));
        REQUIRE_FALSE(channel.try_push(100));
    });
    loop.spawn([&] {
        for (int i = 0; i < 3; ++i) loop.log += std::to_string(*channel.pop());
        loop.scheduler.sleep_until(at(100ms));
        while (const auto item = channel.pop()) loop.log += std::to_string(*item);
        loop.log += '.';
    });
    loop.run();
    REQUIRE(loop.log == "01234.");
}

TEST_CASE("closing a channel wakes its readers and its writers") {
    Loop loop;
    Channel<int> empty(loop.scheduler, 1);
    Channel<int> full(loop.scheduler, 1);
    REQUIRE(full.try_push(1));
    for (int i = 0; i < 2; ++i) {
        loop.spawn([&] { loop.log += empty.pop() ? 'i' : 'r'; });
        loop.spawn([&] { loop.log += full.push(2) ? 'i' : 'w'; });
    }
    loop.run();
    empty.close();
    full.close();
    loop.run();
    std::sort(loop.log.begin(), loop.log.end());
    REQUIRE(loop.log == "rrww");
}

TEST_CASE("a channel's item is not lost when a reader that was notified is cancelled") {
    Loop loop;
    TaskGroup killed(loop.scheduler, "killed");
    Channel<int> channel(loop.scheduler, 4);
    killed.spawn("reader", [&] {
        if (const auto item = channel.pop()) loop.log += "k" + std::to_string(*item);
        if (const auto item = channel.pop()) loop.log += "k" + std::to_string(*item);
    });
    loop.spawn([&] {
        if (const auto item = channel.pop()) loop.log += "r" + std::to_string(*item);
    });
    loop.run();
    REQUIRE(channel.try_push(1));
    killed.cancel();
    loop.run();
    REQUIRE(channel.try_push(2));
    loop.run();
    REQUIRE(loop.log == "k1r2");
}

}  // namespace gregor
