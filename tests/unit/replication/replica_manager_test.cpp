// The replica manager on a simulated node: appending, fetching, waiting, failing.
#include "broker/replication/replica_manager.h"

#include "sim/base/planted.h"

#include "tests/unit/replication/broker.h"

using namespace gregor;
using namespace gregor::replication_test;

namespace {

const std::vector<std::string> kTwo{"a", "b"};

FetchParams poll(Duration max_wait, std::int32_t min_bytes = 1) {
    return {.max_wait = max_wait, .min_bytes = min_bytes, .max_bytes = 1 << 24};
}

}  // namespace

TEST_CASE("what was appended is fetched, with the offsets that the answers told") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Broker broker(runtime, keeper);
        REQUIRE(broker.lead());
        for (int i = 0; i < 5; ++i) {
            const AppendOutcome outcome = broker.append(kTwo);
            REQUIRE(outcome.error == ErrorCode::none);
            REQUIRE(outcome.base_offset == Offset(2 * i));
            REQUIRE(outcome.log_append_time_ms == -1);
            REQUIRE(outcome.log_start_offset == Offset(0));
        }
        const std::vector<ReadRecord> all = broker.read();
        REQUIRE(all.size() == 10);
        REQUIRE(all[7] == ReadRecord{7, "b"});
        REQUIRE(broker.read(9).size() == 1);
        REQUIRE(broker.read(10).empty());
        const FetchResult fetched = broker.fetch({}, {Broker::target(3)});
        REQUIRE(fetched.partitions[0].high_watermark == Offset(10));
        REQUIRE(fetched.partitions[0].last_stable_offset == Offset(10));
        REQUIRE(fetched.partitions[0].log_start_offset == Offset(0));
        broker.replicas->check_invariants();
    });
}

TEST_CASE("an offset outside the log gives an error and no marks") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Broker broker(runtime, keeper);
        REQUIRE(broker.lead());
        broker.append(kTwo);
        const FetchResult fetched = broker.fetch(poll(10s), {Broker::target(3)});
        REQUIRE(fetched.partitions[0].error_code == ErrorCode::offset_out_of_range);
        REQUIRE(fetched.partitions[0].high_watermark == Offset(-1));
        REQUIRE(fetched.partitions[0].last_stable_offset == Offset(-1));
        REQUIRE(fetched.partitions[0].log_start_offset == Offset(-1));
    });
}

TEST_CASE("max_bytes bounds a fetch, but for its first batch") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Broker broker(runtime, keeper);
        const TopicPartition other{"orders", 1};
        REQUIRE(broker.lead());
        REQUIRE(broker.lead(other));
        const std::string large(1000, 'x');
        for (const TopicPartition& partition : {kOrders, other}) {
            for (int i = 0; i < 3; ++i) broker.append(batch_of({large}), -1, 1s, partition);
        }
        FetchParams params = poll(0s);
        params.max_bytes = 1;
        FetchResult fetched = broker.fetch(params, {Broker::target(0), Broker::target(0, other)});
        REQUIRE(records_in(Broker::bytes_of(fetched, 0)).size() == 1);
        REQUIRE(fetched.partitions[1].records.size() == 0);
        params.max_bytes = 1 << 20;
        fetched =
            broker.fetch(params, {Broker::target(0, kOrders, 1500), Broker::target(0, other)});
        REQUIRE(fetched.partitions[0].records.size() == 1500);
        REQUIRE(records_in(Broker::bytes_of(fetched, 0)).size() == 1);
        REQUIRE(records_in(Broker::bytes_of(fetched, 1)).size() == 3);
    });
}

TEST_CASE("a long poll is answered by the append that it waits for") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Broker broker(runtime, keeper);
        REQUIRE(broker.lead());
        const Instant start = runtime.clock().now();
        runtime.tasks().spawn("producer", [&] {
            runtime.clock().sleep_for(100ms);
            broker.append(kTwo);
        });
        REQUIRE(broker.read(0, poll(10s)).size() == 2);
        const Duration waited = runtime.clock().now() - start;
        REQUIRE(waited >= 100ms);
        REQUIRE(waited < 200ms);
    });
}

TEST_CASE("a long poll for many bytes waits for all of them, or for its time") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Broker broker(runtime, keeper);
        REQUIRE(broker.lead());
        runtime.tasks().spawn("producer", [&] {
            for (int i = 0; i < 100; ++i) {
                runtime.clock().sleep_for(100ms);
                broker.append(kTwo);
            }
        });
        const auto size = static_cast<std::int32_t>(batch_of(kTwo).size());
        REQUIRE(broker.read(0, poll(60s, 10 * size)).size() == 20);
        const Instant start = runtime.clock().now();
        const std::size_t later = broker.read(20, poll(1s, 1000 * size)).size();
        REQUIRE(runtime.clock().now() - start >= 1s);
        REQUIRE(runtime.clock().now() - start < 1100ms);
        REQUIRE(later >= 18);
        REQUIRE(later <= 22);
    });
}

TEST_CASE("read_committed fetches and waits up to the last stable offset") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Broker broker(runtime, keeper);
        REQUIRE(broker.lead());
        REQUIRE(broker
                    .append(batch_of({"open"}, {.producer_id = 7,
                                                .producer_epoch = 0,
                                                .base_sequence = 0,
                                                .is_transactional = true}))
                    .error == ErrorCode::none);
        broker.append(kTwo);
        FetchParams committed = poll(1s);
        committed.read_committed = true;
        const Instant start = runtime.clock().now();
        const FetchResult fetched = broker.fetch(committed, {Broker::target(0)});
        REQUIRE(runtime.clock().now() - start >= 1s);
        REQUIRE(fetched.partitions[0].records.size() == 0);
        REQUIRE(fetched.partitions[0].last_stable_offset == Offset(0));
        REQUIRE(fetched.partitions[0].high_watermark == Offset(3));
        REQUIRE(fetched.partitions[0].aborted_transactions->empty());
        REQUIRE(broker.read().size() == 3);
        const ListedOffset latest = broker.replicas->list_offset(
            {.partition = kOrders, .timestamp = -1, .read_committed = true});
        REQUIRE(latest.offset == Offset(0));
    });
}

TEST_CASE("errors of partitions end a long poll at once") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Broker broker(runtime, keeper);
        REQUIRE(broker.lead(kOrders, 3));
        const Instant start = runtime.clock().now();
        FetchTarget stale = Broker::target(0);
        stale.wanted.current_leader_epoch = LeaderEpoch(2);
        FetchTarget early = Broker::target(0);
        early.wanted.current_leader_epoch = LeaderEpoch(4);
        FetchTarget unnamed = Broker::target(0);
        unnamed.topic.clear();
        FetchTarget renamed = Broker::target(0);
        renamed.topic_id = topic_id(9);
        const FetchResult fetched = broker.fetch(
            poll(10s),
            {Broker::target(0), stale, early, unnamed, renamed, Broker::target(0, {"orders", 7})});
        REQUIRE(fetched.partitions[0].error_code == ErrorCode::none);
        REQUIRE(fetched.partitions[1].error_code == ErrorCode::fenced_leader_epoch);
        REQUIRE(fetched.partitions[2].error_code == ErrorCode::unknown_leader_epoch);
        REQUIRE(fetched.partitions[3].error_code == ErrorCode::unknown_topic_id);
        REQUIRE(fetched.partitions[4].error_code == ErrorCode::inconsistent_topic_id);
        REQUIRE(fetched.partitions[5].error_code == ErrorCode::unknown_topic_or_partition);
        REQUIRE(runtime.clock().now() - start < 1s);
    });
}

TEST_CASE("a fetch whose history diverges is told where the epoch ends") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Broker broker(runtime, keeper);
        REQUIRE(broker.lead(kOrders, 1));
        broker.append(kTwo);
        REQUIRE(broker.lead(kOrders, 4));
        broker.append(kTwo);
        FetchTarget target = Broker::target(3);
        target.wanted.last_fetched_epoch = LeaderEpoch(2);
        const FetchResult fetched = broker.fetch(poll(10s), {target});
        REQUIRE(fetched.partitions[0].error_code == ErrorCode::none);
        REQUIRE(fetched.partitions[0].diverging_epoch.epoch == LeaderEpoch(1));
        REQUIRE(fetched.partitions[0].diverging_epoch.end_offset == Offset(2));
        REQUIRE(fetched.partitions[0].records.size() == 0);
        const auto end =
            broker.replicas->offset_for_leader_epoch(kOrders, LeaderEpoch(4), LeaderEpoch(3));
        REQUIRE(end);
        REQUIRE(end->epoch == LeaderEpoch(1));
        REQUIRE(end->end_offset == Offset(2));
        REQUIRE(broker.replicas->offset_for_leader_epoch(kOrders, LeaderEpoch(3), LeaderEpoch(1))
                    .error() == ErrorCode::fenced_leader_epoch);
    });
}

TEST_CASE("acks=all waits for the in-sync replicas and times out without losing the place") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Broker broker(runtime, keeper);
        REQUIRE(broker.lead(kOrders, 0, topic_id(), {1, 2}, {1, 2}));
        REQUIRE(broker.append(batch_of(kTwo), 1).error == ErrorCode::none);
        const Instant start = runtime.clock().now();
        const AppendOutcome outcome = broker.append(batch_of(kTwo), -1, 2s);
        REQUIRE(outcome.error == ErrorCode::request_timed_out);
        REQUIRE(outcome.base_offset == Offset(2));
        REQUIRE(runtime.clock().now() - start >= 2s);
        REQUIRE(broker.read().empty());
        // The follower leaves the in-sync set: what waits is acknowledged.
        runtime.tasks().spawn("controller", [&] {
            runtime.clock().sleep_for(1s);
            PartitionAssignment alone{.leader = NodeId(1),
                                      .leader_epoch = LeaderEpoch(0),
                                      .partition_epoch = 1,
                                      .replicas = {NodeId(1), NodeId(2)},
                                      .isr = {NodeId(1)}};
            REQUIRE(broker.replicas->assign(kOrders, topic_id(), alone,
                                            std::make_shared<log::LogConfig>()));
        });
        REQUIRE(broker.append(batch_of(kTwo), -1, 10s).error == ErrorCode::none);
        REQUIRE(broker.read().size() == 6);
    });
}

TEST_CASE("a waiting acks=all is refused when its leader epoch ends") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Broker broker(runtime, keeper);
        REQUIRE(broker.lead(kOrders, 0, topic_id(), {1, 2}, {1, 2}));
        runtime.tasks().spawn("controller", [&] {
            runtime.clock().sleep_for(1s);
            REQUIRE(broker.lead(kOrders, 1));
        });
        REQUIRE(broker.append(batch_of(kTwo)).error == ErrorCode::not_leader_or_follower);
    });
}

TEST_CASE("too few in-sync replicas refuse acks=all before the append") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Broker broker(runtime, keeper, {.min_insync_replicas = 2});
        REQUIRE(broker.lead(kOrders, 0, topic_id(), {1}, {1, 2}));
        REQUIRE(broker.append(batch_of(kTwo)).error == ErrorCode::not_enough_replicas);
        REQUIRE(broker.replicas->find(kOrders)->log->log_end_offset() == Offset(0));
        REQUIRE(broker.append(batch_of(kTwo), 1).error == ErrorCode::none);
    });
}

TEST_CASE("a retry is answered with the offset and timestamp of its first copy") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Broker broker(runtime, keeper);
        REQUIRE(broker.lead());
        const auto batch = [](std::int32_t sequence, std::int16_t epoch = 0) {
            return batch_of(kTwo, {.producer_id = 42,
                                   .producer_epoch = epoch,
                                   .base_sequence = sequence,
                                   .timestamp = 1'700'000'000'123});
        };
        for (int i = 0; i < 5; ++i) REQUIRE(broker.append(batch(2 * i)).error == ErrorCode::none);
        const AppendOutcome retry = broker.append(batch(4));
        REQUIRE(retry.error == ErrorCode::none);
        REQUIRE(retry.base_offset == Offset(4));
        REQUIRE(retry.log_append_time_ms == 1'700'000'000'123);
        REQUIRE(broker.read().size() == 10);
        const AppendOutcome gap = broker.append(batch(12));
        REQUIRE(gap.error == ErrorCode::out_of_order_sequence_number);
        REQUIRE(gap.base_offset == Offset(-1));
        REQUIRE(gap.log_start_offset == Offset(0));
        REQUIRE(broker.append(batch(0, 1)).error == ErrorCode::none);
        REQUIRE(broker.append(batch(10)).error == ErrorCode::invalid_producer_epoch);
    });
}

TEST_CASE("bad requests are refused partition by partition") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Broker broker(runtime, keeper, {.cleanup_compact = true, .max_message_bytes = 2000});
        REQUIRE(broker.lead());
        REQUIRE(broker.lead({"__consumer_offsets", 0}));
        REQUIRE(broker.append(batch_of(kTwo), 2).error == ErrorCode::invalid_required_acks);
        REQUIRE(broker.append(batch_of(kTwo), 1, 1s, {"nothing", 0}).error ==
                ErrorCode::unknown_topic_or_partition);
        REQUIRE(broker.append(batch_of(kTwo), 1, 1s, {"__consumer_offsets", 0}).error ==
                ErrorCode::invalid_topic_exception);
        ByteBuffer damaged;
        damaged.append(batch_of(kTwo));
        damaged.data()[70] ^= 1;
        REQUIRE(broker.append(std::move(damaged).freeze()).error == ErrorCode::corrupt_message);
        REQUIRE(broker.append(batch_of({std::string(3000, 'x')})).error ==
                ErrorCode::message_too_large);
        REQUIRE(broker.append(Bytes()).error == ErrorCode::invalid_record);
        const AppendOutcome keyless = broker.append(batch_of(kTwo, {.with_key = false}));
        REQUIRE(keyless.error == ErrorCode::invalid_record);
        REQUIRE(keyless.record_errors.size() == 2);
        REQUIRE(keyless.error_message);
        REQUIRE(broker.read().empty());
    });
}

TEST_CASE("LogAppendTime and another compression.type give the batch a new header") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Broker broker(runtime, keeper,
                      {.compression_type = "lz4",
                       .message_timestamp_type = records::TimestampType::log_append_time});
        REQUIRE(broker.lead());
        const std::vector<std::string> values(200, std::string(1000, 'x'));
        const AppendOutcome outcome =
            broker.append(batch_of(values, {.codec = records::CompressionCodec::gzip}));
        REQUIRE(outcome.error == ErrorCode::none);
        REQUIRE(outcome.log_append_time_ms == to_epoch_ms(runtime.clock().wall()));
        const FetchResult fetched = broker.fetch({}, {Broker::target(0)});
        const Bytes bytes = Broker::bytes_of(fetched, 0);
        const auto header = records::parse_batch_header(bytes);
        REQUIRE(header->codec() == records::CompressionCodec::lz4);
        REQUIRE(header->max_timestamp == outcome.log_append_time_ms);
        REQUIRE(records_in(bytes).size() == 200);
    });
}

TEST_CASE("offsets are listed from the ends and by time") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Broker broker(runtime, keeper);
        REQUIRE(broker.lead(kOrders, 2));
        for (int i = 0; i < 10; ++i) {
            broker.append(batch_of(kTwo, {.timestamp = 1'700'000'000'000 + i}));
        }
        const auto list = [&](std::int64_t timestamp) {
            return broker.replicas->list_offset({.partition = kOrders, .timestamp = timestamp});
        };
        REQUIRE(list(-1).offset == Offset(20));
        REQUIRE(list(-1).leader_epoch == LeaderEpoch(2));
        REQUIRE(list(-2).offset == Offset(0));
        REQUIRE(list(-2).leader_epoch == LeaderEpoch(2));
        REQUIRE(list(-3).offset == Offset(18));
        REQUIRE(list(-3).timestamp == 1'700'000'000'009);
        REQUIRE(list(-4).offset == Offset(0));
        REQUIRE(list(-5).offset == Offset(-1));
        REQUIRE(list(1'700'000'000'003).offset == Offset(6));
        REQUIRE(list(1'700'000'000'010).offset == Offset(-1));
        REQUIRE(broker.replicas->list_offset({.partition = {"x", 0}}).error ==
                ErrorCode::unknown_topic_or_partition);
    });
}

TEST_CASE("deleted records stay deleted through a power loss") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        simulated::World world(seed, {});
        simulated::Machine& machine = world.add_machine("n1", {});
        run_on(world, machine, [](Runtime& runtime, Keeper& keeper) {
            Broker broker(runtime, keeper, {.flush_messages = 1});
            REQUIRE(broker.lead());
            for (int i = 0; i < 5; ++i) broker.append(kTwo);
            REQUIRE(broker.delete_records(11).error == ErrorCode::offset_out_of_range);
            REQUIRE(broker.delete_records(-2).error == ErrorCode::offset_out_of_range);
            const DeletedRecords deleted = broker.delete_records(7);
            REQUIRE(deleted.error == ErrorCode::none);
            REQUIRE(deleted.low_watermark == Offset(7));
            REQUIRE(broker.fetch({}, {Broker::target(6)}).partitions[0].error_code ==
                    ErrorCode::offset_out_of_range);
            REQUIRE(broker.read(7).size() == 3);
            broker.replicas->check_invariants();
        });
        machine.lose_power();
        run_on(world, machine, [](Runtime& runtime, Keeper& keeper) {
            Broker broker(runtime, keeper);
            REQUIRE(broker.lead(kOrders, 1));
            REQUIRE(broker.fetch({}, {Broker::target(6)}).partitions[0].error_code ==
                    ErrorCode::offset_out_of_range);
            REQUIRE(broker.read(7).size() == 3);
            REQUIRE(broker.delete_records(-1).low_watermark == Offset(10));
        });
    }
}

TEST_CASE("records of a topic that is only compacted cannot be deleted") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Broker broker(runtime, keeper, {.cleanup_delete = false, .cleanup_compact = true});
        REQUIRE(broker.lead());
        broker.append(kTwo);
        REQUIRE(broker.delete_records(1).error == ErrorCode::policy_violation);
    });
}

TEST_CASE("a failing disk takes the partitions of its log directory offline, and only those") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Broker broker(runtime, keeper);
        const TopicPartition other{"orders", 1};
        const TopicPartition neighbour{"orders", 2};
        REQUIRE(broker.lead());
        REQUIRE(broker.lead(other));
        REQUIRE(broker.lead(neighbour));
        broker.append(kTwo);
        auto parked = std::make_shared<std::optional<ErrorCode>>();
        broker.replicas->fetch(poll(1h), {Broker::target(2)}, [parked](FetchResult result) {
            *parked = result.partitions[0].error_code;
        });
        broker.hardware->trouble.failing_writes = {.path = "orders-0", .left = 1};
        const AppendOutcome failed = broker.append(kTwo);
        REQUIRE(failed.error == ErrorCode::kafka_storage_error);
        REQUIRE(failed.log_start_offset == Offset(-1));
        runtime.clock().sleep_for(1ms);
        REQUIRE(*parked == ErrorCode::kafka_storage_error);
        REQUIRE(broker.append(kTwo).error == ErrorCode::kafka_storage_error);
        REQUIRE(broker.append(batch_of(kTwo), -1, 1s, neighbour).error ==
                ErrorCode::kafka_storage_error);
        REQUIRE(broker.append(batch_of(kTwo), -1, 1s, other).error == ErrorCode::none);
        REQUIRE_FALSE(broker.lead(kOrders, 1));
        REQUIRE(broker.lead(other, 1));
    });
}

TEST_CASE("a full disk refuses appends and never acknowledges what it has not stored") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Broker broker(runtime, keeper);
        REQUIRE(broker.lead());
        broker.append(kTwo);
        broker.hardware->trouble.full = {.until = kNever};
        REQUIRE(broker.append(batch_of({std::string(100'000, 'x')})).error ==
                ErrorCode::kafka_storage_error);
    });
}

TEST_CASE("with flush.messages=1 what was acknowledged survives a power loss") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        simulated::World world(seed, {});
        simulated::Machine& machine = world.add_machine("n1", {});
        std::int64_t acknowledged = 0;
        run_on(world, machine, [&](Runtime& runtime, Keeper& keeper) {
            Broker broker(runtime, keeper, {.flush_messages = 1});
            REQUIRE(broker.lead());
            auto& running = keeper.make<int>(4);
            for (int producer = 0; producer < 4; ++producer) {
                runtime.tasks().spawn("producer", [&] {
                    for (int i = 0; i < 10; ++i) {
                        const AppendOutcome outcome = broker.append(kTwo);
                        REQUIRE(outcome.error == ErrorCode::none);
                        acknowledged = std::max(acknowledged, outcome.base_offset.value() + 2);
                    }
                    --running;
                });
            }
            while (running > 0) runtime.clock().sleep_for(1ms);
            // Four producers share syncs: fewer than one for each append.
            REQUIRE(acknowledged == 80);
        });
        machine.lose_power();
        run_on(world, machine, [&](Runtime& runtime, Keeper& keeper) {
            Broker broker(runtime, keeper);
            REQUIRE(broker.lead(kOrders, 1));
            REQUIRE(broker.read().size() == static_cast<std::size_t>(acknowledged));
        });
    }
}

TEST_CASE("a topic that was made anew does not see the old one's records") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Broker broker(runtime, keeper);
        REQUIRE(broker.lead());
        broker.append(kTwo);
        REQUIRE(broker.lead(kOrders, 0, topic_id(2)));
        REQUIRE(broker.read().empty());
        REQUIRE(broker.append({"c"}).base_offset == Offset(0));
        broker.replicas->remove(kOrders);
        REQUIRE(broker.append({"d"}).error == ErrorCode::unknown_topic_or_partition);
        REQUIRE(broker.replicas->find(kOrders) == nullptr);
    });
}

TEST_CASE("a role change waits for appends on their way and refuses later ones") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Broker broker(runtime, keeper, {.flush_messages = 1});
        REQUIRE(broker.lead());
        auto outcomes = std::make_shared<std::vector<ErrorCode>>();
        for (int i = 0; i < 5; ++i) {
            runtime.tasks().spawn("producer", [&broker, outcomes] {
                outcomes->push_back(broker.append(kTwo).error);
            });
        }
        runtime.clock().sleep_for(1us);
        PartitionAssignment elsewhere{.leader = NodeId(2),
                                      .leader_epoch = LeaderEpoch(1),
                                      .replicas = {NodeId(1), NodeId(2)},
                                      .isr = {NodeId(2)}};
        REQUIRE(broker.replicas->assign(kOrders, topic_id(), elsewhere,
                                        std::make_shared<log::LogConfig>()));
        const Offset end = broker.replicas->find(kOrders)->log->log_end_offset();
        runtime.clock().sleep_for(1s);
        REQUIRE(outcomes->size() == 5);
        REQUIRE(broker.replicas->find(kOrders)->log->log_end_offset() == end);
        REQUIRE(broker.append(kTwo).error == ErrorCode::not_leader_or_follower);
    });
}

TEST_CASE("shutting down answers those who wait") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Broker broker(runtime, keeper);
        REQUIRE(broker.lead());
        runtime.tasks().spawn("stopper", [&] {
            runtime.clock().sleep_for(1s);
            broker.replicas->shut_down();
        });
        const Instant start = runtime.clock().now();
        REQUIRE(broker.read(0, poll(1h)).empty());
        REQUIRE(runtime.clock().now() - start < 2s);
    });
}

TEST_CASE("a planted answer before the append acknowledges what a full disk loses") {
    plant(PlantedBug::ack_before_append, true);
    on_node([](Runtime& runtime, Keeper& keeper) {
        Broker broker(runtime, keeper);
        REQUIRE(broker.lead());
        broker.hardware->trouble.failing_writes = {.path = "orders-0", .left = 1};
        REQUIRE(broker.append(kTwo).error == ErrorCode::none);
        REQUIRE(broker.replicas->find(kOrders)->log->log_end_offset() == Offset(0));
    });
    plant(PlantedBug::ack_before_append, false);
}
