// Sender: what becomes of batches, and of those that wait for them.
#include "clients/producer/sender.h"

namespace gregor::producer {

using protocol::ErrorCode;

void Sender::take_answers(const NodeRequest& request, const protocol::ProduceResponse& response) {
    std::map<std::pair<std::string_view, protocol::PartitionId>, const PartitionAnswer*> answers;
    for (const auto& topic : response.responses) {
        for (const auto& partition : topic.partition_responses) {
            answers[{topic.name, partition.index}] = &partition;
        }
    }
    const PartitionAnswer nothing{.error_code = ErrorCode::unknown_server_error,
                                  .error_message = "the broker's answer leaves the partition out"};
    for (const BatchRef& batch : request.batches) {
        const auto found = answers.find(
            {accumulator_.topic_of(batch->slot), accumulator_.partition_of(batch->slot)});
        take_answer(batch, found == answers.end() ? nothing : *found->second);
    }
}

void Sender::take_answer(const BatchRef& batch, const PartitionAnswer& answer) {
    const Fate fate = accumulator_.handle_answer(now(), batch, {.error_code = answer.error_code});
    if (fate == Fate::late) return;
    if (fate == Fate::retried || fate == Fate::failed) request_metadata();
    if (fate == Fate::retried) return;
    if (fate == Fate::failed && transactions_ != nullptr) {
        transactions_->manager().batch_failed(
            client::error_of(answer.error_code, answer.error_message));
    }
    BatchReport& report = *batch->report;
    if (fate == Fate::acknowledged) {
        report.base_offset = answer.base_offset;
        report.log_append_time_ms = answer.log_append_time_ms;
    } else if (fate == Fate::failed) {
        report.error = client::error_of(answer.error_code, answer.error_message);
        for (const auto& record : answer.record_errors) {
            report.record_errors[record.batch_index] =
                record.batch_index_error_message.value_or(report.error->message);
        }
    }
    complete(batch);
}

void Sender::fail_expired(Instant time) {
    const std::vector<BatchRef> expired = accumulator_.expire(time);
    for (const BatchRef& batch : expired) {
        const auto age =
            std::chrono::duration_cast<std::chrono::milliseconds>(time - batch->created);
        const client::Error error{
            ErrorCode::request_timed_out,
            fmt::format("Expiring {} record(s) for {}-{}:{} ms has passed since batch creation",
                        batch->record_count, accumulator_.topic_of(batch->slot),
                        accumulator_.partition_of(batch->slot), age.count())};
        if (transactions_ != nullptr) transactions_->manager().batch_failed(error);
        fail_batch(batch, error);
    }
    if (transactions_ != nullptr && !expired.empty()) follow_transactions();
}

void Sender::fail_batch(const BatchRef& batch, client::Error error) {
    batch->report->error = std::move(error);
    complete(batch);
}

void Sender::complete(const BatchRef& batch) {
    give_memory_back(batch->charged_bytes);
    batch->report->complete();
}

void Sender::follow_transactions() {
    TransactionManager& manager = transactions_->manager();
    if (manager.state() == TransactionState::fatal_error) {
        if (!fatal_error_) {
            fatal_error_ = manager.error();
            stop(*fatal_error_, true);
        }
        return;
    }
    if (manager.identity().is_known()) accumulator_.set_producer_id(manager.identity());
    for (const PartitionSlot slot : manager.take_added()) accumulator_.admit(slot);
    if (manager.state() == TransactionState::abortable_error ||
        manager.state() == TransactionState::aborting) {
        const client::Error error{ErrorCode::operation_not_attempted,
                                  "Failing batch since transaction was aborted"};
        for (const BatchRef& batch : accumulator_.fail_unsent()) fail_batch(batch, error);
    }
    transactions_->notify();
    wake();
}

}  // namespace gregor::producer
