// The quorum's drivers on a simulated machine, as the only voter: what the controller has
// acknowledged survives, what it has not is there as a whole or not at all.
#include <set>

#include "tests/support/catch.h"
#include "tests/unit/drivers/metadata_node.h"

using namespace gregor;
using namespace gregor::drivers;
using namespace gregor::drivers::test;
using protocol::ErrorCode;
using simulated::Machine;
using simulated::World;

namespace {

void enter(MetadataNode& node, std::uint8_t incarnation) {
    const auto entered = node.lifecycle.enter(registration(incarnation));
    REQUIRE(protocol::name(entered ? ErrorCode::none : entered.error()) == "NONE");
}

/// Runs `body` to its end on a machine that is new or was stopped.
void run(World& world, Machine& machine, ClusterMetadataOptions options, MetadataNode::Body body) {
    bool done = false;
    machine.start(MetadataNode::factory(std::move(options), [&](MetadataNode& node) {
        body(node);
        node.runtime.tasks().cancel();
        done = true;
    }));
    world.run_for(120s);
    REQUIRE(done);
    REQUIRE(!machine.running());
}

const metadata::PartitionState& partition(MetadataNode& node, std::string_view topic) {
    const metadata::TopicImage* image = node.image().find_topic(topic);
    REQUIRE(image != nullptr);
    return image->partitions.begin()->second;
}

}  // namespace

TEST_CASE("a created topic is in the published image when its request is answered") {
    World world(1, {});
    Machine& machine = world.add_machine("n1", {});
    run(world, machine, metadata_options(), [](MetadataNode& node) {
        std::vector<metadata::ImageRef> seen;
        node.metadata.feed().subscribe(
            [&](const metadata::ImageRef& before, const metadata::ImageRef& after) {
                if (!seen.empty()) REQUIRE(seen.back() == before);
                seen.push_back(after);
            });
        REQUIRE(node.start());
        enter(node, 1);
        const auto created = node.controller().handle(create_topic("orders", 3), 7);
        REQUIRE(created);
        REQUIRE(created->topics.at(0).error_code == ErrorCode::none);
        REQUIRE(seen.back() == node.metadata.image());
        const metadata::TopicImage* topic = node.image().find_topic("orders");
        REQUIRE(topic != nullptr);
        REQUIRE(topic->id == created->topics[0].topic_id);
        REQUIRE(topic->partitions.size() == 3);
        REQUIRE(topic->partitions.begin()->second.leader == kNode);
        node.image().check_invariants();
    });
}

TEST_CASE("a heartbeat is answered while this node still takes up an image") {
    World world(1, {});
    Machine& machine = world.add_machine("n1", {});
    run(world, machine, metadata_options(), [](MetadataNode& node) {
        bool is_slow = false;
        node.metadata.feed().subscribe(
            [&](const metadata::ImageRef&, const metadata::ImageRef& after) {
                if (after->find_topic("orders") == nullptr) return;
                is_slow = true;
                node.runtime.clock().sleep_for(20s);
                is_slow = false;
            });
        REQUIRE(node.start());
        enter(node, 1);
        node.runtime.tasks().spawn("creates", [&] {
            REQUIRE(node.controller().handle(create_topic("orders", 50), 7));
            REQUIRE(!is_slow);
        });
        while (!is_slow) node.runtime.clock().sleep_for(10ms);
        const Instant asked = node.runtime.clock().now();
        const auto answer = node.controller().handle(
            protocol::BrokerHeartbeatRequest{.broker_id = kNode,
                                             .broker_epoch = node.lifecycle.broker_epoch()},
            1);
        REQUIRE(answer);
        REQUIRE(answer->error_code == ErrorCode::none);
        REQUIRE(node.runtime.clock().now() < asked + 1s);
        while (is_slow) node.runtime.clock().sleep_for(10ms);
    });
}

TEST_CASE("the controller hears at once of a log directory that has failed") {
    World world(1, {});
    Machine& machine = world.add_machine("n1", {});
    run(world, machine, metadata_options(), [](MetadataNode& node) {
        REQUIRE(node.start());
        const protocol::Uuid fails{{1, 2, 3}};
        const protocol::Uuid stays{{1, 2, 4}};
        protocol::BrokerRegistrationRequest with_two = registration(1);
        with_two.log_dirs = {fails, stays};
        REQUIRE(node.lifecycle.enter(with_two));
        for (const auto& [topic, directory] :
             {std::pair("left", fails), std::pair("right", stays)}) {
            const auto created = node.controller().handle(create_topic(topic, 1), 7);
            REQUIRE(created);
            protocol::AssignReplicasToDirsRequest assigns{
                .broker_id = kNode, .broker_epoch = node.lifecycle.broker_epoch()};
            assigns.directories.push_back({.id = directory, .topics = {}});
            assigns.directories[0].topics.push_back({.topic_id = created->topics[0].topic_id});
            assigns.directories[0].topics[0].partitions.push_back({});
            REQUIRE(node.controller().handle(assigns, 0));
        }
        REQUIRE(partition(node, "left").leader == kNode);
        node.failed_directories = {fails};
        node.lifecycle.directory_failed();
        node.runtime.clock().sleep_for(100ms);
        REQUIRE(!partition(node, "left").has_leader());
        REQUIRE(partition(node, "right").leader == kNode);
        REQUIRE(node.image().find_broker(kNode)->log_dirs == std::vector{stays});
    });
}

TEST_CASE("a clean restart raises every leader epoch by two") {
    World world(2, {});
    Machine& machine = world.add_machine("n1", {});
    run(world, machine, metadata_options(), [](MetadataNode& node) {
        REQUIRE(node.start());
        REQUIRE(node.epoch().value() == 1);
        REQUIRE(node.lifecycle.enter(registration(1)));
        REQUIRE(node.controller().handle(create_topic("orders", 1), 7));
        REQUIRE(partition(node, "orders").leader_epoch.value() == 0);
        REQUIRE(node.lifecycle.leave());
        REQUIRE(!partition(node, "orders").has_leader());
        node.metadata.shut_down();
        REQUIRE(node.controller().handle(create_topic("late", 1), 7).error() ==
                ErrorCode::not_controller);
    });
    run(world, machine, metadata_options(), [](MetadataNode& node) {
        REQUIRE(node.start());
        REQUIRE(node.epoch().value() > 1);
        enter(node, 2);
        REQUIRE(partition(node, "orders").leader == kNode);
        REQUIRE(partition(node, "orders").leader_epoch.value() == 2);
    });
}

TEST_CASE("a restart after a crash fences the lost incarnation and raises leader epochs by two") {
    World world(3, {});
    Machine& machine = world.add_machine("n1", {});
    run(world, machine, metadata_options(), [](MetadataNode& node) {
        REQUIRE(node.start());
        enter(node, 1);
        REQUIRE(node.controller().handle(create_topic("orders", 1), 7));
    });
    run(world, machine, metadata_options(), [](MetadataNode& node) {
        REQUIRE(node.start());
        auto elsewhere = registration(2);
        elsewhere.log_dirs = {protocol::Uuid{{8}}};
        REQUIRE(node.controller().handle(elsewhere, 4)->error_code ==
                ErrorCode::duplicate_broker_registration);
        const std::int64_t before = node.image().find_broker(kNode)->broker_epoch;
        enter(node, 2);
        REQUIRE(node.image().find_broker(kNode)->broker_epoch > before);
        REQUIRE(partition(node, "orders").leader_epoch.value() == 2);
    });
}

TEST_CASE("snapshots take the log's place and the same image comes back") {
    World world(4, {});
    Machine& machine = world.add_machine("n1", {});
    ClusterMetadataOptions options = metadata_options();
    options.raft.log.max_bytes_between_snapshots = 2000;
    options.raft.log.max_retention_bytes = 20'000;
    options.raft.log.segment_bytes = 16'000;
    metadata::ImageRef image;
    run(world, machine, options, [&](MetadataNode& node) {
        REQUIRE(node.start());
        enter(node, 1);
        for (int i = 0; i < 120; ++i) {
            REQUIRE(node.controller().handle(create_topic("t" + std::to_string(i), 2), 7));
        }
        REQUIRE(node.metadata.raft().log().snapshots().ids().size() >= 1);
        REQUIRE(node.metadata.raft().log().start_offset().value() > 0);
        const auto retired = [&] {
            return std::ranges::count_if(machine.disk().store->files(), [](const auto& file) {
                return file.first.ends_with(".log.deleted");
            });
        };
        const auto before = retired();
        REQUIRE(before > 0);
        node.runtime.clock().sleep_for(61s);
        for (int i = 0; i < 10; ++i) {
            REQUIRE(node.controller().handle(create_topic("late" + std::to_string(i), 2), 7));
        }
        REQUIRE(retired() < before);
        image = node.metadata.image();
    });
    run(world, machine, options, [&](MetadataNode& node) {
        REQUIRE(node.start());
        REQUIRE(node.image() == *image);
        enter(node, 2);
        REQUIRE(node.controller().handle(create_topic("after", 2), 7));
    });
}

TEST_CASE("power loss at any moment loses no acknowledged topic and leaves none in part") {
    int cut_short = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        World world(seed, {});
        Machine& machine = world.add_machine("n1", {});
        ClusterMetadataOptions options = metadata_options();
        options.raft.log.max_bytes_between_snapshots = 1500;
        std::set<std::string> asked;
        std::set<std::string> acknowledged;
        machine.start(MetadataNode::factory(options, [&](MetadataNode& node) {
            // Nothing waits inside a REQUIRE: it would swallow the end of the process.
            const auto started = node.start();
            REQUIRE(started);
            enter(node, 1);
            for (int i = 0; i < 1000; ++i) {
                const std::string name = "t" + std::to_string(i);
                asked.insert(name);
                const auto answer = node.controller().handle(create_topic(name, 3), 7);
                REQUIRE(answer);
                REQUIRE(answer->topics.at(0).error_code == ErrorCode::none);
                acknowledged.insert(name);
            }
        }));
        world.run_for(Duration(world.stream("cut").between(1ms, 400ms)));
        machine.lose_power();
        world.run_for(1s);
        if (asked.size() > acknowledged.size()) ++cut_short;
        run(world, machine, options, [&](MetadataNode& node) {
            REQUIRE(node.start());
            enter(node, 2);
            for (const std::string& name : acknowledged) {
                REQUIRE(node.image().find_topic(name) != nullptr);
            }
            for (const auto& [name, id] : node.image().topic_ids()) {
                REQUIRE(asked.contains(name));
                REQUIRE(node.image().find_topic(id)->partitions.size() == 3);
            }
            node.image().check_invariants();
        });
    }
    REQUIRE(cut_short > 20);
}

TEST_CASE("a failed disk is never acknowledged, and the owner is told once") {
    int failed = 0;
    for (std::int64_t nth = 1; nth <= 40; ++nth) {
        World world(static_cast<std::uint64_t>(nth), {});
        Machine& machine = world.add_machine("n1", {});
        std::set<std::string> acknowledged;
        int told = 0;
        ClusterMetadataOptions options = metadata_options();
        options.on_failure = [&](std::string_view) { ++told; };
        const bool writes = nth % 2 == 0;
        run(world, machine, options, [&](MetadataNode& node) {
            REQUIRE(node.start());
            enter(node, 1);
            bool broken = false;
            for (int i = 0; i < 40; ++i) {
                if (i == nth) {
                    auto& trouble = machine.disk().trouble;
                    auto& kind = writes ? trouble.failing_writes : trouble.failing_syncs;
                    kind = {.path = ".log", .left = 1, .until = Instant{}};
                }
                const std::string name = "t" + std::to_string(i);
                const auto answer = node.controller().handle(create_topic(name, 2), 7);
                if (answer) {
                    REQUIRE(!broken);
                    acknowledged.insert(name);
                } else {
                    REQUIRE(answer.error() == ErrorCode::not_controller);
                    broken = true;
                    REQUIRE(node.image().find_topic(name) == nullptr);
                }
            }
            if (broken) ++failed;
            REQUIRE(told == (broken ? 1 : 0));
        });
        run(world, machine, metadata_options(), [&](MetadataNode& node) {
            REQUIRE(node.start());
            for (const std::string& name : acknowledged) {
                REQUIRE(node.image().find_topic(name) != nullptr);
            }
        });
    }
    REQUIRE(failed > 30);
}

TEST_CASE("requests beyond the queue's limit are turned away, the others are all answered") {
    World world(5, {});
    Machine& machine = world.add_machine("n1", {});
    ClusterMetadataOptions options = metadata_options();
    options.controller.max_waiting = 8;
    run(world, machine, options, [](MetadataNode& node) {
        REQUIRE(node.start());
        enter(node, 1);
        int created = 0;
        int turned_away = 0;
        with_task_group(node.runtime.tasks(), "clients", [&](TaskGroup& clients) {
            for (int i = 0; i < 30; ++i) {
                clients.spawn("client", [&node, &created, &turned_away, i] {
                    const auto answer =
                        node.controller().handle(create_topic("t" + std::to_string(i), 1), 7);
                    if (answer) {
                        ++created;
                    } else {
                        REQUIRE(answer.error() == ErrorCode::request_timed_out);
                        ++turned_away;
                    }
                });
            }
            clients.join();
        });
        REQUIRE(created + turned_away == 30);
        REQUIRE(created >= 8);
        REQUIRE(turned_away > 0);
        REQUIRE(node.image().topics().size() == static_cast<std::size_t>(created));
    });
}
