// Groups on clusters of simulated nodes: what a coordinator has acknowledged its successors know,
// whoever they are, and nobody else answers.
#include "broker/protocol/messages/group_admin.h"
#include "broker/protocol/messages/group_membership.h"
#include "broker/protocol/messages/group_offsets.h"
#include "broker/protocol/messages/reassignments.h"
#include "sim/base/planted.h"
#include "tests/support/catch.h"
#include "tests/unit/server/cluster_world.h"

using namespace gregor;
using namespace gregor::server::test;
using protocol::ErrorCode;
using protocol::NodeId;
using server::Properties;

namespace {

const std::string kTopic = "__consumer_offsets";

Properties settings() {
    return {{"offsets.topic.num.partitions", "1"},
            {"offsets.topic.replication.factor", "3"},
            {"min.insync.replicas", "2"},
            {"broker.session.timeout.ms", "3000"},
            {"broker.heartbeat.interval.ms", "500"}};
}

/// A client of the group "g", which finds its coordinator as others do.
class GroupClient {
public:
    GroupClient(Runtime& runtime, std::vector<std::string> nodes)
        : runtime_(runtime), nodes_(std::move(nodes)), cluster_(runtime, nodes_) {}

    [[nodiscard]] ClusterClient& cluster() { return cluster_; }

    template <class Response, class Request>
    [[nodiscard]] std::optional<Response> ask(const std::string& node, const Request& request,
                                              std::int16_t version, Duration timeout = 8s) {
        rpc::Client client(runtime_, {});
        const Instant deadline = runtime_.clock().now() + timeout;
        if (!client.connect({node, 9092}, deadline)) return {};
        auto answer = client.call<Response>(request, version, deadline);
        if (!answer) return {};
        return *std::move(answer);
    }

    /// As any node says.
    [[nodiscard]] NodeId coordinator() {
        NodeId found = protocol::kNoNode;
        cluster_.wait_until([&] {
            for (const std::string& node : nodes_) {
                const auto answer = ask<protocol::FindCoordinatorResponse>(
                    node, protocol::FindCoordinatorRequest{.coordinator_keys = {"g"}}, 4);
                if (!answer || answer->coordinators[0].error_code != ErrorCode::none) continue;
                found = answer->coordinators[0].node_id;
                return true;
            }
            return false;
        });
        return found;
    }

    /// Tries until the coordinator has taken it.
    void commit(std::int64_t offset) {
        cluster_.wait_until([&] { return commit_at(coordinator(), offset) == ErrorCode::none; });
    }
    [[nodiscard]] std::optional<ErrorCode> commit_at(NodeId node, std::int64_t offset) {
        protocol::OffsetCommitRequest request{.group_id = "g", .topics = {}};
        request.topics.push_back(
            {.name = "orders", .partitions = {{.committed_offset = protocol::Offset(offset)}}});
        const auto answer = ask<protocol::OffsetCommitResponse>(name_of(node), request, 8);
        if (!answer) return std::nullopt;
        return answer->topics[0].partitions[0].error_code;
    }
    [[nodiscard]] std::int64_t committed() {
        std::optional<std::int64_t> offset;
        cluster_.wait_until([&] {
            offset = committed_at(coordinator());
            return offset.has_value();
        });
        return *offset;
    }
    /// Nothing if this node does not say.
    [[nodiscard]] std::optional<std::int64_t> committed_at(NodeId node) {
        protocol::OffsetFetchRequest request;
        auto& group = request.groups.emplace_back();
        group.group_id = "g";
        group.topics->push_back(
            {.name = "orders", .partition_indexes = {protocol::PartitionId(0)}});
        const auto answer = ask<protocol::OffsetFetchResponse>(name_of(node), request, 8);
        if (!answer || answer->groups[0].error_code != ErrorCode::none) return std::nullopt;
        const auto& partition = answer->groups[0].topics[0].partitions[0];
        if (partition.error_code != ErrorCode::none) return std::nullopt;
        return partition.committed_offset.value();
    }

    /// Joins, assigns to itself, and gives the generation.
    std::int32_t become_only_member(std::string& member_id) {
        std::int32_t generation = -1;
        cluster_.wait_until([&] {
            protocol::JoinGroupRequest join{.group_id = "g",
                                            .session_timeout_ms = 10'000,
                                            .rebalance_timeout_ms = 10'000,
                                            .member_id = member_id,
                                            .protocol_type = "consumer",
                                            .protocols = {}};
            join.protocols.push_back({.name = "range", .metadata = Bytes::copy_of("\0\0")});
            const std::string node = name_of(coordinator());
            const auto joined = ask<protocol::JoinGroupResponse>(node, join, 9);
            if (!joined) return false;
            member_id = joined->member_id;
            if (joined->error_code != ErrorCode::none) return false;
            generation = joined->generation_id;
            protocol::SyncGroupRequest sync{.group_id = "g",
                                            .generation_id = generation,
                                            .member_id = member_id,
                                            .protocol_type = "consumer",
                                            .protocol_name = "range",
                                            .assignments = {}};
            sync.assignments.push_back(
                {.member_id = member_id, .assignment = Bytes::copy_of("mine")});
            const auto synced = ask<protocol::SyncGroupResponse>(node, sync, 5);
            return synced && synced->error_code == ErrorCode::none &&
                   synced->assignment.text() == "mine";
        });
        return generation;
    }
    /// Of the member, at the coordinator, whoever that is once one answers.
    [[nodiscard]] ErrorCode heartbeat(const std::string& member_id, std::int32_t generation) {
        std::optional<ErrorCode> error;
        cluster_.wait_until([&] {
            const auto answer = ask<protocol::HeartbeatResponse>(
                name_of(coordinator()),
                protocol::HeartbeatRequest{
                    .group_id = "g", .generation_id = generation, .member_id = member_id},
                4);
            if (!answer || answer->error_code == ErrorCode::not_coordinator) return false;
            error = answer->error_code;
            return true;
        });
        return *error;
    }

    [[nodiscard]] static std::string name_of(NodeId node) {
        return "n" + std::to_string(node.value());
    }

private:
    Runtime& runtime_;
    std::vector<std::string> nodes_;
    ClusterClient cluster_;
};

/// For half a minute the node is cut off the others; clients reach it.
void isolate(ClusterWorld& cluster, NodeId node) {
    const Instant until = cluster.world().now() + 30s;
    const std::string one = GroupClient::name_of(node);
    for (const std::string& other : cluster.names()) {
        if (other == one) continue;
        cluster.world().network().block(one, other, until);
        cluster.world().network().block(other, one, until);
    }
}

std::vector<std::string> names_without(const ClusterWorld& cluster, NodeId node) {
    std::vector<std::string> names = cluster.names();
    std::erase(names, GroupClient::name_of(node));
    return names;
}

/// Lets the coordinator lead, another lead meanwhile and take a commit, and the first lead again;
/// what it then says.
std::int64_t committed_after_leading_again() {
    ClusterWorld cluster(3, settings());
    std::int64_t committed = -1;
    cluster.as_client([&](Runtime& runtime) {
        GroupClient client(runtime, cluster.names());
        client.cluster().create_topic("orders", 1, 3);
        client.commit(5);
        const NodeId first = client.coordinator();
        client.cluster().wait_until([&] { return client.cluster().isr_of(kTopic).size() == 3; });
        isolate(cluster, first);
        // Those who can know.
        ClusterClient others(runtime, names_without(cluster, first));
        others.wait_until([&] { return others.leader_of(kTopic) != first; });
        const NodeId second = others.leader_of(kTopic);
        others.wait_until([&] { return client.commit_at(second, 9) == ErrorCode::none; });
        others.wait_until([&] { return others.isr_of(kTopic).size() == 3; });
        // The first is the preferred leader.
        client.cluster().wait_until([&] {
            protocol::ElectLeadersRequest elect{.timeout_ms = 5'000};
            elect.topic_partitions->push_back(
                {.topic = kTopic, .partitions = {protocol::PartitionId(0)}});
            static_cast<void>(
                client.ask<protocol::ElectLeadersResponse>(GroupClient::name_of(second), elect, 2));
            return others.leader_of(kTopic) == first;
        });
        client.cluster().wait_until([&] {
            const auto answer = client.committed_at(first);
            committed = answer.value_or(-1);
            return answer.has_value();
        });
    });
    return committed;
}

/// Commits often, restarts the node, and gives what is committed then.
std::int64_t committed_after_long_load() {
    NodeWorld world({{"offsets.topic.num.partitions", "1"}, {"offsets.load.buffer.size", "2048"}});
    std::int64_t committed = -1;
    world.as_client([&](Runtime& runtime) {
        GroupClient client(runtime, {"n1"});
        client.cluster().create_topic("orders", 1, 1);
        for (std::int64_t offset = 1; offset <= 200; ++offset) client.commit(offset);
        world.machine().kill();
        runtime.clock().sleep_for(1s);
        const Properties properties = node_properties(
            {{"offsets.topic.num.partitions", "1"}, {"offsets.load.buffer.size", "2048"}});
        world.machine().start([properties](Runtime& node) {
            return std::make_unique<NodeProgram>(node, properties);
        });
        committed = client.committed();
    });
    return committed;
}

/// Commits 9 at a coordinator that cannot replicate it; what that tells then, if anything.
std::optional<std::int64_t> told_by_isolated_coordinator() {
    ClusterWorld cluster(3, settings());
    std::optional<std::int64_t> told;
    cluster.as_client([&](Runtime& runtime) {
        GroupClient client(runtime, cluster.names());
        client.cluster().create_topic("orders", 1, 3);
        client.commit(5);
        const NodeId first = client.coordinator();
        client.cluster().wait_until([&] { return client.cluster().isr_of(kTopic).size() == 3; });
        isolate(cluster, first);
        static_cast<void>(client.commit_at(first, 9));
        told = client.committed_at(first);
    });
    return told;
}

}  // namespace

TEST_CASE("committed offsets and generations outlive their coordinator") {
    ClusterWorld cluster(3, settings());
    cluster.as_client([&](Runtime& runtime) {
        GroupClient client(runtime, cluster.names());
        client.cluster().create_topic("orders", 1, 3);
        client.commit(5);
        std::string member_id;
        const std::int32_t generation = client.become_only_member(member_id);
        const NodeId first = client.coordinator();
        client.cluster().wait_until([&] { return client.cluster().isr_of(kTopic).size() == 3; });
        cluster.machine(first).kill();
        client.cluster().wait_until([&] { return client.cluster().leader_of(kTopic) != first; });
        REQUIRE(client.committed() == 5);
        REQUIRE(client.heartbeat(member_id, generation) == ErrorCode::none);
        REQUIRE(client.heartbeat(member_id, generation - 1) == ErrorCode::illegal_generation);
        REQUIRE(client.coordinator() != first);
    });
}

TEST_CASE("a broker that does not lead the partition says so") {
    ClusterWorld cluster(3, settings());
    cluster.as_client([&](Runtime& runtime) {
        GroupClient client(runtime, cluster.names());
        client.cluster().create_topic("orders", 1, 3);
        client.commit(5);
        for (int id = 1; id <= 3; ++id) {
            if (NodeId(id) == client.coordinator()) continue;
            REQUIRE(client.commit_at(NodeId(id), 7) == ErrorCode::not_coordinator);
        }
        REQUIRE(client.committed() == 5);
    });
}

TEST_CASE("a coordinator that leads again has forgotten what it knew (KAFKA-10614)") {
    REQUIRE(committed_after_leading_again() == 9);
    plant(PlantedBug::b32_unload_after_load, true);
    const std::int64_t with_the_bug = committed_after_leading_again();
    plant(PlantedBug::b32_unload_after_load, false);
    REQUIRE(with_the_bug == 5);
}

TEST_CASE("all of a long log is loaded (KAFKA-5600)") {
    REQUIRE(committed_after_long_load() == 200);
    plant(PlantedBug::b31_load_keeps_first, true);
    const std::int64_t with_the_bug = committed_after_long_load();
    plant(PlantedBug::b31_load_keeps_first, false);
    REQUIRE(with_the_bug < 200);
}

TEST_CASE("nothing is told that is not committed (KAFKA-16973)") {
    REQUIRE(told_by_isolated_coordinator() != 9);
    plant(PlantedBug::b37_answer_from_uncommitted_state, true);
    const auto with_the_bug = told_by_isolated_coordinator();
    plant(PlantedBug::b37_answer_from_uncommitted_state, false);
    REQUIRE(with_the_bug == 9);
}
