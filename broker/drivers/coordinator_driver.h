// CoordinatorDriver: the fibers around the coordinators of one internal topic. A broker that leads
// a partition of the topic is the coordinator of what belongs there: one shard for each.
//
//     image: this broker leads in epoch e ──> shard{e}: replay the log ──> active
//     image: it does not, or in a later epoch ──> who waits is told NOT_COORDINATOR, shard dropped
//
//     submit ──> machine.handle ──> append to the partition ──> machine.apply ──> answers, once the
//                    ^                                              high watermark is there
//                 tick, append_done
//
// A shard belongs to one leader epoch and begins empty: what a late load or a late append finds out
// touches no other (KAFKA-10614). Images come in order, on one fiber. A shard's decisions are taken
// one after the other; each is in the log before the next is taken, committed or not, and an answer
// waits for all that was written before it.
//
// The machine is a template parameter as coordinators differ in their requests; the template is
// instantiated where the machines are known, in coordinator_driver.cpp.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/coordinator/coordinator.h"
#include "broker/metadata/image.h"
#include "broker/replication/replica_manager.h"
#include "sim/runtime/runtime.h"
#include "sim/runtime/sync.h"

namespace gregor::drivers {

struct CoordinatorDriverOptions {
    std::string topic;
    protocol::NodeId node_id{0};
    /// offsets.load.buffer.size, transaction.state.log.load.buffer.size
    std::int32_t load_buffer_bytes = 5 << 20;
    /// offsets.commit.timeout.ms: how long an answer waits for what it tells to be committed.
    Duration commit_timeout = 5s;

    [[nodiscard]] CoordinatorDriverOptions with_topic(std::string_view name) && {
        topic = name;
        return std::move(*this);
    }
};

/// Of the topic, where what `key` names is coordinated: by Java's hash of it. Nothing while the
/// topic is not there.
[[nodiscard]] std::optional<protocol::PartitionId> coordinating_partition(
    const metadata::MetadataImage& image, std::string_view topic, std::string_view key);

template <coordinator::CoordinatorMachine Machine>
class CoordinatorDriver {
public:
    using Request = typename Machine::Request;
    using Response = typename Machine::Response;
    /// Called exactly once, at once or later from another fiber, unless the node is killed first.
    using Done = std::move_only_function<void(Result<Response, protocol::ErrorCode>)>;
    using MakeMachine = std::function<std::unique_ptr<Machine>()>;

    CoordinatorDriver(Runtime& runtime, replication::ReplicaManager& replicas,
                      CoordinatorDriverOptions options, MakeMachine make_machine);
    CoordinatorDriver(const CoordinatorDriver&) = delete;
    CoordinatorDriver& operator=(const CoordinatorDriver&) = delete;

    /// An image whose replicas were assigned already. Never waits.
    void publish(const metadata::ImageRef& image);
    /// Answers everyone who waits, now and from now on.
    void shut_down();

    /// Errors: NOT_COORDINATOR where this broker does not lead the partition (any more),
    /// COORDINATOR_LOAD_IN_PROGRESS until its log is replayed, COORDINATOR_NOT_AVAILABLE when what
    /// was decided could not be committed. May wait for the disk; when it returns the request has
    /// had its effect. `done` must not submit.
    void submit(protocol::PartitionId partition, Request request, Done done);

    /// Writes the marker of a transaction that has records in the partition, and tells the machine.
    /// Errors are those of an append; COORDINATOR_LOAD_IN_PROGRESS while its log is replayed. As
    /// submit() otherwise.
    void end_transaction(protocol::PartitionId partition, const coordinator::TransactionEnd& end,
                         std::move_only_function<void(protocol::ErrorCode)> done);

    /// Of the partitions that this broker coordinates, loaded or not.
    [[nodiscard]] std::vector<protocol::PartitionId> partitions() const;
    /// nullptr where the partition is not coordinated here or not loaded yet.
    [[nodiscard]] const Machine* find_machine(protocol::PartitionId partition) const;
    /// Of the partition's leader, in which it is coordinated here; nothing where it is not.
    [[nodiscard]] std::optional<protocol::LeaderEpoch> epoch_of(
        protocol::PartitionId partition) const;

private:
    enum class ShardState : std::uint8_t { loading, active, failed, resigned };
    struct Shard;
    using ShardRef = std::shared_ptr<Shard>;
    using Outcome = coordinator::Outcome<Response>;
    using Choose =
        std::move_only_function<Outcome(Machine&, const coordinator::CoordinatorContext&)>;

    [[nodiscard]] bool leads(protocol::PartitionId partition,
                             const metadata::PartitionState& state) const;
    void elect(protocol::PartitionId partition, protocol::LeaderEpoch epoch);
    void resign(protocol::PartitionId partition, Shard& shard);
    void run(const ShardRef& shard);
    [[nodiscard]] Result<void, std::string> load(Shard& shard);
    [[nodiscard]] Result<void, std::string> recall(Shard& shard);
    void decide(const ShardRef& shard, Choose choose);
    [[nodiscard]] protocol::ErrorCode write(Shard& shard, const Outcome& outcome);
    void answer_when_committed(const ShardRef& shard, Outcome outcome, protocol::ErrorCode written);
    void answer(Shard& shard, std::vector<coordinator::Answer<Response>> answers,
                protocol::ErrorCode error);
    [[nodiscard]] Choose tell(coordinator::AppendId append, protocol::ErrorCode error) const;
    [[nodiscard]] coordinator::CoordinatorContext context(const Shard& shard);

    Runtime& runtime_;
    replication::ReplicaManager& replicas_;
    CoordinatorDriverOptions options_;
    MakeMachine make_machine_;
    std::map<protocol::PartitionId, ShardRef> shards_;
    metadata::ImageRef image_ = std::make_shared<const metadata::MetadataImage>();
    /// What a planted bug does not forget.
    std::map<protocol::PartitionId, std::shared_ptr<Machine>> remembered_;
    bool shut_down_ = false;
    TaskGroup tasks_;
};

}  // namespace gregor::drivers
