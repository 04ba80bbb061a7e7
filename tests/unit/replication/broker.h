// A ReplicaManager with its logs on a simulated node, asked as clients would.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/replication/replica_manager.h"
#include "sim/runtime/sync.h"
#include "tests/unit/replication/on_node.h"
#include "tests/unit/replication/records.h"

namespace gregor::replication_test {

using namespace gregor::replication;

inline const TopicPartition kOrders{"orders", 0};

inline TopicId topic_id(std::uint8_t number = 1) {
    TopicId id;
    id.bytes[15] = number;
    return id;
}

class Broker {
public:
    Broker(Runtime& node, Keeper& keeper, log::LogConfig config = {},
           ReplicaManagerOptions options = {.node_id = NodeId(1)})
        : runtime(node),
          hardware(&keeper.disk()),
          config_(std::make_shared<log::LogConfig>(std::move(config))) {
        auto hosting = std::make_shared<ReplicaManager*>(nullptr);
        auto opened = log::LogManager::open(
            node, {.folders = {"data", "more"},
                   .cluster_id = "cluster",
                   .node_id = NodeId(1),
                   .config_of = [topic = config_](const std::string&) { return topic; },
                   .on_directory_failure =
                       [hosting](const log::DirectoryFailure& failed) {
                           if (*hosting != nullptr) (*hosting)->logs_failed(failed.partitions);
                       }});
        REQUIRE(opened.has_value());
        logs = keeper.make<std::shared_ptr<log::LogManager>>(std::move(*opened)).get();
        replicas = *hosting = &keeper.make<ReplicaManager>(node, *logs, options);
    }

    /// This node leads the partition alone.
    Result<void, ErrorCode> lead(const TopicPartition& partition = kOrders, int epoch = 0,
                                 const TopicId& id = topic_id(), std::vector<int> isr = {1},
                                 std::vector<int> replica_ids = {1}) {
        PartitionAssignment assignment{.leader = NodeId(1), .leader_epoch = LeaderEpoch(epoch)};
        for (const int node : isr) assignment.isr.push_back(NodeId(node));
        for (const int node : replica_ids) assignment.replicas.push_back(NodeId(node));
        return replicas->assign(partition, id, assignment, config_);
    }

    std::vector<AppendOutcome> append(AppendOrder order) {
        auto event = std::make_shared<Event>(runtime.scheduler());
        auto outcomes = std::make_shared<std::vector<AppendOutcome>>();
        replicas->append(std::move(order), [event, outcomes](std::vector<AppendOutcome> done) {
            *outcomes = std::move(done);
            event->set();
        });
        event->wait();
        return std::move(*outcomes);
    }
    AppendOutcome append(const Bytes& records, std::int16_t acks = -1, Duration timeout = 10s,
                         const TopicPartition& partition = kOrders) {
        return append({.acks = acks,
                       .timeout = timeout,
                       .parts = {{.partition = partition, .records = records}}})
            .front();
    }
    AppendOutcome append(const std::vector<std::string>& values) {
        return append(batch_of(values));
    }

    DeletedRecords delete_records(std::int64_t offset, Duration timeout = 10s,
                                  const TopicPartition& partition = kOrders) {
        auto event = std::make_shared<Event>(runtime.scheduler());
        auto outcome = std::make_shared<DeletedRecords>();
        replicas->delete_records({.timeout = timeout, .parts = {{partition, Offset(offset)}}},
                                 [event, outcome](std::vector<DeletedRecords> done) {
                                     *outcome = done.front();
                                     event->set();
                                 });
        event->wait();
        return *outcome;
    }

    static FetchTarget target(std::int64_t offset, const TopicPartition& partition = kOrders,
                              std::int32_t max_bytes = 1 << 20) {
        FetchTarget target{.topic = partition.topic};
        target.wanted.partition = protocol::PartitionId(partition.partition);
        target.wanted.fetch_offset = Offset(offset);
        target.wanted.partition_max_bytes = max_bytes;
        return target;
    }
    FetchResult fetch(FetchParams params, std::vector<FetchTarget> targets) {
        auto event = std::make_shared<Event>(runtime.scheduler());
        auto result = std::make_shared<FetchResult>();
        if (params.max_bytes == 0) params.max_bytes = 1 << 24;
        replicas->fetch(params, std::move(targets), [event, result](FetchResult done) {
            *result = std::move(done);
            event->set();
        });
        event->wait();
        return std::move(*result);
    }
    /// What a consumer sees right now.
    std::vector<ReadRecord> read(std::int64_t offset = 0, FetchParams params = {},
                                 const TopicPartition& partition = kOrders) {
        const FetchResult result = fetch(params, {target(offset, partition)});

        REQUIRE(result.partitions[0].error_code == ErrorCode::none);
        return records_in(bytes_of(result, 0), offset);
    }
    static Bytes bytes_of(const FetchResult& result, std::size_t i) {
        if (!result.partitions[i].records.is_gap()) return result.partitions[i].records.bytes();
        const FileSlice& slice = result.records[i];
        REQUIRE(slice.size == result.partitions[i].records.size());
        const auto bytes = slice.file->read(slice.position, slice.size);
        REQUIRE(bytes.has_value());
        REQUIRE(bytes->size() == slice.size);
        return *bytes;
    }

    Runtime& runtime;
    simulated::DiskHardware* hardware;
    log::LogManager* logs = nullptr;
    ReplicaManager* replicas = nullptr;

private:
    std::shared_ptr<log::LogConfig> config_;
};

}  // namespace gregor::replication_test
