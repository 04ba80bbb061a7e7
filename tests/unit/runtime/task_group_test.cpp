#include "sim/runtime/task_group.h"

#include "tests/support/catch.h"
#include "tests/unit/runtime/loop.h"

namespace gregor {
namespace {

struct Note {
    std::string& log;
    char mark;
    ~Note() { log += mark; }
};

}  // namespace

TEST_CASE("cancelling a group unwinds its fibers and those of its children") {
    Loop loop;
    TaskGroup child(loop.group, "child");
    TaskGroup grandchild(child, "grandchild");
    const auto waits = [&](char mark) {
        return [&loop, mark] {
            const Note note{loop.log, mark};
            loop.scheduler.sleep_until(kNever);
        };
    };
    loop.group.spawn("a", waits('a'));
    child.spawn("b", waits('b'));
    grandchild.spawn("c", waits('c'));
    loop.run();
    REQUIRE(loop.group.size() == 3);
    REQUIRE(child.size() == 2);
    child.cancel();
    loop.run();
    REQUIRE(loop.group.size() == 1);
    REQUIRE(grandchild.cancelled());
    loop.group.cancel();
    loop.group.cancel();
    loop.run();
    REQUIRE(loop.group.empty());
    std::sort(loop.log.begin(), loop.log.end());
    REQUIRE(loop.log == "abc");
}

TEST_CASE("a fiber of a cancelled group starts and ends at its first wait") {
    Loop loop;
    loop.group.cancel();
    TaskGroup child(loop.group, "late child");
    REQUIRE(child.cancelled());
    child.spawn("late", [&] {
        const Note note{loop.log, 'b'};
        loop.log += 'a';
        loop.scheduler.yield();
        loop.log += 'x';
    });
    loop.run();
    REQUIRE(loop.log == "ab");
}

TEST_CASE("join waits for every fiber here and below, and outlasts its caller's cancellation") {
    Loop loop;
    TaskGroup workers(loop.scheduler, "workers");
    TaskGroup below(workers, "below");
    workers.spawn("short", [&] { loop.scheduler.sleep_until(at(1ms)); });
    below.spawn("long", [&] {
        loop.scheduler.sleep_until(at(9ms));
        loop.log += "done ";
    });
    loop.spawn([&] {
        workers.join();
        loop.log += "joined ";
        loop.scheduler.yield();
        loop.log += "never";
    });
    loop.scheduler.call_at(at(2ms), [&] { loop.group.cancel(); });
    loop.run();
    REQUIRE(loop.log == "done joined ");
}

TEST_CASE("joining an empty group returns at once") {
    Loop loop;
    TaskGroup empty(loop.scheduler, "empty");
    loop.spawn([&] {
        empty.join();
        loop.log += 'j';
    });
    loop.run();
    REQUIRE(loop.log == "j");
}

TEST_CASE("with_task_group cancels what its body left running") {
    Loop loop;
    loop.spawn([&] {
        std::string local = "alive";
        with_task_group(loop.group, "scope", [&](TaskGroup& scope) {
            scope.spawn("left running", [&] {
                struct UsesLocal {
                    std::string& local;
                    std::string& log;
                    ~UsesLocal() { log += local + " "; }
                } uses{local, loop.log};
                loop.scheduler.sleep_until(kNever);
            });
            loop.scheduler.sleep_until(at(1ms));
        });
        loop.log += "after";
    });
    loop.run();
    REQUIRE(loop.log == "alive after");
}

TEST_CASE("with_task_group joins also when its caller is cancelled, and passes that on") {
    Loop loop;
    loop.spawn([&] {
        const Note outer{loop.log, 'o'};
        with_task_group(loop.group, "scope", [&](TaskGroup& scope) {
            scope.spawn("inner", [&] {
                const Note inner{loop.log, 'i'};
                loop.scheduler.sleep_until(kNever);
            });
            loop.scheduler.sleep_until(kNever);
        });
        loop.log += 'x';
    });
    loop.run();
    loop.group.cancel();
    loop.run();
    REQUIRE(loop.log == "io");
}

TEST_CASE("a root's callback comes when the last fiber has ended, wherever it was") {
    Loop loop;
    TaskGroup root(loop.scheduler, "root");
    int calls = 0;
    root.on_empty([&] { ++calls; });
    {
        TaskGroup child(root, "child");
        root.spawn("first", [&] { loop.scheduler.sleep_until(at(1ms)); });
        child.spawn("second", [&] { loop.scheduler.sleep_until(at(2ms)); });
        loop.scheduler.run_until(at(1500us));
        REQUIRE(calls == 0);
        REQUIRE(root.size() == 1);
        loop.run();
        REQUIRE(calls == 1);
    }
    REQUIRE(root.empty());
}

TEST_CASE("a fiber may cancel its own group and goes on until it waits") {
    Loop loop;
    loop.spawn([&] {
        loop.group.cancel();
        loop.log += 'a';
        loop.scheduler.yield();
        loop.log += 'x';
    });
    loop.run();
    REQUIRE(loop.log == "a");
}

TEST_CASE("thousands of groups come and go") {
    Loop loop;
    loop.spawn([&] {
        for (int round = 0; round < 20; ++round) {
            with_task_group(loop.group, "round", [&](TaskGroup& scope) {
                std::vector<std::unique_ptr<TaskGroup>> groups;
                int ended = 0;
                for (int i = 0; i < 200; ++i) {
                    groups.push_back(std::make_unique<TaskGroup>(scope, "one"));
                    groups.back()->spawn("fiber", [&] {
                        loop.scheduler.yield();
                        ++ended;
                    });
                }
                REQUIRE(scope.size() == 200);
                scope.join();
                REQUIRE(ended == 200);
            });
        }
        loop.log = "all";
    });
    loop.run();
    REQUIRE(loop.log == "all");
}

}  // namespace gregor
