// Clock: monotonic, and nobody wakes early.
#include "sim/runtime/sync.h"
#include "tests/parity/world.h"

namespace gregor::parity {

PARITY("the monotonic clock never goes back") {
    Clock& clock = nodes.client.clock();
    Instant last = clock.now();
    for (int i = 0; i < 200; ++i) {
        if (i % 10 == 0) clock.sleep_for(Duration(i));
        const Instant now = clock.now();
        REQUIRE(now >= last);
        last = now;
    }
}

PARITY("a sleeper does not wake before its time") {
    Clock& clock = nodes.client.clock();
    for (const Duration duration : {Duration(1), Duration(10us), Duration(1ms), Duration(3ms)}) {
        const Instant until = clock.now() + duration;
        clock.sleep_until(until);
        REQUIRE(clock.now() >= until);
    }
}

PARITY("sleeping until a time that has passed lets others run and returns") {
    Clock& clock = nodes.client.clock();
    bool other_ran = false;
    nodes.spawn(nodes.client, [&] { other_ran = true; });
    clock.sleep_until(clock.now() - 1s);
    clock.sleep_until(Instant::min());
    nodes.client.scheduler().yield();
    REQUIRE(other_ran);
}

PARITY("sleepers wake in the order of their times") {
    Clock& clock = nodes.client.clock();
    const Instant start = clock.now() + 2ms;
    std::vector<int> woken;
    Semaphore done(nodes.client.scheduler(), 0);
    for (const int i : {3, 1, 4, 2, 0}) {
        nodes.spawn(nodes.client, [&, i] {
            clock.sleep_until(start + i * 2ms);
            woken.push_back(i);
            done.release();
        });
    }
    done.acquire(5);
    REQUIRE(std::is_sorted(woken.begin(), woken.end()));
}

PARITY("the wall clock shows a time after 2020") {
    REQUIRE(to_epoch_ms(nodes.client.clock().wall()) > 1'577'836'800'000);
}

}  // namespace gregor::parity
