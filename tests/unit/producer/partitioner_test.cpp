#include "clients/producer/partitioner.h"

#include <array>

#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::producer;

TEST_CASE("records without a key stay on a partition for batch.size bytes, then spread evenly") {
    Random random(1);
    StickyPartition sticky;
    std::array<int, 4> turns{};
    for (int turn = 0; turn < 4000; ++turn) {
        const std::int32_t chosen = sticky.choose(4, {}, random);
        for (int i = 0; i < 9; ++i) {
            sticky.sent(10, 100);
            REQUIRE(sticky.choose(4, {}, random) == chosen);
        }
        sticky.sent(10, 100);
        ++turns.at(static_cast<std::size_t>(chosen));
    }
    for (const int count : turns) REQUIRE((count > 850 && count < 1150));
}

TEST_CASE("partitions without a leader are left out while there are others") {
    Random random(1);
    const std::array<std::int32_t, 2> available{1, 3};
    for (int i = 0; i < 100; ++i) {
        StickyPartition sticky;
        REQUIRE(sticky.choose(4, available, random) % 2 == 1);
    }
}
