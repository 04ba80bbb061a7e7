// Histories of clients, made by hand: each anomaly under each configuration, and what the
// configuration excuses.
#include "scenarios/checkers/client_history.h"

#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::scenarios;

namespace {

const HistoryPartition kPartition{"t", 0};

constexpr HistoryHead kIdempotent{};
constexpr HistoryHead kAtLeastOnce{.idempotence = false};
constexpr HistoryHead kLeaderOnly{.acks_all = false, .idempotence = false};
constexpr HistoryHead kUnclean{.unclean_elections = true};

/// A file, event by event. Values are "<producer> <number>".
class File {
public:
    File& send(std::string_view producer, std::uint64_t number, SendResult result,
               std::optional<std::int64_t> offset = {}) {
        return add(SendEvent{.partition = kPartition,
                             .producer = std::string(producer),
                             .number = number,
                             .value = value(producer, number),
                             .result = result,
                             .offset = offset});
    }
    File& ok(std::uint64_t number, std::optional<std::int64_t> offset) {
        return send("p", number, SendResult::ok, offset);
    }
    File& seek(std::string_view consumer, std::int64_t offset) {
        return add(SeekEvent{kPartition, std::string(consumer), offset});
    }
    File& read(std::string_view consumer, std::int64_t offset, std::uint64_t number) {
        return add(ReadEvent{kPartition, std::string(consumer), offset, value("p", number)});
    }
    /// A reader finds these numbers, from `log_start` on.
    File& log(const std::vector<std::uint64_t>& numbers, std::int64_t log_start = 0) {
        seek("final", log_start);
        std::int64_t offset = log_start;
        for (const std::uint64_t number : numbers) read("final", offset++, number);
        return end(log_start, offset);
    }
    File& end(std::int64_t log_start, std::int64_t log_end) {
        return add(EndEvent{kPartition, "final", log_start, log_end});
    }

    [[nodiscard]] std::string judge(const HistoryHead& head) const {
        const auto verdict = judge_history({head, lines_});
        if (!verdict) return verdict.error();
        if (!verdict->violations.empty()) return verdict->violations.front().invariant;
        return verdict->shortfall.empty() ? "pass" : verdict->shortfall;
    }
    [[nodiscard]] HistoryVerdict verdict(const HistoryHead& head) const {
        return *judge_history({head, lines_});
    }

private:
    static std::string value(std::string_view producer, std::uint64_t number) {
        return std::string(producer) + " " + std::to_string(number);
    }
    File& add(HistoryEvent event) {
        lines_.push_back({.line = lines_.size() + 2, .event = std::move(event)});
        return *this;
    }

    std::vector<HistoryLine> lines_;
};

/// What is found under each configuration.
struct Expected {
    std::string_view idempotent = "pass";
    std::string_view at_least_once = "pass";
    std::string_view leader_only = "pass";
    std::string_view unclean = "pass";
};

void require(const File& file, const Expected& expected) {
    REQUIRE(file.judge(kIdempotent) == expected.idempotent);
    REQUIRE(file.judge(kAtLeastOnce) == expected.at_least_once);
    REQUIRE(file.judge(kLeaderOnly) == expected.leader_only);
    REQUIRE(file.judge(kUnclean) == expected.unclean);
}

}  // namespace

TEST_CASE("a history without a fault passes, whatever is unknown or was read before its answer") {
    require(File()
                .seek("c", 0)
                .read("c", 0, 1)
                .ok(1, 0)
                .ok(2, 1)
                .send("p", 3, SendResult::unknown)
                .send("p", 4, SendResult::unknown)
                .ok(5, {})
                .send("p", 6, SendResult::fail)
                .read("c", 1, 2)
                .log({1, 2, 4, 5}),
            {});
}

TEST_CASE("an acknowledged record that is not in the log is lost") {
    require(File().ok(1, 0).ok(2, 1).log({1}), {.idempotent = "H1", .at_least_once = "H1"});
    require(File().ok(1, 0).ok(2, {}).log({1}), {.idempotent = "H1", .at_least_once = "H1"});
    require(File().ok(1, 0).log({}), {.idempotent = "H1",
                                      .at_least_once = "H1",
                                      .leader_only = "nothing was read",
                                      .unclean = "nothing was read"});
}

TEST_CASE("a record that was read stays, whoever acknowledged it, unless elections are unclean") {
    require(File().ok(1, 0).send("p", 2, SendResult::unknown).read("c", 1, 2).log({1}),
            {.idempotent = "R8", .at_least_once = "R8", .leader_only = "R8"});
}

TEST_CASE("one offset holds one value") {
    require(File().ok(1, 0).ok(2, 0).log({1}), {.idempotent = "H2", .at_least_once = "H2"});
    require(File().ok(1, {}).send("p", 2, SendResult::unknown).read("c", 0, 2).log({1}),
            {.idempotent = "H2", .at_least_once = "H2", .leader_only = "H2"});
}

TEST_CASE("an idempotent producer's record stands once, and in its order") {
    require(File().ok(1, 0).send("p", 2, SendResult::unknown).log({1, 1}), {.idempotent = "P1"});
    require(File().ok(2, 0).ok(1, 1).log({2, 1}), {.idempotent = "P7"});
}

TEST_CASE("two producers have no order between them") {
    REQUIRE(File()
                .send("b", 1, SendResult::ok, 0)
                .send("a", 1, SendResult::ok, 1)
                .seek("final", 0)
                .end(0, 0)
                .judge(kIdempotent) == "H1");
    File file;
    file.ok(7, 0).send("q", 1, SendResult::ok, 1).ok(8, 2).seek("final", 0);
    file.read("final", 0, 7);
    REQUIRE(file.judge(kIdempotent).starts_with("t-0 was not read to its end"));
}

TEST_CASE("what nobody sent, and what had failed, must not be there") {
    require(File().ok(1, 0).read("c", 1, 99),
            {.idempotent = "H2",
             .at_least_once = "H2",
             .leader_only = "H2",
             .unclean = "t-0 was not read to its end: nobody knows what is lost"});
    require(File().ok(1, 0).send("p", 2, SendResult::unknown).log({1, 99}),
            {.idempotent = "R8", .at_least_once = "R8", .leader_only = "R8", .unclean = "R8"});
    require(File().ok(1, 0).send("p", 2, SendResult::fail).log({1, 2}),
            {.idempotent = "P6", .at_least_once = "P6", .leader_only = "P6", .unclean = "P6"});
}

TEST_CASE("a consumer goes on where it is, or where it seeks") {
    const Expected back{.idempotent = "H6", .at_least_once = "H6", .leader_only = "H6"};
    const Expected skipped{.idempotent = "H7", .at_least_once = "H7", .leader_only = "H7"};
    const auto three = [] { return File().ok(1, 0).ok(2, 1).ok(3, 2); };
    require(three().read("c", 1, 2).read("c", 0, 1).log({1, 2, 3}), back);
    require(three().read("c", 0, 1).read("c", 2, 3).log({1, 2, 3}), skipped);
    require(three().seek("c", 0).read("c", 1, 2).log({1, 2, 3}), skipped);
    require(three().read("c", 1, 2).seek("c", 0).read("c", 0, 1).log({1, 2, 3}), {});
}

TEST_CASE("what was read to the end has no gap") {
    File behind;
    behind.ok(1, 0)
        .send("p", 2, SendResult::unknown)
        .seek("final", 0)
        .read("final", 0, 1)
        .end(0, 2);
    require(behind, {"H7", "H7", "H7", "H7"});
    File before;
    before.ok(1, 1).send("p", 2, SendResult::unknown).read("final", 1, 1).end(0, 2);
    require(before, {"H7", "H7", "H7", "H7"});
}

TEST_CASE("only retention may take the log's beginning, and what stood there") {
    const File file =
        File().ok(1, 0).ok(2, {}).ok(3, 2).ok(4, 3).seek("c", 0).read("c", 3, 4).log({3, 4}, 2);
    REQUIRE(file.judge({.retention = true}) == "pass");
    REQUIRE(file.judge(kIdempotent) == "H7");
    REQUIRE(File().ok(1, 0).ok(2, 1).log({2}, 1).judge(kIdempotent) == "H1");
    REQUIRE(File().ok(1, {}).ok(2, 1).log({2}, 1).judge(kIdempotent) == "H1");
    REQUIRE(File().ok(1, {}).ok(2, 1).log({2}, 1).judge({.retention = true}) == "pass");
}

TEST_CASE("a history that says too little is undecided") {
    REQUIRE(File().send("p", 1, SendResult::unknown).judge(kIdempotent) ==
            "nothing was acknowledged");
    REQUIRE(File().ok(1, 0).judge(kIdempotent) == "nothing was read");
    REQUIRE(File().ok(1, 0).read("c", 0, 1).judge(kIdempotent).starts_with("t-0 was not read"));
}

TEST_CASE("a history that contradicts itself is refused, with the line") {
    REQUIRE(File().ok(1, 0).ok(1, 1).judge(kIdempotent) == "line 3: value 'p 1' is sent twice");
    REQUIRE(File().ok(1, 0).log({1}).ok(2, 1).judge(kIdempotent) ==
            "line 6: a send to t-0 behind its end");
}

TEST_CASE("a violation names the values as the file has them, and its line") {
    const HistoryVerdict verdict = File().ok(1, 0).ok(2, 1).log({1}).verdict(kIdempotent);
    REQUIRE(verdict.violations.size() == 1);
    REQUIRE(verdict.violations[0].line == 6);
    REQUIRE(verdict.violations[0].message ==
            "t-0: 'p 2' was acknowledged at offset 1 and is lost (the log holds 0 to 1)");
    REQUIRE(verdict.sends.at(SendResult::ok) == 2);
    REQUIRE(verdict.reads == 1);
}
