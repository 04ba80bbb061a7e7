// How each transaction ended, who was allowed to end it, and who read its records too early.
#include <utility>
#include <vector>

#include "tests/property/anomalies/slow_checks.h"

namespace gregor::scenarios {
namespace {

using Kind = Operation::Kind;
using Transaction = SlowHistory::Transaction;
using Fate = SlowHistory::Fate;

class SlowTransactionChecks {
public:
    explicit SlowTransactionChecks(const SlowHistory& history)
        : history_(history), all_(history.operations()) {}

    SlowVerdict judge() {
        judge_ends();
        judge_own_reads();
        return std::move(verdict_);
    }

private:
    void judge_ends() {
        for (const Transaction& transaction : history_.transactions()) {
            if (history_.ended_as(transaction, Kind::commit, 'o') &&
                history_.ended_as(transaction, Kind::abort, 'o')) {
                verdict_.tell("split-outcome", false);
            }
            const Operation* commit = history_.first_commit(transaction);
            if (commit == nullptr || history_.fate_of(transaction) != Fate::committed) continue;
            judge_zombie(transaction.first, *commit);
            history_.each_read([&](const Operation& poll, std::int64_t, const std::string& value) {
                const Operation* send = history_.send_of(value);
                if (send == nullptr || send->transaction == 0) return;
                if (transaction_of(*send) != transaction) return;
                const bool is_early = poll.ended < commit->began;
                if (poll.client != kUncommittedConsumer && is_early) verdict_.tell("G1b", false);
            });
        }
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
            verdict_.tell("zombie-transaction", false);
    }

    void judge_own_reads() {
        history_.each_read([&](const Operation& poll, std::int64_t, const std::string& value) {
            const Operation* send = history_.send_of(value);
            if (send == nullptr || poll.transaction == 0 || send->transaction == 0) return;
            if (send->producer == poll.producer && send->transaction == poll.transaction) {
                verdict_.tell("precommitted-read", poll.client == kUncommittedConsumer);
            }
        });
    }

    const SlowHistory& history_;
    const std::vector<Operation>& all_;
    SlowVerdict verdict_;
};

}  // namespace

SlowVerdict judge_transactions(const SlowHistory& history) {
    return SlowTransactionChecks(history).judge();
}

}  // namespace gregor::scenarios
