// Consumer: reads topics, alone or with the other members of its group. Blocking, on fibers, in
// both worlds; one fiber calls it, as Kafka's consumer has it.
//
//     auto config = TRY(ConsumerConfig::from({{"bootstrap.servers", "n1:9092"},
//                                             {"group.id", "billing"}}));
//     Consumer consumer(runtime, config);
//     TRY(consumer.subscribe({"orders"}));
//     for (;;) {
//         for (const ConsumerRecord& record : TRY(consumer.poll(500ms))) bill(record);
//         TRY(consumer.commit_sync());
//     }
//
// What it asks of brokers goes on while the application works: fibers of the consumer's own look
// for leaders (MetadataWatch), read ahead from each of them (LeaderReader), keep the membership
// (MemberDriver) and the offsets (Committer). What the application sees changes in its own calls
// only: partitions come and go, and listeners are called, inside poll(), unsubscribe() and close().
//
// A consumer that is destroyed without close() is silent: its session ends by itself. Errors that
// pass are not told; what a call returns is for people to decide. With enable.auto.commit, poll()
// commits what earlier polls have returned.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "clients/consumer/committer.h"
#include "clients/consumer/offset_lookup.h"

namespace gregor::consumer {

/// Called inside poll(), unsubscribe() and close(); may commit, seek and pause.
struct RebalanceListener {
    using Callback = std::function<void(const std::set<TopicPartition>&)>;

    Callback assigned = {};
    /// Still this consumer's: the last moment to commit.
    Callback revoked = {};
    /// Perhaps somebody else's already; without it `revoked` is called.
    Callback lost = {};
};

class Consumer {
public:
    using Records = std::vector<ConsumerRecord>;
    using Error = client::Error;

    /// `config.bootstrap_servers` names at least one; CHECKs what ConsumerConfig::problem() tells.
    Consumer(Runtime& runtime, ConsumerConfig config);
    ~Consumer();
    Consumer(const Consumer&) = delete;
    Consumer& operator=(const Consumer&) = delete;

    /// Before the first subscription or assignment.
    void observe(OffsetsObserver observer);

    /// Replaces the subscription. INVALID_GROUP_ID without a group.id.
    [[nodiscard]] Result<void, Error> subscribe(std::set<std::string> topics,
                                                RebalanceListener listener = {});
    /// All topics whose whole name matches, also those that come later.
    [[nodiscard]] Result<void, Error> subscribe_pattern(const std::string& regex,
                                                        RebalanceListener listener = {});
    /// Leaves the group, or drops what was assigned.
    void unsubscribe();
    /// These partitions, without a group's leave; a group's offsets are used if there is a
    /// group.id.
    [[nodiscard]] Result<void, Error> assign(const std::set<TopicPartition>& partitions);
    [[nodiscard]] std::set<TopicPartition> assignment() const;

    /// Waits for records until the timeout; none is no error. OFFSET_OUT_OF_RANGE without
    /// auto.offset.reset, CORRUPT_MESSAGE, FENCED_INSTANCE_ID, authorization ….
    [[nodiscard]] Result<Records, Error> poll(Duration timeout);
    /// The poll() that waits, or else the next one that would, returns no records at once.
    void wakeup();

    /// Everything that polls have returned.
    [[nodiscard]] Result<void, Error> commit_sync();
    [[nodiscard]] Result<void, Error> commit_sync(const Offsets& offsets);
    /// The callback is called inside a later poll(). THROTTLING_QUOTA_EXCEEDED: too many are open.
    [[nodiscard]] Result<void, Error> commit_async(CommitCallback done = {});
    [[nodiscard]] Result<void, Error> commit_async(Offsets offsets, CommitCallback done = {});
    [[nodiscard]] Result<Offsets, Error> committed(const std::set<TopicPartition>& partitions);

    /// Of partitions that are assigned.
    void seek(const TopicPartition& partition, const OffsetAndMetadata& to);
    void seek_to_beginning(const std::set<TopicPartition>& partitions);
    void seek_to_end(const std::set<TopicPartition>& partitions);
    void pause(const std::set<TopicPartition>& partitions);
    void resume(const std::set<TopicPartition>& partitions);
    [[nodiscard]] std::set<TopicPartition> paused() const { return state_->positions.paused(); }
    /// Of the next record; waits until it is known.
    [[nodiscard]] Result<protocol::Offset, Error> position(const TopicPartition& partition);
    [[nodiscard]] std::optional<std::int64_t> lag(const TopicPartition& partition) const;

    /// Of any partitions. kNoOffset where no record has such a time (ms) or a later one.
    [[nodiscard]] Result<std::map<TopicPartition, OffsetAndTimestamp>, Error> offsets_for_times(
        std::map<TopicPartition, std::int64_t> timestamps);
    [[nodiscard]] Result<std::map<TopicPartition, OffsetAndTimestamp>, Error> beginning_offsets(
        const std::set<TopicPartition>& partitions);
    /// Of what can be read: the last stable offset under read_committed.
    [[nodiscard]] Result<std::map<TopicPartition, OffsetAndTimestamp>, Error> end_offsets(
        const std::set<TopicPartition>& partitions);

    /// Commits (enable.auto.commit), gives up its partitions and leaves the group, unless it is a
    /// static member. Nothing can be called after it.
    [[nodiscard]] Result<void, Error> close(Duration timeout = 30s);

    [[nodiscard]] Generation generation() const { return state_->membership.generation(); }
    /// It is a member, has adopted its assignment and knows of no rebalance.
    [[nodiscard]] bool is_stable() const { return state_->membership.is_stable(); }
    /// For Producer::send_offsets_to_transaction(): who this consumer was in its group when it last
    /// took an assignment over. It stays so when the membership is lost, so that what it has read
    /// as that member is refused (KIP-447).
    [[nodiscard]] const client::GroupMetadata& group_metadata() const { return group_metadata_; }

private:
    struct Fibers;

    [[nodiscard]] bool is_subscribed() const;
    [[nodiscard]] Instant api_deadline();
    [[nodiscard]] Result<void, Error> begin_subscription(RebalanceListener listener);
    /// What the membership asks of the application's side, until it asks nothing more.
    void follow_group();
    void give_up_lost();
    void prepare_join();
    void adopt_assignment();
    /// Commits, tells, drops. False if they were lost meanwhile.
    bool revoke(const std::set<TopicPartition>& partitions);
    [[nodiscard]] std::vector<protocol::JoinGroupRequest::Protocol> protocols() const;
    void auto_commit();
    [[nodiscard]] std::optional<Error> take_error();
    [[nodiscard]] Result<std::map<TopicPartition, OffsetAndTimestamp>, Error> look_up(
        const std::set<TopicPartition>& partitions, std::int64_t timestamp);

    std::shared_ptr<Fibers> fibers_;
    ConsumerState* state_;  // of fibers_
    RebalanceListener listener_;
    RebalanceProtocol protocol_;
    /// The last assignment, which a sticky assignor is told of.
    std::vector<TopicPartition> last_assigned_;
    std::int32_t last_generation_id_ = -1;
    client::GroupMetadata group_metadata_;
    Instant next_auto_commit_{};
    bool is_closed_ = false;
};

}  // namespace gregor::consumer
