// What is stored comes back whole; which runs failed last time; what a summary counts.
#include "reports/run_store.h"

#include "sim/base/check.h"
#include "tests/unit/reports/store_file.h"

namespace gregor::reports {
namespace {

const RunGroup kPlain{.scenario = "single-node", .options = ""};
const RunGroup kPlanted{.scenario = "single-node", .options = "--plant skip-flush"};

StoredRun run_of(std::uint64_t seed, const std::string& verdict, const RunGroup& group = kPlain) {
    StoredRun run{.group = group,
                  .seed = seed,
                  .plan = "seed = " + std::to_string(seed) + "\n",
                  .build = "b1",
                  .verdict = verdict};
    if (verdict == "violated") run.invariant = "L8";
    return run;
}

class Store {
public:
    Store() : store_(*RunStore::open(file_.path(), Missing::create)) {}

    std::int64_t add(const StoredRun& run) {
        const auto id = store_.add(run);
        REQUIRE(id.has_value());
        return *id;
    }
    std::vector<std::uint64_t> failed_seeds(const RunGroup& group) {
        return seeds_of(store_.failed_last_time(group));
    }
    std::vector<std::uint64_t> listed_seeds(const RunFilter& filter) {
        return seeds_of(store_.list(filter));
    }
    RunStore& operator*() { return store_; }
    RunStore* operator->() { return &store_; }

private:
    static std::vector<std::uint64_t> seeds_of(
        const Result<std::vector<StoredRun>, std::string>& runs) {
        REQUIRE(runs.has_value());
        std::vector<std::uint64_t> seeds;
        for (const StoredRun& run : *runs) seeds.push_back(run.seed);
        return seeds;
    }

    StoreFile file_;
    RunStore store_;
};

using Seeds = std::vector<std::uint64_t>;

TEST_CASE("a run comes back as it was stored, through another connection") {
    const StoreFile file;
    const StoredRun run{.group = kPlanted,
                        .origin = Origin::again,
                        .seed = UINT64_MAX,
                        .plan = "scenario = \"single-node\"\nits name is 'quoted'\n",
                        .build = "1f0c9a3e52d7 (12.2.0)",
                        .verdict = "violated",
                        .invariant = "CHECK broker/log/log.cpp:120",
                        .message = "hw 5 > leo 4; ümlaut",
                        .violated_at_ns = 2'024'089'000,
                        .shortfall = "",
                        .digest = "00ff",
                        .digest_events = UINT64_MAX - 1,
                        .simulated_ns = 40,
                        .cpu_ns = 3,
                        .counts = {{"events", 7}},
                        .probes = {{"a log rolled", 0}, {"a log was cut", UINT64_MAX}},
                        .faults = {{"kill", 0}, {"pause", 2}}};
    REQUIRE(RunStore::open(file.path(), Missing::create)->add(run) == 1);
    auto store = RunStore::open(file.path(), Missing::refuse);
    const StoredRun found = store->find(1)->value();
    REQUIRE(found.id == 1);
    REQUIRE(found.stored_at.size() == std::string("2026-11-25 20:58:33").size());
    REQUIRE(found.group == run.group);
    REQUIRE(found.origin == run.origin);
    REQUIRE(found.seed == run.seed);
    REQUIRE(found.plan == run.plan);
    REQUIRE(found.build == run.build);
    REQUIRE(found.verdict == run.verdict);
    REQUIRE(found.invariant == run.invariant);
    REQUIRE(found.message == run.message);
    REQUIRE(found.violated_at_ns == run.violated_at_ns);
    REQUIRE(found.digest == run.digest);
    REQUIRE(found.digest_events == run.digest_events);
    REQUIRE(found.simulated_ns == run.simulated_ns);
    REQUIRE(found.cpu_ns == run.cpu_ns);
    REQUIRE(found.counts == run.counts);
    REQUIRE(found.probes == run.probes);
    REQUIRE(found.faults == run.faults);
    REQUIRE_FALSE(store->find(2)->has_value());
}

TEST_CASE("a plan has failed last time by its own last run, in its own group") {
    Store store;
    store.add(run_of(1, "violated"));
    store.add(run_of(2, "pass"));
    store.add(run_of(3, "vacuous"));
    store.add(run_of(4, "violated", kPlanted));
    store.add(run_of(5, "nondeterministic"));
    REQUIRE(store.failed_seeds(kPlain) == Seeds{1, 3, 5});
    REQUIRE(store.failed_seeds(kPlanted) == Seeds{4});
    REQUIRE(store.failed_seeds({.scenario = "cluster", .options = ""}).empty());

    store.add(run_of(3, "pass"));
    store.add(run_of(2, "violated"));
    store.add(run_of(1, "violated"));
    REQUIRE(store.failed_seeds(kPlain) == Seeds{5, 2, 1});

    // The seed of a plan does not make it the same plan.
    StoredRun edited = run_of(5, "pass");
    edited.plan += "duration = \"1s\"\n";
    store.add(edited);
    REQUIRE(store.failed_seeds(kPlain) == Seeds{5, 2, 1});
}

TEST_CASE("the next seed is behind those that campaigns of the group have drawn") {
    Store store;
    REQUIRE(*store->next_seed(kPlain) == std::nullopt);
    store.add(run_of(20, "pass"));
    store.add(run_of(7, "pass"));
    store.add(run_of(30, "pass", kPlanted));
    StoredRun given = run_of(1'000'000, "pass");
    given.origin = Origin::given;
    store.add(given);
    StoredRun again = run_of(500, "pass");
    again.origin = Origin::again;
    store.add(again);
    REQUIRE(*store->next_seed(kPlain) == 21);
    REQUIRE(*store->next_seed(kPlanted) == 31);
}

TEST_CASE("a list has the newest first, of what was asked for") {
    Store store;
    store.add(run_of(1, "violated"));
    store.add(run_of(2, "pass"));
    store.add(run_of(3, "violated", {.scenario = "cluster", .options = ""}));
    REQUIRE(store.listed_seeds({}) == Seeds{3, 2, 1});
    REQUIRE(store.listed_seeds({.limit = 2}) == Seeds{3, 2});
    REQUIRE(store.listed_seeds({.failed = true}) == Seeds{3, 1});
    REQUIRE(store.listed_seeds({.scenario = "single-node"}) == Seeds{2, 1});
    REQUIRE(store.listed_seeds({.scenario = "single-node", .failed = true}) == Seeds{1});
}

TEST_CASE("a summary counts by group, and names what never happened in any run") {
    Store store;
    StoredRun one = run_of(1, "pass");
    one.simulated_ns = 10;
    one.probes = {{"gone with its build", 0}, {"never", 0}, {"once", 1}, {"late", 0}};
    one.faults = {{"kill", 0}, {"pause", 3}, {"clog", 0}};
    store.add(one);
    StoredRun two = run_of(2, "violated");
    two.build = "b2";
    two.simulated_ns = 5;
    two.probes = {{"never", 0}, {"once", 0}, {"late", 4}};
    two.faults = {{"kill", 1}, {"pause", 0}, {"clog", 0}};
    store.add(two);
    StoredRun ended = run_of(3, "violated");
    ended.build = "b3";
    ended.invariant = "CHECK broker/log/log.cpp:120";
    store.add(ended);
    StoredRun last = run_of(4, "violated");
    last.build = "b3";
    store.add(last);
    StoredRun planted = run_of(5, "violated", kPlanted);
    planted.probes = {{"never", 9}};
    store.add(planted);

    const auto summaries = store->summarize({});
    REQUIRE(summaries.has_value());
    REQUIRE(summaries->size() == 2);
    const GroupSummary& plain = summaries->at(0);
    REQUIRE(plain.group == kPlain);
    REQUIRE(plain.runs == 4);
    REQUIRE(plain.builds == 3);
    REQUIRE(plain.simulated_ns == 15);
    REQUIRE(plain.verdicts == Counts{{"pass", 1}, {"violated", 3}});
    REQUIRE(plain.violations.size() == 2);
    REQUIRE(plain.violations[0].invariant == "L8");
    REQUIRE(plain.violations[0].runs == 2);
    REQUIRE(plain.violations[0].first_run == 2);
    REQUIRE(plain.violations[0].first_build == "b2");
    REQUIRE(plain.violations[0].last_run == 4);
    REQUIRE(plain.violations[1].first_build == "b3");
    REQUIRE(plain.probes == 3);
    REQUIRE(plain.probes_never_reached == std::vector<std::string>{"never"});
    REQUIRE(plain.faults_never_fired == Counts{{"clog", 2}});
    REQUIRE(summaries->at(1).group == kPlanted);
    REQUIRE(summaries->at(1).probes_never_reached.empty());
    REQUIRE(store->summarize("cluster")->empty());
}

}  // namespace
}  // namespace gregor::reports
