// The trip-wire, tried in a child process each time: what it catches ends the process.
#include "sim/simulated/tripwire.h"

#include <signal.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "tests/support/catch.h"

namespace gregor {
namespace {

struct Ending {
    bool aborted = false;
    bool clean = false;
    std::string errors;
};

/// Runs `body` in a child process.
Ending ending_of(const std::function<void()>& body) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);  // Catch2 would report the abort as its own
        const rlimit no_core{0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        dup2(ends[1], STDERR_FILENO);
        body();
        _exit(0);
    }
    close(ends[1]);
    Ending ending;
    char buffer[512];
    for (ssize_t got = 0; (got = read(ends[0], buffer, sizeof buffer)) > 0;) {
        ending.errors.append(buffer, static_cast<std::size_t>(got));
    }
    close(ends[0]);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    ending.aborted = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
    ending.clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return ending;
}

struct Forbidden {
    std::string_view name;
    void (*call)();
};

// Results go here, so that no compiler drops a call.
volatile long long sink = 0;

constexpr Forbidden kForbidden[] = {
    {"clock_gettime", [] { sink = std::chrono::steady_clock::now().time_since_epoch().count(); }},
    {"clock_gettime", [] { sink = std::chrono::system_clock::now().time_since_epoch().count(); }},
    {"gettimeofday",
     [] {
         timeval now{};
         sink = gettimeofday(&now, nullptr);
     }},
    {"time", [] { sink = std::time(nullptr); }},
    {"nanosleep", [] { std::this_thread::sleep_for(std::chrono::nanoseconds(1)); }},
    {"clock_nanosleep",
     [] {
         const timespec wanted{0, 1};
         sink = clock_nanosleep(CLOCK_MONOTONIC, 0, &wanted, nullptr);
     }},
    {"getrandom",
     [] {
         char byte = 0;
         sink = getrandom(&byte, 1, 0);
     }},
    {"getentropy",
     [] {
         char byte = 0;
         sink = getentropy(&byte, 1);
     }},
    {"rand", [] { sink = std::rand(); }},
    {"random", [] { sink = random(); }},
    {"pthread_create", [] { std::thread([] { sink = 1; }).join(); }},
};

}  // namespace

TEST_CASE("an armed trip-wire ends the process and names the call") {
    for (const Forbidden& forbidden : kForbidden) {
        const Ending ending = ending_of([&] {
            arm_tripwire();
            forbidden.call();
        });
        INFO(forbidden.name << ": " << ending.errors);
        REQUIRE(ending.aborted);
        REQUIRE(ending.errors.find(std::string(forbidden.name) + " was called from") !=
                std::string::npos);
    }
}

TEST_CASE("an unarmed trip-wire forwards every call") {
    for (const Forbidden& forbidden : kForbidden) {
        const Ending ending = ending_of(forbidden.call);
        INFO(forbidden.name << ": " << ending.errors);
        REQUIRE(ending.clean);
    }
}

TEST_CASE("forwarded clocks advance and forwarded entropy fills the buffer") {
    const auto before = std::chrono::steady_clock::now();
    const auto after = std::chrono::steady_clock::now();
    REQUIRE(before <= after);
    REQUIRE(std::time(nullptr) > 1'600'000'000);
    std::uint64_t first[4] = {};
    std::uint64_t second[4] = {};
    REQUIRE(getrandom(first, sizeof first, 0) == sizeof first);
    REQUIRE(getrandom(second, sizeof second, 0) == sizeof second);
    REQUIRE(std::memcmp(first, second, sizeof first) != 0);
}

TEST_CASE("a disarmed trip-wire lets calls through again") {
    const Ending ending = ending_of([] {
        arm_tripwire();
        disarm_tripwire();
        sink = std::chrono::steady_clock::now().time_since_epoch().count();
    });
    REQUIRE(ending.clean);
}

TEST_CASE("a suspension lets calls through and arms again when it ends") {
    const Ending ending = ending_of([] {
        arm_tripwire();
        {
            const TripwireSuspended suspended;
            sink = std::chrono::steady_clock::now().time_since_epoch().count();
            dprintf(STDERR_FILENO, "let through;");
        }
        sink = std::chrono::steady_clock::now().time_since_epoch().count();
    });
    INFO(ending.errors);
    REQUIRE(ending.errors.find("let through;") == 0);
    REQUIRE(ending.aborted);
}

TEST_CASE("a suspension of an unarmed trip-wire does not arm it") {
    {
        const TripwireSuspended suspended;
    }
    REQUIRE(!tripwire_armed());
}

TEST_CASE("an armed trip-wire leaves the other threads free") {
    const Ending ending = ending_of([] {
        arm_tripwire();
        const TripwireSuspended suspended;  // for making the thread
        std::thread([] {
            sink = std::chrono::steady_clock::now().time_since_epoch().count();
        }).join();
    });
    REQUIRE(ending.clean);
}

}  // namespace gregor
