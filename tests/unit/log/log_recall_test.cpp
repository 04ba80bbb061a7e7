// What a log remembers of its producers after a restart, when only their last batches stand in a
// snapshot: the retries of the last five are recalled from the log.
#include "broker/log/checkpoint_file.h"
#include "tests/support/log_harness.h"

namespace gregor::log::testing {
namespace {

Bytes batch_of(std::int64_t producer_id, std::int32_t sequence, std::int16_t epoch = 0) {
    return build({.timestamp = 1'700'000'000'000 + sequence,
                  .producer_id = producer_id,
                  .producer_epoch = epoch,
                  .base_sequence = sequence});
}

/// Batches of a producer that knows nothing of sequence numbers.
void append_others(Log& log, int count) {
    for (int i = 0; i < count; ++i) REQUIRE(append(log, build({.value = std::string(80, 'v')})));
}

/// Appends producer 1's batches 0 to `count` - 1, each followed by `others`; gives their offsets.
std::vector<Offset> append_numbered(Log& log, int count, int others) {
    std::vector<Offset> offsets;
    for (int i = 0; i < count; ++i) {
        const auto result = append(log, batch_of(1, i));
        REQUIRE(result);
        offsets.push_back(result->base_offset);
        append_others(log, others);
    }
    return offsets;
}

/// Each of the last five, oldest first, is answered with its place; the one before is refused.
void require_five_remembered(Log& log, const std::vector<Offset>& offsets) {
    const Offset end = log.log_end_offset();
    const std::size_t first = offsets.size() - kRememberedBatches;
    for (std::size_t i = first; i < offsets.size(); ++i) {
        const auto retry = append(log, batch_of(1, static_cast<std::int32_t>(i)));
        INFO("the retry of " << i);
        REQUIRE(retry);
        REQUIRE(retry->duplicate);
        REQUIRE(retry->base_offset == offsets[i]);
        REQUIRE(retry->max_timestamp == 1'700'000'000'000 + static_cast<std::int64_t>(i));
    }
    const auto before = append(log, batch_of(1, static_cast<std::int32_t>(first) - 1));
    REQUIRE(before.error() == ErrorCode::out_of_order_sequence_number);
    REQUIRE(log.log_end_offset() == end);
    log.check_invariants_fully();
    REQUIRE(append(log, batch_of(1, static_cast<std::int32_t>(offsets.size()))));
}

enum class Stop { clean, killed };

/// The log's next life begins; after a kill, behind a sealed segment.
void restart(LogHarness& harness, const std::function<std::vector<Offset>(Log&)>& before,
             const std::function<void(Log&, const std::vector<Offset>&)>& after, Stop stop) {
    std::vector<Offset> offsets;
    harness.run([&](Runtime& runtime) {
        const auto log = open_log(runtime);
        offsets = before(*log);
        REQUIRE((stop == Stop::clean ? log->close() : log->roll()));
    });
    harness.run([&](Runtime& runtime) {
        LogOptions options = log_options(small_config(), stop == Stop::clean);
        options.recovery_point = Offset(1'000'000);  // recovery begins at the last segment
        const auto log = open_log(runtime, options);
        REQUIRE(!log->producers().find(ProducerId(1))->batches.is_complete());
        after(*log, offsets);
    });
}

TEST_CASE("after a restart a retry of one of the last five batches is answered with its place") {
    for (const Stop stop : {Stop::clean, Stop::killed}) {
        for (const int others : {0, 1, 9}) {  // in one segment, in a few, each in its own
            INFO(others << " other batches between");
            LogHarness harness;
            restart(
                harness, [&](Log& log) { return append_numbered(log, 8, others); },
                require_five_remembered, stop);
        }
    }
}

TEST_CASE("a retry is recalled whichever of the five comes first, and after others were appended") {
    for (std::size_t first = 3; first < 8; ++first) {
        LogHarness harness;
        restart(
            harness, [](Log& log) { return append_numbered(log, 8, 2); },
            [&](Log& log, std::vector<Offset> offsets) {
                REQUIRE(append(log, batch_of(1, static_cast<std::int32_t>(first)))->base_offset ==
                        offsets[first]);
                offsets.push_back(append(log, batch_of(1, 8))->base_offset);
                require_five_remembered(log, offsets);
            },
            Stop::clean);
    }
}

TEST_CASE("a log is searched only for a retry, once, and not where the producer wrote nothing") {
    LogHarness harness;
    restart(
        harness,
        [](Log& log) {
            append_others(log, 30);
            REQUIRE(append(log, batch_of(1, 0)));
            append_others(log, 30);
            return std::vector{append(log, batch_of(1, 1))->base_offset};
        },
        [&](Log& log, const std::vector<Offset>& offsets) {
            auto& reads = harness.disk().trouble.failing_reads;
            reads = {.left = 1};
            REQUIRE(append(log, batch_of(1, 1))->base_offset == offsets[0]);
            REQUIRE(append(log, batch_of(1, 3)).error() == ErrorCode::out_of_order_sequence_number);
            REQUIRE(append(log, batch_of(2, 0)));
            REQUIRE(append(log, batch_of(1, 2)));
            // A disk that cannot be read is no reason to call the batch out of order.
            REQUIRE(append(log, batch_of(1, 0)).error() == ErrorCode::kafka_storage_error);
            REQUIRE(!log.failure());
            // Two segments of it and the snapshots between them.
            reads = {.left = 1, .after = 12};
            REQUIRE(append(log, batch_of(1, 0))->duplicate);
            reads = {.left = 1};
            REQUIRE(append(log, batch_of(1, 0))->duplicate);
            REQUIRE(append(log, batch_of(1, 2'147'483'640)).error() ==
                    ErrorCode::out_of_order_sequence_number);
            REQUIRE(reads.left == 1);
            reads = {};
        },
        Stop::clean);
}

TEST_CASE("batches of an earlier epoch are not recalled") {
    LogHarness harness;
    restart(
        harness,
        [](Log& log) {
            std::vector<Offset> offsets = append_numbered(log, 4, 1);
            REQUIRE(append(log, batch_of(1, 0, 1)));
            append_others(log, 20);
            REQUIRE(append(log, batch_of(1, 1, 1)));
            return offsets;
        },
        [](Log& log, const std::vector<Offset>&) {
            REQUIRE(append(log, batch_of(1, 0, 1))->duplicate);
            REQUIRE(append(log, batch_of(1, 3)).error() == ErrorCode::invalid_producer_epoch);
            REQUIRE(append(log, batch_of(1, 3, 1)).error() ==
                    ErrorCode::out_of_order_sequence_number);
            REQUIRE(log.producers().find(ProducerId(1))->batches.size() == 2);
            log.check_invariants_fully();
        },
        Stop::clean);
}

TEST_CASE("without the snapshots between, the segments are searched one by one") {
    LogHarness harness;
    std::vector<Offset> offsets;
    harness.run([&](Runtime& runtime) {
        const auto log = open_log(runtime);
        offsets = append_numbered(*log, 8, 9);
        REQUIRE(log->close());
        const auto entries = runtime.disk().list(log->folder());
        REQUIRE(entries);
        for (const DirectoryEntry& entry : *entries) {
            const auto at = parse_segment_file_name(entry.name, kSnapshotSuffix);
            if (!at || *at == log->log_end_offset()) continue;
            REQUIRE(runtime.disk().remove(join_path(log->folder(), entry.name)));
        }
    });
    harness.run([&](Runtime& runtime) {
        const auto log = open_log(runtime, log_options(small_config(), true));
        require_five_remembered(*log, offsets);
    });
}

TEST_CASE("a truncation leaves a follower with windows that are recalled once it leads") {
    LogHarness harness;
    harness.run([&](Runtime& runtime) {
        const auto log = open_log(runtime);
        std::vector<Offset> offsets = append_numbered(*log, 9, 2);
        REQUIRE(log->roll());
        REQUIRE(log->truncate_to(offsets.back()));
        offsets.pop_back();
        require_five_remembered(*log, offsets);
    });
}

TEST_CASE("what went with its segment is not recalled") {
    LogHarness harness;
    restart(
        harness,
        [](Log& log) {
            const std::vector<Offset> offsets = append_numbered(log, 3, 20);
            log.set_high_watermark(log.log_end_offset());
            REQUIRE(log.delete_records(offsets[1] + 10));
            REQUIRE(log.delete_old_segments());
            return offsets;
        },
        [](Log& log, const std::vector<Offset>& offsets) {
            REQUIRE(log.first_segment_base() > offsets[1]);
            REQUIRE(append(log, batch_of(1, 1)).error() == ErrorCode::out_of_order_sequence_number);
            REQUIRE(append(log, batch_of(1, 2))->base_offset == offsets[2]);
            log.check_invariants_fully();
        },
        Stop::clean);
}

}  // namespace
}  // namespace gregor::log::testing
