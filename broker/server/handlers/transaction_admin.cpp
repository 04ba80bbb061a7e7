#include "broker/server/handlers/transaction_admin.h"

#include "broker/drivers/transaction_coordinators.h"
#include "broker/protocol/messages/transaction_admin.h"
#include "broker/replication/replica_manager.h"
#include "broker/server/handlers/partition_errors.h"
#include "sim/base/planted.h"

namespace gregor::server {
namespace {

using coordinator::DescribeTransaction;
using coordinator::Description;
using coordinator::Listing;
using coordinator::ListTransactions;
using protocol::DescribeProducersRequest;
using protocol::DescribeProducersResponse;
using protocol::DescribeTransactionsRequest;
using protocol::DescribeTransactionsResponse;
using protocol::ErrorCode;
using protocol::ListTransactionsRequest;
using protocol::ListTransactionsResponse;

DescribeTransactionsResponse::TransactionState describe(HandlerContext& context,
                                                        const std::string& transactional_id) {
    DescribeTransactionsResponse::TransactionState state;
    state.transactional_id = transactional_id;
    const auto shard =
        drivers::TransactionCoordinators::partition_of(*context.image(), transactional_id);
    if (!shard) {
        state.error_code = ErrorCode::not_coordinator;
        return state;
    }
    const auto answer = context.transactions().ask_shard<Description>(
        *shard, DescribeTransaction{transactional_id});
    state.error_code = answer ? answer->error : answer.error();
    if (state.error_code != ErrorCode::none) return state;
    const coordinator::TransactionMetadata& metadata = answer->metadata;
    state.transaction_state = name(metadata.state);
    state.transaction_timeout_ms = metadata.timeout_ms;
    state.transaction_start_time_ms = metadata.start_ms;
    state.producer_id = metadata.producer.id;
    state.producer_epoch = metadata.producer.epoch;
    for (const auto& partition : metadata.partitions) {
        if (state.topics.empty() || state.topics.back().topic != partition.topic) {
            state.topics.emplace_back().topic = partition.topic;
        }
        state.topics.back().partitions.push_back(partition.partition);
    }
    return state;
}

/// Of every shard that is here; while one of them loads nobody knows.
ListTransactionsResponse list(HandlerContext& context, const ListTransactionsRequest& request) {
    ListTransactionsResponse response;
    ListTransactions question{
        .states = {},
        .producer_ids = {request.producer_id_filters.begin(), request.producer_id_filters.end()},
        .longer_than_ms = request.duration_filter};
    for (const std::string& text : request.state_filters) {
        if (const auto state = coordinator::find_transaction_state(text)) {
            question.states.insert(*state);
        } else {
            response.unknown_state_filters.push_back(text);
        }
    }
    // Filters of which none is known let nothing through.
    if (question.states.empty() && !request.state_filters.empty()) return response;
    auto& transactions = context.transactions();
    for (const protocol::PartitionId shard : transactions.driver().partitions()) {
        const auto answer = transactions.ask_shard<Listing>(shard, question);
        if (!answer && answer.error() == ErrorCode::not_coordinator) continue;
        if (!answer) {
            response.error_code = answer.error();
            response.transaction_states.clear();
            return response;
        }
        for (const Listing::Entry& entry : answer->entries) {
            response.transaction_states.push_back(
                {.transactional_id = entry.transactional_id,
                 .producer_id = entry.producer_id,
                 .transaction_state = std::string(name(entry.state))});
        }
    }
    return response;
}

DescribeProducersResponse::Partition describe_partition(HandlerContext& context,
                                                        const std::string& topic,
                                                        protocol::PartitionId partition) {
    DescribeProducersResponse::Partition answer;
    answer.partition_index = partition;
    const auto hosted = context.replicas().find({topic, partition.value()});
    if (hosted == nullptr) {
        answer.error_code =
            refine_error(ErrorCode::unknown_topic_or_partition, *context.image(), topic, partition);
        return answer;
    }
    answer.error_code = hosted->state.check_serving(protocol::kNoLeaderEpoch);
    if (answer.error_code != ErrorCode::none) return answer;
    for (const auto& [id, entry] : hosted->log->producers().entries()) {
        answer.active_producers.push_back(
            {.producer_id = id,
             .producer_epoch = entry.producer_epoch.value(),
             .last_sequence = entry.last_sequence(),
             .last_timestamp = entry.last_timestamp,
             .coordinator_epoch = entry.coordinator_epoch,
             .current_txn_start_offset =
                 PLANTED(open_transactions_not_told)
                     ? protocol::kNoOffset
                     : entry.current_txn_first_offset.value_or(protocol::kNoOffset)});
    }
    return answer;
}

}  // namespace

void handle_describe_transactions(HandlerContext& context, const rpc::Request& request,
                                  rpc::Reply reply) {
    const auto message = decode_or_close<DescribeTransactionsRequest>(request, reply);
    if (!message) return;
    DescribeTransactionsResponse response;
    for (const std::string& id : message->transactional_ids) {
        response.transaction_states.push_back(describe(context, id));
    }
    reply.send(response);
}

void handle_list_transactions(HandlerContext& context, const rpc::Request& request,
                              rpc::Reply reply) {
    const auto message = decode_or_close<ListTransactionsRequest>(request, reply);
    if (!message) return;
    reply.send(list(context, *message));
}

void handle_describe_producers(HandlerContext& context, const rpc::Request& request,
                               rpc::Reply reply) {
    const auto message = decode_or_close<DescribeProducersRequest>(request, reply);
    if (!message) return;
    DescribeProducersResponse response;
    for (const auto& topic : message->topics) {
        auto& answered = response.topics.emplace_back();
        answered.name = topic.name;
        for (const protocol::PartitionId partition : topic.partition_indexes) {
            answered.partitions.push_back(describe_partition(context, topic.name, partition));
        }
    }
    reply.send(response);
}

}  // namespace gregor::server
