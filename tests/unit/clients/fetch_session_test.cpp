// What a consumer's half of a fetch session names, and how it begins anew.
#include "clients/client/fetch_session.h"

#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::client;

namespace {

FetchTarget target(std::string topic, std::int32_t index, std::int64_t offset) {
    return {.topic = std::move(topic), .index = index, .offset = offset, .max_bytes = 100};
}

/// "7/1: a-0@5 forget b-1": the request that the session makes.
std::string ask(FetchSession& session, const std::vector<FetchTarget>& targets) {
    protocol::FetchRequest request;
    session.fill(request, targets);
    std::string text = fmt::format("{}/{}:", request.session_id, request.session_epoch);
    for (const auto& topic : request.topics) {
        for (const auto& partition : topic.partitions) {
            text += fmt::format(" {}-{}@{}", topic.topic, partition.partition.value(),
                                partition.fetch_offset.value());
        }
    }
    for (const auto& topic : request.forgotten_topics_data) {
        for (const auto& partition : topic.partitions) {
            text += fmt::format(" forget {}-{}", topic.topic, partition.value());
        }
    }
    return text;
}

}  // namespace

TEST_CASE("a fetch session names everything once, then what is new, has moved or is forgotten") {
    FetchSession session;
    REQUIRE(ask(session, {target("a", 0, 5), target("a", 1, 0)}) == "0/0: a-0@5 a-1@0");
    session.answered(7);
    REQUIRE(ask(session, {target("a", 0, 5), target("a", 1, 0)}) == "7/1:");
    session.answered(7);
    REQUIRE(ask(session, {target("a", 0, 6), target("b", 0, 0)}) == "7/2: a-0@6 b-0@0 forget a-1");
    session.answered(7);
    REQUIRE(ask(session, {target("a", 0, 6), target("a", 1, 0), target("b", 0, 0)}) ==
            "7/3: a-1@0");
}

TEST_CASE("a fetch session that broke is closed by the next, one that is not known is not") {
    FetchSession session;
    (void)ask(session, {target("a", 0, 5)});
    session.answered(7);
    session.broken();
    REQUIRE_FALSE(session.is_incremental());
    REQUIRE(ask(session, {target("a", 0, 5)}) == "7/0: a-0@5");
    session.answered(8);
    REQUIRE(ask(session, {target("a", 0, 5)}) == "8/1:");
    session.not_found();
    REQUIRE(ask(session, {target("a", 0, 5)}) == "0/0: a-0@5");
    session.answered(0);
    REQUIRE(ask(session, {target("a", 0, 5)}) == "0/0: a-0@5");
}
