// What a consumer is given of transactions, and of a log that has lost its end.
#include "clients/producer/producer.h"
#include "tests/unit/consumer/consumer_world.h"

using namespace gregor;
using namespace gregor::consumer;
using namespace gregor::consumer::test;
using protocol::ErrorCode;
using protocol::NodeId;
using protocol::Offset;

namespace {

producer::ProducerConfig transactional(const ConsumerConfig& config) {
    producer::ProducerConfig transactional;
    transactional.bootstrap_servers = *client::parse_bootstrap_servers(config.bootstrap_servers);
    transactional.transactional_id = "x";
    return transactional;
}

void send(producer::Producer& producer, const std::string& value) {
    const auto delivery = producer.send(
        {.topic = kTopic, .partition = protocol::PartitionId(0), .value = as_bytes(value)});
    REQUIRE(delivery.has_value());
    REQUIRE(producer.flush().has_value());
}

/// Values that come until nothing comes for a while.
std::vector<std::string> read_all(Consumer& consumer) {
    std::vector<std::string> values;
    for (int silent = 0; silent < 4;) {
        const auto records = consumer.poll(500ms);
        REQUIRE(records.has_value());
        silent = records->empty() ? silent + 1 : 0;
        for (const ConsumerRecord& record : *records) values.emplace_back(record.value->text());
    }
    return values;
}

using Values = std::vector<std::string>;

}  // namespace

TEST_CASE("read_committed gives what was committed, in order, once it is") {
    ConsumerWorld world(1);
    world.cluster().as_client([&](Runtime& runtime) {
        ClusterClient client(runtime, {"n1"});
        client.create_topic(kTopic, 1, 1);
        ConsumerConfig config = world.config();
        Consumer uncommitted(runtime, config);
        REQUIRE(uncommitted.assign({orders(0)}).has_value());
        config.isolation_level = IsolationLevel::read_committed;
        Consumer committed(runtime, config);
        REQUIRE(committed.assign({orders(0)}).has_value());
        producer::Producer producer(runtime, transactional(config));
        REQUIRE(producer.init_transactions().has_value());
        REQUIRE(producer.begin_transaction().has_value());
        send(producer, "a");
        send(producer, "b");
        // An open transaction holds back who reads what is committed, and nobody else.
        REQUIRE(read_all(uncommitted) == Values{"a", "b"});
        REQUIRE(read_all(committed).empty());
        REQUIRE(producer.commit_transaction().has_value());
        REQUIRE(read_all(committed) == Values{"a", "b"});
        REQUIRE(producer.begin_transaction().has_value());
        send(producer, "c");
        REQUIRE(producer.abort_transaction().has_value());
        REQUIRE(producer.begin_transaction().has_value());
        send(producer, "d");
        REQUIRE(producer.commit_transaction().has_value());
        REQUIRE(read_all(committed) == Values{"d"});
        REQUIRE(read_all(uncommitted) == Values{"c", "d"});
        // Behind the last marker: four records and three markers.
        REQUIRE(committed.position(orders(0)) == Offset(7));
        REQUIRE(uncommitted.position(orders(0)) == Offset(7));
        producer.close();
        REQUIRE(committed.close().has_value());
        REQUIRE(uncommitted.close().has_value());
    });
}

TEST_CASE("a consumer whose log has lost its end goes back to where that is (KIP-320)") {
    for (const bool resets : {true, false}) {
        ConsumerWorld world(1);
        world.cluster().as_client([&](Runtime& runtime) {
            ClusterClient client(runtime, {"n1"});
            client.create_topic(kTopic, 1, 1);
            ConsumerConfig config = world.config();
            if (!resets) config.auto_offset_reset = OffsetReset::none;
            Appender appender(runtime, config);
            for (int batch = 0; batch < 30; ++batch) appender.append(0, 1);
            Consumer consumer(runtime, config);
            REQUIRE(consumer.assign({orders(0)}).has_value());
            consumer.seek(orders(0), {.offset = Offset(0)});
            REQUIRE(read_all(consumer).size() == 30);
            simulated::Machine& machine = world.cluster().machine(NodeId(1));
            machine.lose_power([&machine] { machine.start_again(); });
            appender.append(0, 3);
            client.wait_until([&] { return client.leader_of(kTopic) == NodeId(1); });
            if (!resets) {
                auto told = consumer.poll(1s);
                while (told.has_value()) told = consumer.poll(1s);
                REQUIRE(told.error().code == ErrorCode::offset_out_of_range);
            } else {
                REQUIRE(read_all(consumer) == Values{"0", "1", "2"});
                REQUIRE(*consumer.position(orders(0)) < Offset(30));
            }
            static_cast<void>(consumer.close(1s));
        });
    }
}
