#include "tests/unit/controller/controller_world.h"

using namespace gregor;
using namespace gregor::controller;
using namespace gregor::controller::test;
TEST_CASE("a broker that shuts down gives its leaderships away, and goes when all know of it") {
    ControllerWorld world;
    world.add_brokers(3);
    world.create_on("a", nodes({1, 2}));
    REQUIRE(!world.beat(1, true).should_shut_down);
    REQUIRE(world.partition().leader == NodeId(2));
    REQUIRE(world.partition().isr == nodes({2}));
    REQUIRE(world.partition().leader_epoch.value() == 1);
    world.beat(2);
    REQUIRE(!world.beat(1, true).should_shut_down);  // broker 3 may not have read it yet
    world.beat(3);
    REQUIRE(world.beat(1, true).should_shut_down);
    REQUIRE(world.controller.image().find_broker(NodeId(1))->fenced);
}

TEST_CASE("a broker that leads nothing may shut down at once") {
    ControllerWorld world;
    world.add_brokers(2);
    world.create_on("a", nodes({1, 2}));
    REQUIRE(world.beat(2, true).should_shut_down);
    REQUIRE(world.partition().isr == nodes({1}));
    REQUIRE(world.beat(2, true).should_shut_down);
}

TEST_CASE("the last member of the ISR stays in it without leading, and leads when it returns") {
    ControllerWorld world;
    world.add_broker(1);
    world.create_on("a", nodes({1}));
    world.restart(1, 2, true);
    REQUIRE(!world.partition().has_leader());
    REQUIRE(world.partition().isr == nodes({1}));
    REQUIRE(world.beat(1).error_code == ErrorCode::none);
    REQUIRE(world.partition().leader == NodeId(1));
    REQUIRE(world.partition().leader_epoch.value() == 2);
    REQUIRE(world.partition().partition_epoch == 2);
}

TEST_CASE("brokers that are not heard of are fenced one by one, each on the state before it") {
    ControllerWorld world;
    world.add_brokers(3);
    world.create_on("a", nodes({1, 2, 3}));
    world.now_ms = 9000;
    world.beat(3);
    REQUIRE(world.controller.fence_expired(world.now_ms).empty());
    REQUIRE(world.controller.next_expiry_ms() == 9001);
    world.now_ms = 9001;
    int fenced = 0;
    for (auto records = world.controller.fence_expired(world.now_ms); !records.empty();
         records = world.controller.fence_expired(world.now_ms)) {
        world.apply(records);
        ++fenced;
    }
    REQUIRE(fenced == 2);
    REQUIRE(world.partition().isr == nodes({3}));
    REQUIRE(world.partition().leader == NodeId(3));
    REQUIRE(world.controller.next_expiry_ms() == 18001);
}

TEST_CASE("a new leader of the quorum counts sessions from when the last one was heard of") {
    ControllerWorld world;
    world.add_brokers(2);
    world.now_ms = 50'000;
    world.controller.become_leader({.now_ms = world.now_ms, .leaderless_since_ms = 48'000});
    REQUIRE(world.controller.fence_expired(57'000).empty());
    REQUIRE(!world.controller.fence_expired(57'001).empty());
}

TEST_CASE("after a long time without a leader every unfenced broker has a third of a session") {
    ControllerWorld world;
    world.add_brokers(2);
    world.now_ms = 50'000;
    world.controller.become_leader({.now_ms = world.now_ms, .leaderless_since_ms = 0});
    REQUIRE(world.controller.fence_expired(53'000).empty());
    REQUIRE(!world.controller.fence_expired(53'001).empty());
}

TEST_CASE("who holds a live incarnation's directories has its locks, and takes its place at once") {
    ControllerWorld world;
    world.add_brokers(2);
    world.create_on("a", nodes({1, 2}));
    REQUIRE(world.register_broker(1, 2).error_code == ErrorCode::none);
    REQUIRE(world.partition().leader == NodeId(2));
}

TEST_CASE("a new incarnation may register once the session of the older one is over") {
    ControllerWorld world;
    world.add_brokers(2);
    world.create_on("a", nodes({1, 2}));
    const std::int64_t old_epoch = world.broker_epoch(1);
    REQUIRE(world.register_double(1, 2).error_code == ErrorCode::duplicate_broker_registration);
    world.now_ms = 9001;
    const auto answer = world.register_double(1, 2);
    REQUIRE(answer.error_code == ErrorCode::none);
    REQUIRE(answer.broker_epoch > old_epoch);
    REQUIRE(world.partition().leader == NodeId(2));
    REQUIRE(world.partition().isr == nodes({2}));
    REQUIRE(world
                .handle(protocol::BrokerHeartbeatRequest{.broker_id = NodeId(1),
                                                         .broker_epoch = old_epoch})
                .error_code == ErrorCode::stale_broker_epoch);
}

TEST_CASE("log directories that cannot be are refused") {
    ControllerWorld world;
    world.add_broker(1);
    protocol::BrokerRegistrationRequest request{.broker_id = NodeId(2), .cluster_id = "cluster"};
    request.incarnation_id.bytes[0] = 1;
    request.listeners.push_back({.name = "PLAINTEXT", .host = "n", .port = 9092});
    const auto refused = [&](std::vector<protocol::Uuid> directories) {
        request.log_dirs = std::move(directories);
        return world.handle(request).error_code == ErrorCode::invalid_registration;
    };
    const protocol::Uuid own = ControllerWorld::directory(2, 0);
    REQUIRE(refused({}));
    REQUIRE(refused({metadata::kLostDirectory}));
    REQUIRE(refused({own, own}));
    REQUIRE(refused({own, ControllerWorld::directory(1, 0)}));
    REQUIRE(!refused({own}));
}

TEST_CASE("a broker that cannot read the cluster's features is refused") {
    ControllerWorld world({.elr = true});
    protocol::BrokerRegistrationRequest request{.broker_id = NodeId(1), .cluster_id = "cluster"};
    request.incarnation_id.bytes[0] = 1;
    request.listeners.push_back({.name = "PLAINTEXT", .host = "n", .port = 9092});
    request.log_dirs = {ControllerWorld::directory(1, 0)};
    request.features.push_back(
        {.name = "metadata.version", .min_supported_version = 7, .max_supported_version = 25});
    REQUIRE(world.handle(request).error_code == ErrorCode::unsupported_version);
    request.features.push_back({.name = "eligible.leader.replicas.version",
                                .min_supported_version = 0,
                                .max_supported_version = 1});
    REQUIRE(world.handle(request).error_code == ErrorCode::none);
}

TEST_CASE("a failed log directory takes its replicas out of the ISRs, and its leaders elsewhere") {
    ControllerWorld world;
    world.add_brokers(2);
    world.create_on("a", nodes({1, 2}));
    world.create_on("b", nodes({1, 2}));
    protocol::AssignReplicasToDirsRequest request{.broker_id = NodeId(1),
                                                  .broker_epoch = world.broker_epoch(1)};
    for (const std::uint8_t index : {0, 1}) {
        const std::string topic = index == 0 ? "a" : "b";
        request.directories.push_back({.id = ControllerWorld::directory(1, index)});
        request.directories[index].topics.push_back(
            {.topic_id = world.controller.image().find_topic(topic)->id});
        request.directories[index].topics[0].partitions.push_back({PartitionId(0)});
    }
    REQUIRE(world.handle(request).error_code == ErrorCode::none);
    REQUIRE(world.partition("a").directory_of(NodeId(1)) == ControllerWorld::directory(1, 0));
    world.beat(1, false, {ControllerWorld::directory(1, 0)});
    REQUIRE(world.partition("a").isr == nodes({2}));
    REQUIRE(world.partition("a").leader == NodeId(2));
    REQUIRE(world.partition("b").leader == NodeId(1));
    REQUIRE(world.controller.image().find_broker(NodeId(1))->log_dirs ==
            std::vector{ControllerWorld::directory(1, 1)});
    world.beat(1, false, {ControllerWorld::directory(1, 0), ControllerWorld::directory(1, 1)});
    REQUIRE(world.partition("b").leader == NodeId(2));
    REQUIRE(world.controller.image().find_broker(NodeId(1))->fenced);
}

TEST_CASE("replicas are assigned to directories by who holds them only") {
    ControllerWorld world;
    world.add_brokers(3);
    world.create_on("a", nodes({1, 2}));
    const auto assign = [&](std::int32_t broker, const protocol::TopicId& topic,
                            std::int32_t partition) {
        protocol::AssignReplicasToDirsRequest request{.broker_id = NodeId(broker),
                                                      .broker_epoch = world.broker_epoch(broker)};
        request.directories.push_back({.id = ControllerWorld::directory(broker, 1)});
        request.directories[0].topics.push_back({.topic_id = topic});
        request.directories[0].topics[0].partitions.push_back({PartitionId(partition)});
        return world.handle(request).directories.at(0).topics.at(0).partitions.at(0).error_code;
    };
    const protocol::TopicId id = world.controller.image().find_topic("a")->id;
    REQUIRE(assign(3, id, 0) == ErrorCode::not_leader_or_follower);
    REQUIRE(assign(1, id, 7) == ErrorCode::unknown_topic_or_partition);
    REQUIRE(assign(1, protocol::Uuid{{1}}, 0) == ErrorCode::unknown_topic_id);
    REQUIRE(assign(1, id, 0) == ErrorCode::none);
    REQUIRE(assign(1, id, 0) == ErrorCode::none);
    REQUIRE(world.partition().partition_epoch == 1);  // the second changed nothing
}

TEST_CASE("an unregistered broker is forgotten, and leads nothing more") {
    ControllerWorld world;
    world.add_brokers(2);
    world.create_on("a", nodes({1, 2}));
    const protocol::UnregisterBrokerRequest request{.broker_id = NodeId(1)};
    REQUIRE(world.handle(request).error_code == ErrorCode::none);
    REQUIRE(world.controller.image().find_broker(NodeId(1)) == nullptr);
    REQUIRE(world.partition().leader == NodeId(2));
    const auto again = world.handle(request);
    REQUIRE(again.error_code == ErrorCode::broker_id_not_registered);
    REQUIRE(again.error_message == "Broker ID 1 is not currently registered");
}

TEST_CASE(
    "registrations of another cluster, of a live broker's double and old epochs are refused") {
    ControllerWorld world;
    world.add_broker(1);
    REQUIRE(world.register_double(1, 2).error_code == ErrorCode::duplicate_broker_registration);
    const auto again = world.register_broker(1, 1);
    REQUIRE(again.error_code == ErrorCode::none);
    REQUIRE(again.broker_epoch == world.controller.image().find_broker(NodeId(1))->broker_epoch);
    protocol::BrokerRegistrationRequest stranger{.broker_id = NodeId(2), .cluster_id = "another"};
    REQUIRE(world.handle(stranger).error_code == ErrorCode::inconsistent_cluster_id);
    REQUIRE(
        world.handle(protocol::BrokerHeartbeatRequest{.broker_id = NodeId(1), .broker_epoch = 0})
            .error_code == ErrorCode::stale_broker_epoch);
    REQUIRE(world.handle(protocol::BrokerHeartbeatRequest{.broker_id = NodeId(2)}).error_code ==
            ErrorCode::broker_id_not_registered);
}

TEST_CASE("producer ids come in blocks of a thousand, to the broker's present incarnation only") {
    ControllerWorld world;
    world.add_broker(1);
    protocol::AllocateProducerIdsRequest request{
        .broker_id = NodeId(1),
        .broker_epoch = world.controller.image().find_broker(NodeId(1))->broker_epoch};
    REQUIRE(world.handle(request).producer_id_start.value() == 0);
    const auto second = world.handle(request);
    REQUIRE(second.producer_id_start.value() == 1000);
    REQUIRE(second.producer_id_len == 1000);
    request.broker_epoch -= 1;
    REQUIRE(world.handle(request).error_code == ErrorCode::stale_broker_epoch);
}
