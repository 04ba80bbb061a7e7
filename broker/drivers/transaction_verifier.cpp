#include "broker/drivers/transaction_verifier.h"

#include <algorithm>
#include <utility>

#include "broker/protocol/messages/transactions.h"
#include "sim/base/probe.h"

namespace gregor::drivers {

using coordinator::AddAnswer;
using coordinator::AddPartitions;
using coordinator::TransactionPartition;
using protocol::AddPartitionsToTxnRequest;
using protocol::AddPartitionsToTxnResponse;
using protocol::ErrorCode;

namespace {

/// The batched form, which brokers speak, with TRANSACTION_ABORTABLE.
constexpr std::int16_t kVersion = 5;
/// A partition that joins while its producer's last transaction still gets its markers waits for
/// that (add.partitions.to.txn.retry.backoff.max.ms and .ms).
constexpr Duration kLongestRetry = 100ms;
constexpr Duration kRetryBackoff = 20ms;

TransactionVerifier::Errors refused(const AddPartitions& question, ErrorCode error) {
    TransactionVerifier::Errors errors;
    for (const TransactionPartition& partition : question.partitions) errors[partition] = error;
    return errors;
}

AddPartitionsToTxnRequest wire_request(const AddPartitions& question) {
    AddPartitionsToTxnRequest request;
    auto& transaction = request.transactions.emplace_back();
    transaction.transactional_id = question.transactional_id;
    transaction.producer_id = question.producer.id;
    transaction.producer_epoch = question.producer.epoch;
    transaction.verify_only = question.verify_only;
    for (const TransactionPartition& partition : question.partitions) {
        if (transaction.topics.empty() || transaction.topics.back().name != partition.topic) {
            transaction.topics.emplace_back().name = partition.topic;
        }
        transaction.topics.back().partitions.push_back(partition.partition);
    }
    return request;
}

bool is_concurrent(const TransactionVerifier::Errors& errors) {
    return std::ranges::any_of(
        errors, [](const auto& each) { return each.second == ErrorCode::concurrent_transactions; });
}

}  // namespace

TransactionVerifier::TransactionVerifier(Runtime& runtime, TransactionCoordinators& coordinators,
                                         TransactionVerifierOptions options)
    : runtime_(runtime),
      coordinators_(coordinators),
      options_(std::move(options)),
      channels_(runtime, fmt::format("broker-{}-txn-verifier", options_.node_id),
                options_.listener) {}

void TransactionVerifier::publish(const metadata::ImageRef& image) {
    image_ = image;
    channels_.publish(*image);
}

TransactionVerifier::Errors TransactionVerifier::ask(const AddPartitions& question,
                                                     const std::function<bool()>& renew_guards) {
    const Instant give_up = deadline_after(runtime_.clock().now(), kLongestRetry);
    for (;;) {
        Errors errors = ask_once(question);
        if (runtime_.clock().now() >= give_up) return errors;
        if (!question.verify_only && is_concurrent(errors)) {
            PROBE("a partition waited for the end of its producer's last transaction");
            runtime_.clock().sleep_for(kRetryBackoff);
            static_cast<void>(renew_guards());
            continue;
        }
        if (!errors.empty() || !renew_guards()) return errors;
        PROBE("the marker of a producer's last transaction came while a partition was verified");
    }
}

TransactionVerifier::Errors TransactionVerifier::ask_once(const AddPartitions& question) {
    const metadata::MetadataImage& image = *image_;
    const auto shard = TransactionCoordinators::partition_of(image, question.transactional_id);
    if (!shard) return refused(question, ErrorCode::not_coordinator);
    const metadata::PartitionState* state = image.find_topic(kTransactionStateTopic)->find(*shard);
    if (state == nullptr || !state->has_leader()) {
        return refused(question, ErrorCode::not_coordinator);
    }
    if (state->leader == options_.node_id) return ask_here(*shard, question);
    return ask_there(state->leader, question);
}

TransactionVerifier::Errors TransactionVerifier::ask_here(protocol::PartitionId shard,
                                                          const AddPartitions& question) {
    const auto answer = coordinators_.ask_shard<AddAnswer>(shard, question);
    if (!answer) return refused(question, answer.error());
    if (answer->error != ErrorCode::none) return refused(question, answer->error);
    Errors errors;
    for (const auto& absent : answer->absent) errors[absent] = ErrorCode::transaction_abortable;
    return errors;
}

TransactionVerifier::Errors TransactionVerifier::ask_there(protocol::NodeId coordinator,
                                                           const AddPartitions& question) {
    const auto answer = channels_.call<AddPartitionsToTxnResponse>(
        coordinator, wire_request(question), kVersion,
        deadline_after(runtime_.clock().now(), options_.request_timeout));
    if (!answer) return refused(question, answer.error());
    if (answer->error_code != ErrorCode::none) return refused(question, answer->error_code);
    // What the answer does not name was not verified.
    Errors errors = refused(question, ErrorCode::network_exception);
    for (const auto& transaction : answer->results_by_transaction) {
        if (transaction.transactional_id != question.transactional_id) continue;
        for (const auto& topic : transaction.topic_results) {
            for (const auto& result : topic.results_by_partition) {
                const TransactionPartition partition{topic.name, result.partition_index};
                errors.erase(partition);
                if (result.partition_error_code == ErrorCode::none) continue;
                errors.emplace(partition, result.partition_error_code);
            }
        }
    }
    return errors;
}

}  // namespace gregor::drivers
