// One partition's log on a simulated disk.
#include "tests/support/log_harness.h"

namespace gregor::log::testing {
namespace {

TEST_CASE("batches get consecutive offsets and are read back as they were written") {
    LogHarness harness;
    harness.run([](Runtime& runtime) {
        const auto log = open_log(runtime);
        for (int i = 0; i < 100; ++i) {
            const auto result = append(*log, build({.records = 3, .timestamp = 1000 + i}));
            REQUIRE(result);
            REQUIRE(result->base_offset == Offset(i * 3));
            REQUIRE(result->last_offset == Offset(i * 3 + 2));
        }
        REQUIRE(log->log_end_offset() == Offset(300));
        REQUIRE(log->segment_count() > 5);
        const auto batches = read_all(*log, Offset(0), 300);
        REQUIRE(batches.size() == 100);
        for (int i = 0; i < 100; ++i) {
            REQUIRE(batches[static_cast<std::size_t>(i)].header.base_offset == i * 3);
        }
        log->check_invariants_fully();
    });
}

TEST_CASE("a read begins with the batch that holds the offset and ends below the bound") {
    LogHarness harness;
    harness.run([](Runtime& runtime) {
        const auto log = open_log(runtime);
        for (int i = 0; i < 50; ++i) REQUIRE(append(*log, build({.records = 4})));
        for (int offset = 0; offset < 200; ++offset) {
            for (const int bound : {offset, offset + 1, 100, 199, 200}) {
                const auto result = log->read(
                    {.offset = Offset(offset), .max_bytes = 1 << 20, .upper_bound = Offset(bound)});
                REQUIRE(result);
                const Bytes bytes = bytes_of(*result);
                if (bytes.empty()) {
                    REQUIRE(bound < offset / 4 * 4 + 1 + (offset < bound ? 4 : offset));
                    continue;
                }
                const auto header = records::parse_batch_header(bytes);
                REQUIRE(header);
                REQUIRE(header->base_offset == offset / 4 * 4);
            }
        }
        REQUIRE(log->read({.offset = Offset(201), .max_bytes = 1, .upper_bound = Offset(300)})
                    .error() == ErrorCode::offset_out_of_range);
        REQUIRE(
            log->read({.offset = Offset(-1), .max_bytes = 1, .upper_bound = Offset(300)}).error() ==
            ErrorCode::offset_out_of_range);
        const auto one =
            log->read({.offset = Offset(0), .max_bytes = 1, .upper_bound = Offset(200)});
        REQUIRE(one->records.size > 61);
        const auto none = log->read({.offset = Offset(0),
                                     .max_bytes = 1,
                                     .upper_bound = Offset(200),
                                     .at_least_one_batch = false});
        REQUIRE(none->records.size == 1);
    });
}

TEST_CASE("a log that was closed opens as it was, without recovery") {
    LogHarness harness;
    std::vector<StoredBatch> before;
    harness.run([&](Runtime& runtime) {
        const auto log = open_log(runtime);
        for (int i = 0; i < 60; ++i) {
            REQUIRE(append(
                *log,
                build(
                    {.records = 2, .producer_id = 7, .producer_epoch = 0, .base_sequence = i * 2}),
                i / 20));
        }
        before = read_all(*log, Offset(0));
        REQUIRE(log->close());
        REQUIRE(append(*log, build({})).error() == ErrorCode::kafka_storage_error);
    });
    harness.machine().lose_power();
    harness.pass(std::chrono::seconds(1));
    harness.run([&](Runtime& runtime) {
        const auto log = open_log(runtime, log_options(small_config(), true));
        REQUIRE(log->log_end_offset() == Offset(120));
        const auto after = read_all(*log, Offset(0));
        REQUIRE(after.size() == before.size());
        for (std::size_t i = 0; i < after.size(); ++i) REQUIRE(after[i].bytes == before[i].bytes);
        REQUIRE(log->producers().find(ProducerId(7))->last_sequence() == 119);
        REQUIRE(log->leader_epochs().entries().size() == 3);
        log->check_invariants_fully();
    });
}

TEST_CASE("a log whose truncation was cancelled is not closed cleanly, and recovers") {
    LogHarness harness;
    int completed = 0;
    int interrupted = 0;
    for (int steps = 1; completed == 0; ++steps) {
        harness.run([&](Runtime& runtime) {
            const auto log = open_log(runtime);
            REQUIRE(log->truncate_fully_and_start_at(Offset(0)));
            for (int i = 0; i < 4; ++i) {
                REQUIRE(append(*log,
                               build({.value = std::string(400, 'v'),
                                      .producer_id = 1,
                                      .producer_epoch = 0,
                                      .base_sequence = i}),
                               i));
            }
            bool done = false;
            with_task_group(runtime.tasks(), "truncation", [&](TaskGroup& group) {
                group.spawn("truncate", [&] { done = log->truncate_to(Offset(1)).has_value(); });
                runtime.clock().sleep_for(std::chrono::microseconds(steps));
            });
            const bool closed = log->close().has_value();
            if (closed && done) ++completed;
            if (closed) return;
            REQUIRE_FALSE(done);
            REQUIRE_FALSE(append(*log, build({})));
            ++interrupted;
        });
        harness.run([](Runtime& runtime) {
            const auto log = open_log(runtime);
            log->check_invariants_fully();
        });
    }
    REQUIRE(interrupted > 0);
}

TEST_CASE("recovery cuts a torn tail and keeps what came before") {
    LogHarness harness;
    harness.run([](Runtime& runtime) {
        const auto log = open_log(runtime);
        for (int i = 0; i < 5; ++i) REQUIRE(append(*log, build({})));
    });
    const auto file =
        *harness.disk().store->open("data/orders-0/00000000000000000000.log", OpenMode::write);
    const std::uint64_t size = file->size();
    file->truncate(size - 3, {});
    harness.run([&](Runtime& runtime) {
        const auto log = open_log(runtime);
        REQUIRE(log->log_end_offset() == Offset(4));
        log->check_invariants_fully();
        REQUIRE(append(*log, build({}))->base_offset == Offset(4));
    });
    file->flip_bit(100, 3);
    harness.run([&](Runtime& runtime) {
        const auto log = open_log(runtime);
        REQUIRE(log->log_end_offset() == Offset(1));
        log->check_invariants_fully();
    });
}

// single-node, seed 779
TEST_CASE("an append to a log whose own first batch is damaged does not call the new one damaged") {
    LogHarness harness;
    harness.run([](Runtime& runtime) {
        const auto log = open_log(runtime);
        for (int i = 0; i < 10; ++i) REQUIRE(append(*log, build({})));
        REQUIRE(log->close());
    });
    harness.run([&](Runtime& runtime) {
        const auto log = open_log(runtime, log_options(small_config(), true));
        const auto file =
            *harness.disk().store->open("data/orders-0/00000000000000000000.log", OpenMode::write);
        constexpr std::uint64_t kMagicPosition = 16;
        file->flip_bit(kMagicPosition, 6);
        REQUIRE(append(*log, build({})).error() == ErrorCode::kafka_storage_error);
    });
}

TEST_CASE("a retry of one of the last five batches is answered with its first place") {
    LogHarness harness;
    harness.run([](Runtime& runtime) {
        const auto log = open_log(runtime);
        const auto batch = [](std::int32_t sequence) {
            return build({.producer_id = 1, .producer_epoch = 0, .base_sequence = sequence});
        };
        for (int i = 0; i < 8; ++i) REQUIRE(append(*log, batch(i)));
        for (int i = 3; i < 8; ++i) {
            const auto retry = append(*log, batch(i));
            REQUIRE(retry);
            REQUIRE(retry->duplicate);
            REQUIRE(retry->base_offset == Offset(i));
        }
        REQUIRE(append(*log, batch(2)).error() == ErrorCode::out_of_order_sequence_number);
        REQUIRE(append(*log, batch(9)).error() == ErrorCode::out_of_order_sequence_number);
        REQUIRE(log->log_end_offset() == Offset(8));
    });
}

TEST_CASE("truncation drops what is at or after an offset, over segments and epochs") {
    LogHarness harness;
    harness.run([](Runtime& runtime) {
        for (const int target : {0, 1, 7, 50, 98, 99, 100, 120}) {
            LogOptions options = log_options();
            options.folder = "data/orders-" + std::to_string(target);
            const auto log = open_log(runtime, options);
            for (int i = 0; i < 50; ++i) {
                REQUIRE(append(*log, build({.records = 2}), i / 10));
            }
            log->set_high_watermark(Offset(100));
            REQUIRE(log->truncate_to(Offset(target)));
            const int end = std::min(target / 2 * 2, 100);
            REQUIRE(log->log_end_offset() == Offset(end));
            REQUIRE(log->high_watermark() == Offset(end));
            log->check_invariants_fully();
            REQUIRE(append(*log, build({}), 9)->base_offset == Offset(end));
            REQUIRE(log->end_offset_for_epoch(LeaderEpoch(9)).end_offset == Offset(end + 1));
            log->check_invariants_fully();
        }
    });
}

TEST_CASE("who reads while a log begins anew is told something") {
    LogHarness harness;
    harness.run([&](Runtime& runtime) {
        const auto log = open_log(runtime);
        for (int i = 0; i < 8; ++i) REQUIRE(append(*log, build({})));
        bool is_done = false;
        TaskGroup tasks(runtime.tasks(), "test");
        tasks.spawn("begins anew", [&] {
            REQUIRE(log->truncate_fully_and_start_at(Offset(50)));
            is_done = true;
        });
        int reads = 0;
        for (; !is_done; ++reads) {
            (void)log->read({.offset = Offset(0), .max_bytes = 100});
            runtime.clock().sleep_for(1us);
        }
        tasks.join();
        REQUIRE(reads > 3);
        REQUIRE(log->log_start_offset() == Offset(50));
    });
}

TEST_CASE("a log can start anew elsewhere") {
    LogHarness harness;
    harness.run([](Runtime& runtime) {
        const auto log = open_log(runtime);
        for (int i = 0; i < 50; ++i) REQUIRE(append(*log, build({})));
        REQUIRE(log->truncate_fully_and_start_at(Offset(1000)));
        REQUIRE(log->log_start_offset() == Offset(1000));
        REQUIRE(log->log_end_offset() == Offset(1000));
        REQUIRE(append(*log, build({}))->base_offset == Offset(1000));
        log->check_invariants_fully();
    });
}

TEST_CASE("a follower takes the leader's bytes as they are and refuses damage") {
    LogHarness harness;
    harness.run([](Runtime& runtime) {
        const auto leader = open_log(runtime);
        LogOptions options = log_options();
        options.folder = "data/follower";
        const auto follower = open_log(runtime, options);
        for (int i = 0; i < 40; ++i) REQUIRE(append(*leader, build({.records = 3}), i / 15));
        while (follower->log_end_offset() < leader->log_end_offset()) {
            const auto chunk = leader->read({.offset = follower->log_end_offset(),
                                             .max_bytes = 700,
                                             .upper_bound = leader->log_end_offset()});
            REQUIRE(follower->append_as_follower(bytes_of(*chunk), LeaderEpoch(2)));
        }
        const auto a = read_all(*leader, Offset(0));
        const auto b = read_all(*follower, Offset(0));
        REQUIRE(a.size() == b.size());
        for (std::size_t i = 0; i < a.size(); ++i) REQUIRE(a[i].bytes == b[i].bytes);
        REQUIRE(leader->leader_epochs().entries() == follower->leader_epochs().entries());
        follower->check_invariants_fully();

        const Bytes next = build({.records = 2}, 120, 2);
        ByteBuffer damaged;
        damaged.append(next.span());
        damaged.data()[70] ^= 1;
        REQUIRE(follower->append_as_follower(std::move(damaged).freeze(), LeaderEpoch(2)).error() ==
                ErrorCode::corrupt_message);
        REQUIRE(follower->append_as_follower(build({}, 119, 2), LeaderEpoch(2)).error() ==
                ErrorCode::offset_out_of_range);
        REQUIRE(follower->append_as_follower(build({}, 120, 3), LeaderEpoch(2)));
        REQUIRE(follower->log_end_offset() == Offset(120));
        // A compacted leader leaves gaps.
        REQUIRE(follower->append_as_follower(build({}, 5'000'000'000, 2), LeaderEpoch(2)));
        REQUIRE(follower->log_end_offset() == Offset(5'000'000'001));
        follower->check_invariants_fully();
    });
}

TEST_CASE("the smallest offset at or after a time is found, and the largest time") {
    LogHarness harness;
    harness.run([](Runtime& runtime) {
        const auto log = open_log(runtime);
        const std::int64_t times[] = {100, 300, 200, 250, 500, 400, 50, 450};
        for (int round = 0; round < 8; ++round) {
            for (const std::int64_t time : times) {
                REQUIRE(append(*log, build({.records = 2, .timestamp = time + round * 1000})));
            }
        }
        const auto batches = read_all(*log, Offset(0));
        for (std::int64_t time = 0; time < 8000; time += 25) {
            std::optional<TimestampOffset> expected;
            for (const StoredBatch& batch : batches) {
                for (int i = 0; i < 2 && !expected; ++i) {
                    const std::int64_t at = batch.header.base_timestamp + i;
                    if (at >= time) expected = {at, Offset(batch.header.base_offset + i)};
                }
            }
            const auto found = log->offset_for_time(time);
            REQUIRE(found);
            REQUIRE(found->has_value() == expected.has_value());
            if (expected) REQUIRE((*found)->found == *expected);
        }
        const auto largest = log->offset_of_max_timestamp();
        REQUIRE((*largest)->found.timestamp == 7501);
        REQUIRE((*largest)->found.offset == Offset(7 * 16 + 9));
    });
}

TEST_CASE("read_committed stays below undecided transactions and knows the aborted ones") {
    LogHarness harness;
    harness.run([](Runtime& runtime) {
        const auto log = open_log(runtime);
        const auto data = [](std::int64_t id, std::int32_t sequence) {
            return build({.producer_id = id,
                          .producer_epoch = 0,
                          .base_sequence = sequence,
                          .transactional = true});
        };
        const auto end = [&](std::int64_t id, bool commit) {
            return append(*log, build_marker(id, 0, commit), 0, AppendOrigin::coordinator);
        };
        REQUIRE(append(*log, data(1, 0)));  // 0
        REQUIRE(append(*log, data(2, 0)));  // 1
        REQUIRE(append(*log, build({})));   // 2
        log->set_high_watermark(Offset(3));
        REQUIRE(log->last_stable_offset() == Offset(0));
        REQUIRE(end(1, false));  // 3
        log->set_high_watermark(Offset(3));
        REQUIRE(log->last_stable_offset() == Offset(0));
        log->set_high_watermark(Offset(4));
        REQUIRE(log->last_stable_offset() == Offset(1));
        REQUIRE(end(2, true));  // 4
        log->set_high_watermark(Offset(5));
        REQUIRE(log->last_stable_offset() == Offset(5));
        const auto aborted = log->aborted_transactions(Offset(0), Offset(5));
        REQUIRE(aborted->size() == 1);
        REQUIRE(aborted->front() ==
                AbortedTransaction{ProducerId(1), Offset(0), Offset(3), Offset(1)});
        REQUIRE(append(*log, build({.producer_id = 2, .producer_epoch = 0, .base_sequence = 1})));
        REQUIRE(append(*log, data(1, 1)));
        REQUIRE(append(*log, build({.producer_id = 1, .producer_epoch = 0, .base_sequence = 2}))
                    .error() == ErrorCode::invalid_txn_state);
        log->check_invariants_fully();
    });
}

TEST_CASE("a transaction begins only under a guard that no marker has taken away") {
    LogHarness harness;
    harness.run([](Runtime& runtime) {
        const auto log = open_log(runtime);
        const auto data = [](std::int32_t sequence, std::int16_t epoch) {
            return build({.producer_id = 1,
                          .producer_epoch = epoch,
                          .base_sequence = sequence,
                          .transactional = true});
        };
        const auto begin = [&](const Bytes& batch) {
            return log->begin_verification(*records::parse_batch_header(batch));
        };
        const auto add = [&](const Bytes& batch, std::optional<VerificationGuard> guard) {
            const LeaderBatch leader_batch{*records::parse_batch_header(batch),
                                           batch.suffix(kBatchHeaderSize)};
            return log->append_as_leader({.batches = std::span(&leader_batch, 1),
                                          .verifies_transactions = true,
                                          .guard = guard.value_or(0)});
        };
        const auto end = [&](std::int16_t epoch) {
            return append(*log, build_marker(1, epoch, false), 0, AppendOrigin::coordinator);
        };
        REQUIRE(add(data(0, 0), std::nullopt).error() == ErrorCode::invalid_txn_state);
        // Two batches are on their way: the first goes first (KAFKA-14920).
        const auto guard = begin(data(0, 0));
        REQUIRE(begin(data(1, 0)) == guard);
        REQUIRE(add(data(1, 0), guard).error() == ErrorCode::out_of_order_sequence_number);
        REQUIRE(add(data(0, 0), guard));
        REQUIRE(!begin(data(1, 0)));
        REQUIRE(add(data(1, 0), std::nullopt));
        REQUIRE(end(0));
        // The marker comes between the question and the append (KAFKA-14884).
        const auto late = begin(data(2, 0));
        REQUIRE(late.has_value());
        REQUIRE(late != guard);
        REQUIRE(end(0));
        REQUIRE(add(data(2, 0), late).error() == ErrorCode::invalid_txn_state);
        // An open transaction says nothing of another epoch's batches.
        REQUIRE(add(data(2, 0), begin(data(2, 0))));
        REQUIRE(begin(data(0, 1)).has_value());
        REQUIRE(add(data(0, 1), std::nullopt).error() == ErrorCode::invalid_txn_state);
        log->check_invariants_fully();
    });
}

TEST_CASE("a marker of an earlier transaction does not end the next one") {
    LogHarness harness;
    harness.run([](Runtime& runtime) {
        const auto log = open_log(runtime);
        const auto data = [&](std::int16_t epoch) {
            return append(*log, build({.producer_id = 1,
                                       .producer_epoch = epoch,
                                       .base_sequence = 0,
                                       .transactional = true}));
        };
        const auto end = [&](std::int16_t epoch) {
            const Bytes batch = build_marker(1, epoch, true);
            const LeaderBatch marker{*records::parse_batch_header(batch),
                                     batch.suffix(kBatchHeaderSize)};
            return log->append_as_leader({.batches = std::span(&marker, 1),
                                          .origin = AppendOrigin::coordinator,
                                          .has_epoch_per_transaction = true});
        };
        REQUIRE(data(0));
        REQUIRE(end(1));
        REQUIRE(end(1));  // written once more: nothing is open
        REQUIRE(data(1));
        REQUIRE(end(1).error() == ErrorCode::invalid_producer_epoch);
        REQUIRE(log->last_stable_offset() <= Offset(3));
        REQUIRE(end(2));
        log->check_invariants_fully();
    });
}

TEST_CASE("retention takes sealed segments below the high watermark, oldest first") {
    LogHarness harness;
    harness.run([&](Runtime& runtime) {
        LogConfig config = *small_config();
        config.retention_bytes = 3000;
        config.retention_ms = -1;
        config.file_delete_delay_ms = 1000;
        const auto log = open_log(runtime, log_options(std::make_shared<LogConfig>(config)));
        for (int i = 0; i < 100; ++i) REQUIRE(append(*log, build({})));
        const std::uint64_t before = log->size_in_bytes();
        REQUIRE(*log->delete_old_segments() == 0);
        log->set_high_watermark(Offset(30));
        REQUIRE(*log->delete_old_segments() > 0);
        REQUIRE(log->log_start_offset() <= Offset(30));
        REQUIRE(log->log_start_offset() > Offset(0));
        log->set_high_watermark(Offset(100));
        REQUIRE(*log->delete_old_segments() > 0);
        REQUIRE(log->size_in_bytes() >= 3000);
        REQUIRE(log->size_in_bytes() < before);
        REQUIRE(log->size_in_bytes() - 1024 < 3000);
        log->check_invariants_fully();
        harness.disk().trouble.failing_removes = {.path = log->folder(), .left = 1};
        for (int i = 0; i < 2; ++i) {
            runtime.clock().sleep_for(std::chrono::seconds(2));
            log->remove_deleted_files();
        }
        const auto entries = runtime.disk().list(log->folder());
        for (const DirectoryEntry& entry : *entries) {
            REQUIRE(!entry.name.ends_with(kDeletedSuffix));
        }
    });
}

TEST_CASE("retention: what goes for its age is no more part of what is too much") {
    LogHarness harness;
    harness.run([](Runtime& runtime) {
        LogConfig config = *small_config();
        config.retention_bytes = 5000;
        config.retention_ms = 1000;
        const auto log = open_log(runtime, log_options(std::make_shared<LogConfig>(config)));
        const std::int64_t now = to_epoch_ms(runtime.clock().wall());
        for (int i = 0; i < 100; ++i) {
            REQUIRE(append(*log, build({.timestamp = i < 30 ? now - 10'000 : now})));
        }
        REQUIRE(log->size_in_bytes() > 5000);
        log->set_high_watermark(Offset(100));
        REQUIRE(*log->delete_old_segments() > 0);
        REQUIRE(log->size_in_bytes() >= 5000);
        log->check_invariants_fully();
    });
}

TEST_CASE("retention by time may empty the log but for a new segment") {
    LogHarness harness;
    harness.run([](Runtime& runtime) {
        LogConfig config = *small_config();
        config.retention_ms = 1000;
        const auto log = open_log(runtime, log_options(std::make_shared<LogConfig>(config)));
        for (int i = 0; i < 30; ++i) {
            REQUIRE(append(*log, build({.timestamp = 1'600'000'000'000 + i})));
        }
        log->set_high_watermark(Offset(30));
        REQUIRE(*log->delete_old_segments() > 1);
        REQUIRE(log->log_start_offset() == Offset(30));
        REQUIRE(log->segment_count() == 1);
        REQUIRE(append(*log, build({}))->base_offset == Offset(30));
        log->check_invariants_fully();
    });
}

TEST_CASE("records deleted on request are out of range, and not above the high watermark") {
    LogHarness harness;
    harness.run([](Runtime& runtime) {
        const auto log = open_log(runtime);
        for (int i = 0; i < 30; ++i) REQUIRE(append(*log, build({})));
        log->set_high_watermark(Offset(20));
        REQUIRE(log->delete_records(Offset(21)).error() == ErrorCode::offset_out_of_range);
        REQUIRE(log->delete_records(Offset(15)));
        REQUIRE(log->delete_records(Offset(3)));
        REQUIRE(log->log_start_offset() == Offset(15));
        REQUIRE(
            log->read({.offset = Offset(14), .max_bytes = 1, .upper_bound = Offset(30)}).error() ==
            ErrorCode::offset_out_of_range);
        REQUIRE(log->read({.offset = Offset(15), .max_bytes = 1, .upper_bound = Offset(30)}));
        REQUIRE(*log->delete_old_segments() > 0);
        REQUIRE(log->first_segment_base() <= Offset(15));
        log->check_invariants_fully();
    });
}

TEST_CASE("with flush.messages an answered append survives a power loss") {
    LogConfig config = *small_config();
    config.flush_messages = 1;
    LogHarness harness;
    harness.run([&](Runtime& runtime) {
        const auto log = open_log(runtime, log_options(std::make_shared<LogConfig>(config)));
        for (int i = 0; i < 40; ++i) {
            REQUIRE(append(*log, build({})));
            REQUIRE(log->recovery_point() == Offset(i + 1));
        }
    });
    harness.machine().lose_power();
    harness.pass(std::chrono::seconds(1));
    harness.run([](Runtime& runtime) {
        const auto log = open_log(runtime);
        REQUIRE(log->log_end_offset() == Offset(40));
        log->check_invariants_fully();
    });
}

TEST_CASE("after a failed sync the log takes no more writes and is still read") {
    LogHarness harness;
    harness.run([&](Runtime& runtime) {
        const auto log = open_log(runtime);
        for (int i = 0; i < 5; ++i) REQUIRE(append(*log, build({})));
        harness.disk().trouble.failing_syncs = {.path = "orders-0", .left = 1};
        REQUIRE(log->flush().error() == ErrorCode::kafka_storage_error);
        REQUIRE(log->failure() == IoError::io_failed);
        REQUIRE(log->flush().error() == ErrorCode::kafka_storage_error);
        REQUIRE(append(*log, build({})).error() == ErrorCode::kafka_storage_error);
        REQUIRE(read_all(*log, Offset(0)).size() == 5);
    });
}

TEST_CASE("fibers that wait for a sync share it") {
    LogConfig config = *small_config();
    config.flush_messages = 1;
    config.segment_bytes = 1 << 20;
    LogHarness harness;
    std::int64_t syncs = 0;
    harness.run([&](Runtime& runtime) {
        const auto log = open_log(runtime, log_options(std::make_shared<LogConfig>(config)));
        harness.disk().observer = [&](simulated::DiskOperation operation, std::string_view path) {
            if (operation == simulated::DiskOperation::sync && path.ends_with(".log")) ++syncs;
        };
        with_task_group(runtime.tasks(), "appenders", [&](TaskGroup& group) {
            for (int i = 0; i < 32; ++i) {
                group.spawn("appender", [&] { REQUIRE(append(*log, build({}))); });
            }
            while (log->log_end_offset() < Offset(32)) {
                runtime.clock().sleep_for(std::chrono::milliseconds(1));
            }
        });
        harness.disk().observer = {};
        REQUIRE(log->recovery_point() == Offset(32));
        log->check_invariants_fully();
    });
    REQUIRE(syncs < 16);
}

}  // namespace
}  // namespace gregor::log::testing
