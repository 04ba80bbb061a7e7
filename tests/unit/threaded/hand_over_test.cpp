#include "clients/threaded/hand_over.h"

#include <thread>

#include "tests/support/catch.h"

namespace gregor::threaded {
namespace {

using Numbers = HandOver<int>;
using std::chrono::nanoseconds;

TEST_CASE("the first that is handed over is to be told of, and all are taken in order") {
    Numbers numbers(100);
    REQUIRE(numbers.put(1, 10, nanoseconds(0)) == Numbers::Put::first);
    REQUIRE(numbers.put(2, 10, nanoseconds(0)) == Numbers::Put::more);
    REQUIRE(numbers.take() == std::vector<int>{1, 2});
    REQUIRE(numbers.take().empty());
    REQUIRE(numbers.put(3, 10, nanoseconds(0)) == Numbers::Put::first);
}

TEST_CASE("what does not fit waits until there is room, or no longer than it was told to") {
    Numbers numbers(100);
    REQUIRE(numbers.put(1, 90, nanoseconds(0)) == Numbers::Put::first);
    REQUIRE(numbers.put(2, 20, nanoseconds(0)) == Numbers::Put::timed_out);
    std::thread other(
        [&] { CHECK(numbers.put(3, 20, std::chrono::hours(1)) != Numbers::Put::timed_out); });
    std::vector<int> taken;
    while (taken.size() < 2) {
        for (const int number : numbers.take()) taken.push_back(number);
    }
    other.join();
    REQUIRE(taken == std::vector<int>{1, 3});
}

TEST_CASE("one that is larger than all the room goes alone") {
    Numbers numbers(100);
    REQUIRE(numbers.put(1, 1000, nanoseconds(0)) == Numbers::Put::first);
    REQUIRE(numbers.put(2, 1, nanoseconds(0)) == Numbers::Put::timed_out);
}

}  // namespace
}  // namespace gregor::threaded
