#include "scenarios/checkers/anomalies/transaction_checks.h"

#include <fmt/format.h>

#include <algorithm>

namespace gregor::scenarios {

void TransactionChecks::initialised(const HistoryEvent& event, const InitEvent& init) {
    const Id producer = tables_.producer(init.producer);
    if (init.result != Outcome::ok) return;
    findings_.compared();
    const Life life{.ended = event.ended,
                    .line = event.line,
                    .producer = producer,
                    .producer_id = init.producer_id.value_or(-1),
                    .producer_epoch = init.producer_epoch};
    if (init.producer_id) {
        const auto [found, is_new] =
            producer_ids_.try_emplace({*init.producer_id, init.producer_epoch}, life);
        if (!is_new) {
            findings_.add(
                Anomaly::producer_id_reuse, Excuse::none, {found->second.line, event.line}, [&] {
                    return fmt::format("producer id {} with epoch {} was given to {} and to {}",
                                       *init.producer_id, init.producer_epoch,
                                       tables_.producers.text(found->second.producer),
                                       init.producer);
                });
        }
    }
    if (init.transactional_id.empty()) return;
    const Id id = transactional_ids_.id_of(init.transactional_id);
    if (id == lives_.size()) lives_.emplace_back();
    id_of_[producer] = id;
    lives_[id].push_back(life);
}

Result<void, std::string> TransactionChecks::begun(Line line, const BeginEvent& begin) {
    TransactionState& transaction =
        tables_
            .transactions[tables_.transaction(tables_.producer(begin.producer), begin.transaction)];
    if (transaction.begin_line > 0) {
        return fail(
            fmt::format("{} begins transaction {} twice", begin.producer, begin.transaction));
    }
    transaction.begin_line = line;
    return {};
}

void TransactionChecks::finished(const HistoryEvent& event, const FinishEvent& finish) {
    TransactionState& transaction = tables_.transactions[tables_.transaction(
        tables_.producer(finish.producer), finish.transaction)];
    if (!finish.commit) {
        transaction.abort_line = event.line;
        transaction.abort_ok |= finish.result == Outcome::ok;
        return;
    }
    // The first attempt decides since when records may be visible.
    if (!transaction.commit_tried) transaction.commit_began = event.began;
    transaction.commit_ended = event.ended;
    transaction.commit_line = event.line;
    transaction.commit_tried = true;
    transaction.commit_ok |= finish.result == Outcome::ok;
    transaction.commit_unknown |= finish.result == Outcome::unknown;
}

// The end pass. -----------------------------------------------------------------------------------

Fate TransactionChecks::fate_of(const TransactionState& transaction) {
    if (transaction.commit_ok) return Fate::committed;
    if (transaction.abort_ok || !transaction.commit_unknown) return Fate::aborted;
    return Fate::unknown;
}

void TransactionChecks::decide_fates() {
    for (std::size_t i = 0; i < tables_.transactions.size(); ++i) {
        TransactionState& transaction = tables_.transactions[i];
        transaction.fate = fate_of(transaction);
    }
    for (std::size_t i = 0; i < tables_.values.size(); ++i) {
        const ValueState& value = tables_.values[i];
        if (value.transaction == kNone || !value.is_read_committed) continue;
        TransactionState& transaction = tables_.transactions[value.transaction];
        if (transaction.fate == Fate::unknown) transaction.fate = Fate::committed;
    }
}

void TransactionChecks::judge() {
    for (std::size_t i = 0; i < tables_.transactions.size(); ++i) {
        const auto id = static_cast<Id>(i);
        const TransactionState& transaction = tables_.transactions[i];
        findings_.compared();
        if (transaction.commit_ok && transaction.abort_ok) {
            findings_.add(Anomaly::split_outcome, Excuse::none,
                          {transaction.commit_line, transaction.abort_line}, [&] {
                              return fmt::format("{} was committed and aborted",
                                                 tables_.text_of_transaction(id));
                          });
        }
        if (transaction.commit_tried && transaction.fate == Fate::committed) judge_zombie(id);
    }
    judge_intermediate_reads();
}

bool TransactionChecks::is_newer(const Life& life, const Life& than) {
    const bool are_told = life.producer_id >= 0 && life.producer_id == than.producer_id;
    return are_told ? life.producer_epoch > than.producer_epoch : &life > &than;
}

void TransactionChecks::judge_zombie(Id id) {
    const TransactionState& transaction = tables_.transactions[id];
    const Id* transactional_id = id_of_.find(transaction.producer);
    if (transactional_id == nullptr) return;
    const std::vector<Life>& lives = lives_[*transactional_id];
    const Life* own = nullptr;  // the last before the commit
    for (const Life& life : lives) {
        const bool is_before = life.ended < transaction.commit_began;
        if (is_before && life.producer == transaction.producer) own = &life;
    }
    for (const Life& life : lives) {
        findings_.compared();
        if (life.ended >= transaction.commit_began || life.producer == transaction.producer) {
            continue;
        }
        if (own != nullptr && !is_newer(life, *own)) continue;
        findings_.add(
            Anomaly::zombie_transaction, Excuse::none, {life.line, transaction.commit_line}, [&] {
                return fmt::format("{} was committed after {} had taken its transactional id {}",
                                   tables_.text_of_transaction(id),
                                   tables_.producers.text(life.producer),
                                   transactional_ids_.text(*transactional_id));
            });
        return;
    }
}

/// A poll that ended before the commit began cannot have known that it would come.
void TransactionChecks::judge_intermediate_reads() {
    for (std::size_t i = 0; i < tables_.values.size(); ++i) {
        const ValueState& value = tables_.values[i];
        if (value.transaction == kNone || !value.is_read_committed) continue;
        const TransactionState& transaction = tables_.transactions[value.transaction];
        findings_.compared();
        if (!transaction.commit_tried || transaction.fate != Fate::committed) continue;
        if (value.first_committed_read >= transaction.commit_began) continue;
        findings_.add(Anomaly::intermediate_read, Excuse::none,
                      {value.read_line, transaction.commit_line}, [&] {
                          return fmt::format("{}: {} was read before {} began to be committed",
                                             tables_.name_of(value.partition),
                                             tables_.text_of(static_cast<Id>(i)),
                                             tables_.text_of_transaction(value.transaction));
                      });
    }
}

}  // namespace gregor::scenarios
