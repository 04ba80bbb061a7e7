#include "tests/property/anomalies/slow_checker.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <optional>

namespace gregor::scenarios {
namespace {

using Kind = Operation::Kind;
using Transaction = std::pair<int, int>;  // producer, number
using Matrix = std::vector<std::vector<bool>>;

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

enum class Fate : std::uint8_t { unknown, committed, aborted };

class SlowChecker {
public:
    SlowChecker(const Configuration& configuration, const std::vector<Operation>& operations)
        : configuration_(configuration), all_(operations) {}

    SlowVerdict judge() {
        judge_records();
        judge_order();
        judge_polls();
        judge_drains();
        judge_lost();
        judge_transactions();
        judge_cycles();
        judge_owners();
        judge_commits();
        judge_deliveries();
        return verdict_;
    }

private:
    void tell(const std::string& row, bool is_allowed) {
        (is_allowed ? verdict_.allowed : verdict_.violated).insert(row);
    }

    // What is known of values and transactions. ---------------------------------------------------

    [[nodiscard]] const Operation* send_of(const std::string& value) const {
        for (const Operation& each : all_) {
            if (each.kind == Kind::send && each.value == value) return &each;
        }
        return nullptr;
    }
    void each_read(
        const std::function<void(const Operation&, std::int64_t, const std::string&)>& take) const {
        for (const Operation& each : all_) {
            for (const auto& [offset, value] : each.records) take(each, offset, value);
        }
    }
    [[nodiscard]] bool is_read(const std::string& value, bool by_committed = false) const {
        bool found = false;
        each_read([&](const Operation& poll, std::int64_t, const std::string& read) {
            found |= read == value && !(by_committed && poll.client == kUncommittedConsumer);
        });
        return found;
    }
    [[nodiscard]] std::vector<std::string> values() const {
        std::set<std::string> found;
        for (const Operation& each : all_) {
            if (each.kind == Kind::send) found.insert(each.value);
            for (const auto& [offset, value] : each.records) found.insert(value);
        }
        return {found.begin(), found.end()};
    }
    [[nodiscard]] bool ended_as(Transaction transaction, Kind kind, char result) const {
        return std::ranges::any_of(all_, [&](const Operation& each) {
            return each.kind == kind && each.result == result &&
                   Transaction(each.producer, each.transaction) == transaction;
        });
    }
    [[nodiscard]] Fate fate_of(Transaction transaction) const {
        if (ended_as(transaction, Kind::commit, 'o')) return Fate::committed;
        if (ended_as(transaction, Kind::abort, 'o')) return Fate::aborted;
        if (!ended_as(transaction, Kind::commit, 'u')) return Fate::aborted;
        for (const Operation& each : all_) {
            const bool is_of = each.kind == Kind::send && each.transaction > 0 &&
                               Transaction(each.producer, each.transaction) == transaction;
            if (is_of && is_read(each.value, true)) return Fate::committed;
        }
        return Fate::unknown;
    }
    [[nodiscard]] Fate fate_of(const std::string& value) const {
        const Operation* send = send_of(value);
        if (send == nullptr) return Fate::unknown;
        if (send->result == 'f') return Fate::aborted;
        if (send->transaction > 0) return fate_of(Transaction(send->producer, send->transaction));
        return send->result == 'o' || is_read(value) ? Fate::committed : Fate::unknown;
    }

    struct Evidence {
        int partition = 0;
        std::int64_t offset = 0;
        std::string value;
        bool is_read = false;
    };
    [[nodiscard]] std::vector<Evidence> evidence() const {
        std::vector<Evidence> found;
        for (const Operation& each : all_) {
            if (each.kind == Kind::send && each.offset >= 0) {
                found.push_back({each.partition, each.offset, each.value, false});
            }
            for (const auto& [offset, value] : each.records) {
                found.push_back({each.partition, offset, value, true});
            }
        }
        return found;
    }
    /// The last that was read there, or else acknowledged.
    [[nodiscard]] std::string at(int partition, std::int64_t offset) const {
        std::string read;
        std::string told;
        for (const Evidence& each : evidence()) {
            if (each.partition != partition || each.offset != offset) continue;
            (each.is_read ? read : told) = each.value;
        }
        return read.empty() ? told : read;
    }
    /// Where the value was first seen, if it is what stands there.
    [[nodiscard]] std::optional<std::int64_t> place_of(const std::string& value) const {
        const Operation* send = send_of(value);
        for (const Evidence& each : evidence()) {
            if (each.value != value) continue;
            const bool is_there = send != nullptr && send->partition == each.partition &&
                                  at(each.partition, each.offset) == value;
            return is_there ? std::optional(each.offset) : std::nullopt;
        }
        return std::nullopt;
    }
    [[nodiscard]] bool is_due(const std::string& value) const {
        const Operation* send = send_of(value);
        if (send == nullptr || fate_of(value) != Fate::committed) return false;
        return send->result == 'o' || is_read(value);
    }
    [[nodiscard]] bool may_be_lost(const std::string& value) const {
        if (configuration_.unclean) return true;
        return !configuration_.acks_all && !is_read(value);
    }
    /// The records of [from, to) that a reader has to be given.
    [[nodiscard]] std::vector<std::string> due(int partition, std::int64_t from,
                                               std::int64_t to) const {
        std::vector<std::string> found;
        for (const std::string& value : values()) {
            const auto place = place_of(value);
            if (!place || *place < from || *place >= to) continue;
            if (send_of(value)->partition == partition && is_due(value)) found.push_back(value);
        }
        return found;
    }

    // Records. ------------------------------------------------------------------------------------

    void judge_records() {
        const auto known = evidence();
        for (const Evidence& one : known) {
            for (const Evidence& other : known) {
                const bool is_same_place =
                    one.partition == other.partition && one.offset == other.offset;
                if (is_same_place && one.value != other.value) {
                    const bool is_weak =
                        !(one.is_read && other.is_read) && !configuration_.acks_all;
                    tell("inconsistent-offsets", configuration_.unclean || is_weak);
                }
                if (one.value == other.value && one.offset != other.offset && send_of(one.value)) {
                    tell("duplicate", configuration_.unclean || !configuration_.acks_all);
                }
            }
            const Operation* send = send_of(one.value);
            if (one.is_read && send == nullptr) tell("unsent-value", false);
            if (send != nullptr && send->partition != one.partition) tell("changed-record", false);
            if (!one.is_read) continue;
            if (fate_of(one.value) == Fate::aborted) {
                tell("G1a", send->result != 'f' && !is_read(one.value, true));
            }
        }
    }

    void judge_order() {
        for (int partition = 0; partition < kTopicPartitions; ++partition) {
            std::vector<std::pair<std::int64_t, const Operation*>> log;
            for (const std::string& value : values()) {
                const auto place = place_of(value);
                if (!place || send_of(value)->partition != partition) continue;
                if (fate_of(value) != Fate::aborted) log.emplace_back(*place, send_of(value));
            }
            std::ranges::sort(log);
            for (std::size_t j = 0; j < log.size(); ++j) judge_order(log, j);
        }
    }

    void judge_order(const std::vector<std::pair<std::int64_t, const Operation*>>& log,
                     std::size_t j) {
        const Operation& later = *log[j].second;
        bool is_next_of_producer = true;
        bool is_next_of_transaction = true;
        for (std::size_t i = j; i-- > 0;) {
            const Operation& before = *log[i].second;
            if (before.client != later.client) continue;
            const bool is_one = later.transaction > 0 && before.transaction == later.transaction;
            if (is_next_of_producer && later.number < before.number) {
                tell(is_one ? "int-nonmonotonic-send" : "nonmonotonic-send",
                     configuration_.unclean || !configuration_.acks_all);
            }
            is_next_of_producer = false;
            if (is_one && is_next_of_transaction && i + 1 < j) tell("int-send-skip", true);
            is_next_of_transaction &= !is_one;
        }
    }

    // Polls. --------------------------------------------------------------------------------------

    struct Gap {
        int consumer = 0;
        int partition = 0;
        std::int64_t from = 0;
        std::int64_t to = 0;
        std::size_t operation = 0;
        bool is_internal = false;
    };
    struct Reader {
        std::int64_t position = -1;
        std::int64_t run_start = -1;
        std::size_t run = 0;
    };

    void judge_polls() {
        for (int consumer = 0; consumer <= kDrain; ++consumer) {
            for (int partition = 0; partition < kTopicPartitions; ++partition) {
                follow(consumer, partition);
            }
        }
        for (const Gap& gap : gaps_) {
            const bool is_drained = drains_.contains({gap.consumer, gap.partition}) &&
                                    gap.operation > drains_[{gap.consumer, gap.partition}].first &&
                                    gap.operation <= drains_[{gap.consumer, gap.partition}].second;
            const auto missed = due(gap.partition, gap.from, gap.to);
            for (const std::string& value : missed) {
                if (is_drained || !is_read(value)) {
                    lost_.insert(value);
                } else {
                    tell(gap.is_internal ? "int-poll-skip" : "poll-skip", may_be_lost(value));
                }
            }
            const bool has_holes = std::ranges::any_of(all_, [&](const Operation& each) {
                return each.kind == Kind::send && each.transaction > 0 &&
                       each.partition == gap.partition;
            });
            if (missed.empty() && !has_holes) {
                tell(gap.is_internal ? "int-poll-skip" : "poll-skip", configuration_.unclean);
            }
        }
    }

    void follow(int consumer, int partition) {
        Reader by;
        for (std::size_t i = 0; i < all_.size(); ++i) {
            const Operation& each = all_[i];
            if (each.client != consumer || each.partition != partition) continue;
            if (each.kind == Kind::seek || each.kind == Kind::assign) {
                by = {each.offset, each.offset, i};
            } else if (each.kind == Kind::poll) {
                for (std::size_t k = 0; k < each.records.size(); ++k) {
                    move(by, i, each.records[k].first, k > 0);
                    by.position = each.records[k].first + 1;
                }
            } else if (each.kind == Kind::end) {
                end(by, i);
            }
        }
    }

    void move(Reader& by, std::size_t i, std::int64_t to, bool is_internal) {
        if (by.position < 0) {
            by = {to, to, i};
        } else if (to > by.position) {
            gaps_.push_back({all_[i].client, all_[i].partition, by.position, to, i, is_internal});
        } else if (to < by.position) {
            tell(is_internal ? "int-nonmonotonic-poll" : "nonmonotonic-poll",
                 configuration_.unclean);
        }
    }

    void end(Reader& by, std::size_t i) {
        const Operation& end = all_[i];
        if (by.position >= 0 && end.offset > by.position) {
            gaps_.push_back({end.client, end.partition, by.position,
                             std::min(end.offset, end.log_end), i, false});
        }
        const bool is_whole =
            by.position >= 0 && by.run_start <= end.log_start && end.offset >= end.log_end;
        if (!is_whole && end.log_start != end.log_end) tell("incomplete-drain", false);
        drains_[{end.client, end.partition}] = {by.run, i};
    }

    [[nodiscard]] const Operation* end_of(int partition) const {
        const Operation* found = nullptr;
        for (const Operation& each : all_) {
            if (each.kind == Kind::end && each.partition == partition) found = &each;
        }
        return found;
    }

    void judge_drains() {
        for (const std::string& value : values()) {
            const Operation* send = send_of(value);
            if (send == nullptr || !is_due(value)) continue;
            const Operation* end = end_of(send->partition);
            const bool is_anywhere = std::ranges::any_of(
                evidence(), [&](const Evidence& each) { return each.value == value; });
            const auto place = place_of(value);
            if (end != nullptr) {
                if (place && (*place < end->log_start || *place >= end->log_end)) {
                    lost_.insert(value);
                }
                if (!is_anywhere) lost_.insert(value);
            } else if (!is_read(value) && !lost_.contains(value)) {
                tell("unseen", false);
            }
        }
    }

    void judge_lost() {
        for (const std::string& value : lost_) {
            const Operation& send = *send_of(value);
            const bool is_torn =
                send.transaction > 0 && std::ranges::any_of(all_, [&](const Operation& each) {
                    return each.kind == Kind::send && each.client == send.client &&
                           each.transaction == send.transaction && is_read(each.value) &&
                           !lost_.contains(each.value);
                });
            tell(is_torn ? "torn-transaction" : "lost-write", may_be_lost(value));
        }
    }

    // Transactions. -------------------------------------------------------------------------------

    [[nodiscard]] std::vector<Transaction> transactions() const {
        std::set<Transaction> found;
        for (const Operation& each : all_) {
            if (each.transaction > 0) found.insert({each.producer, each.transaction});
        }
        return {found.begin(), found.end()};
    }
    [[nodiscard]] const Operation* first_commit(Transaction transaction) const {
        for (const Operation& each : all_) {
            const bool is_of = Transaction(each.producer, each.transaction) == transaction;
            if (is_of && each.kind == Kind::commit) return &each;
        }
        return nullptr;
    }

    void judge_transactions() {
        for (const Transaction& transaction : transactions()) {
            if (ended_as(transaction, Kind::commit, 'o') &&
                ended_as(transaction, Kind::abort, 'o')) {
                tell("split-outcome", false);
            }
            const Operation* commit = first_commit(transaction);
            if (commit == nullptr || fate_of(transaction) != Fate::committed) continue;
            judge_zombie(transaction.first, *commit);
            each_read([&](const Operation& poll, std::int64_t, const std::string& value) {
                const Operation* send = send_of(value);
                if (send == nullptr || send->transaction == 0) return;
                if (Transaction(send->producer, send->transaction) != transaction) return;
                const bool is_early = poll.ended < commit->began;
                if (poll.client != kUncommittedConsumer && is_early) tell("G1b", false);
            });
        }
        each_read([&](const Operation& poll, std::int64_t, const std::string& value) {
            const Operation* send = send_of(value);
            if (send == nullptr || poll.transaction == 0 || send->transaction == 0) return;
            if (send->producer == poll.producer && send->transaction == poll.transaction) {
                tell("precommitted-read", poll.client == kUncommittedConsumer);
            }
        });
    }

    void judge_zombie(int producer, const Operation& commit) {
        bool has_id = false;
        const Operation* last = nullptr;
        for (const Operation& each : all_) {
            if (each.kind != Kind::init) continue;
            has_id |= each.client == producer;
            if (each.ended < commit.began) last = &each;
        }
        if (has_id && last != nullptr && last->client != producer)
            tell("zombie-transaction", false);
    }

    // Cycles, by what reaches what. ---------------------------------------------------------------

    static Matrix closure(Matrix reaches) {
        for (std::size_t k = 0; k < reaches.size(); ++k) {
            for (std::size_t i = 0; i < reaches.size(); ++i) {
                for (std::size_t j = 0; j < reaches.size(); ++j) {
                    if (reaches[i][k] && reaches[k][j]) reaches[i][j] = true;
                }
            }
        }
        return reaches;
    }
    static Matrix both(const Matrix& one, const Matrix& other) {
        Matrix all = one;
        for (std::size_t i = 0; i < all.size(); ++i) {
            for (std::size_t j = 0; j < all.size(); ++j) all[i][j] = one[i][j] || other[i][j];
        }
        return all;
    }
    static bool is_circle(const Matrix& reaches, std::size_t i, std::size_t j) {
        return i != j && reaches[i][j] && reaches[j][i];
    }
    /// An edge inside a circle of `reaches`, none of whose members is in `told`.
    static bool has_edge(const Matrix& edges, const Matrix& reaches,
                         const std::vector<bool>& told) {
        for (std::size_t i = 0; i < edges.size(); ++i) {
            for (std::size_t j = 0; j < edges.size(); ++j) {
                if (!edges[i][j] || !is_circle(reaches, i, j)) continue;
                bool is_told = told[i];
                for (std::size_t k = 0; k < edges.size(); ++k) {
                    is_told |= told[k] && is_circle(reaches, i, k);
                }
                if (!is_told) return true;
            }
        }
        return false;
    }
    /// Members of circles with such an edge are told of from now on.
    static void add_told(std::vector<bool>& told, const Matrix& edges, const Matrix& reaches) {
        const std::vector<bool> before = told;
        for (std::size_t i = 0; i < edges.size(); ++i) {
            for (std::size_t j = 0; j < edges.size(); ++j) {
                if (!edges[i][j] || !is_circle(reaches, i, j)) continue;
                for (std::size_t k = 0; k < edges.size(); ++k) {
                    if (k == i || is_circle(reaches, i, k)) told[k] = true;
                }
            }
        }
    }

    void judge_cycles() {
        const auto nodes = transactions();
        const auto index = [&](Transaction transaction) {
            return static_cast<std::size_t>(std::ranges::find(nodes, transaction) - nodes.begin());
        };
        const Matrix none(nodes.size(), std::vector<bool>(nodes.size()));
        Matrix writes = none;
        Matrix reads = none;
        Matrix dirty = none;
        Matrix anti = none;
        each_read([&](const Operation& poll, std::int64_t, const std::string& value) {
            const Operation* send = send_of(value);
            if (poll.transaction == 0 || send == nullptr || send->transaction == 0) return;
            const Transaction from(send->producer, send->transaction);
            const Transaction to(poll.producer, poll.transaction);
            if (from == to || fate_of(from) == Fate::aborted || fate_of(to) == Fate::aborted)
                return;
            (poll.client == kUncommittedConsumer ? dirty : reads)[index(from)][index(to)] = true;
        });
        for (int partition = 0; partition < kTopicPartitions; ++partition) {
            const auto log = versions(partition);
            for (std::size_t i = 1; i < log.size(); ++i) {
                if (log[i - 1].second == log[i].second) continue;
                writes[index(log[i - 1].second)][index(log[i].second)] = true;
            }
            for (const Transaction& reader : nodes) {
                const auto next = behind(reader, partition, log);
                if (next && *next != reader) anti[index(reader)][index(*next)] = true;
            }
        }
        std::vector<bool> told(nodes.size());
        if (has_edge(writes, closure(writes), told)) tell("G0", true);
        if (has_edge(reads, closure(reads), told)) tell("G1c", false);
        add_told(told, reads, closure(reads));
        const Matrix any_read = both(reads, dirty);
        if (has_edge(dirty, closure(any_read), told)) tell("G1c", true);
        add_told(told, dirty, closure(any_read));
        const Matrix information = both(writes, any_read);
        if (has_edge(any_read, closure(information), told)) tell("G1c", true);
        judge_anti(anti, closure(information), closure(both(information, anti)));
    }

    /// A circle with an anti-dependency: the single one if some of them has a way back without.
    void judge_anti(const Matrix& anti, const Matrix& information, const Matrix& all) {
        for (std::size_t i = 0; i < anti.size(); ++i) {
            bool has_any = false;
            bool has_single = false;
            for (std::size_t a = 0; a < anti.size(); ++a) {
                for (std::size_t b = 0; b < anti.size(); ++b) {
                    if (!anti[a][b] || !is_circle(all, a, b)) continue;
                    if (a != i && !is_circle(all, a, i)) continue;
                    has_any = true;
                    has_single |= information[b][a];
                }
            }
            if (has_any) tell(has_single ? "G-single" : "G2", true);
        }
    }

    using Versions = std::vector<std::pair<std::int64_t, Transaction>>;
    [[nodiscard]] Versions versions(int partition) const {
        Versions log;
        std::set<std::int64_t> offsets;
        for (const Evidence& each : evidence()) {
            if (each.partition == partition) offsets.insert(each.offset);
        }
        for (const std::int64_t offset : offsets) {
            const Operation* send = send_of(at(partition, offset));
            if (send == nullptr || send->transaction == 0) continue;
            const Transaction transaction(send->producer, send->transaction);
            if (fate_of(transaction) == Fate::committed) log.emplace_back(offset, transaction);
        }
        return log;
    }
    /// Who wrote the version behind the last one that this transaction polled.
    [[nodiscard]] std::optional<Transaction> behind(Transaction reader, int partition,
                                                    const Versions& log) const {
        std::int64_t last = -1;
        each_read([&](const Operation& poll, std::int64_t offset, const std::string&) {
            const bool is_of = poll.transaction > 0 && poll.partition == partition &&
                               Transaction(poll.producer, poll.transaction) == reader;
            if (is_of) last = std::max(last, offset);
        });
        if (last < 0 || fate_of(reader) == Fate::aborted) return std::nullopt;
        for (const auto& [offset, transaction] : log) {
            if (offset > last) return transaction;
        }
        return std::nullopt;
    }

    // Groups. -------------------------------------------------------------------------------------

    /// The operations of a partition's owners in the group, as each consumer was in it by then.
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
                    tell("double-ownership", is_over || all_[until].kind != Kind::revoke);
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
                const Transaction transaction(each.producer, each.transaction);
                const Operation* end = first_commit(transaction);
                if (fate_of(transaction) == Fate::aborted) commit.result = 'f';
                if (fate_of(transaction) == Fate::unknown) commit.result = 'u';
                commit.began =
                    end == nullptr ? std::numeric_limits<std::int64_t>::min() : end->began;
                commit.ended = kNever;
                if (ended_as(transaction, Kind::commit, 'o')) {
                    for (const Operation& other : all_) {
                        const bool is_of =
                            other.kind == Kind::commit &&
                            Transaction(other.producer, other.transaction) == transaction;
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
                    tell("offset-commit-regression",
                         !configuration_.commits_before || sought_back(commit.operation));
                }
            }
            for (const Operation& fetch : all_) {
                if (fetch.kind != Kind::offset_fetch || fetch.partition != partition) continue;
                if (!is_explained(fetch, all)) tell("wrong-offset-fetch", false);
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
                    if (is_again) tell("redelivery", !configuration_.commits_before || !was_done);
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
            const auto missed = due(partition, offset, offset + 1);
            if (missed.empty() || !is_new) continue;
            is_new = false;
            tell(row, configuration_.commits_before || may_be_lost(missed[0]));
        }
    }

    Configuration configuration_;
    const std::vector<Operation>& all_;
    SlowVerdict verdict_;
    std::vector<Gap> gaps_;
    std::map<std::pair<int, int>, std::pair<std::size_t, std::size_t>> drains_;
    std::set<std::string> lost_;
};

}  // namespace

SlowVerdict judge_slowly(const Configuration& configuration,
                         const std::vector<Operation>& operations) {
    return SlowChecker(configuration, operations).judge();
}

}  // namespace gregor::scenarios
