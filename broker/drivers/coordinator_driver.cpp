#include "broker/drivers/coordinator_driver.h"

#include <mutex>
#include <utility>

#include "broker/coordinator/group_coordinator.h"
#include "broker/coordinator/transactions/transaction_coordinator.h"
#include "broker/drivers/coordinator_log.h"
#include "broker/protocol/records/java_hash.h"
#include "sim/base/check.h"
#include "sim/base/planted.h"

namespace gregor::drivers {

using coordinator::AppendId;
using coordinator::CoordinatorContext;
using coordinator::CoordinatorMachine;
using coordinator::CoordinatorRecord;
using coordinator::RequestId;
using coordinator::TransactionEnd;
using protocol::ErrorCode;
using protocol::LeaderEpoch;
using protocol::Offset;
using protocol::PartitionId;
using protocol::ProducerId;

std::optional<PartitionId> coordinating_partition(const metadata::MetadataImage& image,
                                                  std::string_view topic, std::string_view key) {
    const metadata::TopicImage* found = image.find_topic(topic);
    if (found == nullptr || found->partitions.empty()) return std::nullopt;
    return PartitionId(
        records::group_partition(key, static_cast<std::int32_t>(found->partitions.size())));
}

/// One partition in one leader epoch.
template <CoordinatorMachine Machine>
struct CoordinatorDriver<Machine>::Shard {
    Shard(Scheduler& scheduler, log::TopicPartition name, LeaderEpoch leader_epoch,
          std::shared_ptr<Machine> its_machine)
        : partition(std::move(name)),
          epoch(leader_epoch),
          machine(std::move(its_machine)),
          deciding(scheduler),
          changed(scheduler) {}

    [[nodiscard]] replication::OwnAppend written() const { return {partition, epoch, end}; }

    log::TopicPartition partition;
    LeaderEpoch epoch;
    ShardState state = ShardState::loading;
    std::shared_ptr<Machine> machine;
    Mutex deciding;     // one decision at a time, until it is in the log
    WaitQueue changed;  // the machine's next tick, or the state
    Offset end{0};      // of the log, as the machine knows it
    RequestId next_request = 1;
    std::map<RequestId, Done> waiting;
};

template <CoordinatorMachine Machine>
CoordinatorDriver<Machine>::CoordinatorDriver(Runtime& runtime,
                                              replication::ReplicaManager& replicas,
                                              CoordinatorDriverOptions options,
                                              MakeMachine make_machine)
    : runtime_(runtime),
      replicas_(replicas),
      options_(std::move(options)),
      make_machine_(std::move(make_machine)),
      tasks_(runtime.tasks(), options_.topic) {}

// Leadership. -------------------------------------------------------------------------------------

template <CoordinatorMachine Machine>
void CoordinatorDriver<Machine>::publish(const metadata::ImageRef& image) {
    if (shut_down_) return;
    image_ = image;
    const metadata::TopicImage* topic = image->find_topic(options_.topic);
    std::vector<PartitionId> lost;
    for (const auto& [partition, shard] : shards_) {
        const metadata::PartitionState* state = topic == nullptr ? nullptr : topic->find(partition);
        const bool leads = state != nullptr && state->leader == options_.node_id;
        if (!leads || state->leader_epoch != shard->epoch) lost.push_back(partition);
    }
    for (const PartitionId partition : lost) {
        resign(partition, *shards_.extract(partition).mapped());
    }
    if (topic == nullptr) return;
    for (const auto& [partition, state] : topic->partitions) {
        if (shards_.contains(partition) || !leads(partition, state)) continue;
        elect(partition, state.leader_epoch);
    }
}

/// The replica has to know, too: an image from before this incarnation's registration is none of
/// its business.
template <CoordinatorMachine Machine>
bool CoordinatorDriver<Machine>::leads(PartitionId partition,
                                       const metadata::PartitionState& state) const {
    if (state.leader != options_.node_id) return false;
    const replication::HostedRef hosted = replicas_.find({options_.topic, partition.value()});
    return hosted != nullptr && hosted->state.is_leader() &&
           hosted->state.leader()->epoch == state.leader_epoch;
}

template <CoordinatorMachine Machine>
void CoordinatorDriver<Machine>::elect(PartitionId partition, LeaderEpoch epoch) {
    const auto shard = std::make_shared<Shard>(
        runtime_.scheduler(), log::TopicPartition{options_.topic, partition.value()}, epoch,
        make_machine_());
    shards_.emplace(partition, shard);
    tasks_.spawn("coordinator", [this, shard] { run(shard); });
}

template <CoordinatorMachine Machine>
void CoordinatorDriver<Machine>::resign(PartitionId partition, Shard& shard) {
    if (PLANTED(b32_unload_after_load) && shard.state == ShardState::active) {
        remembered_[partition] = shard.machine;
    }
    shard.state = ShardState::resigned;
    runtime_.trace().event("coordinator_resigned", "partition={} epoch={}", shard.partition,
                           shard.epoch);
    for (auto& [id, done] : std::exchange(shard.waiting, {})) {
        done(fail(ErrorCode::not_coordinator));
    }
    shard.changed.notify_all();
}

template <CoordinatorMachine Machine>
void CoordinatorDriver<Machine>::shut_down() {
    shut_down_ = true;
    for (auto& [partition, shard] : std::exchange(shards_, {})) resign(partition, *shard);
    tasks_.cancel();
    tasks_.join();
}

/// A shard's fiber: loads it, then takes the decisions that time asks for.
template <CoordinatorMachine Machine>
void CoordinatorDriver<Machine>::run(const ShardRef& shard) {
    const bool is_remembered = remembered_.contains(PartitionId(shard->partition.partition));
    const auto loaded = is_remembered ? recall(*shard) : load(*shard);
    if (shard->state == ShardState::resigned) return;
    if (!loaded) {
        runtime_.trace().event("coordinator_load_failed", "partition={} why={}", shard->partition,
                               loaded.error());
        shard->state = ShardState::failed;
        return;
    }
    shard->machine->loaded(context(*shard));
    shard->state = ShardState::active;
    runtime_.trace().event("coordinator_loaded", "partition={} epoch={} end={}", shard->partition,
                           shard->epoch, shard->end);
    while (shard->state == ShardState::active) {
        const auto next_ms = shard->machine->next_tick_ms();
        const Instant at = next_ms ? Instant(std::chrono::milliseconds(*next_ms)) : kNever;
        if (at > runtime_.clock().now()) {
            static_cast<void>(shard->changed.wait(at));
            continue;
        }
        decide(shard,
               [](Machine& machine, const CoordinatorContext& now) { return machine.tick(now); });
    }
}

template <CoordinatorMachine Machine>
Result<void, std::string> CoordinatorDriver<Machine>::load(Shard& shard) {
    const replication::HostedRef hosted = replicas_.find(shard.partition);
    if (hosted == nullptr || hosted->log == nullptr) {
        return fail(std::string("the partition is offline"));
    }
    Machine& machine = *shard.machine;
    const LogReplay replay{
        .record = [&machine](
                      const coordinator::RecordOrigin& origin,
                      const CoordinatorRecord& record) { return machine.apply(origin, record); },
        .end_transaction = [&machine](
                               protocol::ProducerId producer_id,
                               bool is_commit) { machine.end_transaction(producer_id, is_commit); },
        .is_cancelled = [&shard] { return shard.state == ShardState::resigned; }};
    const log::LogRef log = hosted->log;  // another may take its place
    shard.end = TRY(replay_log(*log, options_.load_buffer_bytes, replay));
    return {};
}

/// What a planted bug does in the place of load().
template <CoordinatorMachine Machine>
Result<void, std::string> CoordinatorDriver<Machine>::recall(Shard& shard) {
    shard.machine = remembered_.at(PartitionId(shard.partition.partition));
    const replication::HostedRef hosted = replicas_.find(shard.partition);
    if (hosted != nullptr && hosted->log != nullptr) shard.end = hosted->log->log_end_offset();
    return {};
}

// Decisions. --------------------------------------------------------------------------------------

template <CoordinatorMachine Machine>
void CoordinatorDriver<Machine>::submit(PartitionId partition, Request request, Done done) {
    const auto it = shards_.find(partition);
    if (it == shards_.end()) return done(fail(ErrorCode::not_coordinator));
    const ShardRef shard = it->second;
    if (shard->state == ShardState::loading) {
        return done(fail(ErrorCode::coordinator_load_in_progress));
    }
    if (shard->state != ShardState::active) return done(fail(ErrorCode::not_coordinator));
    const RequestId id = shard->next_request++;
    shard->waiting.emplace(id, std::move(done));
    decide(shard,
           [id, request = std::move(request)](Machine& machine, const CoordinatorContext& now) {
               return machine.handle(now, id, request);
           });
}

/// Takes a decision, and those that follow from what became of it.
template <CoordinatorMachine Machine>
void CoordinatorDriver<Machine>::decide(const ShardRef& shard, Choose choose) {
    const std::lock_guard lock(shard->deciding);
    std::deque<Choose> choices;
    choices.push_back(std::move(choose));
    while (!choices.empty() && shard->state == ShardState::active) {
        Outcome outcome = choices.front()(*shard->machine, context(*shard));
        choices.pop_front();
        const ErrorCode written = write(*shard, outcome);
        if (shard->state != ShardState::active) return;  // whoever waited was told
        if (outcome.append) {
            if (written != ErrorCode::none || replicas_.is_committed(shard->written())) {
                choices.push_back(tell(*outcome.append, written));
            } else {
                replicas_.await_commit(
                    shard->written(),
                    deadline_after(runtime_.clock().now(), options_.commit_timeout),
                    [this, shard, append = *outcome.append](ErrorCode error) {
                        // The lock may be held by whoever brought the news.
                        tasks_.spawn("append done", [this, shard, append, error] {
                            decide(shard, tell(append, coordinator::coordinator_error(error)));
                        });
                    });
            }
        }
        answer_when_committed(shard, std::move(outcome), written);
    }
    shard->changed.notify_all();
}

template <CoordinatorMachine Machine>
typename CoordinatorDriver<Machine>::Choose CoordinatorDriver<Machine>::tell(
    AppendId append, ErrorCode error) const {
    return [append, error](Machine& machine, const CoordinatorContext& now) {
        return machine.append_done(now, append, error);
    };
}

/// In the log, and applied: nothing can come between.
template <CoordinatorMachine Machine>
ErrorCode CoordinatorDriver<Machine>::write(Shard& shard, const Outcome& outcome) {
    const auto& [records, transaction, answers, append] = outcome;
    if (records.empty()) return ErrorCode::none;
    const auto base = replicas_.append_own(
        {.partition = shard.partition,
         .records = build_batch(records, to_epoch_ms(runtime_.clock().wall()), transaction),
         .guard = transaction ? transaction->verification_guard : 0},
        shard.epoch);
    if (!base) {
        runtime_.trace().event("coordinator_append_failed", "partition={} error={}",
                               shard.partition, base.error());
        return coordinator::coordinator_error(base.error());
    }
    Offset offset = *base;
    CHECK(offset >= shard.end, "{} wrote at {} below {}", shard.partition, offset, shard.end);
    for (const CoordinatorRecord& record : records) {
        const ProducerId producer_id =
            transaction ? transaction->producer_id : protocol::kNoProducerId;
        const auto applied =
            shard.machine->apply({.offset = offset, .producer_id = producer_id}, record);
        CHECK(applied.has_value(), "our own record does not apply: {}", applied.error());
        ++offset;
    }
    shard.end = offset;
    return ErrorCode::none;
}

template <CoordinatorMachine Machine>
void CoordinatorDriver<Machine>::end_transaction(PartitionId partition, const TransactionEnd& end,
                                                 std::move_only_function<void(ErrorCode)> done) {
    const auto it = shards_.find(partition);
    if (it == shards_.end()) return done(ErrorCode::not_leader_or_follower);
    const ShardRef shard = it->second;
    if (shard->state == ShardState::loading) return done(ErrorCode::coordinator_load_in_progress);
    const std::lock_guard lock(shard->deciding);
    if (shard->state != ShardState::active) return done(ErrorCode::not_leader_or_follower);
    const auto base =
        replicas_.append_own({.partition = shard->partition,
                              .records = build_marker(end, to_epoch_ms(runtime_.clock().wall())),
                              .has_epoch_per_transaction = end.has_epoch_per_transaction},
                             shard->epoch);
    if (!base) return done(base.error());
    if (shard->state != ShardState::active) return done(ErrorCode::not_leader_or_follower);
    shard->machine->end_transaction(end.producer_id, end.commit);
    shard->end = *base + 1;
    shard->changed.notify_all();
    replicas_.await_commit(shard->written(),
                           deadline_after(runtime_.clock().now(), options_.commit_timeout),
                           std::move(done));
}

template <CoordinatorMachine Machine>
void CoordinatorDriver<Machine>::answer_when_committed(const ShardRef& shard, Outcome outcome,
                                                       ErrorCode written) {
    if (outcome.answers.empty()) return;
    const bool is_known = written != ErrorCode::none || replicas_.is_committed(shard->written()) ||
                          PLANTED(b37_answer_from_uncommitted_state);
    if (is_known) return answer(*shard, std::move(outcome.answers), written);
    replicas_.await_commit(
        shard->written(), deadline_after(runtime_.clock().now(), options_.commit_timeout),
        [this, shard, answers = std::move(outcome.answers)](ErrorCode error) mutable {
            answer(*shard, std::move(answers), coordinator::coordinator_error(error));
        });
}

/// Those that a resignation has answered already are not there any more.
template <CoordinatorMachine Machine>
void CoordinatorDriver<Machine>::answer(Shard& shard,
                                        std::vector<coordinator::Answer<Response>> answers,
                                        ErrorCode error) {
    for (coordinator::Answer<Response>& each : answers) {
        const auto found = shard.waiting.extract(each.request);
        if (found.empty()) continue;
        if (error == ErrorCode::none) {
            found.mapped()(std::move(each.response));
        } else {
            found.mapped()(fail(error));
        }
    }
}

template <CoordinatorMachine Machine>
CoordinatorContext CoordinatorDriver<Machine>::context(const Shard& shard) {
    const auto now = runtime_.clock().now().time_since_epoch();
    return {.now_ms = std::chrono::floor<std::chrono::milliseconds>(now).count(),
            .wall_ms = to_epoch_ms(runtime_.clock().wall()),
            .leader_epoch = shard.epoch,
            .image = image_};
}

template <CoordinatorMachine Machine>
std::vector<PartitionId> CoordinatorDriver<Machine>::partitions() const {
    std::vector<PartitionId> all;
    for (const auto& [partition, shard] : shards_) all.push_back(partition);
    return all;
}

template <CoordinatorMachine Machine>
const Machine* CoordinatorDriver<Machine>::find_machine(PartitionId partition) const {
    const auto it = shards_.find(partition);
    if (it == shards_.end() || it->second->state != ShardState::active) return nullptr;
    return it->second->machine.get();
}

template <CoordinatorMachine Machine>
std::optional<LeaderEpoch> CoordinatorDriver<Machine>::epoch_of(PartitionId partition) const {
    const auto it = shards_.find(partition);
    if (it == shards_.end()) return std::nullopt;
    return it->second->epoch;
}

template class CoordinatorDriver<coordinator::GroupCoordinator>;
template class CoordinatorDriver<coordinator::TransactionCoordinator>;

}  // namespace gregor::drivers
