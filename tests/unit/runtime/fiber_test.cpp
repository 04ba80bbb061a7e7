#include "sim/runtime/fiber.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <stdexcept>

#include "tests/support/catch.h"
#include "tests/unit/runtime/loop.h"

namespace gregor {
namespace {

/// Touches at least `bytes` of stack.
[[gnu::noinline]] int recurse(std::size_t bytes) {
    volatile char frame[1024];
    std::memset(const_cast<char*>(frame), 1, sizeof frame);
    if (bytes <= sizeof frame) return frame[7];
    return recurse(bytes - sizeof frame) + frame[11];
}

/// Pages in memory between 100 and 16 KiB below `place` on a stack.
std::size_t resident_pages_below(const char* place) {
    const auto address = reinterpret_cast<std::uintptr_t>(place) / 4096 * 4096;
    std::array<unsigned char, 21> pages{};
    const auto begin = address - 25 * 4096;
    REQUIRE(::mincore(reinterpret_cast<void*>(begin), pages.size() * 4096, pages.data()) == 0);
    return static_cast<std::size_t>(
        std::count_if(pages.begin(), pages.end(), [](unsigned char page) { return page & 1; }));
}

/// How a child process ends that recurses on a fiber of 128 KiB.
int status_of_recursion(std::size_t bytes) {
    const pid_t child = ::fork();
    if (child == 0) {
        std::signal(SIGSEGV, SIG_DFL);
        ::close(STDERR_FILENO);
        FiberStack stack(128 * 1024);
        stack.start([&] { (void)recurse(bytes); });
        stack.resume();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
}

}  // namespace

TEST_CASE("a fiber stops where it suspends and goes on from there") {
    FiberStack stack(64 * 1024);
    std::string log;
    stack.start([&] {
        log += "a";
        stack.suspend();
        log += "b";
    });
    REQUIRE_FALSE(stack.resume());
    log += "-";
    REQUIRE(stack.resume());
    REQUIRE(log == "a-b");
}

TEST_CASE("a stack runs one body after another and releases what each owned") {
    FiberStack stack(64 * 1024);
    for (int i = 0; i < 5; ++i) {
        const auto owned = std::make_shared<int>(i);
        int seen = -1;
        stack.start([&seen, owned] { seen = *owned; });
        REQUIRE(owned.use_count() == 2);
        REQUIRE(stack.resume());
        REQUIRE(seen == i);
        REQUIRE(owned.use_count() == 1);
    }
}

TEST_CASE("an exception unwinds inside its fiber while others are suspended") {
    FiberStack first(64 * 1024);
    FiberStack second(64 * 1024);
    std::string log;
    const auto throws = [&log](FiberStack& stack) {
        for (int i = 0; i < 3; ++i) {
            std::string caught;
            try {
                throw std::runtime_error("deep");
            } catch (const std::runtime_error& error) {
                caught = error.what();
            }
            stack.suspend();
            log += caught[0];
        }
    };
    first.start([&] { throws(first); });
    second.start([&] { throws(second); });
    for (int i = 0; i < 4; ++i) {
        REQUIRE(first.resume() == (i == 3));
        REQUIRE(second.resume() == (i == 3));
    }
    REQUIRE(log == "dddddd");
}

TEST_CASE("a deep recursion that fits runs, one that does not meets the guard page") {
    REQUIRE(status_of_recursion(64 * 1024) == 0);
    REQUIRE(status_of_recursion(512 * 1024) != 0);
}

TEST_CASE("trimming keeps what a suspended body has on its stack") {
    FiberStack stack(256 * 1024);
    bool intact = false;
    const char* place = nullptr;
    stack.start([&] {
        char local[3000];
        place = local;
        std::memset(local, 42, sizeof local);
        (void)recurse(100 * 1024);
        stack.suspend();
        (void)recurse(150 * 1024);
        intact = local[0] == 42 && local[2999] == 42;
    });
    REQUIRE_FALSE(stack.resume());
    const std::size_t touched = stack.touched_bytes();
    REQUIRE(touched >= 100 * 1024);
    REQUIRE(resident_pages_below(place) == 21);
    stack.trim();
    REQUIRE(resident_pages_below(place) == 0);
    stack.trim();
    REQUIRE(stack.touched_bytes() == touched);  // what was ever touched, not what is resident
    REQUIRE(stack.resume());
    REQUIRE(intact);
    stack.trim();
    stack.start([&] { (void)recurse(10 * 1024); });
    REQUIRE(stack.resume());
}

}  // namespace gregor
