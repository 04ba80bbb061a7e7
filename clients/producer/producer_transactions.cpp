// Producer: transactions, as the application calls them.
#include "clients/producer/producer.h"

namespace gregor::producer {

using client::Error;
using protocol::ErrorCode;
using protocol::PartitionId;

Result<void, Error> Producer::init_transactions() {
    Transactions& transactions = *TRY(check_transactional());
    TRY(transactions.manager().init());
    return transactions.wait(give_up_time());
}

Result<void, Error> Producer::begin_transaction() {
    Transactions& transactions = *TRY(check_transactional());
    transactions.learn_version();
    TRY(transactions.manager().begin());
    sender_->accumulator().begin_transaction();
    return {};
}

Result<void, Error> Producer::send_offsets_to_transaction(const client::Offsets& offsets,
                                                          const client::GroupMetadata& group) {
    Transactions& transactions = *TRY(check_transactional());
    TRY(transactions.manager().send_offsets(offsets, group));
    return transactions.wait(give_up_time());
}

Result<void, Error> Producer::commit_transaction() {
    Transactions& transactions = *TRY(check_transactional());
    TRY(transactions.manager().commit());
    sender_->accumulator().flush();
    sender_->wake();
    return transactions.wait(give_up_time());
}

Result<void, Error> Producer::abort_transaction() {
    Transactions& transactions = *TRY(check_transactional());
    TRY(transactions.manager().abort());
    sender_->follow_transactions();
    return transactions.wait(give_up_time());
}

bool Producer::transaction_error_is_fatal() const { return sender_->fatal_error().has_value(); }

bool Producer::transaction_is_ending() const {
    Transactions* const transactions = sender_->transactions();
    if (transactions == nullptr || sender_->is_stopped()) return false;
    return transactions->manager().is_ending();
}

ProducerIdentity Producer::transactional_identity() const {
    Transactions* const transactions = sender_->transactions();
    return transactions == nullptr ? ProducerIdentity() : transactions->manager().identity();
}

Result<void, Error> Producer::check_may_send() const {
    TRY(check_usable());
    if (sender_->transactions() == nullptr) return {};
    return sender_->transactions()->manager().check_send();
}

Result<Transactions*, Error> Producer::check_transactional() const {
    TRY(check_usable());
    if (sender_->transactions() != nullptr) return sender_->transactions();
    return fail(Error{ErrorCode::invalid_txn_state,
                      "Cannot use transactional methods without enabling transactions by setting "
                      "the transactional.id configuration property"});
}

void Producer::join_transaction(const std::string& topic, std::int32_t partition,
                                PartitionSlot slot) {
    Transactions* const transactions = sender_->transactions();
    if (transactions == nullptr || sender_->accumulator().is_admitted(slot)) return;
    if (transactions->manager().join({topic, PartitionId(partition)}, slot)) {
        sender_->accumulator().admit(slot);
    } else {
        transactions->notify();
    }
}

void Producer::abort_open_transaction(Instant deadline) {
    Transactions* const transactions = sender_->transactions();
    if (transactions == nullptr || sender_->is_stopped()) return;
    TransactionManager& manager = transactions->manager();
    // An end that is under way goes on.
    if (!manager.is_ending() && !manager.abort()) return;
    sender_->follow_transactions();
    (void)transactions->wait(deadline);
}

Instant Producer::give_up_time() const {
    return deadline_after(sender_->runtime().clock().now(), sender_->config().max_block);
}

}  // namespace gregor::producer
