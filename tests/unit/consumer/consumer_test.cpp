// One consumer against a whole node: what it reads, from where, and what it is told.
#include "broker/protocol/messages/list_offsets.h"
#include "tests/unit/consumer/consumer_world.h"

using namespace gregor;
using namespace gregor::consumer;
using namespace gregor::consumer::test;
using protocol::ErrorCode;
using protocol::Offset;

namespace {

/// Polls until there are so many records.
std::vector<ConsumerRecord> read(Consumer& consumer, std::size_t records) {
    std::vector<ConsumerRecord> all;
    for (int polls = 0; all.size() < records; ++polls) {
        CHECK(polls < 1000, "only {} of {} records come", all.size(), records);
        auto some = consumer.poll(500ms);
        CHECK(some.has_value(), "{}", some.error().message);
        std::ranges::move(*some, std::back_inserter(all));
    }
    return all;
}

std::vector<std::int64_t> offsets_of(const std::vector<ConsumerRecord>& records,
                                     const TopicPartition& partition) {
    std::vector<std::int64_t> offsets;
    for (const ConsumerRecord& record : records) {
        if (record.topic == partition.topic && record.partition == partition.partition) {
            offsets.push_back(record.offset.value());
        }
    }
    return offsets;
}

std::vector<std::int64_t> numbers(std::int64_t first, std::int64_t end) {
    std::vector<std::int64_t> all;
    for (std::int64_t i = first; i < end; ++i) all.push_back(i);
    return all;
}

/// A node with the topic, of two partitions with 30 records each.
void with_consumer(const std::function<void(ConsumerConfig&)>& change,
                   const std::function<void(Runtime&, Appender&, Consumer&)>& body) {
    ConsumerWorld world(1);
    world.cluster().as_client([&](Runtime& runtime) {
        ConsumerConfig config = world.config();
        change(config);
        ClusterClient client(runtime, {"n1"});
        client.create_topic(kTopic, 2, 1);
        Appender appender(runtime, config);
        for (int batch = 0; batch < 3; ++batch) {
            appender.append(0, 10);
            appender.append(1, 10, records::CompressionCodec::zstd);
        }
        Consumer consumer(runtime, config);
        body(runtime, appender, consumer);
        REQUIRE(consumer.close().has_value());
    });
}

void delete_records(Appender& appender, std::int32_t partition, std::int64_t before) {
    protocol::DeleteRecordsRequest request{.topics = {}, .timeout_ms = 5000};
    request.topics.push_back({.name = kTopic, .partitions = {}});
    request.topics[0].partitions.push_back(
        {.partition_index = protocol::PartitionId(partition), .offset = Offset(before)});
    const auto answer = appender.cluster().call_any<protocol::DeleteRecordsResponse>(
        request, appender.cluster().runtime().clock().now() + 10s);
    REQUIRE(answer.has_value());
    REQUIRE(answer->topics.at(0).partitions.at(0).error_code == ErrorCode::none);
}

}  // namespace

TEST_CASE("a consumer reads every record of its partitions in order") {
    with_consumer([](auto&) {},
                  [](Runtime&, Appender& appender, Consumer& consumer) {
                      REQUIRE(consumer.assign({orders(0), orders(1)}).has_value());
                      auto records = read(consumer, 60);
                      REQUIRE(offsets_of(records, orders(0)) == numbers(0, 30));
                      REQUIRE(offsets_of(records, orders(1)) == numbers(0, 30));
                      REQUIRE(records.front().value->text() == "0");
                      REQUIRE(consumer.lag(orders(0)) == 0);
                      appender.append(1, 5);
                      records = read(consumer, 5);
                      REQUIRE(offsets_of(records, orders(1)) == numbers(30, 35));
                      REQUIRE(consumer.position(orders(1)) == Offset(35));
                  });
}

TEST_CASE("a poll returns no more than max.poll.records, of partitions in turn") {
    with_consumer([](ConsumerConfig& config) { config.max_poll_records = 7; },
                  [](Runtime& runtime, Appender&, Consumer& consumer) {
                      REQUIRE(consumer.assign({orders(0), orders(1)}).has_value());
                      runtime.clock().sleep_for(2s);
                      std::vector<ConsumerRecord> all;
                      while (all.size() < 60) {
                          auto some = consumer.poll(1s);
                          REQUIRE(some.has_value());
                          REQUIRE(some->size() <= 7);
                          std::ranges::move(*some, std::back_inserter(all));
                          // Neither partition is far behind the other.
                          const auto first = offsets_of(all, orders(0)).size();
                          const auto second = offsets_of(all, orders(1)).size();
                          REQUIRE(std::max(first, second) - std::min(first, second) <= 14);
                      }
                      REQUIRE(offsets_of(all, orders(0)) == numbers(0, 30));
                      REQUIRE(offsets_of(all, orders(1)) == numbers(0, 30));
                  });
}

TEST_CASE("a poll that waits can be woken, and so can the next one") {
    with_consumer([](auto&) {},
                  [](Runtime& runtime, Appender&, Consumer& consumer) {
                      REQUIRE(consumer.assign({orders(0), orders(1)}).has_value());
                      REQUIRE(read(consumer, 60).size() == 60);
                      const Instant began = runtime.clock().now();
                      runtime.tasks().spawn("wakes", [&] {
                          runtime.clock().sleep_for(3s);
                          consumer.wakeup();
                      });
                      REQUIRE(consumer.poll(10s)->empty());
                      REQUIRE(runtime.clock().now() == began + 3s);
                      consumer.wakeup();
                      REQUIRE(consumer.poll(10s)->empty());
                      REQUIRE(consumer.poll(1s)->empty());
                      REQUIRE(runtime.clock().now() == began + 4s);
                  });
}

TEST_CASE("a consumer seeks, and stands still where it is paused") {
    with_consumer([](auto&) {},
                  [](Runtime&, Appender&, Consumer& consumer) {
                      REQUIRE(consumer.assign({orders(0), orders(1)}).has_value());
                      static_cast<void>(read(consumer, 60));
                      consumer.pause({orders(1)});
                      consumer.seek(orders(0), {.offset = Offset(12)});
                      consumer.seek_to_beginning({orders(1)});
                      REQUIRE(offsets_of(read(consumer, 18), orders(0)) == numbers(12, 30));
                      REQUIRE(consumer.poll(2s)->empty());
                      REQUIRE(consumer.paused() == std::set{orders(1)});
                      consumer.resume({orders(1)});
                      REQUIRE(offsets_of(read(consumer, 30), orders(1)) == numbers(0, 30));
                      consumer.seek_to_end({orders(0)});
                      REQUIRE(consumer.position(orders(0)) == Offset(30));
                  });
}

TEST_CASE("offsets are found by time, and at both ends") {
    with_consumer(
        [](auto&) {},
        [](Runtime&, Appender&, Consumer& consumer) {
            const auto ends = consumer.end_offsets({orders(0), orders(1)});
            REQUIRE(ends.has_value());
            REQUIRE(ends->at(orders(1)).offset == Offset(30));
            REQUIRE(consumer.beginning_offsets({orders(0)})->at(orders(0)).offset == Offset(0));
            const auto found = consumer.offsets_for_times({{orders(0), 1004}, {orders(1), 5000}});
            REQUIRE(found.has_value());
            REQUIRE(found->at(orders(0)).offset == Offset(4));
            REQUIRE(found->at(orders(1)).offset == protocol::kNoOffset);
        });
}

TEST_CASE("a position below the log's start is reset as auto.offset.reset says") {
    with_consumer([](auto&) {},
                  [](Runtime&, Appender& appender, Consumer& consumer) {
                      delete_records(appender, 0, 20);
                      REQUIRE(consumer.assign({orders(0)}).has_value());
                      consumer.seek(orders(0), {.offset = Offset(3)});
                      REQUIRE(offsets_of(read(consumer, 10), orders(0)) == numbers(20, 30));
                  });
}

TEST_CASE("without auto.offset.reset an unknown position is an error") {
    with_consumer([](ConsumerConfig& config) { config.auto_offset_reset = OffsetReset::none; },
                  [](Runtime&, Appender& appender, Consumer& consumer) {
                      REQUIRE(consumer.assign({orders(0)}).has_value());
                      REQUIRE(consumer.poll(5s).error().code == ErrorCode::offset_out_of_range);
                      delete_records(appender, 0, 20);
                      consumer.seek(orders(0), {.offset = Offset(3)});
                      REQUIRE(consumer.poll(5s).error().code == ErrorCode::offset_out_of_range);
                      consumer.seek(orders(0), {.offset = Offset(25)});
                      std::vector<ConsumerRecord> records;
                      while (records.empty()) {
                          auto some = consumer.poll(1s);
                          if (some) records = *std::move(some);
                      }
                      REQUIRE(offsets_of(records, orders(0)) == numbers(25, 30));
                  });
}

TEST_CASE("what was committed is where a consumer begins") {
    with_consumer(
        [](ConsumerConfig& config) { config.enable_auto_commit = false; },
        [](Runtime& runtime, Appender&, Consumer& consumer) {
            REQUIRE(consumer.assign({orders(0)}).has_value());
            REQUIRE(consumer.commit_sync({{orders(0), {.offset = Offset(17)}}}));
            int called = 0;
            REQUIRE(consumer.commit_async({{orders(1), {.offset = Offset(4), .metadata = "why"}}},
                                          [&](const Offsets&, const auto& result) {
                                              REQUIRE(result.has_value());
                                              ++called;
                                          }));
            while (called == 0) REQUIRE(consumer.poll(100ms).has_value());
            const auto committed = consumer.committed({orders(0), orders(1)});
            REQUIRE(committed->at(orders(0)).offset == Offset(17));
            REQUIRE(committed->at(orders(1)).metadata == "why");
            ConsumerConfig config = consumer_config(1);
            Consumer second(runtime, config);
            REQUIRE(second.assign({orders(0), orders(1)}).has_value());
            const auto records = read(second, 13 + 26);
            REQUIRE(offsets_of(records, orders(0)) == numbers(17, 30));
            REQUIRE(offsets_of(records, orders(1)) == numbers(4, 30));
        });
}

TEST_CASE("a pattern takes in topics that come later") {
    with_consumer(
        [](ConsumerConfig& config) { config.metadata_max_age = 2s; },
        [](Runtime& runtime, Appender& appender, Consumer& consumer) {
            REQUIRE(consumer.subscribe_pattern("ord.*").has_value());
            static_cast<void>(read(consumer, 60));
            ClusterClient client(runtime, {"n1"});
            client.create_topic("ordinary", 1, 1);
            client.create_topic("other", 1, 1);
            appender.append(0, 10, records::CompressionCodec::none, "other");
            appender.append(0, 10, records::CompressionCodec::none, "ordinary");
            const auto records = read(consumer, 10);
            REQUIRE(offsets_of(records, {"ordinary", protocol::PartitionId(0)}) == numbers(0, 10));
            REQUIRE(consumer.assignment().size() == 3);
            REQUIRE_FALSE(consumer.subscribe_pattern("(").has_value());
        });
}
