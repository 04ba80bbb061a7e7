#include "broker/server/handlers/transactions.h"

#include <memory>
#include <utility>

#include "broker/drivers/group_coordinators.h"
#include "broker/drivers/marker_writer.h"
#include "broker/drivers/transaction_coordinators.h"
#include "broker/metadata/image.h"
#include "broker/protocol/messages/transactions.h"
#include "broker/server/config.h"
#include "broker/server/handlers/internal_topics.h"

namespace gregor::server {
namespace {

using coordinator::AddAnswer;
using coordinator::AddPartitions;
using coordinator::client_transaction_version;
using coordinator::EndTransaction;
using coordinator::older_error;
using coordinator::ProducerAnswer;
using coordinator::TransactionPartition;
using protocol::AddOffsetsToTxnRequest;
using protocol::AddOffsetsToTxnResponse;
using protocol::AddPartitionsToTxnRequest;
using protocol::AddPartitionsToTxnResponse;
using protocol::ApiKey;
using protocol::EndTxnRequest;
using protocol::EndTxnResponse;
using protocol::ErrorCode;

using WireTransaction = AddPartitionsToTxnRequest::Transaction;
using WireResults = std::vector<AddPartitionsToTxnResponse::TopicResult>;

constexpr std::int16_t kFirstBatched = 4;

// ---- AddPartitionsToTxn ----

/// Partitions that are not there; the others are not tried then.
std::set<TransactionPartition> unknown_partitions(const metadata::MetadataImage& image,
                                                  const WireTransaction& transaction) {
    std::set<TransactionPartition> unknown;
    for (const auto& topic : transaction.topics) {
        const metadata::TopicImage* known = image.find_topic(topic.name);
        for (const protocol::PartitionId partition : topic.partitions) {
            if (known == nullptr || known->find(partition) == nullptr) {
                unknown.insert({topic.name, partition});
            }
        }
    }
    return unknown;
}

template <class ErrorOf>
WireResults results_of(const WireTransaction& transaction, ErrorOf&& error_of) {
    WireResults results;
    for (const auto& topic : transaction.topics) {
        auto& result = results.emplace_back();
        result.name = topic.name;
        for (const protocol::PartitionId partition : topic.partitions) {
            result.results_by_partition.push_back(
                {.partition_index = partition,
                 .partition_error_code = error_of(TransactionPartition{topic.name, partition})});
        }
    }
    return results;
}

AddPartitions question_of(const WireTransaction& transaction, std::int16_t version) {
    AddPartitions question{
        .transactional_id = transaction.transactional_id,
        .producer = {transaction.producer_id, transaction.producer_epoch},
        .partitions = {},
        .client_version = client_transaction_version(ApiKey::add_partitions_to_txn, version),
        .verify_only = transaction.verify_only};
    for (const auto& topic : transaction.topics) {
        for (const protocol::PartitionId partition : topic.partitions) {
            question.partitions.insert({topic.name, partition});
        }
    }
    return question;
}

/// The transactions of one request; answered when each has its results.
class AddRequest : public std::enable_shared_from_this<AddRequest> {
public:
    AddRequest(std::int16_t version, std::vector<WireTransaction> transactions, rpc::Reply reply)
        : version_(version),
          transactions_(std::move(transactions)),
          results_(transactions_.size()),
          missing_(transactions_.size()),
          reply_(std::move(reply)) {}

    void start(HandlerContext& context) {
        if (transactions_.empty()) return finish();
        for (std::size_t i = 0; i < transactions_.size(); ++i) start_one(context, i);
    }

private:
    void start_one(HandlerContext& context, std::size_t index) {
        const WireTransaction& transaction = transactions_[index];
        const auto unknown = unknown_partitions(*context.image(), transaction);
        if (!unknown.empty()) {
            return put(index, results_of(transaction, [&](const TransactionPartition& partition) {
                           return unknown.contains(partition)
                                      ? ErrorCode::unknown_topic_or_partition
                                      : ErrorCode::operation_not_attempted;
                       }));
        }
        context.transactions().ask<AddAnswer>(
            question_of(transaction, version_),
            [self = shared_from_this(), index](const Result<AddAnswer, ErrorCode>& answer) {
                self->take(index, answer);
            });
    }

    void take(std::size_t index, const Result<AddAnswer, ErrorCode>& answer) {
        const ErrorCode all = answer ? answer->error : answer.error();
        put(index, results_of(transactions_[index], [&](const TransactionPartition& partition) {
                ErrorCode error = all;
                if (answer && answer->absent.contains(partition)) {
                    error = ErrorCode::transaction_abortable;
                }
                return older_error(ApiKey::add_partitions_to_txn, version_, error);
            }));
    }

    void put(std::size_t index, WireResults results) {
        results_[index] = std::move(results);
        if (--missing_ == 0) finish();
    }

    void finish() {
        AddPartitionsToTxnResponse response;
        for (std::size_t i = 0; i < transactions_.size(); ++i) {
            if (version_ < kFirstBatched) {
                response.results_by_topic_v3_and_below = std::move(results_[i]);
                continue;
            }
            auto& result = response.results_by_transaction.emplace_back();
            result.transactional_id = transactions_[i].transactional_id;
            result.topic_results = std::move(results_[i]);
        }
        reply_.send(response);
    }

    const std::int16_t version_;
    const std::vector<WireTransaction> transactions_;
    std::vector<WireResults> results_;
    std::size_t missing_;
    rpc::Reply reply_;
};

}  // namespace

void handle_add_partitions_to_txn(HandlerContext& context, const rpc::Request& request,
                                  rpc::Reply reply) {
    auto message = decode_or_close<AddPartitionsToTxnRequest>(request, reply);
    if (!message) return;
    std::vector<WireTransaction> transactions = std::move(message->transactions);
    if (request.version < kFirstBatched) {
        auto& transaction = transactions.emplace_back();
        transaction.transactional_id = std::move(message->v3_and_below_transactional_id);
        transaction.producer_id = message->v3_and_below_producer_id;
        transaction.producer_epoch = message->v3_and_below_producer_epoch;
        transaction.topics = std::move(message->v3_and_below_topics);
    }
    std::make_shared<AddRequest>(request.version, std::move(transactions), std::move(reply))
        ->start(context);
}

void handle_add_offsets_to_txn(HandlerContext& context, const rpc::Request& request,
                               rpc::Reply reply) {
    const auto message = decode_or_close<AddOffsetsToTxnRequest>(request, reply);
    if (!message) return;
    AddPartitions question{.transactional_id = message->transactional_id,
                           .producer = {message->producer_id, message->producer_epoch},
                           .partitions = {}};
    const bool is_valid = !message->transactional_id.empty();
    // Clients may ask this before they look for the group's coordinator.
    if (is_valid) make_consumer_offsets(context, request);
    const auto partition =
        drivers::GroupCoordinators::partition_of(*context.image(), message->group_id);
    if (!partition) {
        return reply.send(
            AddOffsetsToTxnResponse{.error_code = is_valid ? ErrorCode::coordinator_not_available
                                                           : ErrorCode::invalid_request});
    }
    question.partitions.insert({std::string(drivers::kConsumerOffsetsTopic), *partition});
    context.transactions().ask<AddAnswer>(
        std::move(question), [version = request.version, reply = std::move(reply)](
                                 const Result<AddAnswer, ErrorCode>& answer) mutable {
            const ErrorCode error = answer ? answer->error : answer.error();
            reply.send(AddOffsetsToTxnResponse{
                .error_code = older_error(ApiKey::add_offsets_to_txn, version, error)});
        });
}

void handle_end_txn(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    const auto message = decode_or_close<EndTxnRequest>(request, reply);
    if (!message) return;
    EndTransaction end{
        .transactional_id = message->transactional_id,
        .producer = {message->producer_id, message->producer_epoch},
        .commit = message->committed,
        .client_version = client_transaction_version(ApiKey::end_txn, request.version),
        .fresh_id = std::nullopt};
    context.transactions().ask<ProducerAnswer>(
        std::move(end), [version = request.version, reply = std::move(reply)](
                            const Result<ProducerAnswer, ErrorCode>& answer) mutable {
            const ErrorCode error = answer ? answer->error : answer.error();
            EndTxnResponse response{.error_code = older_error(ApiKey::end_txn, version, error)};
            if (error == ErrorCode::none) {
                response.producer_id = answer->producer.id;
                response.producer_epoch = answer->producer.epoch;
            }
            reply.send(response);
        });
}

void handle_write_txn_markers(HandlerContext& context, const rpc::Request& request,
                              rpc::Reply reply) {
    const auto message = decode_or_close<protocol::WriteTxnMarkersRequest>(request, reply);
    if (!message) return;
    context.markers().write(
        *message, context.config.milliseconds("request.timeout.ms"),
        [reply = std::move(reply)](auto response) mutable { reply.send(response); });
}

}  // namespace gregor::server
