#include "sim/runtime/scheduler.h"

#include <algorithm>
#include <map>

#include "tests/support/catch.h"
#include "tests/unit/runtime/loop.h"

namespace gregor {
namespace {

class NotingTimer final : public Timer {
public:
    NotingTimer(std::string& log, char mark) : log_(log), mark_(mark) {}
    void fire() override { log_ += mark_; }

private:
    std::string& log_;
    char mark_;
};

}  // namespace

TEST_CASE("ready fibers run first in, first out") {
    Loop loop;
    for (const char mark : {'a', 'b', 'c'}) {
        loop.spawn([&loop, mark] {
            loop.log += mark;
            loop.scheduler.yield();
            loop.log += mark;
        });
    }
    loop.run();
    REQUIRE(loop.log == "abcabc");
}

TEST_CASE("with a random stream the order is drawn, and the same seed draws the same") {
    const auto order = [](std::uint64_t seed) {
        Random random(seed);
        Loop loop({.random = &random});
        for (char mark = 'a'; mark < 'k'; ++mark) {
            loop.spawn([&loop, mark] { loop.log += mark; });
        }
        loop.run();
        return loop.log;
    };
    REQUIRE(order(1) == order(1));
    REQUIRE(order(1) != order(2));
    std::string sorted = order(3);
    std::sort(sorted.begin(), sorted.end());
    REQUIRE(sorted == "abcdefghij");
}

TEST_CASE("timers fire in the order of their times, and those of one time in the order of arming") {
    Loop loop;
    NotingTimer a(loop.log, 'a');
    NotingTimer b(loop.log, 'b');
    NotingTimer c(loop.log, 'c');
    NotingTimer d(loop.log, 'd');
    loop.scheduler.arm(c, at(20ms));
    loop.scheduler.arm(a, at(10ms));
    loop.scheduler.arm(d, at(20ms));
    loop.scheduler.arm(b, at(15ms));
    loop.scheduler.disarm(b);
    REQUIRE_FALSE(b.armed());
    loop.run();
    REQUIRE(loop.log == "acd");
    REQUIRE(loop.scheduler.now() == at(20ms));
    REQUIRE(loop.scheduler.timers_fired() == 3);
}

TEST_CASE("arming and disarming many timers at random fires the rest in order") {
    Loop loop;
    Random random(7);
    std::vector<std::unique_ptr<NotingTimer>> timers;
    std::multimap<Instant, NotingTimer*> model;
    for (int i = 0; i < 2000; ++i) {
        if (!timers.empty() && random.happens({300'000})) {
            NotingTimer* timer = random.pick(timers).get();
            if (!timer->armed()) continue;
            loop.scheduler.disarm(*timer);
            std::erase_if(model, [&](const auto& entry) { return entry.second == timer; });
            continue;
        }
        timers.push_back(std::make_unique<NotingTimer>(loop.log, 'x'));
        const Instant when = at(random.between(1us, 50us));
        loop.scheduler.arm(*timers.back(), when);
        model.emplace(when, timers.back().get());
    }
    std::size_t expected = 0;
    for (Instant limit{}; limit < at(51us); limit += 5us) {
        loop.scheduler.run_until(limit);
        expected = static_cast<std::size_t>(
            std::distance(model.begin(), model.upper_bound(loop.scheduler.now())));
        REQUIRE(loop.log.size() == expected);
    }
    REQUIRE(expected == model.size());
}

TEST_CASE("run_until fires what is due exactly then and nothing later") {
    Loop loop;
    for (const int ms : {5, 10, 11}) {
        loop.scheduler.call_at(at(ms * 1ms), [&loop, ms] { loop.log += std::to_string(ms) + " "; });
    }
    REQUIRE(loop.scheduler.run_until(at(10ms)));
    REQUIRE(loop.log == "5 10 ");
    REQUIRE(loop.scheduler.now() == at(10ms));
}

TEST_CASE("a callback may arrange the next one") {
    Loop loop;
    std::function<void(int)> count = [&](int left) {
        loop.log += 'x';
        if (left > 0) {
            loop.scheduler.call_at(loop.scheduler.now() + 1ms, [&, left] { count(left - 1); });
        }
    };
    loop.scheduler.call_at(at(1ms), [&] { count(4); });
    loop.run();
    REQUIRE(loop.log == "xxxxx");
    REQUIRE(loop.scheduler.now() == at(5ms));
}

TEST_CASE("stop ends the loop after the fiber that called it") {
    Loop loop;
    loop.spawn([&] {
        loop.log += 'a';
        loop.scheduler.stop();
    });
    loop.spawn([&] { loop.log += 'b'; });
    loop.run();
    REQUIRE(loop.log == "a");
    loop.run();
    REQUIRE(loop.log == "ab");
}

TEST_CASE("a paused host's fibers stay where they are until it goes on") {
    Loop loop;
    FiberHost host;
    TaskGroup node(loop.scheduler, "node", &host);
    node.spawn("paused", [&] {
        for (int i = 0; i < 3; ++i) {
            loop.scheduler.sleep_until(loop.scheduler.now() + 1ms);
            loop.log += 'n';
        }
    });
    loop.spawn([&] {
        loop.scheduler.sleep_until(at(1500us));
        loop.scheduler.pause(host);
        loop.log += 'p';
        loop.scheduler.sleep_until(at(10ms));
        loop.log += 'u';
        loop.scheduler.unpause(host);
    });
    loop.run();
    REQUIRE(loop.log == "npunn");
    REQUIRE(loop.scheduler.now() == at(11ms));
    REQUIRE(loop.scheduler.live_fibers() == 0);
}

TEST_CASE("a paused fiber that is cancelled ends when its host goes on") {
    Loop loop;
    FiberHost host;
    TaskGroup node(loop.scheduler, "node", &host);
    node.spawn("paused", [&] { loop.scheduler.sleep_until(kNever); });
    loop.run();
    loop.scheduler.pause(host);
    node.cancel();
    loop.run();
    REQUIRE(node.size() == 1);
    loop.scheduler.unpause(host);
    loop.run();
    REQUIRE(node.empty());
}

TEST_CASE("stacks are reused, the warmest first") {
    Loop loop;
    std::vector<const void*> places;
    for (int i = 0; i < 3; ++i) {
        loop.spawn([&] {
            int local = 0;
            places.push_back(&local);
        });
        loop.run();
    }
    REQUIRE(places[0] == places[1]);
    REQUIRE(places[1] == places[2]);
}

TEST_CASE(
    "stacks of fibers that have not run are trimmed at the second pass, and work afterwards") {
    Loop loop;
    Event go(loop.scheduler);
    int sum = 0;
    for (int i = 0; i < 10; ++i) {
        loop.spawn([&, i] {
            volatile char deep[60'000];
            deep[0] = static_cast<char>(i);
            go.wait();
            sum += deep[0];
        });
    }
    loop.run();
    REQUIRE_FALSE(loop.scheduler.trim_stacks(6));
    REQUIRE(loop.scheduler.trim_stacks(6));
    REQUIRE(loop.scheduler.trim_stacks(100));
    go.set();
    loop.run();
    REQUIRE(sum == 45);
    REQUIRE(loop.scheduler.deepest_stack() >= 60'000);
}

TEST_CASE("switches reach the digest, so that another order is another digest") {
    const auto digest_of_run = [](std::uint64_t seed) {
        Random random(seed);
        RunningDigest digest;
        Loop loop({.random = &random, .digest = &digest});
        for (int i = 0; i < 5; ++i) {
            loop.spawn([&loop] { loop.scheduler.sleep_until(loop.scheduler.now() + 1ms); });
        }
        loop.run();
        return digest.value();
    };
    REQUIRE(digest_of_run(1) == digest_of_run(1));
    REQUIRE(digest_of_run(1) != digest_of_run(2));
}

}  // namespace gregor
