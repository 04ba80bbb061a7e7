// What a node tells of partitions page by page, and of its log directories.
#include "broker/metadata/image.h"
#include "broker/protocol/messages/log_dirs.h"
#include "broker/protocol/messages/metadata.h"
#include "broker/protocol/messages/topics.h"
#include "tests/support/catch.h"
#include "tests/unit/server/node_world.h"

using namespace gregor;
using namespace gregor::server;
using namespace gregor::server::test;
using protocol::AlterReplicaLogDirsRequest;
using protocol::AlterReplicaLogDirsResponse;
using protocol::DescribeLogDirsRequest;
using protocol::DescribeLogDirsResponse;
using protocol::DescribeTopicPartitionsRequest;
using protocol::DescribeTopicPartitionsResponse;
using protocol::ErrorCode;
using protocol::PartitionId;

namespace {

void make_topics(rpc::Client& client, const std::map<std::string, int>& topics) {
    protocol::CreateTopicsRequest request;
    for (const auto& [name, partitions] : topics) {
        request.topics.push_back(
            {.name = name, .num_partitions = partitions, .replication_factor = 1});
    }
    const auto made = client.call<protocol::CreateTopicsResponse>(request, 7, kNever);
    REQUIRE(made.has_value());
    for (const auto& topic : made->topics) REQUIRE(topic.error_code == ErrorCode::none);
}

/// "a:0,1 b:2" and, if there is more, " > b:3".
std::string print(const DescribeTopicPartitionsResponse& page) {
    std::string text;
    for (const auto& topic : page.topics) {
        text += fmt::format("{}{}:", text.empty() ? "" : " ", *topic.name);
        for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
            text +=
                fmt::format("{}{}", i == 0 ? "" : ",", topic.partitions[i].partition_index.value());
        }
        if (topic.error_code != ErrorCode::none) {
            text += fmt::format("{}", topic.error_code);
        }
    }
    if (page.next_cursor) {
        text += fmt::format(" > {}:{}", page.next_cursor->topic_name,
                            page.next_cursor->partition_index.value());
    }
    return text;
}

struct Cursor {
    std::string topic;
    int partition = 0;
};

std::string page(rpc::Client& client, const std::vector<std::string>& topics, int limit,
                 const std::optional<Cursor>& from = std::nullopt) {
    DescribeTopicPartitionsRequest request{.response_partition_limit = limit};
    for (const std::string& name : topics) request.topics.push_back({.name = name});
    if (from) {
        request.cursor = DescribeTopicPartitionsRequest::Cursor{
            .topic_name = from->topic, .partition_index = PartitionId(from->partition)};
    }
    const auto answer = client.call<DescribeTopicPartitionsResponse>(request, 0, kNever);
    REQUIRE(answer.has_value());
    return print(*answer);
}

}  // namespace

TEST_CASE("partitions are described a page at a time, topics by name") {
    NodeWorld world(Properties{{"max.request.partition.size.limit", "5"}});
    world.as_client([](Runtime& runtime) {
        rpc::Client client(runtime, {});
        connect(runtime, client);
        make_topics(client, {{"b", 3}, {"a", 2}, {"c", 1}});
        REQUIRE(page(client, {}, 2000) == "a:0,1 b:0,1,2 > c:0");
        REQUIRE(page(client, {}, 3) == "a:0,1 b:0 > b:1");
        REQUIRE(page(client, {}, 3, Cursor{"b", 1}) == "b:1,2 c:0");
        REQUIRE(page(client, {}, 2) == "a:0,1 > b:0");
        REQUIRE(page(client, {}, 0) == "a:0 > a:1");
        REQUIRE(page(client, {"c", "b"}, 9) == "b:0,1,2 c:0");
        REQUIRE(page(client, {"c", "a"}, 9, Cursor{"b", 2}) == "c:0");
        REQUIRE(page(client, {"gone", "c"}, 9) == "c:0 gone:UNKNOWN_TOPIC_OR_PARTITION");
        REQUIRE(page(client, {"no/name"}, 9) == "no/name:INVALID_TOPIC_EXCEPTION");
        REQUIRE(page(client, {"a"}, 9, Cursor{"a", -1}) == "a:INVALID_REQUEST");
    });
}

TEST_CASE("a described partition names its leader, its replicas and who may lead") {
    NodeWorld world;
    world.as_client([](Runtime& runtime) {
        rpc::Client client(runtime, {});
        connect(runtime, client);
        make_topics(client, {{"a", 1}});
        DescribeTopicPartitionsRequest request;
        request.topics.push_back({.name = "a"});
        const auto answer = client.call<DescribeTopicPartitionsResponse>(request, 0, kNever);
        REQUIRE(answer.has_value());
        const auto& partition = answer->topics.at(0).partitions.at(0);
        REQUIRE(partition.error_code == ErrorCode::none);
        REQUIRE(partition.leader_id == protocol::NodeId(1));
        REQUIRE(partition.replica_nodes == std::vector{protocol::NodeId(1)});
        REQUIRE(partition.isr_nodes == std::vector{protocol::NodeId(1)});
        REQUIRE(partition.eligible_leader_replicas->empty());
        REQUIRE(partition.offline_replicas.empty());
    });
}

TEST_CASE("log directories tell which replicas lie in them") {
    NodeWorld world(Properties{{"log.dirs", "data,more"}});
    world.as_client([](Runtime& runtime) {
        rpc::Client client(runtime, {});
        connect(runtime, client);
        make_topics(client, {{"a", 3}, {"b", 1}});
        const auto describe = [&](const DescribeLogDirsRequest& request) {
            const auto answer = client.call<DescribeLogDirsResponse>(request, 4, kNever);
            REQUIRE(answer.has_value());
            std::map<std::string, int> replicas;
            for (const auto& directory : answer->results) {
                REQUIRE(directory.error_code == ErrorCode::none);
                replicas[directory.log_dir] = 0;
                for (const auto& topic : directory.topics) {
                    replicas[directory.log_dir] += static_cast<int>(topic.partitions.size());
                }
            }
            return replicas;
        };
        using Replicas = std::map<std::string, int>;
        DescribeLogDirsRequest request;
        request.topics.reset();
        REQUIRE(describe(request) == Replicas{{"data", 2}, {"more", 2}});
        request.topics.emplace().push_back({.topic = "a", .partitions = {PartitionId(0)}});
        Replicas one = describe(request);
        REQUIRE(one["data"] + one["more"] == 1);
        request.topics->clear();
        REQUIRE(describe(request) == Replicas{{"data", 0}, {"more", 0}});
    });
}

TEST_CASE("a replica moves to the directory that it is told to, and the controller learns of it") {
    NodeWorld world(Properties{{"log.dirs", "data,more"}});
    world.as_client([&](Runtime& runtime) {
        rpc::Client client(runtime, {});
        connect(runtime, client);
        make_topics(client, {{"a", 1}});
        const auto alter = [&](const std::string& topic, int partition, const std::string& path) {
            AlterReplicaLogDirsRequest request;
            request.dirs.push_back({.path = path});
            request.dirs[0].topics.push_back(
                {.name = topic, .partitions = {PartitionId(partition)}});
            const auto answer = client.call<AlterReplicaLogDirsResponse>(request, 2, kNever);
            REQUIRE(answer.has_value());
            REQUIRE(answer->results.at(0).topic_name == topic);
            return answer->results[0].partitions.at(0).error_code;
        };
        const auto folder_of_a = [&] {
            DescribeLogDirsRequest request;
            request.topics.reset();
            const auto answer = client.call<DescribeLogDirsResponse>(request, 4, kNever);
            REQUIRE(answer.has_value());
            std::string folder;
            for (const auto& directory : answer->results) {
                for (const auto& topic : directory.topics) {
                    if (topic.name != "a" || topic.partitions.at(0).is_future_key) continue;
                    folder = directory.log_dir;
                }
            }
            return folder;
        };
        const std::string from = folder_of_a();
        const std::string to = from == "data" ? "more" : "data";
        REQUIRE(alter("a", 0, "nowhere") == ErrorCode::log_dir_not_found);
        REQUIRE(alter("b", 0, to) == ErrorCode::unknown_topic_or_partition);
        REQUIRE(alter("a", 7, to) == ErrorCode::unknown_topic_or_partition);
        REQUIRE(alter("a", 0, from) == ErrorCode::none);
        REQUIRE(alter("a", 0, to) == ErrorCode::none);
        for (int i = 0; i < 100 && folder_of_a() != to; ++i) runtime.clock().sleep_for(50ms);
        REQUIRE(folder_of_a() == to);
        runtime.clock().sleep_for(2s);
        const log::LogManager& logs = world.node().replicas().logs();
        const auto image = world.node().metadata().image();
        REQUIRE(image->find_topic("a")->find(PartitionId(0))->directory_of(protocol::NodeId(1)) ==
                logs.directory_id(*logs.find_folder(to)));
    });
}
