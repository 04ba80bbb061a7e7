// Clusters of whole nodes in a simulated world, and a client that finds its way in them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "broker/protocol/messages/metadata.h"
#include "broker/protocol/messages/produce.h"
#include "broker/protocol/messages/quorum.h"
#include "broker/protocol/messages/topics.h"
#include "tests/unit/server/node_world.h"

namespace gregor::server::test {

/// Nodes n1, n2 … of one cluster, each broker and controller.
class ClusterWorld {
public:
    explicit ClusterWorld(int nodes, const Properties& changes = {}, std::uint64_t seed = 1)
        : world_(seed, {}), nodes_(nodes), changes_(changes) {
        for (int id = 1; id <= nodes; ++id) {
            world_.add_machine(name_of(id), {});
            start(protocol::NodeId(id));
        }
    }
    ~ClusterWorld() { world_.shut_down(); }

    void start(protocol::NodeId id) {
        const Properties properties = properties_of(id.value());
        machine(id).start([properties](Runtime& runtime) {
            return std::make_unique<NodeProgram>(runtime, properties, "Z3JlZ29yLWNsdXN0ZXItMQ");
        });
    }
    [[nodiscard]] simulated::Machine& machine(protocol::NodeId id) {
        return world_.machine(name_of(id.value()));
    }
    [[nodiscard]] Node& node(protocol::NodeId id) {
        return static_cast<NodeProgram*>(machine(id).program())->node();
    }
    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (int id = 1; id <= nodes_; ++id) names.push_back(name_of(id));
        return names;
    }
    [[nodiscard]] simulated::World& world() { return world_; }

    /// Runs `body` on a machine of its own and returns when it has ended.
    void as_client(const std::function<void(Runtime&)>& body) {
        simulated::run_client(world_, "client", body);
    }

private:
    [[nodiscard]] static std::string name_of(int id) { return "n" + std::to_string(id); }

    [[nodiscard]] Properties properties_of(int id) const {
        std::string voters;
        for (int voter = 1; voter <= nodes_; ++voter) {
            voters += (voters.empty() ? "" : ",") + std::to_string(voter) + "@" + name_of(voter) +
                      ":9093";
        }
        Properties properties = node_properties();
        properties["node.id"] = std::to_string(id);
        properties["listeners"] =
            "PLAINTEXT://" + name_of(id) + ":9092,CONTROLLER://" + name_of(id) + ":9093";
        properties["advertised.listeners"] = "PLAINTEXT://" + name_of(id) + ":9092";
        properties["controller.quorum.voters"] = voters;
        for (const auto& [key, value] : changes_) properties[key] = value;
        return properties;
    }

    simulated::World world_;
    int nodes_;
    Properties changes_;
};

/// A client that asks whichever node answers, and sends to leaders.
class ClusterClient {
public:
    ClusterClient(Runtime& runtime, std::vector<std::string> nodes)
        : runtime_(runtime), nodes_(std::move(nodes)) {}

    void create_topic(const std::string& name, std::int32_t partitions, std::int16_t replicas) {
        protocol::CreateTopicsRequest request;
        request.timeout_ms = 30'000;
        request.topics.push_back(
            {.name = name, .num_partitions = partitions, .replication_factor = replicas});
        wait_until([&] {
            const auto answer = ask<protocol::CreateTopicsResponse>(request, 7);
            if (!answer) return false;
            const auto error = answer->topics.at(0).error_code;
            return error == protocol::ErrorCode::none ||
                   error == protocol::ErrorCode::topic_already_exists;
        });
        wait_until([&] { return metadata_of(name).has_value(); });
    }

    void delete_topic(const std::string& name) {
        protocol::DeleteTopicsRequest request;
        request.timeout_ms = 30'000;
        request.topics.push_back({.name = name});
        wait_until([&] {
            const auto answer = ask<protocol::DeleteTopicsResponse>(request, 6);
            return answer && answer->responses.at(0).error_code == protocol::ErrorCode::none;
        });
    }

    [[nodiscard]] protocol::NodeId leader_of(const std::string& topic) {
        protocol::NodeId leader = protocol::kNoNode;
        wait_until([&] {
            const auto found = metadata_of(topic);
            if (found) leader = found->leader_id;
            return leader != protocol::kNoNode;
        });
        return leader;
    }
    [[nodiscard]] std::vector<protocol::NodeId> isr_of(const std::string& topic) {
        const auto found = metadata_of(topic);
        return found ? found->isr_nodes : std::vector<protocol::NodeId>();
    }

    /// acks=all, to partition 0, until it is acknowledged.
    protocol::Offset produce(const std::string& topic, const Bytes& batch) {
        protocol::Offset offset{-1};
        wait_until([&] {
            protocol::ProduceRequest request;
            request.acks = -1;
            request.timeout_ms = 2000;
            request.topic_data.push_back({.name = topic});
            request.topic_data[0].partition_data.push_back(
                {.index = protocol::PartitionId(0), .records = batch});
            const std::string node = "n" + std::to_string(leader_of(topic).value());
            const auto answer = ask_node<protocol::ProduceResponse>(node, request, 9);
            if (!answer) return false;
            const auto& part = answer->responses.at(0).partition_responses.at(0);
            offset = part.base_offset;
            return part.error_code == protocol::ErrorCode::none;
        });
        return offset;
    }

    [[nodiscard]] protocol::DescribeQuorumResponse describe_quorum(const std::string& node) {
        protocol::DescribeQuorumRequest request;
        request.topics.push_back({.topic_name = "__cluster_metadata"});
        request.topics[0].partitions.push_back({.partition_index = protocol::PartitionId(0)});
        const auto answer = ask_node<protocol::DescribeQuorumResponse>(node, request, 2);
        CHECK(answer.has_value(), "{} does not answer", node);
        return *answer;
    }

    void wait_until(std::function<bool()> done) {
        const Instant deadline = runtime_.clock().now() + 120s;
        while (!done()) {
            CHECK(runtime_.clock().now() < deadline, "it never comes");
            runtime_.clock().sleep_for(100ms);
        }
    }

private:
    using PartitionMetadata = protocol::MetadataResponse::Partition;

    [[nodiscard]] std::optional<PartitionMetadata> metadata_of(const std::string& topic) {
        protocol::MetadataRequest request;
        request.topics.emplace();
        request.topics->push_back({.name = topic});
        const auto answer = ask<protocol::MetadataResponse>(request, 12);
        if (!answer || answer->topics.at(0).error_code != protocol::ErrorCode::none) return {};
        return answer->topics[0].partitions.at(0);
    }

    template <class Response, class Request>
    [[nodiscard]] std::optional<Response> ask(const Request& request, std::int16_t version) {
        for (const std::string& node : nodes_) {
            if (auto answer = ask_node<Response>(node, request, version)) return answer;
        }
        return {};
    }

    template <class Response, class Request>
    [[nodiscard]] std::optional<Response> ask_node(const std::string& node, const Request& request,
                                                   std::int16_t version) {
        rpc::Client client(runtime_, {});
        const Instant deadline = runtime_.clock().now() + 3s;
        if (!client.connect({node, 9092}, deadline)) return {};
        auto answer = client.call<Response>(request, version, deadline);
        if (!answer) return {};
        return *std::move(answer);
    }

    Runtime& runtime_;
    std::vector<std::string> nodes_;
};

}  // namespace gregor::server::test
