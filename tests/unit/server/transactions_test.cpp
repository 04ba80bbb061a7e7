// Transactions on a cluster of whole nodes in a simulated world: coordinators die between a
// decision and its markers, producers are fenced, and what they still have under way comes too
// late.
#include "broker/protocol/messages/transactions.h"
#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/group_membership.h"
#include "broker/protocol/messages/group_offsets.h"
#include "broker/protocol/messages/transaction_admin.h"
#include "broker/protocol/records/batch_builder.h"
#include "broker/protocol/records/batch_reader.h"
#include "tests/support/catch.h"
#include "tests/unit/server/cluster_world.h"

using namespace gregor;
using namespace gregor::server::test;
using protocol::ErrorCode;
using protocol::NodeId;
using protocol::PartitionId;
using protocol::ProducerEpoch;
using protocol::ProducerId;

namespace {

const server::Properties kSmall{
    {"transaction.state.log.num.partitions", "3"},
    {"transaction.state.log.replication.factor", "3"},
    {"transaction.state.log.min.isr", "2"},
    {"offsets.topic.num.partitions", "3"},
    {"offsets.topic.replication.factor", "3"},
    {"transaction.abort.timed.out.transaction.cleanup.interval.ms", "1000"}};

struct Producer {
    std::string transactional_id;
    ProducerId id{-1};
    ProducerEpoch epoch{-1};
    std::int32_t next_sequence = 0;
};

/// A transactional client, as far as these tests need one. `version_2`: of transactions.
class TransactionClient {
public:
    TransactionClient(Runtime& runtime, std::vector<std::string> nodes)
        : runtime_(runtime), nodes_(std::move(nodes)), cluster_(runtime, nodes_) {}

    [[nodiscard]] ClusterClient& cluster() { return cluster_; }

    /// Whoever coordinates the id (of a group: key type 0) now.
    std::string coordinator_of(const std::string& key, std::int8_t key_type = 1) {
        std::string found;
        cluster_.wait_until([&] {
            protocol::FindCoordinatorRequest request{.key_type = key_type,
                                                     .coordinator_keys = {key}};
            for (const std::string& node : nodes_) {
                const auto answer = ask<protocol::FindCoordinatorResponse>(node, request, 4);
                if (!answer || answer->coordinators.at(0).error_code != ErrorCode::none) continue;
                found = answer->coordinators.at(0).host;
                return true;
            }
            return false;
        });
        return found;
    }

    Producer init(const std::string& transactional_id, std::int32_t timeout_ms = 60'000) {
        Producer producer{.transactional_id = transactional_id};
        cluster_.wait_until([&] {
            const auto answer = ask<protocol::InitProducerIdResponse>(
                coordinator_of(transactional_id),
                protocol::InitProducerIdRequest{.transactional_id = transactional_id,
                                                .transaction_timeout_ms = timeout_ms},
                4);
            if (!answer || answer->error_code != ErrorCode::none) return false;
            producer.id = answer->producer_id;
            producer.epoch = answer->producer_epoch;
            return true;
        });
        return producer;
    }

    /// The first answer that is no "ask again".
    ErrorCode add(const Producer& producer, const std::string& topic) {
        protocol::AddPartitionsToTxnRequest request;
        request.v3_and_below_transactional_id = producer.transactional_id;
        request.v3_and_below_producer_id = producer.id;
        request.v3_and_below_producer_epoch = producer.epoch;
        request.v3_and_below_topics.push_back({.name = topic, .partitions = {PartitionId(0)}});
        return settle([&]() -> std::optional<ErrorCode> {
            const auto answer = ask<protocol::AddPartitionsToTxnResponse>(
                coordinator_of(producer.transactional_id), request, 3);
            if (!answer) return std::nullopt;
            return answer->results_by_topic_v3_and_below.at(0)
                .results_by_partition.at(0)
                .partition_error_code;
        });
    }

    /// `version` 12: the partition joins by it.
    ErrorCode produce(Producer& producer, const std::string& topic, const std::string& value,
                      std::int16_t version = 11) {
        records::BatchBuilder builder({.producer_id = producer.id.value(),
                                       .producer_epoch = producer.epoch.value(),
                                       .base_sequence = producer.next_sequence,
                                       .is_transactional = true});
        builder.append({.timestamp = 1'700'000'000'000, .value = as_bytes(value)});
        protocol::ProduceRequest request;
        request.transactional_id = producer.transactional_id;
        request.acks = -1;
        request.timeout_ms = 2000;
        request.topic_data.push_back({.name = topic});
        request.topic_data[0].partition_data.push_back(
            {.index = PartitionId(0), .records = std::move(builder).build()});
        const ErrorCode error = settle([&]() -> std::optional<ErrorCode> {
            const std::string node = fmt::format("n{}", cluster_.leader_of(topic));
            const auto answer = ask<protocol::ProduceResponse>(node, request, version);
            if (!answer) return std::nullopt;
            return answer->responses.at(0).partition_responses.at(0).error_code;
        });
        if (error == ErrorCode::none) ++producer.next_sequence;
        return error;
    }

    ErrorCode end(Producer& producer, bool commit, std::int16_t version = 4) {
        const ErrorCode error = settle([&]() -> std::optional<ErrorCode> {
            const auto answer = end_once(producer, commit, version);
            if (!answer) return std::nullopt;
            if (answer->error_code == ErrorCode::none && version >= 5) {
                producer.next_sequence = 0;
                producer.id = answer->producer_id;
                producer.epoch = answer->producer_epoch;
            }
            return answer->error_code;
        });
        return error;
    }
    std::optional<protocol::EndTxnResponse> end_once(const Producer& producer, bool commit,
                                                     std::int16_t version) {
        return ask<protocol::EndTxnResponse>(
            coordinator_of(producer.transactional_id),
            protocol::EndTxnRequest{.transactional_id = producer.transactional_id,
                                    .producer_id = producer.id,
                                    .producer_epoch = producer.epoch,
                                    .committed = commit},
            version);
    }

    /// What a read_committed consumer sees of partition 0, once so much of it is there, markers
    /// counted, and all of it stable. (A new leader's high watermark begins lower.)
    std::vector<std::string> read_committed(const std::string& topic, std::int64_t end) {
        std::vector<std::string> values;
        cluster_.wait_until([&] {
            const auto fetched = fetch(topic);
            if (!fetched || fetched->high_watermark < protocol::Offset(end)) return false;
            if (fetched->last_stable_offset != fetched->high_watermark) return false;
            values = committed_values(*fetched);
            return true;
        });
        return values;
    }
    std::optional<protocol::FetchResponse::Partition> fetch(const std::string& topic) {
        protocol::FetchRequest request{
            .max_wait_ms = 0, .min_bytes = 0, .max_bytes = 1 << 20, .isolation_level = 1};
        auto& asked = request.topics.emplace_back();
        asked.topic = topic;
        asked.partitions.push_back({.partition = PartitionId(0), .partition_max_bytes = 1 << 20});
        const std::string node = fmt::format("n{}", cluster_.leader_of(topic));
        auto answer = ask<protocol::FetchResponse>(node, request, 11);
        if (!answer || answer->error_code != ErrorCode::none) return {};
        auto& partition = answer->responses.at(0).partitions.at(0);
        if (partition.error_code != ErrorCode::none) return {};
        return partition;
    }

    template <class Response, class Request>
    std::optional<Response> ask(const std::string& node, const Request& request,
                                std::int16_t version) {
        rpc::Client client(runtime_, {});
        const Instant deadline = runtime_.clock().now() + 3s;
        if (!client.connect({node, 9092}, deadline)) return {};
        auto answer = client.call<Response>(request, version, deadline);
        if (!answer) return {};
        return *std::move(answer);
    }

    ErrorCode settle(const std::function<std::optional<ErrorCode>()>& attempt) {
        ErrorCode settled = ErrorCode::none;
        cluster_.wait_until([&] {
            const auto error = attempt();
            if (!error) return false;
            switch (*error) {
                case ErrorCode::concurrent_transactions:
                case ErrorCode::coordinator_load_in_progress:
                case ErrorCode::coordinator_not_available:
                case ErrorCode::not_coordinator:
                case ErrorCode::not_enough_replicas:
                case ErrorCode::not_leader_or_follower:
                case ErrorCode::request_timed_out:
                case ErrorCode::unknown_topic_or_partition: return false;
                default: settled = *error; return true;
            }
        });
        return settled;
    }

private:
    static std::vector<std::string> committed_values(
        const protocol::FetchResponse::Partition& fetched) {
        std::map<std::int64_t, std::vector<std::int64_t>> aborts;  // first offsets by producer
        for (const auto& each : *fetched.aborted_transactions) {
            aborts[each.producer_id.value()].push_back(each.first_offset.value());
        }
        std::set<std::int64_t> aborting;
        std::vector<std::string> values;
        records::BatchReader batches(fetched.records.bytes());
        while (const auto batch = *batches.next()) {
            const std::int64_t id = batch->header.producer_id;
            if (batch->header.is_control()) {
                aborting.erase(id);
                continue;
            }
            for (const std::int64_t first : aborts[id]) {
                if (first == batch->header.base_offset) aborting.insert(id);
            }
            if (aborting.contains(id)) continue;
            auto reader = batch->open(1 << 20);
            while (const auto* record = *reader->next()) {
                values.emplace_back(reinterpret_cast<const char*>(record->value->data()),
                                    record->value->size());
            }
        }
        return values;
    }

    Runtime& runtime_;
    std::vector<std::string> nodes_;
    ClusterClient cluster_;
};

void kill(ClusterWorld& world, const std::string& node) {
    world.machine(NodeId(std::stoi(node.substr(1)))).kill();
}

using Values = std::vector<std::string>;

}  // namespace

TEST_CASE("a transaction is whole on every partition, whoever coordinates it when it ends") {
    ClusterWorld world(3, kSmall);
    world.as_client([&](Runtime& runtime) {
        TransactionClient client(runtime, world.names());
        client.cluster().create_topic("a", 1, 3);
        client.cluster().create_topic("b", 1, 3);
        Producer producer = client.init("t");
        REQUIRE(client.add(producer, "a") == ErrorCode::none);
        REQUIRE(client.add(producer, "b") == ErrorCode::none);
        REQUIRE(client.produce(producer, "a", "a0") == ErrorCode::none);
        // Of a partition each: sequences are a partition's own.
        Producer on_b = producer;
        on_b.next_sequence = 0;
        REQUIRE(client.produce(on_b, "b", "b0") == ErrorCode::none);
        // The coordinator dies with the transaction open, and the next one goes on with it.
        const std::string first = client.coordinator_of("t");
        kill(world, first);
        REQUIRE(client.end(producer, true) == ErrorCode::none);
        REQUIRE(client.read_committed("a", 2) == Values{"a0"});
        REQUIRE(client.read_committed("b", 2) == Values{"b0"});
        world.start(NodeId(std::stoi(first.substr(1))));
        client.cluster().wait_until([&] { return client.cluster().isr_of("a").size() == 3; });
        client.cluster().wait_until(
            [&] { return client.cluster().isr_of("__transaction_state").size() == 3; });
        // Here it dies as soon as the decision is told: whatever markers it wrote, the next writes.
        REQUIRE(client.add(producer, "a") == ErrorCode::none);
        REQUIRE(client.produce(producer, "a", "a1") == ErrorCode::none);
        REQUIRE(client.end(producer, false) == ErrorCode::none);
        kill(world, client.coordinator_of("t"));
        REQUIRE(client.read_committed("a", 4) == Values{"a0"});
    });
}

TEST_CASE("a second producer fences the first, whose late batches and commit come to nothing") {
    ClusterWorld world(3, kSmall);
    world.as_client([&](Runtime& runtime) {
        TransactionClient client(runtime, world.names());
        client.cluster().create_topic("a", 1, 3);
        Producer first = client.init("t");
        REQUIRE(client.add(first, "a") == ErrorCode::none);
        REQUIRE(client.produce(first, "a", "zombie") == ErrorCode::none);
        Producer second = client.init("t");
        REQUIRE(second.id == first.id);
        REQUIRE(second.epoch == first.epoch + std::int16_t{2});
        REQUIRE(client.produce(first, "a", "late") == ErrorCode::invalid_producer_epoch);
        REQUIRE(client.end(first, true) == ErrorCode::producer_fenced);
        REQUIRE(client.add(second, "a") == ErrorCode::none);
        REQUIRE(client.produce(second, "a", "live") == ErrorCode::none);
        REQUIRE(client.end(second, true) == ErrorCode::none);
        REQUIRE(client.read_committed("a", 4) == Values{"live"});
    });
}

TEST_CASE("a batch that comes after its transaction has ended opens none (KIP-890, part 1)") {
    ClusterWorld world(3, kSmall);
    world.as_client([&](Runtime& runtime) {
        TransactionClient client(runtime, world.names());
        client.cluster().create_topic("a", 1, 3);
        Producer producer = client.init("t");
        REQUIRE(client.add(producer, "a") == ErrorCode::none);
        REQUIRE(client.end(producer, false) == ErrorCode::none);
        REQUIRE(client.read_committed("a", 1).empty());
        REQUIRE(client.produce(producer, "a", "late") == ErrorCode::transaction_abortable);
        REQUIRE(client.produce(producer, "a", "late", 10) == ErrorCode::invalid_txn_state);
        REQUIRE(client.read_committed("a", 1).empty());
    });
}

TEST_CASE("with an epoch for each transaction partitions join by Produce (KIP-890, part 2)") {
    ClusterWorld world(3, kSmall);
    world.as_client([&](Runtime& runtime) {
        TransactionClient client(runtime, world.names());
        client.cluster().create_topic("a", 1, 3);
        Producer producer = client.init("t");
        const Producer before = producer;
        REQUIRE(client.produce(producer, "a", "one", 12) == ErrorCode::none);
        REQUIRE(client.end(producer, true, 5) == ErrorCode::none);
        REQUIRE(producer.epoch == before.epoch + std::int16_t{1});
        REQUIRE(client.produce(producer, "a", "two", 12) == ErrorCode::none);
        // A copy of the first commit, delayed.
        client.cluster().wait_until([&] {
            const auto late = client.end_once(before, true, 5);
            return late && late->error_code == ErrorCode::producer_fenced;
        });
        REQUIRE(client.end(producer, false, 5) == ErrorCode::none);
        REQUIRE(client.read_committed("a", 4) == Values{"one"});
    });
}

TEST_CASE("a transaction whose producer is gone is aborted by its coordinator") {
    ClusterWorld world(3, kSmall);
    world.as_client([&](Runtime& runtime) {
        TransactionClient client(runtime, world.names());
        client.cluster().create_topic("a", 1, 3);
        Producer producer = client.init("t", 2000);
        REQUIRE(client.add(producer, "a") == ErrorCode::none);
        REQUIRE(client.produce(producer, "a", "gone") == ErrorCode::none);
        kill(world, client.coordinator_of("t"));
        REQUIRE(client.read_committed("a", 2).empty());
        REQUIRE(client.end(producer, true) == ErrorCode::producer_fenced);
    });
}

TEST_CASE("a group's offsets count when their transaction is committed") {
    ClusterWorld world(3, kSmall);
    world.as_client([&](Runtime& runtime) {
        TransactionClient client(runtime, world.names());
        client.cluster().create_topic("a", 1, 3);
        const auto committed = [&](bool require_stable) {
            protocol::OffsetFetchRequest request{.require_stable = require_stable};
            auto& group = request.groups.emplace_back();
            group.group_id = "g";
            group.topics.emplace();
            group.topics->push_back({.name = "a", .partition_indexes = {PartitionId(0)}});
            std::int64_t offset = -2;
            client.settle([&]() -> std::optional<ErrorCode> {
                const auto answer = client.ask<protocol::OffsetFetchResponse>(
                    client.coordinator_of("g", 0), request, 8);
                if (!answer) return std::nullopt;
                const auto& one = answer->groups.at(0);
                if (one.error_code != ErrorCode::none) return one.error_code;
                const auto& partition = one.topics.at(0).partitions.at(0);
                offset = partition.committed_offset.value();
                return partition.error_code == ErrorCode::unstable_offset_commit
                           ? std::nullopt
                           : std::optional(partition.error_code);
            });
            return offset;
        };
        const auto commit_offset = [&](const Producer& producer, std::int64_t offset) {
            protocol::TxnOffsetCommitRequest request{.transactional_id = producer.transactional_id,
                                                     .group_id = "g",
                                                     .producer_id = producer.id,
                                                     .producer_epoch = producer.epoch};
            auto& topic = request.topics.emplace_back();
            topic.name = "a";
            topic.partitions.push_back(
                {.partition_index = PartitionId(0), .committed_offset = protocol::Offset(offset)});
            return client.settle([&]() -> std::optional<ErrorCode> {
                const auto answer = client.ask<protocol::TxnOffsetCommitResponse>(
                    client.coordinator_of("g", 0), request, 3);
                if (!answer) return std::nullopt;
                return answer->topics.at(0).partitions.at(0).error_code;
            });
        };
        const auto add_offsets = [&](const Producer& producer) {
            return client.settle([&]() -> std::optional<ErrorCode> {
                const auto answer = client.ask<protocol::AddOffsetsToTxnResponse>(
                    client.coordinator_of(producer.transactional_id),
                    protocol::AddOffsetsToTxnRequest{.transactional_id = producer.transactional_id,
                                                     .producer_id = producer.id,
                                                     .producer_epoch = producer.epoch,
                                                     .group_id = "g"},
                    3);
                if (!answer) return std::nullopt;
                return answer->error_code;
            });
        };
        Producer producer = client.init("t");
        REQUIRE(committed(false) == -1);
        // Not before its transaction knows of it.
        REQUIRE(commit_offset(producer, 7) == ErrorCode::invalid_txn_state);
        REQUIRE(add_offsets(producer) == ErrorCode::none);
        REQUIRE(commit_offset(producer, 7) == ErrorCode::none);
        REQUIRE(committed(false) == -1);
        REQUIRE(client.end(producer, true) == ErrorCode::none);
        REQUIRE(committed(true) == 7);
        REQUIRE(add_offsets(producer) == ErrorCode::none);
        REQUIRE(commit_offset(producer, 9) == ErrorCode::none);
        REQUIRE(client.end(producer, false) == ErrorCode::none);
        REQUIRE(committed(true) == 7);
        // The group's coordinator dies with offsets pending; the next one has them, and the marker.
        REQUIRE(add_offsets(producer) == ErrorCode::none);
        REQUIRE(commit_offset(producer, 11) == ErrorCode::none);
        kill(world, client.coordinator_of("g", 0));
        REQUIRE(client.end(producer, true) == ErrorCode::none);
        REQUIRE(committed(true) == 11);
    });
}
