// Producers against one node that serves.
#include "clients/producer/producer.h"

#include "tests/support/catch.h"
#include "tests/support/golden.h"
#include "tests/unit/producer/producer_world.h"

using namespace gregor;
using namespace gregor::producer;
using namespace gregor::producer::test;
using protocol::ErrorCode;
using protocol::Offset;
using protocol::PartitionId;

namespace {

const std::vector<std::string> kNodes{"n1"};

void with_node(std::function<void(Runtime&)> body, const server::Properties& changes = {}) {
    server::test::NodeWorld world(changes);
    world.as_client([&body](Runtime& runtime) {
        server::test::ClusterClient(runtime, kNodes).create_topic("orders", 3, 1);
        body(runtime);
    });
}

std::vector<std::string> numbers(int count) {
    std::vector<std::string> values;
    for (int i = 0; i < count; ++i) values.push_back(std::to_string(i));
    return values;
}

std::vector<Delivery> send_all(Producer& producer, const std::string& topic,
                               const std::vector<std::string>& values) {
    std::vector<Delivery> deliveries;
    for (const std::string& value : values) {
        auto delivery = producer.send({.topic = topic,
                                       .partition = PartitionId(0),
                                       .key = as_bytes("key"),
                                       .value = as_bytes(value)});
        REQUIRE(delivery.has_value());
        deliveries.push_back(*std::move(delivery));
    }
    return deliveries;
}

}  // namespace

TEST_CASE("every codec under all acks arrives in order, and each delivery knows where") {
    with_node([](Runtime& runtime) {
        const std::vector<std::string> values = numbers(300);
        for (const std::string codec : {"none", "gzip", "snappy", "lz4", "zstd"}) {
            const std::string topic = "by-itself-" + codec;  // created by the first send
            std::vector<std::string> expected;
            for (const std::string acks : {"all", "1", "0"}) {
                const auto first = static_cast<std::int64_t>(expected.size());
                Producer producer(runtime, config_for(kNodes, {{"acks", acks},
                                                               {"compression.type", codec},
                                                               {"batch.size", "500"}}));
                const auto deliveries = send_all(producer, topic, values);
                REQUIRE(producer.flush().has_value());
                for (std::size_t i = 0; i < deliveries.size(); ++i) {
                    REQUIRE(deliveries[i].is_done());
                    const std::int64_t offset = first + static_cast<std::int64_t>(i);
                    REQUIRE(deliveries[i].wait()->offset.value() == (acks == "0" ? -1 : offset));
                }
                producer.close();
                expected.insert(expected.end(), values.begin(), values.end());
                REQUIRE(read_back(runtime, kNodes, topic, 0, expected.size()) == expected);
            }
        }
    });
}

TEST_CASE("callbacks come in the order of the sends, and know the timestamp") {
    with_node([](Runtime& runtime) {
        Producer producer(runtime, config_for(kNodes, {{"batch.size", "300"}}));
        std::vector<std::int64_t> offsets;
        for (int i = 0; i < 100; ++i) {
            const auto sent = producer.send({.topic = "orders",
                                             .partition = PartitionId(1),
                                             .value = as_bytes("value"),
                                             .timestamp_ms = 5000 + i},
                                            [&offsets, i](const DeliveryResult& result) {
                                                REQUIRE(result->timestamp_ms == 5000 + i);
                                                REQUIRE(result->partition == PartitionId(1));
                                                offsets.push_back(result->offset.value());
                                            });
            REQUIRE(sent.has_value());
        }
        REQUIRE(producer.flush().has_value());
        REQUIRE(offsets.size() == 100);
        for (int i = 0; i < 100; ++i) REQUIRE(offsets[static_cast<std::size_t>(i)] == i);
    });
}

TEST_CASE("a record goes where its key, its partition or the partitioner says") {
    with_node([](Runtime& runtime) {
        Producer producer(runtime, config_for(kNodes));
        const auto partition_of = [&producer](const ProducerRecord& record) {
            return producer.send(record)->wait()->partition.value();
        };
        for (const golden::Json& line : golden::golden_lines("hashing/murmur2.jsonl")) {
            const Bytes key = golden::from_hex(line["key"]);
            REQUIRE(partition_of({.topic = "orders", .key = key.span()}) ==
                    line["partition"]["3"].get<std::int32_t>());
        }
        REQUIRE(partition_of({.topic = "orders", .partition = PartitionId(2)}) == 2);
        producer.set_partitioner([](const ProducerRecord&, std::int32_t count) { return count; });
        REQUIRE_FALSE(producer.send({.topic = "orders"}).has_value());
        producer.set_partitioner([](const ProducerRecord&, std::int32_t) { return 1; });
        REQUIRE(partition_of({.topic = "orders"}) == 1);
        REQUIRE(producer.partitions_for("orders")->size() == 3);
    });
}

TEST_CASE("a topic that never comes costs max.block.ms") {
    with_node(
        [](Runtime& runtime) {
            Producer producer(runtime, config_for(kNodes, {{"max.block.ms", "2000"}}));
            const Instant before = runtime.clock().now();
            const auto sent = producer.send({.topic = "nowhere"});
            REQUIRE(sent.error().code == ErrorCode::request_timed_out);
            REQUIRE(sent.error().message == "Topic nowhere not present in metadata after 2000 ms.");
            REQUIRE(runtime.clock().now() - before >= 2s);
            REQUIRE(runtime.clock().now() - before < 3s);
            REQUIRE(
                producer.send({.topic = "orders", .partition = PartitionId(9)}).error().message ==
                "Partition 9 of topic orders with partition count 3 is not "
                "present in metadata after 2000 ms.");
            REQUIRE(producer.send({.topic = "no/name"}).error().code ==
                    ErrorCode::invalid_topic_exception);
        },
        {{"auto.create.topics.enable", "false"}});
}

TEST_CASE("what is too large is refused, by the producer or by the broker") {
    with_node(
        [](Runtime& runtime) {
            Producer producer(runtime, config_for(kNodes, {{"max.request.size", "10000"}}));
            const std::vector<std::uint8_t> large(11'000, 'x');
            const auto refused = producer.send({.topic = "orders", .value = large});
            REQUIRE(refused.error().code == ErrorCode::message_too_large);
            REQUIRE(refused.error().message ==
                    "The message is 11061 bytes when serialized which is larger than 10000, which "
                    "is the value of the max.request.size configuration.");
            const ByteSpan medium(large.data(), 9'000);
            const auto sent =
                producer.send({.topic = "orders", .partition = PartitionId(0), .value = medium});
            REQUIRE(sent->wait().error().code == ErrorCode::message_too_large);
            // The failed batch leaves no gap.
            const auto next = producer.send(
                {.topic = "orders", .partition = PartitionId(0), .value = as_bytes("small")});
            REQUIRE(next->wait()->offset == Offset(0));
        },
        {{"message.max.bytes", "5000"}});
}

TEST_CASE("senders wait for room in buffer.memory, at most max.block.ms") {
    server::test::NodeWorld world;
    world.as_client([&world](Runtime& runtime) {
        server::test::ClusterClient(runtime, kNodes).create_topic("orders", 1, 1);
        Producer producer(runtime, config_for(kNodes, {{"buffer.memory", "10000"},
                                                       {"max.block.ms", "3000"},
                                                       {"linger.ms", "60000"},
                                                       {"delivery.timeout.ms", "120000"}}));
        const std::vector<std::uint8_t> value(1'000, 'x');
        const ProducerRecord record{.topic = "orders", .value = value};
        // Far more than there is room for: whoever waits makes the batches go.
        Instant before = runtime.clock().now();
        for (int i = 0; i < 100; ++i) REQUIRE(producer.send(record).has_value());
        REQUIRE(runtime.clock().now() - before < 3s);
        REQUIRE(producer.flush().has_value());

        world.machine().pause();
        int taken = 0;
        before = runtime.clock().now();
        for (;;) {
            const auto sent = producer.send(record);
            if (!sent) {
                REQUIRE(sent.error().code == ErrorCode::request_timed_out);
                break;
            }
            ++taken;
        }
        REQUIRE(taken == 9);
        REQUIRE(runtime.clock().now() - before >= 3s);
        world.machine().unpause();
        REQUIRE(producer.flush().has_value());
        REQUIRE(producer.send(record).has_value());
        producer.close();
    });
}

TEST_CASE("a record that nobody acknowledges fails after delivery.timeout.ms") {
    server::test::NodeWorld world;
    world.as_client([&world](Runtime& runtime) {
        server::test::ClusterClient(runtime, kNodes).create_topic("orders", 1, 1);
        Producer producer(runtime, config_for(kNodes, {{"request.timeout.ms", "1000"},
                                                       {"delivery.timeout.ms", "5000"}}));
        const ProducerRecord record{.topic = "orders", .value = as_bytes("late")};
        REQUIRE(producer.send(record)->wait()->offset == Offset(0));
        world.machine().kill();
        const Instant before = runtime.clock().now();
        const auto result = producer.send(record)->wait();
        REQUIRE(result.error().code == ErrorCode::request_timed_out);
        REQUIRE(result.error().message.starts_with("Expiring 1 record(s) for orders-0:"));
        REQUIRE(runtime.clock().now() - before >= 5s);
        REQUIRE(runtime.clock().now() - before < 6s);
        // The next goes through when the node is there again.
        world.machine().start_again();
        runtime.clock().sleep_for(5s);
        REQUIRE(producer.send(record)->wait().has_value());
        producer.close();
    });
}

TEST_CASE("close waits for what is on its way, and fails what does not get there in time") {
    server::test::NodeWorld world;
    world.as_client([&world](Runtime& runtime) {
        server::test::ClusterClient(runtime, kNodes).create_topic("orders", 1, 1);
        const ProducerRecord record{.topic = "orders", .value = as_bytes("last")};
        Producer patient(runtime, config_for(kNodes, {{"linger.ms", "10000"}}));
        const auto sent = patient.send(record);
        patient.close();
        REQUIRE(sent->wait().has_value());
        REQUIRE(patient.send(record).error().message ==
                "Cannot perform operation after producer has been closed");

        Producer hasty(runtime, config_for(kNodes));
        REQUIRE(hasty.send(record)->wait().has_value());
        world.machine().pause();
        int called_back = 0;
        const auto lost = hasty.send(record, [&](const DeliveryResult&) { ++called_back; });
        hasty.close(1s);
        REQUIRE(lost->wait().error().message == "Producer is closed forcefully.");
        REQUIRE(called_back == 1);
        world.machine().unpause();
    });
}

TEST_CASE("a producer may go away without a word, and whoever waits is told") {
    with_node([](Runtime& runtime) {
        std::optional<Delivery> delivery;
        {
            Producer producer(runtime, config_for(kNodes, {{"linger.ms", "10000"}}));
            delivery = *producer.send({.topic = "orders", .value = as_bytes("never")});
        }
        REQUIRE_FALSE(delivery->wait().has_value());
    });
}
