// RecordedTransactions: the transactions of a RecordedProducer, kept in the history: who took a
// transactional id over, what each transaction was, how its end was answered. What was begun and
// never answered, as its machine was killed, stands there as unknown.
#pragma once

#include <string>

#include "clients/client/offsets.h"
#include "scenarios/applications/recorded_producer.h"

namespace gregor::scenarios::applications {

class RecordedTransactions {
public:
    using Done = Result<void, client::Error>;

    /// What is lent outlives this.
    RecordedTransactions(History& history, RecordedProducer& producer, std::string transactional_id)
        : history_(history), producer_(producer), transactional_id_(std::move(transactional_id)) {}

    [[nodiscard]] Done init();
    [[nodiscard]] Done begin();
    /// In the name of `consumer`.
    [[nodiscard]] Done send_offsets(const client::Offsets& offsets,
                                    const client::GroupMetadata& group, std::string_view consumer);
    /// Each asks again for as long as nobody has said how it ended, and `goes_on`.
    [[nodiscard]] Done commit(const std::function<bool()>& goes_on) { return end(true, goes_on); }
    [[nodiscard]] Done abort(const std::function<bool()>& goes_on) { return end(false, goes_on); }

    /// Of the one that was begun last.
    [[nodiscard]] TransactionNumber number() const { return number_; }
    [[nodiscard]] bool is_over() const { return producer_->transaction_error_is_fatal(); }

private:
    [[nodiscard]] Done end(bool commit, const std::function<bool()>& goes_on);

    History& history_;
    RecordedProducer& producer_;
    std::string transactional_id_;
    TransactionNumber number_ = 0;
};

}  // namespace gregor::scenarios::applications
