// Transactional producers on a cluster of whole nodes in a simulated world, of either version of
// transactions: coordinators die, producers are fenced or fall silent, and what a read_committed
// consumer sees is each transaction whole or not at all.
#include <set>
#include <source_location>

#include "broker/protocol/messages/api_versions.h"
#include "broker/protocol/messages/group_membership.h"
#include "clients/consumer/consumer.h"
#include "clients/producer/producer.h"
#include "tests/support/catch.h"
#include "tests/unit/producer/producer_world.h"

using namespace gregor;
using namespace gregor::producer;
using namespace gregor::producer::test;
using client::TopicPartition;
using protocol::ErrorCode;
using protocol::NodeId;
using protocol::Offset;
using protocol::PartitionId;
using server::Properties;
using server::test::ClusterClient;
using server::test::ClusterWorld;

namespace {

const Properties kBrokers{{"transaction.state.log.num.partitions", "1"},
                          {"transaction.state.log.replication.factor", "3"},
                          {"transaction.state.log.min.isr", "2"},
                          {"offsets.topic.num.partitions", "1"},
                          {"offsets.topic.replication.factor", "3"},
                          {"min.insync.replicas", "2"},
                          {"group.initial.rebalance.delay.ms", "0"},
                          {"transaction.abort.timed.out.transaction.cleanup.interval.ms", "1000"}};

using Values = std::multiset<std::string>;

/// Three nodes with the topics "in" and "out", and a fiber that is a client of theirs.
class TransactionWorld {
public:
    explicit TransactionWorld(std::int16_t transaction_version)
        : version_(transaction_version), cluster_(3, kBrokers) {}

    void run(std::function<void(TransactionWorld&)> body) {
        cluster_.as_client([&](Runtime& runtime) {
            runtime_ = &runtime;
            ClusterClient client(runtime, cluster_.names());
            client.create_topic("in", 1, 3);
            client.create_topic("out", 2, 3);
            set_version(version_);
            body(*this);
        });
    }

    [[nodiscard]] Runtime& runtime() { return *runtime_; }
    [[nodiscard]] ClusterWorld& cluster() { return cluster_; }

    void set_version(std::int16_t level) {
        client::Cluster admin(*runtime_, {.bootstrap_servers = servers(), .client_id = "admin"});
        protocol::UpdateFeaturesRequest request;
        request.feature_updates.push_back(
            {.feature = "transaction.version", .max_version_level = level, .upgrade_type = 3});
        const auto deadline = deadline_after(runtime_->clock().now(), 60s);
        const auto answer = admin.call_any<protocol::UpdateFeaturesResponse>(request, deadline);
        REQUIRE(answer.has_value());
        REQUIRE(answer->error_code == ErrorCode::none);
        runtime_->clock().sleep_for(2s);  // every broker knows
    }

    [[nodiscard]] std::unique_ptr<Producer> producer(ProducerConfig::Properties properties = {}) {
        properties.try_emplace("transactional.id", "t");
        return std::make_unique<Producer>(*runtime_, config_for(cluster_.names(), properties));
    }

    /// Everything that can be read of "out", until nothing comes any more.
    [[nodiscard]] Values read(bool committed) {
        consumer::ConsumerConfig config;
        config.bootstrap_servers = "n1:9092,n2:9092,n3:9092";
        config.auto_offset_reset = consumer::OffsetReset::earliest;
        config.isolation_level = committed ? consumer::IsolationLevel::read_committed
                                           : consumer::IsolationLevel::read_uncommitted;
        consumer::Consumer consumer(*runtime_, config);
        REQUIRE(consumer.assign({{"out", PartitionId(0)}, {"out", PartitionId(1)}}).has_value());
        Values values;
        for (int quiet = 0; quiet < 4;) {
            const auto records = consumer.poll(1s);
            REQUIRE(records.has_value());
            quiet = records->empty() ? quiet + 1 : 0;
            for (const auto& record : *records) {
                values.emplace(reinterpret_cast<const char*>(record.value->data()),
                               record.value->size());
            }
        }
        static_cast<void>(consumer.close());
        return values;
    }

    [[nodiscard]] std::int64_t committed_offset() {
        consumer::ConsumerConfig config;
        config.bootstrap_servers = "n1:9092,n2:9092,n3:9092";
        config.group_id = "g";
        consumer::Consumer consumer(*runtime_, config);
        const TopicPartition in{"in", PartitionId(0)};
        const auto offsets = consumer.committed({in});
        REQUIRE(offsets.has_value());
        static_cast<void>(consumer.close());
        return offsets->contains(in) ? offsets->at(in).offset.value() : -1;
    }

    /// Whoever leads the one partition of the coordinators' topic.
    [[nodiscard]] NodeId leader_of(const std::string& topic) {
        return ClusterClient(*runtime_, cluster_.names()).leader_of(topic);
    }

private:
    [[nodiscard]] std::vector<Endpoint> servers() {
        return config_for(cluster_.names()).bootstrap_servers;
    }

    std::int16_t version_;
    ClusterWorld cluster_;
    Runtime* runtime_ = nullptr;
};

void in_both_versions(const std::function<void(TransactionWorld&)>& body) {
    for (const std::int16_t version : {std::int16_t{2}, std::int16_t{0}}) {
        INFO("transaction.version " << version);
        TransactionWorld(version).run(body);
    }
}

void send(Producer& producer, std::int32_t partition, const std::string& value) {
    const auto sent = producer.send(
        {.topic = "out", .partition = PartitionId(partition), .value = as_bytes(value)});
    INFO((sent ? "" : sent.error().message));
    REQUIRE(sent.has_value());
}

void require(const Result<void, client::Error>& result,
             std::source_location where = std::source_location::current()) {
    INFO("line " << where.line() << ": " << (result ? "" : result.error().message));
    REQUIRE(result.has_value());
}

ErrorCode code_of(const Result<void, client::Error>& result) {
    return result ? ErrorCode::none : result.error().code;
}

}  // namespace

TEST_CASE("what is committed is read, what is aborted is not, of many transactions") {
    in_both_versions([](TransactionWorld& world) {
        const auto producer = world.producer();
        require(producer->init_transactions());
        Values expected;
        for (int i = 0; i < 20; ++i) {
            INFO("transaction " << i);
            require(producer->begin_transaction());
            for (int n = 0; n < 3; ++n) {
                const std::string value = fmt::format("{}.{}", i, n);
                send(*producer, n % 2, value);
                if (i % 3 != 0) expected.insert(value);
            }
            if (i % 3 == 0) {
                // So that something is there to be aborted, now and then.
                if (i % 2 == 0) require(producer->flush());
                require(producer->abort_transaction());
            } else {
                require(producer->commit_transaction());
            }
        }
        producer->close();
        REQUIRE(world.read(true) == expected);
    });
}

TEST_CASE("a producer that goes away aborts what is open") {
    in_both_versions([](TransactionWorld& world) {
        auto producer = world.producer();
        require(producer->init_transactions());
        require(producer->begin_transaction());
        send(*producer, 0, "a");
        require(producer->flush());
        producer->close();
        REQUIRE(world.read(true).empty());
        REQUIRE(world.read(false) == Values{"a"});
    });
}

TEST_CASE("the second producer of a transactional id fences the first for good") {
    in_both_versions([](TransactionWorld& world) {
        const auto zombie = world.producer();
        require(zombie->init_transactions());
        require(zombie->begin_transaction());
        send(*zombie, 0, "zombie");
        require(zombie->flush());
        const auto successor = world.producer();
        require(successor->init_transactions());
        send(*zombie, 1, "late");
        const auto done = zombie->commit_transaction();
        REQUIRE(!done);
        if (!zombie->transaction_error_is_fatal()) REQUIRE(!zombie->abort_transaction());
        REQUIRE(zombie->transaction_error_is_fatal());
        REQUIRE(code_of(zombie->begin_transaction()) == ErrorCode::producer_fenced);
        require(successor->begin_transaction());
        send(*successor, 0, "live");
        require(successor->commit_transaction());
        REQUIRE(world.read(true) == Values{"live"});
    });
}

TEST_CASE("a coordinator that dies before or after the end costs a transaction nothing") {
    in_both_versions([](TransactionWorld& world) {
        const auto producer = world.producer();
        require(producer->init_transactions());
        Values expected;
        for (int i = 0; i < 4; ++i) {
            require(producer->begin_transaction());
            const std::string value = std::to_string(i);
            send(*producer, i % 2, value);
            require(producer->flush());
            const NodeId coordinator = world.leader_of("__transaction_state");
            Result<void, client::Error> done;
            with_task_group(world.runtime().tasks(), "killer", [&](TaskGroup& killer) {
                killer.spawn("killer", [&] {
                    // Before the request, and a little later each time.
                    world.runtime().clock().sleep_for(i * 700us);
                    world.cluster().machine(coordinator).kill();
                });
                if (i == 0) world.runtime().clock().sleep_for(1ms);
                done = producer->commit_transaction();
                world.runtime().clock().sleep_for(10ms);
            });
            require(done);
            expected.insert(value);
            world.cluster().start(coordinator);
            ClusterClient client(world.runtime(), world.cluster().names());
            client.wait_until([&] { return client.isr_of("__transaction_state").size() == 3; });
            client.wait_until([&] { return client.isr_of("out").size() == 3; });
        }
        REQUIRE(world.read(true) == expected);
    });
}

TEST_CASE("a transaction that is open for too long is aborted, and its producer fenced") {
    in_both_versions([](TransactionWorld& world) {
        const auto producer = world.producer({{"transaction.timeout.ms", "2000"}});
        require(producer->init_transactions());
        require(producer->begin_transaction());
        send(*producer, 0, "slow");
        require(producer->flush());
        world.runtime().clock().sleep_for(10s);
        // With an epoch for each transaction it looks like the end of one that has ended otherwise.
        const ErrorCode refused = code_of(producer->commit_transaction());
        REQUIRE((refused == ErrorCode::producer_fenced || refused == ErrorCode::invalid_txn_state));
        REQUIRE(producer->transaction_error_is_fatal());
        REQUIRE(world.read(true).empty());
        const auto successor = world.producer();
        require(successor->init_transactions());
        require(successor->begin_transaction());
        send(*successor, 0, "quick");
        require(successor->commit_transaction());
        REQUIRE(world.read(true) == Values{"quick"});
    });
}

TEST_CASE("a record that is not delivered in time fails its transaction, not the next one") {
    in_both_versions([](TransactionWorld& world) {
        const auto producer = world.producer(
            {{"delivery.timeout.ms", "3000"}, {"request.timeout.ms", "1000"}, {"linger.ms", "0"}});
        require(producer->init_transactions());
        require(producer->begin_transaction());
        send(*producer, 0, "before");
        require(producer->flush());
        auto& network = world.cluster().world().network();
        const Instant until = deadline_after(world.cluster().world().now(), 8s);
        for (const std::string& node : world.cluster().names()) {
            network.block("client", node, until);
        }
        send(*producer, 0, "lost");
        REQUIRE(code_of(producer->commit_transaction()) == ErrorCode::request_timed_out);
        REQUIRE(!producer->transaction_error_is_fatal());
        REQUIRE(!producer->send({.topic = "out", .value = as_bytes("not now")}));
        require(producer->abort_transaction());
        require(producer->begin_transaction());
        send(*producer, 0, "after");
        require(producer->commit_transaction());
        REQUIRE(world.read(true) == Values{"after"});
    });
}

TEST_CASE("a group's offsets are committed with their transaction, by its members only") {
    in_both_versions([](TransactionWorld& world) {
        consumer::ConsumerConfig config;
        config.bootstrap_servers = "n1:9092,n2:9092,n3:9092";
        config.group_id = "g";
        config.auto_offset_reset = consumer::OffsetReset::earliest;
        config.enable_auto_commit = false;
        consumer::Consumer first(world.runtime(), config);
        require(first.subscribe({"in"}));
        while (first.assignment().empty()) REQUIRE(first.poll(100ms).has_value());
        const client::GroupMetadata member = first.group_metadata();
        REQUIRE(member.generation_id > 0);

        const auto producer = world.producer();
        require(producer->init_transactions());
        const auto commit = [&](std::int64_t offset, const client::GroupMetadata& group) {
            return producer->send_offsets_to_transaction(
                {{{"in", PartitionId(0)}, {.offset = Offset(offset)}}}, group);
        };
        require(producer->begin_transaction());
        send(*producer, 0, "a");
        require(commit(3, member));
        require(producer->abort_transaction());
        REQUIRE(world.committed_offset() == -1);
        require(producer->begin_transaction());
        require(commit(5, member));
        const NodeId coordinator = world.leader_of("__consumer_offsets");
        world.cluster().machine(coordinator).kill();
        require(producer->commit_transaction());
        REQUIRE(world.committed_offset() == 5);
        world.cluster().start(coordinator);

        static_cast<void>(first.close());
        consumer::Consumer second(world.runtime(), config);
        require(second.subscribe({"in"}));
        while (second.assignment().empty()) REQUIRE(second.poll(100ms).has_value());
        require(producer->begin_transaction());
        send(*producer, 0, "zombie");
        const ErrorCode refused = code_of(commit(9, member));
        REQUIRE(
            (refused == ErrorCode::unknown_member_id || refused == ErrorCode::illegal_generation));
        REQUIRE(!producer->commit_transaction());
        require(producer->abort_transaction());
        require(producer->begin_transaction());
        send(*producer, 0, "live");
        require(commit(7, second.group_metadata()));
        require(producer->commit_transaction());
        REQUIRE(world.committed_offset() == 7);
        REQUIRE(world.read(true) == Values{"live"});
        static_cast<void>(second.close());
    });
}

TEST_CASE("a cluster that rises to version 2, and falls again, is followed") {
    TransactionWorld(0).run([](TransactionWorld& world) {
        const auto producer = world.producer();
        require(producer->init_transactions());
        Values expected;
        for (const std::int16_t version : {0, 2, 2, 0, 0}) {
            world.set_version(version);
            for (int i = 0; i < 2; ++i) {
                // A new connection says what is finalized now.
                for (const std::string& node : world.cluster().names()) {
                    world.cluster().world().network().reset("client", node, true);
                }
                const std::string value = std::to_string(expected.size());
                require(producer->begin_transaction());
                send(*producer, 0, value);
                require(producer->commit_transaction());
                expected.insert(value);
            }
        }
        REQUIRE(world.read(true) == expected);
    });
}

TEST_CASE("a producer without a transactional id has no transactions, and no sends stand outside") {
    TransactionWorld(2).run([](TransactionWorld& world) {
        Producer plain(world.runtime(), config_for(world.cluster().names()));
        REQUIRE(code_of(plain.init_transactions()) == ErrorCode::invalid_txn_state);
        const auto producer = world.producer();
        require(producer->init_transactions());
        const auto sent = producer->send({.topic = "out", .value = as_bytes("outside")});
        REQUIRE(sent.error().code == ErrorCode::invalid_txn_state);
        REQUIRE(code_of(producer->commit_transaction()) == ErrorCode::invalid_txn_state);
        require(producer->begin_transaction());
        REQUIRE(code_of(producer->init_transactions()) == ErrorCode::invalid_txn_state);
    });
}
