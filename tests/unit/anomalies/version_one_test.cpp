// Histories of version 1, made by hand: each anomaly under each configuration, and what the
// configuration excuses.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tests/support/catch.h"
#include "tests/support/history_text.h"

using namespace gregor;
using namespace gregor::scenarios;

namespace {

struct Head {
    std::string_view acks = "\"all\"";
    bool idempotence = true;
    bool unclean_elections = false;
    bool retention = false;
};

constexpr Head kIdempotent{};
constexpr Head kAtLeastOnce{.idempotence = false};
constexpr Head kLeaderOnly{.acks = "1", .idempotence = false};
constexpr Head kUnclean{.unclean_elections = true};

std::string text_of(const Head& head) {
    return fmt::format(
        R"({{"format":"gregor-history","version":1,"acks":{},"enable.idempotence":{},)"
        R"("unclean.leader.election.enable":{},"retention":{}}})"
        "\n",
        head.acks, head.idempotence, head.unclean_elections, head.retention);
}

/// A file, event by event. Values are "<producer> <number>".
class File {
public:
    File& send(std::string_view producer, std::uint64_t number, std::string_view result,
               std::optional<std::int64_t> offset = {}) {
        const std::string at = offset ? fmt::format(",\"offset\":{}", *offset) : "";
        return add(fmt::format(
            R"("op":"send","producer":"{0}","number":{1},"value":"{0} {1}","result":"{2}"{3})",
            producer, number, result, at));
    }
    File& ok(std::uint64_t number, std::optional<std::int64_t> offset) {
        return send("p", number, "ok", offset);
    }
    File& seek(std::string_view consumer, std::int64_t offset) {
        return add(fmt::format(R"("op":"seek","consumer":"{}","offset":{})", consumer, offset));
    }
    File& read(std::string_view consumer, std::int64_t offset, std::uint64_t number) {
        return add(fmt::format(R"("op":"read","consumer":"{}","offset":{},"value":"p {}")",
                               consumer, offset, number));
    }
    /// A reader finds these numbers, from `log_start` on.
    File& log(const std::vector<std::uint64_t>& numbers, std::int64_t log_start = 0) {
        seek("final", log_start);
        std::int64_t offset = log_start;
        for (const std::uint64_t number : numbers) read("final", offset++, number);
        return end(log_start, offset);
    }
    File& end(std::int64_t log_start, std::int64_t log_end) {
        return add(fmt::format(R"("op":"end","consumer":"final","log_start":{},"log_end":{})",
                               log_start, log_end));
    }

    [[nodiscard]] std::string judge(const Head& head) const {
        const auto verdict = judge_history_text(text_of(head) + text_);
        if (!verdict) return verdict.error();
        const AnomalySet violated = violated_rows(*verdict);
        if (!violated.empty()) return fmt::format("{}", fmt::join(violated, " "));
        return verdict->shortfall.empty() ? "pass" : verdict->shortfall;
    }
    [[nodiscard]] HistoryVerdict verdict(const Head& head) const {
        return judge_history_text(text_of(head) + text_).value();
    }

private:
    File& add(std::string_view members) {
        text_ += fmt::format("{{{},\"topic\":\"t\",\"partition\":0}}\n", members);
        return *this;
    }

    std::string text_;
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
                .send("p", 3, "unknown")
                .send("p", 4, "unknown")
                .ok(5, {})
                .send("p", 6, "fail")
                .read("c", 1, 2)
                .log({1, 2, 4, 5}),
            {});
}

TEST_CASE("an acknowledged record that is not in the log is lost") {
    require(File().ok(1, 0).ok(2, 1).log({1}),
            {.idempotent = "lost-write", .at_least_once = "lost-write"});
    require(File().ok(1, 0).ok(2, {}).log({1}),
            {.idempotent = "lost-write", .at_least_once = "lost-write"});
    require(File().ok(1, 0).log({}), {.idempotent = "lost-write",
                                      .at_least_once = "lost-write",
                                      .leader_only = "nothing was read",
                                      .unclean = "nothing was read"});
}

TEST_CASE("a record that was read stays, whoever acknowledged it, unless elections are unclean") {
    require(
        File().ok(1, 0).send("p", 2, "unknown").read("c", 1, 2).log({1}),
        {.idempotent = "lost-write", .at_least_once = "lost-write", .leader_only = "lost-write"});
}

TEST_CASE("one offset holds one value") {
    require(File().ok(1, 0).ok(2, 0).log({1}),
            {.idempotent = "inconsistent-offsets", .at_least_once = "inconsistent-offsets"});
    require(File().ok(1, {}).send("p", 2, "unknown").read("c", 0, 2).log({1}),
            {.idempotent = "inconsistent-offsets",
             .at_least_once = "inconsistent-offsets",
             .leader_only = "inconsistent-offsets"});
}

TEST_CASE("an idempotent producer's record stands once, and in its order") {
    require(File().ok(1, 0).send("p", 2, "unknown").log({1, 1}), {.idempotent = "duplicate"});
    require(File().ok(2, 0).ok(1, 1).log({2, 1}), {.idempotent = "nonmonotonic-send"});
}

TEST_CASE("two producers have no order between them") {
    REQUIRE(File()
                .send("b", 1, "ok", 0)
                .send("a", 1, "ok", 1)
                .seek("final", 0)
                .end(0, 0)
                .judge(kIdempotent) == "lost-write");
    File file;
    file.ok(7, 0).send("q", 1, "ok", 1).ok(8, 2).seek("final", 0);
    file.read("final", 0, 7);
    REQUIRE(file.judge(kIdempotent).starts_with("t-0 was not read to its end"));
}

TEST_CASE("what nobody sent, and what had failed, must not be there") {
    constexpr Expected kUnsent{"unsent-value", "unsent-value", "unsent-value", "unsent-value"};
    require(File().ok(1, 0).read("c", 1, 99), kUnsent);
    require(File().ok(1, 0).send("p", 2, "unknown").log({1, 99}), kUnsent);
    require(File().ok(1, 0).send("p", 2, "fail").log({1, 2}),
            {.idempotent = "G1a", .at_least_once = "G1a", .leader_only = "G1a", .unclean = "G1a"});
}

TEST_CASE("a consumer goes on where it is, or where it seeks") {
    const Expected back{.idempotent = "nonmonotonic-poll",
                        .at_least_once = "nonmonotonic-poll",
                        .leader_only = "nonmonotonic-poll"};
    const Expected skipped{
        .idempotent = "poll-skip", .at_least_once = "poll-skip", .leader_only = "poll-skip"};
    const auto three = [] { return File().ok(1, 0).ok(2, 1).ok(3, 2); };
    require(three().read("c", 1, 2).read("c", 0, 1).log({1, 2, 3}), back);
    require(three().read("c", 0, 1).read("c", 2, 3).log({1, 2, 3}), skipped);
    require(three().seek("c", 0).read("c", 1, 2).log({1, 2, 3}), skipped);
    require(three().read("c", 1, 2).seek("c", 0).read("c", 0, 1).log({1, 2, 3}), {});
}

TEST_CASE("what was read to the end has no gap") {
    File behind;
    behind.ok(1, 0).send("p", 2, "unknown").seek("final", 0).read("final", 0, 1).end(0, 2);
    constexpr Expected kIncomplete{"incomplete-drain", "incomplete-drain", "incomplete-drain",
                                   "incomplete-drain"};
    require(behind, kIncomplete);
    File before;
    before.ok(1, 1).send("p", 2, "unknown").read("final", 1, 1).end(0, 2);
    require(before, kIncomplete);
}

TEST_CASE("only retention may take the log's beginning, and what stood there") {
    const File file =
        File().ok(1, 0).ok(2, {}).ok(3, 2).ok(4, 3).seek("c", 0).read("c", 3, 4).log({3, 4}, 2);
    REQUIRE(file.judge({.retention = true}) == "pass");
    REQUIRE(file.judge(kIdempotent) == "lost-write poll-skip");
    REQUIRE(File().ok(1, 0).ok(2, 1).log({2}, 1).judge(kIdempotent) == "lost-write");
    REQUIRE(File().ok(1, {}).ok(2, 1).log({2}, 1).judge(kIdempotent) == "lost-write");
    REQUIRE(File().ok(1, {}).ok(2, 1).log({2}, 1).judge({.retention = true}) == "pass");
}

TEST_CASE("a history that says too little is undecided") {
    REQUIRE(File().send("p", 1, "unknown").judge(kIdempotent) == "nothing was acknowledged");
    REQUIRE(File().ok(1, 0).judge(kIdempotent) == "nothing was read");
    REQUIRE(File().ok(1, 0).read("c", 0, 1).judge(kIdempotent).starts_with("t-0 was not read"));
}

TEST_CASE("a history that contradicts itself is refused, with the line") {
    REQUIRE(File().ok(1, 0).ok(1, 1).judge(kIdempotent) == "3: value 'p 1' is sent twice");
    REQUIRE(File().ok(1, 0).log({1}).ok(2, 1).judge(kIdempotent) ==
            "6: a send to t-0 behind its end");
}

TEST_CASE("a violation names the values as the file has them, and its line") {
    const HistoryVerdict verdict = File().ok(1, 0).ok(2, 1).log({1}).verdict(kIdempotent);
    REQUIRE(verdict.findings.size() == 1);
    REQUIRE(verdict.findings[0].line() == 6);
    REQUIRE(verdict.findings[0].message ==
            "t-0: 'p 2' was acknowledged at offset 1 and is lost (the log holds 0 to 1)");
    REQUIRE(verdict.sends_with(Outcome::ok) == 2);
    REQUIRE(verdict.reads == 1);
}
