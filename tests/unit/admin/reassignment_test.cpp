#include "clients/admin/reassignment.h"

#include "clients/cli/reassignment_json.h"
#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::admin;

namespace {

Replicas nodes(std::initializer_list<int> ids) {
    Replicas replicas;
    for (const int id : ids) replicas.push_back(NodeId(id));
    return replicas;
}

TopicPartition orders(int partition) { return {"orders", protocol::PartitionId(partition)}; }

}  // namespace

TEST_CASE("a move goes from who has the records to who does not") {
    const Moves moves =
        moves_between({}, {{orders(0), nodes({1, 2, 3})}}, {{orders(0), nodes({2, 3, 4})}});
    REQUIRE(moves.at(orders(0)).sources == std::set{NodeId(1), NodeId(2), NodeId(3)});
    REQUIRE(moves.at(orders(0)).destinations == std::set{NodeId(4)});
    REQUIRE(throttled_replicas(moves).at("orders") ==
            ThrottledReplicas{.leader = "0:1,0:2,0:3", .follower = "0:4"});
    REQUIRE(brokers_of(moves).size() == 4);
}

TEST_CASE("a partition that moves already starts at the replicas of before") {
    const ActiveReassignments active{
        {orders(0), {.replicas = nodes({4, 1, 2}), .adding = nodes({4}), .removing = nodes({1})}},
        {orders(1), {.replicas = nodes({3, 1}), .adding = nodes({3}), .removing = nodes({})}}};
    const Moves moves =
        moves_between(active, {{orders(0), nodes({4, 1, 2})}}, {{orders(0), nodes({5, 2})}});
    REQUIRE(moves.at(orders(0)).sources == std::set{NodeId(1), NodeId(2)});
    REQUIRE(moves.at(orders(0)).destinations == std::set{NodeId(5)});
    // One that nothing is proposed for keeps its throttle.
    REQUIRE(throttled_replicas(moves).at("orders") ==
            ThrottledReplicas{.leader = "0:1,0:2,1:1", .follower = "0:5,1:3"});
}

TEST_CASE("the JSON of an assignment reads back, in the order of Kafka's tool") {
    const Assignment assignment{{orders(0), nodes({2, 1})}, {orders(10), nodes({3})}};
    const std::string text = cli::to_json(assignment);
    REQUIRE(text ==
            R"({"version":1,"partitions":[{"topic":"orders","partition":0,"replicas":[2,1],)"
            R"("log_dirs":["any","any"]},{"topic":"orders","partition":10,"replicas":[3],)"
            R"("log_dirs":["any"]}]})");
    REQUIRE(*cli::parse_reassignment(text) == cli::Reassignment{assignment, {}});
}

TEST_CASE("a log directory that is not any one is of the replica at its place") {
    const auto parsed = cli::parse_reassignment(
        R"({"partitions":[{"topic":"orders","partition":3,"replicas":[2,1],)"
        R"("log_dirs":["any","/b"]}]})");
    REQUIRE(parsed);
    const Replica moved{orders(3), NodeId(1)};
    REQUIRE(parsed->directories == std::map<Replica, std::string>{{moved, "/b"}});
    REQUIRE(to_string(moved) == "orders-3-1");
}

TEST_CASE("files that are not what they should be are refused") {
    for (const char* text :
         {"", "[]", "null", R"({"partitions":{}})", R"({"partitions":[1]})",
          R"({"partitions":[{"topic":1,"partition":0,"replicas":[1]}]})",
          R"({"partitions":[{"topic":"t","partition":-1,"replicas":[1]}]})",
          R"({"partitions":[{"topic":"t","partition":0,"replicas":[]}]})",
          R"({"partitions":[{"topic":"t","partition":0,"replicas":["1"]}]})",
          R"({"partitions":[{"topic":"t","partition":0,"replicas":[4294967297]}]})",
          R"({"partitions":[{"topic":"t","partition":0,"replicas":[1],"log_dirs":"any"}]})",
          R"({"partitions":[{"topic":"t","partition":0,"replicas":[1],"log_dirs":[7]}]})"}) {
        REQUIRE(!cli::parse_reassignment(text));
    }
    REQUIRE(!cli::parse_topics_to_move(R"({"topics":[{"topic":"t"},{"topic":"t"}]})"));
    REQUIRE(cli::parse_topics_to_move(R"({"topics":[{"topic":"t"}]})")->contains("t"));
}
