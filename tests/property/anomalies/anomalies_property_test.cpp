// The checker of clients' histories against one that takes every definition word for word: on
// histories of a small cluster that mostly does what it should, under each configuration, both find
// the same rows.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <rapidcheck.h>

#include <map>

#include "sim/base/random.h"
#include "tests/property/anomalies/operations.h"
#include "tests/property/anomalies/slow_checker.h"
#include "tests/support/catch.h"
#include "tests/support/history_text.h"

using namespace gregor::scenarios;

namespace {

using Rows = std::set<std::string>;

constexpr std::array<Configuration, 4> kConfigurations{{
    {},
    {.acks_all = false},
    {.unclean = true},
    {.commits_before = true},
}};

Rows all_rows(const HistoryVerdict& verdict, bool violated_only) {
    Rows rows;
    for (std::size_t i = 0; i < kAnomalies; ++i) {
        const bool is_found = verdict.violated[i] > 0 || (!violated_only && verdict.allowed[i] > 0);
        if (is_found) rows.insert(std::string(name_of(static_cast<Anomaly>(i))));
    }
    return rows;
}

/// How the two differ under some configuration; empty: they do not. Counts the rows into `found`.
std::string difference(const std::vector<std::uint16_t>& tape, std::map<std::string, int>& found) {
    const auto operations = draw_operations(Tape(tape));
    for (const Configuration& configuration : kConfigurations) {
        const std::string text = text_of(configuration, operations);
        const auto verdict = judge_history_text(text);
        if (!verdict) return verdict.error() + "\n" + text;
        const SlowVerdict slow = judge_slowly(configuration, operations);
        Rows all = slow.violated;
        all.insert(slow.allowed.begin(), slow.allowed.end());
        const Rows fast_violated = all_rows(*verdict, true);
        const Rows fast_all = all_rows(*verdict, false);
        if (fast_violated != slow.violated || fast_all != all) {
            return fmt::format("the checker: {} of {}\nthe definitions: {} of {}\n{}",
                               fast_violated, fast_all, slow.violated, all, text);
        }
        for (const std::string& row : all) ++found[row];
    }
    return "";
}

}  // namespace

TEST_CASE("the checker finds what the definitions say, and allows what the configuration excuses") {
    REQUIRE(rc::check([] {
        const auto tape = *rc::gen::resize(300, rc::gen::arbitrary<std::vector<std::uint16_t>>());
        std::map<std::string, int> found;
        const std::string different = difference(tape, found);
        if (!different.empty()) RC_FAIL(different);
    }));
}

TEST_CASE("a damaged file is refused or judged, and nothing else happens") {
    REQUIRE(rc::check([] {
        const auto tape = *rc::gen::resize(200, rc::gen::arbitrary<std::vector<std::uint16_t>>());
        std::string text = text_of({}, draw_operations(Tape(tape)));
        const auto at = *rc::gen::inRange<std::size_t>(0, text.size() - 1);
        const bool is_digit = text[at] >= '0' && text[at] <= '9';
        const std::string bytes = is_digit ? "0123456789" : "{}[]\",:\\09-.ecvtfnx \n";
        text[at] = *rc::gen::elementOf(bytes);
        const auto verdict = judge_history_text(text);
        RC_TAG(verdict ? "judged" : "refused");
    }));
}

TEST_CASE("three thousand such histories have every row that they can have") {
    std::map<std::string, int> found;
    for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
        gregor::Random random(seed);
        std::vector<std::uint16_t> tape(10 + random.below(290));
        for (std::uint16_t& number : tape)
            number = static_cast<std::uint16_t>(random.below(1 << 16));
        INFO("seed " << seed);
        REQUIRE(difference(tape, found) == "");
    }
    for (const char* row : {"inconsistent-offsets",
                            "duplicate",
                            "lost-write",
                            "unseen",
                            "unsent-value",
                            "changed-record",
                            "G1a",
                            "incomplete-drain",
                            "poll-skip",
                            "int-poll-skip",
                            "nonmonotonic-poll",
                            "int-nonmonotonic-poll",
                            "precommitted-read",
                            "nonmonotonic-send",
                            "int-nonmonotonic-send",
                            "int-send-skip",
                            "G1b",
                            "torn-transaction",
                            "split-outcome",
                            "zombie-transaction",
                            "G0",
                            "G1c",
                            "G-single",

                            "double-ownership",
                            "offset-commit-regression",
                            "offset-commit-skip",
                            "wrong-offset-fetch",
                            "redelivery",
                            "group-unseen"}) {
        INFO(row);
        REQUIRE(found[row] > 0);
    }
}
