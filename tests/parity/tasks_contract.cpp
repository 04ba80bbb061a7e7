// Cancellation ends every kind of wait; offloaded work is finished all the same.
#include <functional>

#include "sim/runtime/sync.h"
#include "tests/parity/world.h"

namespace gregor::parity {
namespace {

/// Starts `wait` on a fiber, lets it get there, cancels it, and says whether Cancelled came out of
/// it.
bool is_cancelled(Nodes& nodes, std::function<void()> wait) {
    bool cancelled = false;
    bool returned = false;
    TaskGroup group(nodes.client.tasks(), "waiting");
    group.spawn("waits", [&] {
        struct Unwound {
            bool& cancelled;
            bool& returned;
            ~Unwound() { cancelled = !returned; }
        } unwound{cancelled, returned};
        wait();
        returned = true;
    });
    nodes.client.clock().sleep_for(1ms);
    group.cancel();
    group.join();
    return cancelled;
}

}  // namespace

PARITY("cancellation ends a sleep") {
    REQUIRE(is_cancelled(nodes, [&] { nodes.client.clock().sleep_until(kNever); }));
    REQUIRE(is_cancelled(nodes, [&] { nodes.client.clock().sleep_for(10h); }));
}

PARITY("cancellation ends every wait on a sync object") {
    Scheduler& scheduler = nodes.client.scheduler();
    WaitQueue queue(scheduler);
    REQUIRE(is_cancelled(nodes, [&] { queue.wait(); }));
    Event event(scheduler);
    REQUIRE(is_cancelled(nodes, [&] { event.wait(); }));
    Semaphore semaphore(scheduler, 1);
    REQUIRE(is_cancelled(nodes, [&] { semaphore.acquire(2); }));
    REQUIRE(semaphore.available() == 1);
    Mutex mutex(scheduler);
    mutex.lock();
    REQUIRE(is_cancelled(nodes, [&] { mutex.lock(); }));
    mutex.unlock();
    REQUIRE_FALSE(mutex.locked());
    Channel<int> channel(scheduler, 1);
    REQUIRE(is_cancelled(nodes, [&] { channel.pop(); }));
    channel.push(1);
    REQUIRE(is_cancelled(nodes, [&] { channel.push(2); }));
    REQUIRE(channel.size() == 1);
}

PARITY("cancellation ends a yield that is repeated") {
    REQUIRE(is_cancelled(nodes, [&] {
        for (;;) nodes.client.clock().sleep_for(10us);
    }));
}

PARITY("cancellation ends accept, read and write") {
    auto listener = take(nodes.client.network().listen(
        {nodes.server_address.host == "server" ? "client" : nodes.server_address.host, 0}));
    REQUIRE(is_cancelled(nodes, [&] { (void)listener->accept(); }));
    auto near = take(nodes.client.network().connect(listener->local()));
    auto far = take(listener->accept());
    ByteBuffer buffer;
    REQUIRE(is_cancelled(nodes, [&] { (void)near->read(buffer, 1, 10); }));
    REQUIRE(is_cancelled(nodes, [&] {
        const Bytes block = Bytes::copy_of(std::string(100'000, 'x'));
        while (near->write(block)) {
        }
    }));
}

PARITY("cancellation of a node's fiber ends its disk calls, soon or at the next one") {
    Disk& disk = nodes.client.disk();
    REQUIRE(is_cancelled(nodes, [&] {
        const FileRef file = take(disk.open("f", OpenMode::create));
        for (std::uint64_t i = 0;; ++i) {
            (void)file->write(i, Bytes::copy_of("x"));
            (void)file->sync();
            nodes.client.scheduler().yield();
        }
    }));
}

PARITY("what a cancelled fiber owns is released") {
    auto owned = std::make_shared<int>(7);
    const std::weak_ptr<int> witness = owned;
    REQUIRE(is_cancelled(nodes, [&, owned = std::move(owned)] {
        const auto local = owned;
        nodes.client.clock().sleep_until(kNever);
    }));
    REQUIRE(witness.expired());
}

PARITY("offloaded work is done when offload returns") {
    std::uint64_t sum = 0;
    nodes.client.offload([&] {
        for (std::uint64_t i = 1; i <= 1000; ++i) sum += i;
    });
    REQUIRE(sum == 500'500);
}

PARITY("many fibers may offload at once") {
    constexpr int kFibers = 50;
    std::vector<int> results(kFibers);
    Semaphore done(nodes.client.scheduler(), 0);
    for (int i = 0; i < kFibers; ++i) {
        nodes.spawn(nodes.client, [&, i] {
            for (int round = 0; round < 5; ++round) {
                nodes.client.offload([&results, i] { ++results[static_cast<std::size_t>(i)]; });
            }
            done.release();
        });
    }
    done.acquire(kFibers);
    REQUIRE(results == std::vector<int>(kFibers, 5));
}

PARITY("offloaded work of a fiber that is cancelled meanwhile is finished first") {
    bool started = false;
    bool finished = false;
    TaskGroup group(nodes.client.tasks(), "working");
    group.spawn("works", [&] {
        std::string scratch;  // on the fiber's stack: it must outlive the work
        started = true;
        nodes.client.offload([&] {
            for (int i = 0; i < 1'000'000; ++i) scratch.push_back('x');
            finished = true;
        });
    });
    while (!started) nodes.client.scheduler().yield();
    group.cancel();
    group.join();
    REQUIRE(finished);
}

PARITY("a group that is cancelled takes its children along") {
    TaskGroup parent(nodes.client.tasks(), "parent");
    int ended = 0;
    struct Ended {
        int& count;
        ~Ended() { ++count; }
    };
    parent.spawn("upper", [&] {
        with_task_group(parent, "child", [&](TaskGroup& child) {
            for (int i = 0; i < 3; ++i) {
                child.spawn("lower", [&] {
                    const Ended counted{ended};
                    nodes.client.clock().sleep_until(kNever);
                });
            }
            nodes.client.clock().sleep_until(kNever);
        });
    });
    nodes.client.clock().sleep_for(1ms);
    REQUIRE(parent.size() == 4);
    parent.cancel();
    parent.join();
    REQUIRE(ended == 3);
    REQUIRE(parent.empty());
}

PARITY("random streams give numbers and trace events are free of effects") {
    const std::uint64_t first = nodes.client.random().next();
    const std::uint64_t second = nodes.client.random().next();
    REQUIRE(first != second);
    nodes.client.trace().event("test_happened", "number={}", 1);
}

}  // namespace gregor::parity
