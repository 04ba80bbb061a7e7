// The lines of a history's file: what is read from them, and how each malformed one is refused.
#include "scenarios/checkers/anomalies/event_reader.h"

#include "tests/support/catch.h"

using namespace gregor::scenarios;

namespace {

constexpr std::string_view kHead =
    R"({"format":"gregor-history","version":2,"acks":"all","enable.idempotence":true,)"
    R"("unclean.leader.election.enable":false})";

/// The reader stays alive: events are views.
struct Read {
    EventReader reader;
    std::optional<HistoryEvent> event;
    std::string error;

    explicit Read(std::string_view line) {
        REQUIRE(reader.head(kHead).has_value());
        auto read = reader.event(line);
        if (read) {
            event = *read;
        } else {
            error = read.error();
        }
    }
    template <class Body>
    const Body& as() const {
        INFO(error);
        REQUIRE(event.has_value());
        return std::get<Body>(event->body);
    }
};

std::string error_of(std::string_view line) { return Read(line).error; }

std::string head_error(std::string_view members) {
    EventReader reader;
    const auto head = reader.head(members);
    return head ? "" : head.error();
}

}  // namespace

TEST_CASE("a send is read with all that it may say") {
    const Read read(
        R"({"op":"send","producer":"p","number":7,"topic":"t","partition":3,)"
        R"("value":"a\u00e9\n\ud83d\ude00",)"
        R"("key":"k","result":"ok","offset":12,"timestamp":99,"transaction":4,"bytes":10,)"
        R"("tombstone":true,"input_topic":"in","input_partition":1,"input_offset":5,)"
        R"("began":1.25,"ended":2})");
    const auto& send = read.as<SendEvent>();
    REQUIRE(send.partition.topic == "t");
    REQUIRE(send.partition.partition == 3);
    REQUIRE(send.number == 7);
    REQUIRE(send.value == "a\xc3\xa9\n\xf0\x9f\x98\x80");
    REQUIRE(send.key == "k");
    REQUIRE(send.result == Outcome::ok);
    REQUIRE(send.offset == 12);
    REQUIRE(send.timestamp == 99);
    REQUIRE(send.transaction == 4U);
    REQUIRE(send.tombstone);
    REQUIRE(send.input->topic == "in");
    REQUIRE(send.input_offset == 5);
    REQUIRE(read.event->began == 1'250'000'000);
    REQUIRE(read.event->ended == 2'000'000'000);
}

TEST_CASE("what is not told is not known") {
    const Read read(
        R"({"op":"send","producer":"p","number":7,"topic":"t","partition":3,"value":"a",)"
        R"("result":"unknown","offset":null,"cause":{"a":[1,{"b":"]}"}]}})");
    const auto& send = read.as<SendEvent>();
    REQUIRE_FALSE(send.offset);
    REQUIRE_FALSE(send.key);
    REQUIRE_FALSE(send.transaction);
    REQUIRE(read.event->began == kLongAgo);
    REQUIRE(read.event->ended == kNever);
}

TEST_CASE("a poll is read record by record") {
    const Read read(
        R"({"op":"poll","consumer":"c","topic":"t","partition":0,"position":4,)"
        R"("records":[[4,"a"],[5,"b",null],[6,"c","k",17]],"producer":"p","transaction":1})");
    const auto& poll = read.as<PollEvent>();
    REQUIRE(poll.position == 4);
    REQUIRE(poll.records.size() == 3);
    REQUIRE(poll.records[1].value == "b");
    REQUIRE_FALSE(poll.records[1].key);
    REQUIRE(poll.records[2].key == "k");
    REQUIRE(poll.records[2].timestamp == 17);
    REQUIRE(poll.transaction == 1U);
}

TEST_CASE("a head says what is promised") {
    EventReader reader;
    const auto head = reader.head(
        R"({"format":"gregor-history","version":2,"acks":1,"enable.idempotence":false,)"
        R"("unclean.leader.election.enable":true,"isolation.level":"read_committed",)"
        R"("min.insync.replicas":2,"cleanup.policy":"compact,delete","retention":true,)"
        R"("flush.messages":1,"message.timestamp.type":"LogAppendTime",)"
        R"("group.protocol":"consumer",)"
        R"("commit":"transaction","power_losses":3,"disk_losses":1,"producer_byte_rate":1000,)"
        R"("foreign_markers":true})");
    REQUIRE(head.value() == HistorySettings{.acks_all = false,
                                            .idempotence = false,
                                            .read_committed = true,
                                            .unclean_elections = true,
                                            .retention = true,
                                            .compaction = true,
                                            .has_foreign_markers = true,
                                            .log_append_time = true,
                                            .flushes_every_message = true,
                                            .consumer_protocol = true,
                                            .commit = CommitMode::transaction,
                                            .min_insync_replicas = 2,
                                            .power_losses = 3,
                                            .disk_losses = 1,
                                            .producer_byte_rate = 1000});
}

TEST_CASE("a malformed head is refused with what is wrong") {
    REQUIRE(head_error("{") == "it is no JSON object");
    REQUIRE(head_error(R"({"op":"send"})") == "\"version\" is missing");
    REQUIRE(head_error(R"({"format":"gregor-history","version":3})") ==
            "the head is not that of a gregor-history of version 1 to 2");
    REQUIRE(head_error(R"({"format":"gregor-history","version":2,"acks":"all",)"
                       R"("enable.idempotence":true})") ==
            "\"unclean.leader.election.enable\" is missing");
    REQUIRE(head_error(R"({"format":"gregor-history","version":2,"acks":1,"enable.idempotence":)"
                       R"(true,"unclean.leader.election.enable":false})") ==
            "an idempotent producer has acks=all");
    REQUIRE(
        head_error(R"({"format":"gregor-history","version":2,"acks":"all","enable.idempotence":)"
                   R"(true,"unclean.leader.election.enable":false,"commit":"later"})") ==
        "\"commit\" is none of \"before\", \"after\", \"auto\" and \"transaction\"");
    REQUIRE(
        head_error(R"({"format":"gregor-history","version":2,"acks":"all","enable.idempotence":)"
                   R"(true,"unclean.leader.election.enable":false,"isolation.level":"none"})") ==
        "\"isolation.level\" is neither \"read_committed\" nor \"read_uncommitted\"");
}

TEST_CASE("a malformed line is refused with what is wrong") {
    const auto cases = std::to_array<std::pair<std::string_view, std::string_view>>({
        {"", "it is no JSON object"},
        {"[]", "it is no JSON object"},
        {"{\"op\":\"note\"", "it is no JSON object"},
        {"{\"op\":\"note\"} x", "it is no JSON object"},
        {"{\"op\":\"note\",}", "it is no JSON object"},
        {"{\"op\":\"no\\te\\x\"}", "it is no JSON object"},
        {"{\"op\":\"note\",\"a\":01}", "it is no JSON object"},
        {"{\"op\":\"note\",\"a\":\"\\ud800\"}", "it is no JSON object"},
        {R"({"op":"note","op":"note"})", "\"op\" stands twice"},
        {R"({"oq":"note"})", "\"op\" is missing"},
        {R"({"op":7})", "\"op\" is no string"},
        {R"({"op":"sned"})", "no op 'sned'"},
        {R"({"op":"seek","consumer":"c","topic":"t","partition":0})", "\"offset\" is missing"},
        {R"({"op":"seek","consumer":"c","topic":"t","partition":2147483648,"offset":0})",
         "\"partition\" is too large"},
        {R"({"op":"seek","consumer":"c","topic":"t","partition":0,"offset":-1})",
         "\"offset\" is no whole number from 0 on"},
        {R"({"op":"seek","consumer":"c","topic":"t","partition":0,"offset":9223372036854775808})",
         "\"offset\" is no whole number from 0 on"},
        {R"({"op":"seek","consumer":"c","topic":"t","partition":0,"offset":0,"began":"x"})",
         "\"began\" is no time in seconds"},
        {R"({"op":"seek","consumer":"c","topic":"t","partition":0,"offset":0,"ended":1e99})",
         "\"ended\" is no time in seconds"},
        {R"({"op":"seek","consumer":"c","topic":"t","partition":0,"offset":9223372036854775807})",
         "\"offset\" is too large"},
        {R"({"op":"seek","consumer":"c","topic":"t","partition":0,"offset":0,"began":2,"ended":1})",
         "\"ended\" is before \"began\""},
        {R"({"op":"poll","consumer":"c","topic":"t","partition":0,"records":7})",
         "\"records\" is no list"},
        {R"({"op":"poll","consumer":"c","topic":"t","partition":0,"records":[[1]]})",
         "a record is no list [offset, value, key, timestamp]"},
        {R"({"op":"poll","consumer":"c","topic":"t","partition":0,"records":[],"transaction":1})",
         "\"producer\" is missing"},
        {R"({"op":"commit","producer":"p","transaction":1,"result":"maybe"})", "no result 'maybe'"},
        {R"({"op":"config","acks":1})", "settings of no topic, producer, consumer or group"},
        {R"({"op":"config","producer":"p","acks":1})", "an idempotent producer has acks=all"},
    });
    for (const auto& [line, error] : cases) {
        INFO(line);
        REQUIRE(error_of(line) == error);
    }
}

TEST_CASE("lists and objects may not be nested without end") {
    const std::string deep = "{\"op\":\"note\",\"a\":" + std::string(1000, '[');
    REQUIRE(error_of(deep) == "it is no JSON object");
}

TEST_CASE("a file of version 1 has its five events, and nothing is read of its times") {
    EventReader reader;
    REQUIRE(reader.head(R"({"format":"gregor-history","version":1,"acks":"all",)"
                        R"("enable.idempotence":true,"unclean.leader.election.enable":false,)"
                        R"("isolation.level":7})"));
    const auto seek = reader.event(
        R"({"op":"seek","consumer":"c","topic":"t","partition":0,"offset":0,"began":"noon"})");
    REQUIRE(seek.has_value());
    REQUIRE((*seek)->began == kLongAgo);
    REQUIRE(reader.event(R"({"op":"begin","producer":"p","transaction":1})").error() ==
            "no op 'begin'");
}
