// Transactions that depend on each other in a circle, by what reaches what: every kind of edge is a
// matrix over all transactions, and a circle is what its closure holds in both directions.
#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "tests/property/anomalies/slow_checks.h"

namespace gregor::scenarios {
namespace {

using Transaction = SlowHistory::Transaction;
using Fate = SlowHistory::Fate;
using Evidence = SlowHistory::Evidence;
using Matrix = std::vector<std::vector<bool>>;

Matrix closure(Matrix reaches) {
    for (std::size_t k = 0; k < reaches.size(); ++k) {
        for (std::size_t i = 0; i < reaches.size(); ++i) {
            for (std::size_t j = 0; j < reaches.size(); ++j) {
                if (reaches[i][k] && reaches[k][j]) reaches[i][j] = true;
            }
        }
    }
    return reaches;
}

Matrix both(const Matrix& one, const Matrix& other) {
    Matrix all = one;
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (std::size_t j = 0; j < all.size(); ++j) all[i][j] = one[i][j] || other[i][j];
    }
    return all;
}

bool is_circle(const Matrix& reaches, std::size_t i, std::size_t j) {
    return i != j && reaches[i][j] && reaches[j][i];
}

/// An edge inside a circle of `reaches`, none of whose members is in `told`.
bool has_edge(const Matrix& edges, const Matrix& reaches, const std::vector<bool>& told) {
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
void add_told(std::vector<bool>& told, const Matrix& edges, const Matrix& reaches) {
    for (std::size_t i = 0; i < edges.size(); ++i) {
        for (std::size_t j = 0; j < edges.size(); ++j) {
            if (!edges[i][j] || !is_circle(reaches, i, j)) continue;
            for (std::size_t k = 0; k < edges.size(); ++k) {
                if (k == i || is_circle(reaches, i, k)) told[k] = true;
            }
        }
    }
}

class SlowCycleChecks {
public:
    explicit SlowCycleChecks(const SlowHistory& history) : history_(history) {}

    SlowVerdict judge() {
        judge_cycles();
        return std::move(verdict_);
    }

private:
    void judge_cycles() {
        const auto nodes = history_.transactions();
        const auto index = [&](Transaction transaction) {
            return static_cast<std::size_t>(std::ranges::find(nodes, transaction) - nodes.begin());
        };
        const Matrix none(nodes.size(), std::vector<bool>(nodes.size()));
        Matrix writes = none;
        Matrix reads = none;
        Matrix dirty = none;
        Matrix anti = none;
        history_.each_read([&](const Operation& poll, std::int64_t, const std::string& value) {
            const Operation* send = history_.send_of(value);
            if (poll.transaction == 0 || send == nullptr || send->transaction == 0) return;
            const Transaction from = transaction_of(*send);
            const Transaction to = transaction_of(poll);
            if (from == to) return;
            if (history_.fate_of(from) == Fate::aborted) return;
            if (history_.fate_of(to) == Fate::aborted) return;
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
        if (has_edge(writes, closure(writes), told)) verdict_.tell("G0", true);
        if (has_edge(reads, closure(reads), told)) verdict_.tell("G1c", false);
        add_told(told, reads, closure(reads));
        const Matrix any_read = both(reads, dirty);
        if (has_edge(dirty, closure(any_read), told)) verdict_.tell("G1c", true);
        add_told(told, dirty, closure(any_read));
        const Matrix information = both(writes, any_read);
        if (has_edge(any_read, closure(information), told)) verdict_.tell("G1c", true);
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
            if (has_any) verdict_.tell(has_single ? "G-single" : "G2", true);
        }
    }

    using Versions = std::vector<std::pair<std::int64_t, Transaction>>;
    [[nodiscard]] Versions versions(int partition) const {
        Versions log;
        std::set<std::int64_t> offsets;
        for (const Evidence& each : history_.evidence()) {
            if (each.partition == partition) offsets.insert(each.offset);
        }
        for (const std::int64_t offset : offsets) {
            const Operation* send = history_.send_of(history_.at(partition, offset));
            if (send == nullptr || send->transaction == 0) continue;
            const Transaction transaction = transaction_of(*send);
            if (history_.fate_of(transaction) != Fate::committed) continue;
            log.emplace_back(offset, transaction);
        }
        return log;
    }

    /// Who wrote the version behind the last one that this transaction polled.
    [[nodiscard]] std::optional<Transaction> behind(Transaction reader, int partition,
                                                    const Versions& log) const {
        std::int64_t last = -1;
        history_.each_read([&](const Operation& poll, std::int64_t offset, const std::string&) {
            const bool is_of = poll.transaction > 0 && poll.partition == partition &&
                               transaction_of(poll) == reader;
            if (is_of) last = std::max(last, offset);
        });
        if (last < 0 || history_.fate_of(reader) == Fate::aborted) return std::nullopt;
        for (const auto& [offset, transaction] : log) {
            if (offset > last) return transaction;
        }
        return std::nullopt;
    }

    const SlowHistory& history_;
    SlowVerdict verdict_;
};

}  // namespace

SlowVerdict judge_cycles(const SlowHistory& history) { return SlowCycleChecks(history).judge(); }

}  // namespace gregor::scenarios
