// GroupChecks: consumer groups, of each group and partition who owned it, what was delivered and
// what was committed.
//
//     delivered   [0 ........ 12)      [15 ... 20)
//     committed            9                   20      12 to 14 are skipped: nobody of the group
//                                                      was given them, and nobody will be
//
// Operations that overlap in time have no order: one is before another only if it had ended when
// the other began. The end pass looks for answers that no order explains.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/checkers/anomalies/coverage.h"
#include "scenarios/checkers/anomalies/findings.h"
#include "scenarios/checkers/anomalies/history_tables.h"
#include "scenarios/checkers/anomalies/largest_before.h"
#include "scenarios/checkers/anomalies/record_checks.h"

namespace gregor::scenarios {

class GroupChecks {
public:
    GroupChecks(HistoryTables& tables, Findings& findings, const RecordChecks& records)
        : tables_(tables), findings_(findings), records_(records) {}

    void assigned(const HistoryEvent& event, const AssignEvent& assign);
    void released(const HistoryEvent& event, const ReleaseEvent& release);
    void polled(const HistoryEvent& event, Id consumer, Id partition, OffsetRange covered);
    /// `sought_back`: the member went back itself since its last commit.
    void committed(const HistoryEvent& event, const OffsetCommitEvent& commit, bool sought_back);
    void fetched(const HistoryEvent& event, const OffsetFetchEvent& fetch);
    void ended(Line line, const EndEvent& end);

    /// The end pass; after RecordChecks::judge_slots().
    void judge();
    /// The highest offset that a group has certainly committed; 0 if none.
    [[nodiscard]] std::int64_t committed_end(Id group, Id partition) const;

private:
    struct Commit {
        std::int64_t offset = 0;
        HistoryTime began = kLongAgo;
        HistoryTime ended = kNever;
        Id transaction = kNone;
        HistoryTime pending_since = kNever;  // of a transaction: its coordinator has it for certain
        Line line = 0;
        Outcome result = Outcome::unknown;
        bool sought_back = false;
    };
    struct Fetch {
        std::int64_t offset = 0;
        HistoryTime began = kLongAgo;
        HistoryTime ended = kNever;
        Line line = 0;
        bool stable = false;
    };
    struct Skip {
        OffsetRange range;
        std::size_t commit = 0;
    };
    struct Owner {
        Id consumer = kNone;
        Line line = 0;
        HistoryTime assign_began = kLongAgo;
        HistoryTime assign_ended = kNever;
        std::vector<Line> intruders;  // others that were assigned the partition meanwhile
    };
    /// Of one group and partition.
    struct Register {
        Id group = kNone;
        Id partition = kNone;
        Coverage coverage;
        std::int64_t start = -1;      // where its first member began
        std::int64_t committed = -1;  // by the last commit that was answered or may have been
        HistoryTime committed_at = kNever;
        std::vector<Commit> commits;
        std::vector<Fetch> fetches;
        std::vector<Skip> skips;
        std::vector<Owner> owners;
        std::int64_t log_end = -1;  // the group has got everything up to here
        Line end_line = 0;
    };
    struct Generation {
        std::int64_t generation = 0;
        HistoryTime ended = kNever;
        Line line = 0;
    };

    [[nodiscard]] Register& at(Id group, Id partition);
    void judge_generation(const HistoryEvent& event, Id group, Id consumer,
                          std::int64_t generation);
    void judge_zombie(const HistoryEvent& event, const OffsetCommitEvent& commit, Id group);
    void release(Register& of, Id consumer, ReleaseEvent::Why why, Line line);
    void tell_conflicts(const Register& of, const Owner& owner, Excuse excuse, Line line);

    void settle(Register& of) const;
    void judge_skips(const Register& of);
    void judge_regressions(const Register& of, const std::vector<Commit>& answered);
    void judge_fetches(const Register& of, const std::vector<Commit>& answered);
    void judge_stable_fetches(const Register& of);
    void tell_fetch(const Register& of, const std::vector<Commit>& answered, const Fetch& fetch);
    void judge_unseen(const Register& of);
    [[nodiscard]] std::string name_of(const Register& of) const;

    HistoryTables& tables_;
    Findings& findings_;
    const RecordChecks& records_;
    std::map<std::pair<Id, Id>, Register> registers_;
    HashMap<Id, Id> group_of_;                          // a consumer's group
    HashMap<Id, std::vector<Generation>> generations_;  // of a group, growing
    std::map<std::pair<Id, Id>, Generation> member_generations_;
};

}  // namespace gregor::scenarios
