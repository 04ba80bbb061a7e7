#include "clients/producer/transactions.h"

namespace gregor::producer {

using client::Error;
using protocol::ErrorCode;

namespace {

constexpr std::string_view kTransactionVersion = "transaction.version";
/// From version 4 on the request is between brokers.
constexpr std::int16_t kLastAddPartitionsOfClients = 3;

/// What a coordinator says of itself.
ErrorCode coordinator_error(const protocol::AddPartitionsToTxnResponse& answer) {
    for (const auto& topic : answer.results_by_topic_v3_and_below) {
        for (const auto& partition : topic.results_by_partition) {
            return partition.partition_error_code;
        }
    }
    return ErrorCode::none;
}

ErrorCode coordinator_error(const protocol::TxnOffsetCommitResponse& answer) {
    for (const auto& topic : answer.topics) {
        for (const auto& partition : topic.partitions) return partition.error_code;
    }
    return ErrorCode::none;
}

template <class Response>
ErrorCode coordinator_error(const Response& answer) {
    return answer.error_code;
}

}  // namespace

Transactions::Transactions(Runtime& runtime, client::Cluster& cluster, const ProducerConfig& config,
                           Owner owner)
    : runtime_(runtime),
      cluster_(cluster),
      config_(config),
      owner_(std::move(owner)),
      manager_({.transactional_id = *config.transactional_id,
                .transaction_timeout = config.transaction_timeout,
                .retry_backoff = config.retry_backoff}),
      coordinator_(cluster, *config.transactional_id, config.client_id, config.request_timeout,
                   Link::KeyType::transaction),
      changed_(runtime.scheduler()) {}

void Transactions::run() {
    while (!is_stopped_) {
        const TransactionStep step = manager_.next(now(), owner_.has_batches());
        publish();
        if (is_stopped_) return;
        std::visit([this](const auto& each) { take(each); }, step);
        publish();
    }
}

void Transactions::stop() {
    is_stopped_ = true;
    notify();
}

void Transactions::publish() {
    manager_.check_invariants();
    owner_.changed();
    notify();
}

void Transactions::learn_version() {
    constexpr std::int16_t kEpochPerTransaction = 2;
    manager_.set_version_2(cluster_.feature_level(kTransactionVersion) >= kEpochPerTransaction);
}

Result<void, Error> Transactions::wait(Instant deadline) {
    notify();
    for (;;) {
        if (auto outcome = manager_.take_outcome()) return *std::move(outcome);
        if (is_stopped_) {
            return fail(Error{ErrorCode::unknown_server_error, "Producer is closed forcefully."});
        }
        if (!changed_.wait(deadline)) {
            return fail(Error{ErrorCode::request_timed_out,
                              "Timeout expired while awaiting the coordinator; the same call goes "
                              "on with it"});
        }
    }
}

template <protocol::Message Response, protocol::Message Request>
Result<Response, Error> Transactions::ask(const Request& request, std::int16_t newest) {
    auto answer =
        coordinator_.call<Response>(Link::Channel::transactions, request,
                                    deadline_after(now(), config_.request_timeout), newest);
    if (answer) coordinator_.note(coordinator_error(*answer));
    learn_version();
    return answer;
}

void Transactions::take(const protocol::InitProducerIdRequest& request) {
    const auto answer = ask<protocol::InitProducerIdResponse>(request);
    manager_.initialized(now(), answer);
}

void Transactions::take(const protocol::AddPartitionsToTxnRequest& request) {
    const auto answer =
        ask<protocol::AddPartitionsToTxnResponse>(request, kLastAddPartitionsOfClients);
    manager_.partitions_added(now(), answer);
}

void Transactions::take(const protocol::AddOffsetsToTxnRequest& request) {
    const auto answer = ask<protocol::AddOffsetsToTxnResponse>(request);
    manager_.offsets_added(now(), answer);
}

void Transactions::take(const CommitOffsets& step) {
    Link& group = link_to_group(step.group_id);
    const auto answer = group.call<protocol::TxnOffsetCommitResponse>(
        Link::Channel::offsets, step.request, deadline_after(now(), config_.request_timeout),
        step.newest);
    if (answer) group.note(coordinator_error(*answer));
    manager_.offsets_committed(now(), answer);
}

void Transactions::take(const EndTransaction& step) {
    const auto answer = ask<protocol::EndTxnResponse>(step.request, step.newest);
    manager_.ended(now(), answer);
}

Transactions::Link& Transactions::link_to_group(const std::string& group_id) {
    return groups_
        .try_emplace(group_id, cluster_, group_id, config_.client_id, config_.request_timeout)
        .first->second;
}

}  // namespace gregor::producer
