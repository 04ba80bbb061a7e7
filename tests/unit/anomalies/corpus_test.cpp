// Histories made by hand, tests/data/histories: ROW-KIND[-what].jsonl. A bad one violates its row
// and no other; in an allowed one the configuration excuses it; a good one, the twin of a bad one,
// does not have it at all.
//
// The mutants show that nothing of the checker can be left out unnoticed: each rule that is turned
// off and each excuse that is not granted changes what is said of some file.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/history_text.h"

using namespace gregor::scenarios;

namespace {

enum class Kind : std::uint8_t { bad, allowed, good, undecided };

struct History {
    std::string file;
    std::string row;
    Kind kind = Kind::good;
    std::string text;
};

const std::map<std::string, Kind> kKinds{{"-bad", Kind::bad},
                                         {"-allowed", Kind::allowed},
                                         {"-good", Kind::good},
                                         {"-undecided", Kind::undecided}};

History read(const std::filesystem::path& path) {
    History history{.file = path.filename().string()};
    const std::string stem = path.stem().string();
    for (const auto& [text, kind] : kKinds) {
        const auto at = stem.find(text);
        if (at == std::string::npos) continue;
        history.row = stem.substr(0, at);
        history.kind = kind;
    }
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    history.text = text.str();
    return history;
}

std::vector<History> histories() {
    std::vector<History> found;
    for (const auto& entry : std::filesystem::directory_iterator(GREGOR_HISTORIES)) {
        found.push_back(read(entry.path()));
    }
    std::ranges::sort(found, {}, &History::file);
    return found;
}

/// What is wrong with what a checker says of it; empty: it is as its name tells.
std::string wrong(const History& history, CheckerMutant mutant = {}) {
    const auto verdict = judge_history_text(history.text, mutant);
    if (!verdict) return verdict.error();
    const AnomalySet violated = violated_rows(*verdict);
    const bool is_allowed = allowed_rows(*verdict).contains(history.row);
    const auto unless = [](bool fine, const char* text) { return fine ? "" : text; };
    switch (history.kind) {
        case Kind::bad:
            return unless(violated == AnomalySet{history.row}, "another row is violated, or none");
        case Kind::allowed:
            return unless(violated.empty() && is_allowed, "it is violated, or not found at all");
        case Kind::good:
            return unless(violated.empty() && !is_allowed && verdict->shortfall.empty(),
                          "something is found, or too little happened");
        case Kind::undecided:
            return unless(violated.empty() && !verdict->shortfall.empty() &&
                              verdict->violated[static_cast<std::size_t>(Anomaly::unseen)] > 0,
                          "it is decided");
    }
    return "";
}

bool is_noticed(const std::vector<History>& all, const CheckerMutant& mutant) {
    return std::ranges::any_of(
        all, [&](const History& history) { return !wrong(history, mutant).empty(); });
}

}  // namespace

TEST_CASE("every history made by hand is judged as its name tells") {
    for (const History& history : histories()) {
        INFO(history.file);
        REQUIRE(wrong(history) == "");
    }
}

TEST_CASE("every row has a history that has it and one that has not") {
    const auto all = histories();
    for (std::size_t i = 0; i < kAnomalies; ++i) {
        const std::string_view row = name_of(static_cast<Anomaly>(i));
        INFO(row);
        const auto has = [&](bool is_good) {
            return std::ranges::any_of(all, [&](const History& history) {
                return history.row == row && (history.kind == Kind::good) == is_good;
            });
        };
        REQUIRE(has(true));
        REQUIRE(has(false));
    }
}

TEST_CASE("a rule that is left out is noticed") {
    const auto all = histories();
    for (std::size_t i = 0; i < kAnomalies; ++i) {
        INFO(name_of(static_cast<Anomaly>(i)));
        CheckerMutant mutant;
        mutant.rules_off.set(i);
        REQUIRE(is_noticed(all, mutant));
    }
}

TEST_CASE("an excuse that is not granted is noticed") {
    const auto all = histories();
    for (std::size_t i = 1; i < kExcuses; ++i) {
        INFO(text_of(static_cast<Excuse>(i)));
        CheckerMutant mutant;
        mutant.excuses_off.set(i);
        REQUIRE(is_noticed(all, mutant));
    }
}

TEST_CASE("a finding names its operations by their lines") {
    const auto all = histories();
    const auto found = std::ranges::find(all, "lost-write-bad.jsonl", &History::file);
    REQUIRE(found != all.end());
    const auto verdict = judge_history_text(found->text);
    REQUIRE(verdict->findings.size() == 1);
    REQUIRE(verdict->findings[0].evidence == std::vector<Line>{5, 8});
    REQUIRE(verdict->findings[0].message ==
            "t-0: 'v2' was acknowledged at offset 2 and is lost (the log holds 0 to 2)");
}

TEST_CASE("settings come before what they are of") {
    const std::string head =
        R"({"format":"gregor-history","version":2,"acks":"all","enable.idempotence":true,)"
        R"("unclean.leader.election.enable":false})"
        "\n";
    const std::string config =
        R"({"op":"config","consumer":"c","isolation.level":"read_committed"})"
        "\n";
    const std::string seek = R"({"op":"seek","consumer":"c","topic":"t","partition":0,"offset":0})"
                             "\n";
    REQUIRE(judge_history_text(head + config + seek).has_value());
    REQUIRE(judge_history_text(head + seek + config).error() ==
            "3: the settings of c come too late, or twice");
    REQUIRE(judge_history_text(head + config + config).error() ==
            "3: the settings of c come too late, or twice");
}
