// History: what the programs of a run did and were told, in world time, in the order in which it
// ended. Each event goes to the HistoryChecker at once and, if somebody wants the file, out as a
// line of it (HISTORY.md): `gregor check` gives a file the verdict that the run was given.
//
//     program ──> RecordedProducer, RecordedConsumer ──> History ──> HistoryChecker ──> verdict
//                                                           └──> lines
//
// An operation that nobody saw the end of, as its machine was killed, is noted as `unknown` when
// what waited for its answer is taken apart. So the history outlives the machines.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "clients/client/topic_partition.h"
#include "scenarios/checkers/anomalies/history_checker.h"
#include "sim/base/time.h"

namespace gregor::scenarios::applications {

/// What a history asks of the world around it.
struct HistoryWorld {
    std::function<Instant()> now;
    /// Whether some broker still coordinates the group although another has replaced it: cut off or
    /// paused, it cannot know. Whoever asks it now may be told what is no longer so, and Kafka
    /// promises no better.
    std::function<bool(const std::string& group)> has_replaced_coordinator;
    /// Whether the group counts this one as its member: as far as is known, as it is so for whoever
    /// coordinates the group and has not been replaced.
    std::function<bool(const std::string& group, const std::string& member_id)> counts_member;
    /// Takes each line of the file, if anybody wants it.
    std::function<void(std::string_view)> line;
};

class History {
public:
    History(const HistorySettings& settings, HistoryWorld world);

    [[nodiscard]] bool has_replaced_coordinator(const std::string& group) const {
        return world_.has_replaced_coordinator(group);
    }
    [[nodiscard]] bool counts_member(const std::string& group, const std::string& member_id) const {
        return world_.counts_member(group, member_id);
    }
    /// Groups have member epochs (KIP-848), now and then: they are not like generations.
    [[nodiscard]] bool has_member_epochs() const { return has_member_epochs_; }
    [[nodiscard]] HistoryTime now() const { return world_.now().time_since_epoch().count(); }

    /// It ends now. Settings, and what takes no time, begin now too.
    void add(HistoryEventBody body) { add(std::move(body), now()); }
    void add(HistoryEventBody body, HistoryTime began) { take(std::move(body), began, now()); }
    /// Nobody will ever say when it ended, or whether.
    void add_unanswered(HistoryEventBody body, HistoryTime began) {
        take(std::move(body), began, kUnanswered);
    }
    /// For those who read the file.
    void note(std::string_view text);

    /// Of each partition, behind the last record that was acknowledged or read.
    [[nodiscard]] std::int64_t end_of(const client::TopicPartition& partition) const;
    /// Behind the last record of the partition that any member of the group was given.
    [[nodiscard]] std::int64_t given_to(const std::string& group,
                                        const client::TopicPartition& partition) const;
    /// Whether a commit of the group may have been made: it was asked for.
    [[nodiscard]] bool may_have_commit(const std::string& group,
                                       const client::TopicPartition& partition) const;

    /// Whether the group has certainly committed: one that has not may end when nobody is in it,
    /// and its generations begin anew.
    [[nodiscard]] bool has_committed(const std::string& group) const {
        return committed_.contains(group);
    }

    /// Who was the last to take each transactional id over.
    struct TransactionalProducer {
        std::int64_t id = -1;
        std::int64_t epoch = -1;
    };
    [[nodiscard]] const std::map<std::string, TransactionalProducer>& transactional_producers()
        const {
        return transactional_producers_;
    }

    /// Once; nothing is taken after it.
    [[nodiscard]] const HistoryVerdict& finish();
    [[nodiscard]] std::uint64_t events() const { return events_; }
    [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }
    [[nodiscard]] std::uint64_t records_read() const { return records_read_; }

    // Who keeps count of what a group was given and may have committed.
    void given(const std::string& group, const client::TopicPartition& partition, std::int64_t end);
    void committing(const std::string& group, const client::TopicPartition& partition);

private:
    using TransactionName = std::pair<std::string, TransactionNumber>;
    using GroupPartition = std::pair<std::string, client::TopicPartition>;

    static constexpr HistoryTime kUnanswered = scenarios::kNever;

    void take(HistoryEventBody body, HistoryTime began, HistoryTime ended);
    void count(const HistoryEventBody& body);

    HistoryWorld world_;
    bool has_member_epochs_;
    std::unique_ptr<HistoryChecker> checker_;
    std::optional<HistoryVerdict> verdict_;
    Line next_line_ = 2;  // behind the head
    std::uint64_t events_ = 0;
    std::uint64_t acknowledged_ = 0;
    std::uint64_t records_read_ = 0;
    std::map<client::TopicPartition, std::int64_t> ends_;
    std::map<GroupPartition, std::int64_t> given_;
    std::map<GroupPartition, bool> committing_;
    std::map<std::string, TransactionalProducer> transactional_producers_;
    std::set<std::string> committed_;                   // groups
    std::map<TransactionName, std::string> undecided_;  // groups, by who has offsets for them
};

}  // namespace gregor::scenarios::applications
