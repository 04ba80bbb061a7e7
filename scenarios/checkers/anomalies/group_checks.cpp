#include "scenarios/checkers/anomalies/group_checks.h"

#include <fmt/format.h>

#include <algorithm>

namespace gregor::scenarios {

GroupChecks::Register& GroupChecks::at(Id group, Id partition) {
    Register& of = registers_[{group, partition}];
    of.group = group;
    of.partition = partition;
    return of;
}

std::string GroupChecks::name_of(const Register& of) const {
    return fmt::format("group {}, {}", tables_.groups.text(of.group),
                       tables_.name_of(of.partition));
}

// Ownership. --------------------------------------------------------------------------------------

void GroupChecks::assigned(const HistoryEvent& event, const AssignEvent& assign) {
    const Id consumer = tables_.consumer(assign.consumer);
    if (!assign.group) {
        group_of_.erase(consumer);
        return;
    }
    const Id group = tables_.group(*assign.group);
    group_of_[consumer] = group;
    Register& of = at(group, tables_.partition(assign.partition));
    if (of.start < 0) of.start = assign.offset.value_or(-1);
    if (assign.generation) judge_generation(event, group, consumer, *assign.generation);
    findings_.compared();
    std::erase_if(of.owners, [&](const Owner& owner) { return owner.consumer == consumer; });
    for (Owner& owner : of.owners) {
        // What a member was told long ago, and hears of only now, may have been over before that.
        const bool may_be_older = event.began != kLongAgo && event.began < owner.assign_ended;
        if (!may_be_older) owner.intruders.push_back(event.line);
    }
    of.owners.push_back({.consumer = consumer,
                         .line = event.line,
                         .assign_began = event.began,
                         .assign_ended = event.ended});
}

void GroupChecks::judge_generation(const HistoryEvent& event, Id group, Id consumer,
                                   std::int64_t generation) {
    const auto tell = [&](const Generation& before) {
        findings_.add(Anomaly::generation_regression, Excuse::none, {before.line, event.line}, [&] {
            return fmt::format("group {}: {} is in generation {} after {}",
                               tables_.groups.text(group), tables_.consumers.text(consumer),
                               generation, before.generation);
        });
    };
    std::vector<Generation>& all = generations_[group];
    findings_.compared();
    Generation& own = member_generations_[{group, consumer}];
    if (own.line > 0 && generation < own.generation) {
        tell(own);
    } else {
        for (std::size_t i = all.size(); i-- > 0 && all[i].generation > generation;) {
            if (all[i].ended >= event.began) continue;
            tell(all[i]);
            break;
        }
    }
    own = {.generation = generation, .ended = event.ended, .line = event.line};
    if (all.empty() || all.back().generation < generation) all.push_back(own);
}

void GroupChecks::released(const HistoryEvent& event, const ReleaseEvent& release_event) {
    const Id consumer = tables_.consumer(release_event.consumer);
    if (release_event.partition) {
        const Id partition = tables_.partition(*release_event.partition);
        const Id* group = group_of_.find(consumer);
        if (group != nullptr) {
            release(at(*group, partition), consumer, release_event.why, event.line);
        }
        return;
    }
    for (auto& [key, of] : registers_) release(of, consumer, release_event.why, event.line);
}

void GroupChecks::release(Register& of, Id consumer, ReleaseEvent::Why why, Line line) {
    const Excuse excuse = why == ReleaseEvent::Why::revoked ? Excuse::none : Excuse::not_told;
    for (const Owner& owner : of.owners) {
        if (owner.consumer == consumer) tell_conflicts(of, owner, excuse, line);
    }
    std::erase_if(of.owners, [&](const Owner& owner) { return owner.consumer == consumer; });
}

/// It gave the partition up only after others had been assigned it.
void GroupChecks::tell_conflicts(const Register& of, const Owner& owner, Excuse excuse, Line line) {
    for (const Line intruder : owner.intruders) {
        findings_.add(Anomaly::double_ownership, excuse, {owner.line, intruder, line}, [&] {
            return fmt::format("{}: {} still had it when another member was assigned it",
                               name_of(of), tables_.consumers.text(owner.consumer));
        });
    }
}

// Deliveries and commits. -------------------------------------------------------------------------

void GroupChecks::polled(const HistoryEvent& event, Id consumer, Id partition,
                         OffsetRange covered) {
    const Id* group = group_of_.find(consumer);
    if (group == nullptr || covered.is_empty()) return;
    Register& of = at(*group, partition);
    if (of.start < 0) of.start = covered.from;
    findings_.compared();
    if (of.coverage.touches(covered)) {
        const auto owner = std::ranges::find(of.owners, consumer, &Owner::consumer);
        const bool was_done = covered.from < of.committed && owner != of.owners.end() &&
                              of.committed_at < owner->assign_began;
        Excuse excuse = Excuse::at_least_once;
        if (tables_.of_group(*group).commit == CommitMode::before) {
            excuse = was_done ? Excuse::none : Excuse::not_told;
        }
        findings_.add(Anomaly::redelivery, excuse, {event.line}, [&] {
            return fmt::format("{}: {} was given {} to {}, some of it for the second time",
                               name_of(of), tables_.consumers.text(consumer), covered.from,
                               covered.to - 1);
        });
    }
    of.coverage.add(covered);
}

void GroupChecks::committed(const HistoryEvent& event, const OffsetCommitEvent& commit,
                            bool sought_back) {
    const Id group = tables_.group(commit.group);
    Register& of = at(group, tables_.partition(commit.partition));
    if (commit.result == Outcome::fail) return;
    if (commit.generation && commit.result == Outcome::ok) judge_zombie(event, commit, group);
    const std::int64_t base = of.committed >= 0 ? of.committed : of.start;
    if (base >= 0) {
        for (const OffsetRange& range : of.coverage.missing({base, commit.offset})) {
            of.skips.push_back({range, of.commits.size()});
        }
    }
    of.commits.push_back({.offset = commit.offset,
                          .began = event.began,
                          .ended = commit.result == Outcome::ok ? event.ended : kNever,
                          .line = event.line,
                          .result = commit.result,
                          .sought_back = sought_back});
    of.committed = commit.offset;
    of.committed_at = of.commits.back().ended;
    if (commit.transaction) {
        of.commits.back().transaction =
            tables_.transaction(tables_.producer(commit.producer), *commit.transaction);
        of.commits.back().pending_since = of.commits.back().ended;
    }
}

void GroupChecks::judge_zombie(const HistoryEvent& event, const OffsetCommitEvent& commit,
                               Id group) {
    if (tables_.of_group(group).consumer_protocol) return;
    const std::vector<Generation>& all = generations_[group];
    findings_.compared();
    for (std::size_t i = all.size(); i-- > 0 && all[i].generation > *commit.generation;) {
        if (all[i].ended >= event.began) continue;
        findings_.add(Anomaly::zombie_offset_commit, Excuse::none, {all[i].line, event.line}, [&] {
            return fmt::format(
                "group {}: a member of generation {} committed offset {} of {} in "
                "generation {}",
                commit.group, *commit.generation, commit.offset,
                tables_.name_of(tables_.partition(commit.partition)), all[i].generation);
        });
        return;
    }
}

void GroupChecks::fetched(const HistoryEvent& event, const OffsetFetchEvent& fetch) {
    Register& of = at(tables_.group(fetch.group), tables_.partition(fetch.partition));
    of.fetches.push_back({.offset = fetch.offset,
                          .began = event.began,
                          .ended = event.ended,
                          .line = event.line,
                          .stable = fetch.stable});
}

void GroupChecks::ended(Line line, const EndEvent& end) {
    if (!end.group) return;
    Register& of = at(tables_.group(*end.group), tables_.partition(end.partition));
    of.log_end = end.log_end;
    of.end_line = line;
}

// The end pass. -----------------------------------------------------------------------------------

void GroupChecks::judge() {
    for (auto& [key, of] : registers_) {
        for (const Owner& owner : of.owners) tell_conflicts(of, owner, Excuse::not_told, 0);
        settle(of);
        judge_skips(of);
        std::vector<Commit> answered;
        for (const Commit& commit : of.commits) {
            if (commit.result == Outcome::ok) answered.push_back(commit);
        }
        std::ranges::stable_sort(answered, {}, &Commit::ended);
        judge_regressions(of, answered);
        judge_fetches(of, answered);
        judge_stable_fetches(of);
        judge_unseen(of);
    }
}

/// What transactions committed is as their ends say.
void GroupChecks::settle(Register& of) const {
    for (Commit& commit : of.commits) {
        if (commit.transaction == kNone) continue;
        const TransactionState& transaction = tables_.transactions[commit.transaction];
        if (transaction.fate == Fate::aborted) commit.result = Outcome::fail;
        if (transaction.fate == Fate::unknown) commit.result = Outcome::unknown;
        commit.began = transaction.commit_began;
        commit.ended = transaction.commit_ok ? transaction.commit_ended : kNever;
    }
}

std::int64_t GroupChecks::committed_end(Id group, Id partition) const {
    std::int64_t end = 0;
    const auto found = registers_.find({group, partition});
    if (found == registers_.end()) return end;
    for (const Commit& commit : found->second.commits) {
        if (commit.result == Outcome::ok) end = std::max(end, commit.offset);
    }
    return end;
}

void GroupChecks::judge_skips(const Register& of) {
    const bool commits_before = tables_.of_group(of.group).commit == CommitMode::before;
    for (const Skip& skip : of.skips) {
        const Commit& commit = of.commits[skip.commit];
        if (commit.result != Outcome::ok) continue;
        findings_.compared();
        const auto record = records_.first_expected(of.partition, skip.range.from, skip.range.to);
        if (!record) continue;
        const Excuse excuse = commits_before ? Excuse::at_most_once : record->excuse;
        findings_.add(Anomaly::offset_commit_skip, excuse,
                      {commit.line, tables_.values[record->value].send_line}, [&] {
                          return fmt::format(
                              "{}: offset {} was committed, but no member had been given {} at {}",
                              name_of(of), commit.offset, tables_.text_of(record->value),
                              record->offset);
                      });
    }
}

void GroupChecks::judge_regressions(const Register& of, const std::vector<Commit>& answered) {
    LargestBefore highest;
    for (const Commit& commit : answered) highest.add(commit.ended, commit.offset, commit.line);
    const CommitMode mode = tables_.of_group(of.group).commit;
    for (const Commit& commit : answered) {
        findings_.compared();
        const auto* before = highest.at(commit.began);
        if (before == nullptr || before->value <= commit.offset) continue;
        Excuse excuse = mode == CommitMode::after ? Excuse::at_least_once : Excuse::none;
        if (commit.sought_back) excuse = Excuse::asked_for;
        findings_.add(Anomaly::offset_commit_regression, excuse, {before->line, commit.line}, [&] {
            return fmt::format("{}: offset {} was committed after {}", name_of(of), commit.offset,
                               before->value);
        });
    }
}

void GroupChecks::judge_fetches(const Register& of, const std::vector<Commit>& answered) {
    if (of.fetches.empty()) return;
    LargestBefore begun;  // the latest beginning of what had ended
    for (const Commit& commit : answered) begun.add(commit.ended, commit.began, commit.line);
    std::vector<Commit> possible = of.commits;
    std::erase_if(possible, [](const Commit& each) { return each.result == Outcome::fail; });
    std::ranges::stable_sort(possible, {}, &Commit::offset);
    for (const Fetch& fetch : of.fetches) {
        findings_.compared();
        const auto* last = begun.at(fetch.began);
        const HistoryTime last_began = last == nullptr ? kLongAgo : last->value;
        // One of this offset may be the last: none began after its end and ended before the fetch.
        const auto of_offset =
            std::ranges::equal_range(possible, fetch.offset, {}, &Commit::offset);
        const bool is_explained = std::ranges::any_of(of_offset, [&](const Commit& commit) {
            return commit.began <= fetch.ended && commit.ended >= last_began;
        });
        if (!is_explained) tell_fetch(of, answered, fetch);
    }
}

/// While a transaction that was committed in the end had an offset of its own there, whoever asked
/// for what is stable was to be told to ask again.
///
///     send_offsets ok |            fetch             | commit
///     ────────────────┼────── began ──── ended ──────┼────────> time
///                     | undecided                    |
void GroupChecks::judge_stable_fetches(const Register& of) {
    std::vector<Commit> pending;
    for (const Commit& commit : of.commits) {
        const bool is_committed =
            commit.transaction != kNone && tables_.transactions[commit.transaction].commit_ok;
        if (is_committed && commit.pending_since != kNever) pending.push_back(commit);
    }
    std::ranges::stable_sort(pending, {}, &Commit::pending_since);
    LargestBefore decided;
    for (const Commit& commit : pending) {
        decided.add(commit.pending_since, commit.began, commit.line);
    }
    for (const Fetch& fetch : of.fetches) {
        if (!fetch.stable) continue;
        findings_.compared();
        const auto* last = decided.at(fetch.began);
        if (last == nullptr || last->value <= fetch.ended) continue;
        findings_.add(Anomaly::unstable_offset_fetch, Excuse::none, {last->line, fetch.line}, [&] {
            return fmt::format(
                "{}: offset {} was fetched as a stable one, while a transaction had another",
                name_of(of), fetch.offset);
        });
    }
}

void GroupChecks::tell_fetch(const Register& of, const std::vector<Commit>& answered,
                             const Fetch& fetch) {
    const auto after = std::ranges::lower_bound(answered, fetch.began, {}, &Commit::ended);
    const Commit* last = after == answered.begin() ? nullptr : &*std::prev(after);
    if (fetch.offset < 0 && last == nullptr) return;
    findings_.add(
        Anomaly::wrong_offset_fetch, Excuse::none, {last == nullptr ? 0 : last->line, fetch.line},
        [&] {
            const std::string but = last == nullptr
                                        ? "nobody has committed it"
                                        : fmt::format("{} was committed last", last->offset);
            return fmt::format("{}: offset {} was fetched, but {}", name_of(of), fetch.offset, but);
        });
}

void GroupChecks::judge_unseen(const Register& of) {
    if (of.log_end < 0) return;
    const std::int64_t start =
        of.start >= 0 ? of.start : tables_.partitions[of.partition]->log_start;
    const bool commits_before = tables_.of_group(of.group).commit == CommitMode::before;
    for (const OffsetRange& range : of.coverage.missing({start, of.log_end})) {
        findings_.compared();
        const auto record = records_.first_expected(of.partition, range.from, range.to);
        if (!record) continue;
        const Excuse excuse = commits_before ? Excuse::at_most_once : record->excuse;
        findings_.add(Anomaly::group_unseen, excuse,
                      {tables_.values[record->value].send_line, of.end_line}, [&] {
                          return fmt::format("{}: no member was given {} at offset {}", name_of(of),
                                             tables_.text_of(record->value), record->offset);
                      });
    }
}

}  // namespace gregor::scenarios
