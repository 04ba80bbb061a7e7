// Marks of a partition and those who wait for them.
#include "broker/replication/watchers.h"

#include <rapidcheck.h>

#include <map>

#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::replication;

namespace {

LogMarks marks(std::int64_t end, std::int64_t high_watermark, std::int64_t stable) {
    return {.last_stable_offset = Offset(stable),
            .high_watermark = Offset(high_watermark),
            .log_end_offset = Offset(end)};
}

}  // namespace

TEST_CASE("a request is due when its mark reaches the threshold, not before") {
    Watchers watchers(marks(0, 0, 0));
    watchers.watch(Mark::high_watermark_bytes, 100, 1);
    watchers.watch(Mark::high_watermark_bytes, 101, 2);
    watchers.watch(Mark::log_end_bytes, 50, 3);
    std::vector<ParkedId> due;
    watchers.progressed(marks(5, 0, 0), 60, due);
    REQUIRE(due == std::vector<ParkedId>{3});
    due.clear();
    watchers.progressed(marks(9, 5, 0), 40, due);
    REQUIRE(due.empty());
    watchers.progressed(marks(9, 9, 0), 0, due);
    REQUIRE(due == std::vector<ParkedId>{1});
    REQUIRE(watchers.size() == 1);
}

TEST_CASE("bytes below a lagging mark are counted batch by batch") {
    Watchers watchers(marks(10, 10, 10));
    std::vector<ParkedId> due;
    watchers.progressed(marks(20, 10, 10), 100, due);
    watchers.progressed(marks(30, 10, 10), 200, due);
    watchers.progressed(marks(40, 10, 10), 400, due);
    REQUIRE(watchers.value(Mark::high_watermark_bytes) == 0);
    watchers.progressed(marks(40, 30, 20), 0, due);
    REQUIRE(watchers.value(Mark::high_watermark_bytes) == 300);
    REQUIRE(watchers.value(Mark::last_stable_offset_bytes) == 100);
    watchers.progressed(marks(40, 40, 40), 0, due);
    REQUIRE(watchers.value(Mark::high_watermark_bytes) == 700);
    REQUIRE(watchers.value(Mark::last_stable_offset_bytes) == 700);
}

TEST_CASE("who waits for the low watermark is due when it moves, also back") {
    Watchers watchers(marks(10, 10, 10));
    std::vector<ParkedId> due;
    watchers.low_watermark_at(Offset(5), due);
    const std::uint64_t moves = watchers.value(Mark::low_watermark_moves);
    REQUIRE_FALSE(watchers.is_watched(Mark::low_watermark_moves));
    watchers.watch(Mark::low_watermark_moves, moves + 1, 1);
    REQUIRE(watchers.is_watched(Mark::low_watermark_moves));
    watchers.low_watermark_at(Offset(5), due);
    REQUIRE(due.empty());
    watchers.low_watermark_at(Offset(-1), due);
    REQUIRE(due == std::vector<ParkedId>{1});
}

TEST_CASE("a disturbed partition wakes everyone and may begin at lower offsets") {
    Watchers watchers(marks(10, 10, 10));
    watchers.watch(Mark::high_watermark, 12, 1);
    watchers.watch(Mark::last_stable_offset_bytes, 1, 2);
    std::vector<ParkedId> due;
    watchers.disturb(marks(5, 3, 3), due);
    REQUIRE(due.size() == 2);
    REQUIRE(watchers.size() == 0);
    REQUIRE(watchers.value(Mark::high_watermark) == 3);
    watchers.watch(Mark::high_watermark, 4, 3);
    due.clear();
    watchers.progressed(marks(5, 4, 4), 0, due);
    REQUIRE(due == std::vector<ParkedId>{3});
}

TEST_CASE("counts are exact at the log's end and every visible batch raises them") {
    const bool holds = rc::check("marks rise with what becomes visible", [] {
        Watchers watchers(marks(0, 0, 0));
        std::map<std::int64_t, std::uint64_t> bytes_below{{0, 0}};
        std::int64_t end = 0;
        std::int64_t high_watermark = 0;
        const int steps = *rc::gen::inRange(1, 700);
        std::vector<ParkedId> due;
        for (int i = 0; i < steps; ++i) {
            const std::uint64_t before = watchers.value(Mark::high_watermark_bytes);
            if (*rc::gen::inRange(0, 4) > 0) {
                end += *rc::gen::inRange(1, 20);
                const auto size = static_cast<std::uint64_t>(*rc::gen::inRange(61, 1000));
                bytes_below[end] = bytes_below.rbegin()->second + size;
                watchers.progressed(marks(end, high_watermark, high_watermark), size, due);
                RC_ASSERT(watchers.value(Mark::high_watermark_bytes) == before);
            } else {
                // The high watermark moves to the end of some batch.
                auto to = bytes_below.lower_bound(*rc::gen::inRange(high_watermark, end + 1));
                const bool moved = to->first > high_watermark;
                high_watermark = to->first;
                watchers.progressed(marks(end, high_watermark, high_watermark), 0, due);
                const std::uint64_t after = watchers.value(Mark::high_watermark_bytes);
                RC_ASSERT(after > before || !moved);
                if (high_watermark == end) RC_ASSERT(after == to->second);
            }
            RC_ASSERT(watchers.value(Mark::log_end_bytes) == bytes_below.rbegin()->second);
        }
    });
    REQUIRE(holds);
}
