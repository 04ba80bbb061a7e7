// What EventWriter writes, EventReader reads back as it was: then a run and its file get one
// verdict.
#include "scenarios/checkers/anomalies/event_writer.h"

#include <string>
#include <vector>

#include "scenarios/checkers/anomalies/event_reader.h"
#include "tests/support/catch.h"

using namespace gregor::scenarios;

namespace {

/// Lines say all that there is to say of an event.
std::string written_again(const HistoryEventBody& body, HistoryTime began, HistoryTime ended) {
    EventReader reader;
    REQUIRE(reader.head(head_line({})).has_value());
    const HistoryEvent event{.line = 2, .began = began, .ended = ended, .body = body};
    const std::string line = event_line(event);
    const auto read = reader.event(line);
    INFO(line);
    INFO((read ? "" : read.error()));
    REQUIRE(read.has_value());
    REQUIRE(read->has_value());
    REQUIRE((*read)->began == began);
    REQUIRE((*read)->ended == ended);
    REQUIRE((*read)->body.index() == body.index());
    return event_line(**read);
}

void require_round_trip(const HistoryEventBody& body, HistoryTime began = 1'250'000'007,
                        HistoryTime ended = 3'000'000'000) {
    REQUIRE(written_again(body, began, ended) ==
            event_line({.line = 2, .began = began, .ended = ended, .body = body}));
}

const PartitionName kPlace{.topic = "t", .partition = 3};

}  // namespace

TEST_CASE("settings are read as they were written") {
    HistorySettings settings;
    settings.acks_all = false;
    settings.idempotence = false;
    settings.read_committed = true;
    settings.unclean_elections = true;
    settings.retention = true;
    settings.compaction = true;
    settings.has_foreign_markers = true;
    settings.log_append_time = true;
    settings.flushes_every_message = true;
    settings.consumer_protocol = true;
    settings.commit = CommitMode::transaction;
    settings.min_insync_replicas = 2;
    settings.power_losses = 3;
    settings.disk_losses = 1;
    settings.producer_byte_rate = 1000;
    for (const HistorySettings& each : {settings, HistorySettings()}) {
        EventReader reader;
        const auto read = reader.head(head_line(each));
        REQUIRE(read.has_value());
        REQUIRE(*read == each);
    }
}

TEST_CASE("every event is read as it was written") {
    const std::vector<PolledRecord> records{
        {.offset = 5, .value = "a \"quoted\" \\ one\n"},
        {.offset = 6, .value = "b", .key = "k"},
        {.offset = 7, .value = "c", .key = std::nullopt, .timestamp = 99},
        {.offset = 8, .value = "d", .key = "k", .timestamp = -1}};
    require_round_trip(SendEvent{.partition = kPlace,
                                 .producer = "p",
                                 .number = 7,
                                 .value = "v",
                                 .key = "k",
                                 .result = Outcome::ok,
                                 .offset = 12,
                                 .timestamp = 99,
                                 .transaction = 4,
                                 .input = PartitionName{.topic = "in", .partition = 1},
                                 .input_offset = 5,
                                 .bytes = 10,
                                 .tombstone = true});
    require_round_trip(SendEvent{.partition = kPlace, .producer = "p", .value = "v"});
    require_round_trip(SeekEvent{.partition = kPlace, .consumer = "c", .offset = 4});
    require_round_trip(
        PollEvent{.partition = kPlace, .consumer = "c", .position = 5, .records = records});
    require_round_trip(PollEvent{.partition = kPlace,
                                 .consumer = "c",
                                 .position = std::nullopt,
                                 .records = records,
                                 .producer = "p",
                                 .transaction = 2});
    require_round_trip(EndEvent{.partition = kPlace,
                                .consumer = "c",
                                .log_start = 1,
                                .log_end = 9,
                                .position = 9,
                                .group = "g"});
    require_round_trip(InitEvent{.producer = "p",
                                 .transactional_id = "x",
                                 .result = Outcome::ok,
                                 .producer_id = 7,
                                 .producer_epoch = 1});
    require_round_trip(BeginEvent{.producer = "p", .transaction = 2});
    require_round_trip(
        FinishEvent{.producer = "p", .transaction = 2, .commit = true, .result = Outcome::ok});
    require_round_trip(
        FinishEvent{.producer = "p", .transaction = 2, .commit = false, .result = Outcome::fail});
    require_round_trip(OffsetCommitEvent{.partition = kPlace,
                                         .group = "g",
                                         .consumer = "c",
                                         .offset = 4,
                                         .generation = 3,
                                         .result = Outcome::ok});
    require_round_trip(OffsetCommitEvent{.partition = kPlace,
                                         .group = "g",
                                         .consumer = "c",
                                         .offset = 4,
                                         .generation = 3,
                                         .result = Outcome::ok,
                                         .producer = "p",
                                         .transaction = 2});
    require_round_trip(OffsetFetchEvent{.partition = kPlace, .group = "g", .offset = -1});
    require_round_trip(
        OffsetFetchEvent{.partition = kPlace, .group = "g", .offset = 7, .stable = true});
    require_round_trip(AssignEvent{
        .partition = kPlace, .consumer = "c", .group = "g", .generation = 3, .offset = 0});
    require_round_trip(ReleaseEvent{.partition = kPlace, .consumer = "c"});
    require_round_trip(
        ReleaseEvent{.partition = kPlace, .consumer = "c", .why = ReleaseEvent::Why::lost});
    require_round_trip(
        ReleaseEvent{.partition = std::nullopt, .consumer = "c", .why = ReleaseEvent::Why::ended});
    require_round_trip(WatermarksEvent{.partition = kPlace,
                                       .client = "c",
                                       .leader_epoch = 2,
                                       .log_start = 0,
                                       .high_watermark = 9,
                                       .last_stable_offset = 8});
    require_round_trip(
        DeleteRecordsEvent{.partition = kPlace, .offset = 4, .result = Outcome::unknown});
    require_round_trip(ConfigEvent{.of = ConfigEvent::Of::group, .name = "g", .settings = {}});
    require_round_trip(PipelineEvent{.input = "in", .output = "out", .group = "g", .settings = {}});
}

TEST_CASE("times that nobody knows are left out") {
    const OffsetFetchEvent fetch{.partition = kPlace, .group = "g", .offset = 1};
    require_round_trip(fetch, kLongAgo, 5);
    require_round_trip(fetch, 5, kNever);
    require_round_trip(fetch, kLongAgo, kNever);
}
