// A run in a worker of its own: what ends the worker is a report, and failures keep their kinds.
#include <unistd.h>

#include "scenarios/gregor/campaign.h"
#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::scenarios;
using simulated::Plan;

namespace {

/// Ends as its plan's number says.
class Ends final : public Scenario {
public:
    std::string_view name() const override { return "ends"; }
    std::string_view summary() const override { return "ends as its plan says"; }
    Result<void, std::string> check_numbers(const Numbers&) const override { return {}; }
    Result<void, std::string> check_plan(const Plan&) const override { return {}; }
    Plan expand(std::uint64_t, const Numbers&) const override { return {}; }
    RunReport run(const Plan& plan, const RunOptions&) const override {
        const std::int64_t end = plan.workload.at("end");
        CHECK(end != 1, "the first, of {} faults", plan.faults.size());
        CHECK(end != 2, "the second");
        if (end == 3) ::_exit(7);
        RunReport report;
        if (end == 4) report.violation = Violation{"H1", "lost: a record", Instant(3s)};
        if (end == 5) report.muted["R3"] = {{"R3", "two records", Instant(2s)}, 7};
        return report;
    }
};

RunReport run_to(std::int64_t end, std::size_t faults = 0) {
    const Ends scenario;
    Plan plan;
    plan.seed = 9;
    plan.workload["end"] = end;
    plan.faults.resize(faults);
    for (auto& fault : plan.faults) fault = {.kind = simulated::FaultKind::kill, .node = "n1"};
    CampaignOptions options;
    options.scenario = &scenario;
    // What the plan holds counts, not what else was given.
    options.workload["end"] = 2;
    options.disabled_faults = {simulated::FaultKind::kill};
    return run_alone(options, plan);
}

std::string kind_to(std::int64_t end, std::size_t faults = 0) {
    const RunReport report = run_to(end, faults);
    REQUIRE(report.violation);
    return kind_of(*report.violation);
}

}  // namespace

TEST_CASE("a run alone passes or fails as its plan has it, under the plan's seed") {
    REQUIRE(run_to(0).verdict == Verdict::pass);
    const RunReport failed = run_to(4);
    REQUIRE(failed.verdict == Verdict::violated);
    REQUIRE(failed.seed == 9);
    REQUIRE(failed.violation->at == Instant(3s));
    REQUIRE(kind_of(*failed.violation) == "H1");
}

TEST_CASE("a run that violates only what is muted says so, and how often") {
    const RunReport report = run_to(5);
    REQUIRE(report.verdict == Verdict::muted);
    REQUIRE(report.muted.at("R3").times == 7);
    REQUIRE(report.muted.at("R3").first.message == "two records");
    REQUIRE(report.muted.at("R3").first.at == Instant(2s));
}

TEST_CASE("a failed CHECK is of the kind of its own line, whatever its values are") {
    REQUIRE(kind_to(1).starts_with("CHECK "));
    REQUIRE(run_to(1, 2).violation->message.ends_with("of 2 faults"));
    REQUIRE(kind_to(1, 2) == kind_to(1));
    REQUIRE(kind_to(2) != kind_to(1));
}

TEST_CASE("a worker that ends without a report is a failure of yet another kind") {
    REQUIRE(kind_to(3) == "CRASH the worker process ended without a report");
}
