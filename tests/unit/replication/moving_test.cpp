// Replicas that move between the log directories of a broker.
#include <algorithm>

#include "tests/unit/replication/broker.h"
#include "tests/unit/replication/replicated_world.h"

using namespace gregor;
using namespace gregor::replication_test;

namespace {

std::string folder_of(const Broker& broker, const TopicPartition& partition = kOrders) {
    const log::LogRef log = broker.logs->find(partition);
    return log == nullptr ? "" : log->folder();
}

void wait_for_folder(Broker& broker, const std::string& folder) {
    for (int i = 0; i < 1000 && folder_of(broker) != folder; ++i) {
        broker.runtime.clock().sleep_for(10ms);
    }
    REQUIRE(folder_of(broker) == folder);
}

/// One fetch gives no more than one segment has.
std::size_t count_records(Broker& broker) {
    std::size_t count = 0;
    while (true) {
        const auto records = broker.read(static_cast<std::int64_t>(count));
        if (records.empty()) return count;
        count += records.size();
    }
}

std::vector<std::string> folders_in(Runtime& runtime, const std::string& directory) {
    std::vector<std::string> names;
    const auto entries = runtime.disk().list(directory);
    REQUIRE(entries);
    for (const DirectoryEntry& entry : *entries) {
        if (entry.is_directory) names.push_back(entry.name);
    }
    return names;
}

}  // namespace

TEST_CASE("a replica moves to another directory while it is written to") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Broker broker(runtime, keeper, {.segment_bytes = 2048});
        REQUIRE(broker.lead());
        std::size_t values = 0;
        const auto write = [&] {
            REQUIRE(broker.append({"a value", "and one more"}).error == ErrorCode::none);
            values += 2;
        };
        for (int i = 0; i < 100; ++i) write();
        REQUIRE(folder_of(broker) == "data/orders-0");
        REQUIRE(broker.replicas->move_to_directory(kOrders, "more") == ErrorCode::none);
        REQUIRE(broker.logs->find_future(kOrders) != nullptr);
        for (int i = 0; i < 100; ++i) write();
        wait_for_folder(broker, "more/orders-0");
        REQUIRE(broker.logs->find_future(kOrders) == nullptr);
        for (int i = 0; i < 10; ++i) write();
        REQUIRE(count_records(broker) == values);
        broker.replicas->check_invariants();
        broker.logs->find(kOrders)->check_invariants_fully();
        const auto left = folders_in(runtime, "data");
        REQUIRE(left.size() == 1);
        REQUIRE(left[0].ends_with("-delete"));
        REQUIRE(folders_in(runtime, "more") == std::vector<std::string>{"orders-0"});
    });
}

TEST_CASE("a move that cannot be is refused, one that is called off leaves no trace") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Broker broker(runtime, keeper);
        ReplicaManager& replicas = *broker.replicas;
        REQUIRE(broker.lead());
        broker.append(std::vector<std::string>{"a"});
        REQUIRE(replicas.move_to_directory(kOrders, "elsewhere") == ErrorCode::log_dir_not_found);
        REQUIRE(replicas.move_to_directory({std::string(240, 't'), 0}, "more") ==
                ErrorCode::invalid_topic_exception);
        REQUIRE(replicas.move_to_directory(kOrders, "data") == ErrorCode::none);
        REQUIRE(broker.logs->find_future(kOrders) == nullptr);

        REQUIRE(replicas.move_to_directory(kOrders, "more") == ErrorCode::none);
        REQUIRE(replicas.move_to_directory(kOrders, "data") == ErrorCode::none);
        REQUIRE(broker.logs->find_future(kOrders) == nullptr);
        runtime.clock().sleep_for(5s);
        REQUIRE(folder_of(broker) == "data/orders-0");
        broker.logs->remove_deleted();

        // One that is not there yet is made there.
        const TopicPartition later{"orders", 1};
        REQUIRE(replicas.move_to_directory(later, "data") == ErrorCode::unknown_topic_or_partition);
        REQUIRE(broker.lead(later));
        REQUIRE(folder_of(broker, later) == "data/orders-1");

        // A topic that goes takes its copy with it.
        REQUIRE(replicas.move_to_directory(later, "more") == ErrorCode::none);
        replicas.remove(later);
        for (const std::string& name : folders_in(runtime, "more")) {
            REQUIRE(name.ends_with("-delete"));
        }
        REQUIRE(broker.lead(kOrders, 1));
        REQUIRE(count_records(broker) == 1);
    });
}

TEST_CASE("a move is carried on with after a loss of power at any moment") {
    int finished_before = 0;
    int carried_on = 0;
    for (int cut = 1; cut <= 120; ++cut) {
        simulated::World world(1, {});
        simulated::Machine& machine = world.add_machine("n1", {});
        auto acknowledged = std::make_shared<std::size_t>(0);
        bool ended = false;
        machine.start([&](Runtime& node) {
            return std::make_unique<BodyProgram>(
                machine, node,
                [acknowledged](Runtime& runtime, Keeper& keeper) {
                    Broker broker(runtime, keeper, {.flush_messages = 1, .segment_bytes = 2048});
                    REQUIRE(broker.lead());
                    for (int i = 0; i < 20; ++i) broker.append({"a value", "and one more"});
                    REQUIRE(broker.replicas->move_to_directory(kOrders, "more") == ErrorCode::none);
                    *acknowledged = 40;
                    while (true) {
                        const auto answer = broker.append(std::vector<std::string>{"later"});
                        REQUIRE(answer.error == ErrorCode::none);
                        *acknowledged = static_cast<std::size_t>(answer.base_offset.value()) + 1;
                        runtime.clock().sleep_for(1ms);
                    }
                },
                ended);
        });
        while (*acknowledged == 0) world.run_for(1ms);
        world.run_for(cut * 1ms);
        machine.lose_power();
        while (machine.running()) world.run_for(1ms);
        run_on(world, machine, [&](Runtime& runtime, Keeper& keeper) {
            Broker broker(runtime, keeper, {.flush_messages = 1, .segment_bytes = 2048});
            if (folder_of(broker) == "more/orders-0") ++finished_before;
            else if (broker.logs->find_future(kOrders) != nullptr) ++carried_on;
            REQUIRE(broker.lead(kOrders, 1));
            REQUIRE(count_records(broker) >= *acknowledged);
            if (broker.logs->find_future(kOrders) != nullptr) {
                wait_for_folder(broker, "more/orders-0");
            }
            REQUIRE(broker.append(std::vector<std::string>{"at last"}).error == ErrorCode::none);
            broker.replicas->check_invariants();
            broker.logs->find(kOrders)->check_invariants_fully();
        });
    }
    REQUIRE(finished_before > 0);
    REQUIRE(carried_on > 0);
}

TEST_CASE("replicas move under changing leaders and losses of power, and stay equal") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        ReplicatedWorld cluster(seed);
        Random random(seed);
        std::vector<std::string> acknowledged;
        int moves = 0;
        for (int round = 0; round < 40; ++round) {
            const std::string value = "v" + std::to_string(round);
            const int leader = cluster.leader();
            const auto moved = static_cast<int>(random.below(3));
            const std::string path = random.below(2) == 0 ? "data" : "more";
            cluster.program(moved).soon([path, &moves](ReplicaManager& replicas) {
                const ErrorCode error = replicas.move_to_directory(kShared, path);
                REQUIRE(error == ErrorCode::none);
                ++moves;
            });
            if (random.below(4) == 0) cluster.script.controller.elect_another(random);
            if (random.below(8) == 0) {
                const int victim = (leader + 1) % 3;
                cluster.kill(victim, random.below(2) == 0);
                cluster.produce(cluster.leader(), {value + "x"}, 1);
                cluster.restart(victim, true);
                cluster.world.run_for(1s);
            }
            if (cluster.produce(cluster.leader(), {value}) == ErrorCode::none) {
                acknowledged.push_back(value);
            }
        }
        cluster.world.run_for(10s);
        cluster.require_equal();
        const std::vector<std::string> kept = cluster.values(0);
        REQUIRE(moves > 10);
        REQUIRE(acknowledged.size() > 10);
        for (const std::string& value : acknowledged) {
            REQUIRE(std::count(kept.begin(), kept.end(), value) == 1);
        }
    }
}
