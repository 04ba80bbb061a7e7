// Consumer groups: who owned each partition, what was committed and fetched of it, and what of it
// the group was given.
#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "tests/property/anomalies/slow_checks.h"

namespace gregor::scenarios {
namespace {

using Kind = Operation::Kind;
using Transaction = SlowHistory::Transaction;
using Fate = SlowHistory::Fate;

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

class SlowGroupChecks {
public:
    explicit SlowGroupChecks(const SlowHistory& history)
        : history_(history), configuration_(history.configuration()), all_(history.operations()) {}

    SlowVerdict judge() {
        judge_owners();
        judge_commits();
        judge_deliveries();
        return std::move(verdict_);
    }

private:
    /// The last assignment of the consumer by then came from its group.
    [[nodiscard]] bool is_in_group(int consumer, std::size_t i) const {
        bool is_in = false;
        for (std::size_t k = 0; k <= i; ++k) {
            if (all_[k].kind == Kind::assign && all_[k].client == consumer)
                is_in = all_[k].of_group;
        }
        return is_in;
    }

    void judge_owners() {
        for (std::size_t i = 0; i < all_.size(); ++i) {
            if (all_[i].kind != Kind::assign || !all_[i].of_group) continue;
            // Until it lets go, or is assigned the partition again.
            std::size_t until = i + 1;
            for (; until < all_.size(); ++until) {
                const Operation& each = all_[until];
                if (each.client != all_[i].client) continue;
                const bool is_here = each.partition == all_[i].partition;
                if (each.kind == Kind::assign && is_here && each.of_group) break;
                if (each.kind == Kind::close) break;
                const bool lets_go = each.kind == Kind::revoke || each.kind == Kind::lost;
                if (lets_go && is_here && is_in_group(each.client, until)) break;
            }
            const bool is_over = until == all_.size();
            if (!is_over && all_[until].kind == Kind::assign) continue;
            for (std::size_t k = i + 1; k < until; ++k) {
                const bool intrudes = all_[k].kind == Kind::assign && all_[k].of_group &&
                                      all_[k].client != all_[i].client &&
                                      all_[k].partition == all_[i].partition &&
                                      all_[k].began >= all_[i].ended;
                if (intrudes) {
                    verdict_.tell("double-ownership", is_over || all_[until].kind != Kind::revoke);
                }
            }
        }
    }

    struct Commit {
        std::int64_t offset = 0;
        std::int64_t began = 0;
        std::int64_t ended = 0;
        std::size_t operation = 0;
        char result = 'o';
    };
    /// As their transactions ended.
    [[nodiscard]] std::vector<Commit> commits(int partition) const {
        std::vector<Commit> found;
        for (std::size_t i = 0; i < all_.size(); ++i) {
            const Operation& each = all_[i];
            const bool is_transactional = each.kind == Kind::send_offsets;
            if (each.kind != Kind::offset_commit && !is_transactional) continue;
            if (each.partition != partition || each.result == 'f') continue;
            Commit commit{each.offset, each.began, each.result == 'o' ? each.ended : kNever, i,
                          each.result};
            if (is_transactional) {
                const Transaction transaction = transaction_of(each);
                const Operation* end = history_.first_commit(transaction);
                if (history_.fate_of(transaction) == Fate::aborted) commit.result = 'f';
                if (history_.fate_of(transaction) == Fate::unknown) commit.result = 'u';
                commit.began =
                    end == nullptr ? std::numeric_limits<std::int64_t>::min() : end->began;
                commit.ended = kNever;
                if (history_.ended_as(transaction, Kind::commit, 'o')) {
                    for (const Operation& other : all_) {
                        const bool is_of =
                            other.kind == Kind::commit && transaction_of(other) == transaction;
                        if (is_of) commit.ended = other.ended;
                    }
                }
            }
            found.push_back(commit);
        }
        return found;
    }

    /// The member went back since its last commit of the partition.
    [[nodiscard]] bool sought_back(std::size_t commit) const {
        const Operation& of = all_[commit];
        if (of.kind != Kind::offset_commit) return false;
        std::int64_t position = -1;
        bool went_back = false;
        for (std::size_t i = 0; i < commit; ++i) {
            const Operation& each = all_[i];
            if (each.client != of.client || each.partition != of.partition) continue;
            if (each.kind == Kind::seek) went_back |= each.offset < position;
            if (each.kind == Kind::seek || each.kind == Kind::assign) position = each.offset;
            if (!each.records.empty()) position = each.records.back().first + 1;
            if (each.kind == Kind::offset_commit) went_back = false;
        }
        return went_back;
    }

    void judge_commits() {
        for (int partition = 0; partition < kTopicPartitions; ++partition) {
            const auto all = commits(partition);
            for (const Commit& commit : all) {
                if (commit.result != 'o') continue;
                const bool goes_back = std::ranges::any_of(all, [&](const Commit& before) {
                    return before.result == 'o' && before.ended < commit.began &&
                           before.offset > commit.offset;
                });
                if (goes_back) {
                    verdict_.tell("offset-commit-regression",
                                  !configuration_.commits_before || sought_back(commit.operation));
                }
            }
            for (const Operation& fetch : all_) {
                if (fetch.kind != Kind::offset_fetch || fetch.partition != partition) continue;
                if (!is_explained(fetch, all)) verdict_.tell("wrong-offset-fetch", false);
            }
        }
    }

    [[nodiscard]] static bool is_explained(const Operation& fetch, const std::vector<Commit>& all) {
        const auto is_before = [&](const Commit& commit) {
            return commit.result == 'o' && commit.ended < fetch.began;
        };
        if (fetch.offset < 0 && std::ranges::none_of(all, is_before)) return true;
        return std::ranges::any_of(all, [&](const Commit& commit) {
            if (commit.result == 'f' || commit.offset != fetch.offset) return false;
            return commit.began <= fetch.ended &&
                   std::ranges::none_of(all, [&](const Commit& later) {
                       return is_before(later) && later.began > commit.ended;
                   });
        });
    }

    void judge_deliveries() {
        for (int partition = 0; partition < kTopicPartitions; ++partition) {
            judge_deliveries(partition, commits(partition));
        }
    }

    void judge_deliveries(int partition, const std::vector<Commit>& all) {
        std::set<std::int64_t> given;
        std::int64_t start = -1;
        std::int64_t committed = -1;
        std::int64_t committed_at = kNever;
        std::int64_t group_end = -1;
        std::map<int, std::int64_t> positions;
        std::map<int, std::int64_t> owned_since;
        for (std::size_t i = 0; i < all_.size(); ++i) {
            const Operation& each = all_[i];
            if (each.kind == Kind::close) owned_since.erase(each.client);
            if (each.partition != partition) continue;
            const bool lets_go = each.kind == Kind::revoke || each.kind == Kind::lost;
            if (lets_go && is_in_group(each.client, i)) owned_since.erase(each.client);
            if (each.kind == Kind::seek) positions[each.client] = each.offset;
            if (each.kind == Kind::assign) {
                positions[each.client] = each.offset;
                if (each.of_group && start < 0) start = each.offset;
                if (each.of_group) owned_since[each.client] = each.began;
            }
            if (each.kind == Kind::end && each.of_group) group_end = each.log_end;
            if (!each.records.empty()) {
                const auto known = positions.find(each.client);
                const bool has_position = known != positions.end() && known->second >= 0;
                const std::int64_t from = has_position ? known->second : each.records[0].first;
                const std::int64_t to = each.records.back().first + 1;
                positions[each.client] = to;
                if (from < to && is_in_group(each.client, i)) {
                    if (start < 0) start = from;
                    bool is_again = false;
                    for (auto offset = from; offset < to; ++offset)
                        is_again |= given.contains(offset);
                    const auto owner = owned_since.find(each.client);
                    const bool was_done = from < committed && owner != owned_since.end() &&
                                          committed_at < owner->second;
                    if (is_again)
                        verdict_.tell("redelivery", !configuration_.commits_before || !was_done);
                    for (auto offset = from; offset < to; ++offset) given.insert(offset);
                }
            }
            const auto commit = std::ranges::find(all, i, &Commit::operation);
            if (commit == all.end()) continue;
            const std::int64_t base = committed >= 0 ? committed : start;
            if (base >= 0 && commit->result == 'o') {
                judge_missed("offset-commit-skip", partition, base, commit->offset, given);
            }
            committed = each.offset;
            committed_at = each.result == 'o' ? each.ended : kNever;
        }
        if (group_end >= 0) {
            judge_missed("group-unseen", partition, std::max<std::int64_t>(start, 0), group_end,
                         given);
        }
    }

    /// Each stretch of offsets that nobody was given, by its first record.
    void judge_missed(const std::string& row, int partition, std::int64_t from, std::int64_t to,
                      const std::set<std::int64_t>& given) {
        bool is_new = true;
        for (auto offset = from; offset < to; ++offset) {
            if (given.contains(offset)) {
                is_new = true;
                continue;
            }
            const auto missed = history_.due(partition, offset, offset + 1);
            if (missed.empty() || !is_new) continue;
            is_new = false;
            verdict_.tell(row, configuration_.commits_before || history_.may_be_lost(missed[0]));
        }
    }

    const SlowHistory& history_;
    const Configuration& configuration_;
    const std::vector<Operation>& all_;
    SlowVerdict verdict_;
};

}  // namespace

SlowVerdict judge_groups(const SlowHistory& history) { return SlowGroupChecks(history).judge(); }

}  // namespace gregor::scenarios
