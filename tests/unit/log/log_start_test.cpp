// What the property test of the log (tests/property/log) once found about logs whose start was
// moved or taken back.
#include "tests/support/log_harness.h"

namespace gregor::log::testing {
namespace {

TEST_CASE("batches that come back with an older log start still have their epochs") {
    LogHarness harness;
    harness.run([](Runtime& runtime) {
        const auto log = open_log(runtime);
        for (int i = 0; i < 4; ++i) REQUIRE(append(*log, build({}), i / 2));
        log->advance_log_start(Offset(3));
        REQUIRE(log->flush());
    });
    harness.run([](Runtime& runtime) {
        const auto log = open_log(runtime);
        REQUIRE(log->log_start_offset() == Offset(0));
        REQUIRE(log->leader_epochs().epoch_for_offset(Offset(1)) == LeaderEpoch(0));
        log->check_invariants_fully();
    });
}

TEST_CASE("a truncation into the batch that holds the log's start leaves an empty log there") {
    LogHarness harness;
    harness.run([](Runtime& runtime) {
        const auto log = open_log(runtime);
        REQUIRE(append(*log, build({.records = 5})));
        log->advance_log_start(Offset(2));
        REQUIRE(log->truncate_to(Offset(3)));
        REQUIRE(log->log_start_offset() == Offset(2));
        REQUIRE(log->log_end_offset() == Offset(2));
        log->check_invariants_fully();
    });
}

TEST_CASE("a follower whose leader's log starts inside a batch begins with all of that batch") {
    LogHarness harness;
    LogOptions options = log_options();
    options.log_start_offset = Offset(4);
    harness.run([&](Runtime& runtime) {
        const auto log = open_log(runtime, options);
        // It ends before the log's start: not what was asked for.
        REQUIRE(log->append_as_follower(build({.records = 2}, 2, 1), LeaderEpoch(1)).error() ==
                ErrorCode::offset_out_of_range);
        REQUIRE(log->append_as_follower(build({.records = 5}, 2, 1), LeaderEpoch(1)));
        REQUIRE(log->log_start_offset() == Offset(4));
        REQUIRE(log->log_end_offset() == Offset(7));
        REQUIRE(log->append_as_follower(build({}, 6, 1), LeaderEpoch(1)).error() ==
                ErrorCode::offset_out_of_range);
        REQUIRE(log->append_as_follower(build({}, 7, 1), LeaderEpoch(1)));
        REQUIRE(log->flush());
        log->check_invariants_fully();
    });
    harness.run([&](Runtime& runtime) {
        const auto log = open_log(runtime, options);
        REQUIRE(log->log_start_offset() == Offset(4));
        REQUIRE(log->log_end_offset() == Offset(8));
        log->check_invariants_fully();
    });
}

TEST_CASE("the largest timestamp is that of a record at or above the log's start") {
    LogHarness harness;
    harness.run([](Runtime& runtime) {
        const auto log = open_log(runtime);
        for (const int time : {900, 100, 300}) {
            REQUIRE(append(*log, build({.records = 2, .timestamp = time})));
        }
        log->advance_log_start(Offset(3));
        const auto largest = log->offset_of_max_timestamp();
        REQUIRE((*largest)->found == TimestampOffset{301, Offset(5)});
    });
}

TEST_CASE(
    "a log that begins anew at its start knows no transaction and no epoch of what was lost") {
    LogHarness harness;
    harness.run([](Runtime& runtime) {
        const auto log = open_log(runtime);
        REQUIRE(append(*log, build({.producer_id = 1,
                                    .producer_epoch = 0,
                                    .base_sequence = 0,
                                    .transactional = true})));
        REQUIRE(log->roll());
    });
    LogOptions options = log_options();
    options.log_start_offset = Offset(10);
    for (int start = 0; start < 2; ++start) {
        harness.run([&](Runtime& runtime) {
            const auto log = open_log(runtime, options);
            REQUIRE(log->log_end_offset() == Offset(10));
            REQUIRE(log->producers().empty());
            REQUIRE(log->leader_epochs().empty());
        });
    }
}

TEST_CASE("the epochs of batches that a crash took do not come back") {
    LogHarness harness;
    harness.run([](Runtime& runtime) {
        const auto log = open_log(runtime);
        REQUIRE(append(*log, build({}), 1));
        REQUIRE(log->assign_leader_epoch(LeaderEpoch(7), Offset(1)));
        REQUIRE(log->flush());
    });
    harness.run([](Runtime& runtime) {
        const auto log = open_log(runtime);
        REQUIRE(log->leader_epochs().latest()->epoch == LeaderEpoch(1));
        REQUIRE(append(*log, build({}), 3));
    });
    harness.run([](Runtime& runtime) {
        const auto log = open_log(runtime);
        REQUIRE(log->leader_epochs().epoch_for_offset(Offset(1)) == LeaderEpoch(3));
        log->check_invariants_fully();
    });
}

}  // namespace
}  // namespace gregor::log::testing
