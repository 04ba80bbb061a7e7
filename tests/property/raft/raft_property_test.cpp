// Whatever happens to a quorum: what was committed stays, epochs have one leader, voters one vote;
// and when all is healed it comes to rest. Each planted bug is found by the same runs.
#include <fmt/format.h>

#include "sim/base/planted.h"
#include "tests/property/raft/random_quorum.h"
#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::raft::test;

namespace {

constexpr std::uint64_t kSeeds = 400;

std::string run_seeds(std::uint64_t seeds, int steps = 400) {
    std::int64_t committed = 0;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const QuorumVerdict verdict = run_random_quorum({.seed = seed, .steps = steps});
        if (!verdict.violation.empty()) {
            // Once more, with each message told.
            const std::string tail =
                run_random_quorum({.seed = seed, .steps = steps, .verbose = true}).tail;
            return fmt::format("seed {}: {}\n{}", seed, verdict.violation, tail);
        }
        committed += verdict.committed;
    }
    return committed > static_cast<std::int64_t>(seeds) * 5 ? "" : "hardly anything was committed";
}

class Planted {
public:
    explicit Planted(PlantedBug bug) : bug_(bug) { plant(bug, true); }
    ~Planted() { plant(bug_, false); }

private:
    PlantedBug bug_;
};

}  // namespace

TEST_CASE("whatever happens to a quorum, it keeps what it committed and comes to rest") {
    REQUIRE(run_seeds(kSeeds) == "");
}

TEST_CASE("the same holds of many and longer runs", "[.long]") {
    REQUIRE(run_seeds(10'000, 1500) == "");
}

TEST_CASE("the same seed gives the same run") {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        REQUIRE(run_random_quorum({.seed = seed}).tail == run_random_quorum({.seed = seed}).tail);
    }
}

TEST_CASE("each planted bug of the quorum is found") {
    struct Case {
        PlantedBug bug;
        std::string invariant;
    };
    const Case cases[] = {{PlantedBug::b14_raft_commit_prior_epoch, "M1"},
                          {PlantedBug::b15_no_check_quorum, "V4"},
                          {PlantedBug::b19_multi_voter_add, "M10"},
                          {PlantedBug::forget_vote_on_restart, "M3"},
                          {PlantedBug::vote_for_stale_log, "M3"}};
    for (const auto& [bug, invariant] : cases) {
        const Planted planted(bug);
        const std::string found = run_seeds(kSeeds);
        INFO(found);
        REQUIRE(found.find(": " + invariant) != std::string::npos);
    }
}
