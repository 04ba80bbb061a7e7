// Random histories of one partition: the rules of replication hold after every step; and with each
// planted bug they do not.
#include <rapidcheck.h>

#include <algorithm>

#include "sim/base/planted.h"
#include "tests/property/isr/cluster.h"
#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::isr_test;

namespace {

/// Small clusters, so that most seeds bring elections, losses and truncations close together.
Setup setup_of(std::uint64_t seed) {
    Random random = Random::stream(seed, "setup");
    Setup setup{.seed = seed};
    setup.replicas = static_cast<int>(random.between(std::int64_t{2}, std::int64_t{4}));
    setup.min_isr =
        static_cast<std::int32_t>(random.between(1, std::min<std::int64_t>(3, setup.replicas)));
    setup.faults_per_mille = 10 + 20 * random.below(10);
    const auto replicas = static_cast<std::uint64_t>(setup.replicas);
    setup.slow_reader = NodeId(static_cast<std::int32_t>(random.below(replicas)));
    setup.slow_follower = NodeId(static_cast<std::int32_t>(random.below(replicas + 1)));
    return setup;
}

/// The first seed below `limit` whose run breaks a rule.
std::optional<std::pair<std::uint64_t, std::string>> first_violation(std::uint64_t limit) {
    for (std::uint64_t seed = 0; seed < limit; ++seed) {
        Cluster cluster(setup_of(seed));
        if (const auto violation = cluster.run()) return std::pair(seed, *violation);
    }
    return std::nullopt;
}

}  // namespace

TEST_CASE("no history of crashes, elections and late messages breaks a rule of replication") {
    Coverage all;
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        Cluster cluster(setup_of(seed));
        const auto violation = cluster.run();
        INFO("seed " << seed << ": " << violation.value_or(""));
        REQUIRE_FALSE(violation);
        const Coverage& one = cluster.coverage();
        all.acknowledged += one.acknowledged;
        all.truncations += one.truncations;
        all.elections += one.elections;
        all.expansions += one.expansions;
        all.shrinks += one.shrinks;
        all.lossy_crashes += one.lossy_crashes;
    }
    REQUIRE(all.acknowledged > 10'000);
    REQUIRE(all.truncations > 1000);
    REQUIRE(all.elections > 10'000);
    REQUIRE(all.expansions > 2000);
    REQUIRE(all.shrinks > 300);
    REQUIRE(all.lossy_crashes > 1000);
}

TEST_CASE("any seed keeps the rules") {
    REQUIRE(rc::check([](std::uint64_t seed) {
        Cluster cluster(setup_of(seed));
        const auto violation = cluster.run();
        RC_LOG() << violation.value_or("");
        RC_ASSERT(!violation);
    }));
}

TEST_CASE("each planted bug of replication breaks a rule") {
    const PlantedBug bug = GENERATE(
        PlantedBug::b01_truncate_to_hw, PlantedBug::b03_no_epoch_fencing_in_fetch,
        PlantedBug::b04_skip_truncate_same_leader, PlantedBug::b06_no_epoch_entry_on_election,
        PlantedBug::b07_hw_before_truncate, PlantedBug::b09_epoch_cache_not_truncated_at_leo,
        PlantedBug::b10_hw_ignores_pending_isr, PlantedBug::b13a_hw_advance_under_min_isr);
    const PlantedBugInfo& info = planted_bugs()[static_cast<std::size_t>(bug)];
    plant(bug, true);
    const auto found = first_violation(4000);
    plant(bug, false);
    INFO(info.name);
    REQUIRE(found);
}
