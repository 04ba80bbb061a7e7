// Committer: a group's committed offsets, read and written. Commits go out one after the other, in
// the order in which they were made, and in the name of the generation that made them: what an
// old generation commits late is refused by the coordinator and moves nothing back.
#pragma once

#include <deque>
#include <functional>
#include <set>

#include "broker/protocol/messages/group_offsets.h"
#include "clients/consumer/consumer_state.h"
#include "clients/consumer/offsets_observer.h"

namespace gregor::consumer {

using CommitCallback = std::function<void(const Offsets&, const Result<void, client::Error>&)>;

class Committer {
public:
    explicit Committer(ConsumerState& state) : state_(state), writing_(state.runtime.scheduler()) {}

    void observe(OffsetsObserver observer) { observer_ = std::move(observer); }

    /// Carries out what commit_async() was given, and finds where new partitions begin; two fibers,
    /// until cancelled.
    void run_commits();
    void run_lookups();

    /// Tries again until the deadline. ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID:
    /// the partitions may be somebody else's already (Kafka's CommitFailedException);
    /// REBALANCE_IN_PROGRESS: poll, then commit again.
    [[nodiscard]] Result<void, client::Error> commit_sync(const Offsets& offsets, Instant deadline);
    /// In one try. `done` is called by deliver(). False when too many are open.
    bool commit_async(Offsets offsets, CommitCallback done);
    /// Calls back for what has been done.
    void deliver();

    /// Partitions without a commit are left out.
    [[nodiscard]] Result<Offsets, client::Error> committed(
        const std::set<TopicPartition>& partitions, Instant deadline);

private:
    struct Pending {
        Offsets offsets;
        Generation generation;
        CommitCallback done;
        Result<void, client::Error> result = {};
    };
    static constexpr std::size_t kMaxOpen = 64;

    [[nodiscard]] Result<Generation, client::Error> generation_to_commit();
    [[nodiscard]] Result<void, client::Error> commit_once(const Offsets& offsets,
                                                          const Generation& generation,
                                                          Instant deadline);
    [[nodiscard]] Result<void, client::Error> exchange_commit(const Offsets& offsets,
                                                              const Generation& generation,
                                                              Instant deadline);
    [[nodiscard]] Result<Offsets, client::Error> fetch_once(
        const std::set<TopicPartition>& partitions, Instant deadline);
    [[nodiscard]] Result<Offsets, client::Error> exchange_fetch(
        const std::set<TopicPartition>& partitions, Instant deadline);

    ConsumerState& state_;
    OffsetsObserver observer_;
    Mutex writing_;
    std::deque<Pending> open_;
    std::deque<Pending> done_;
};

}  // namespace gregor::consumer
