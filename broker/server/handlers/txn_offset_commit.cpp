// TxnOffsetCommit: verified with the coordinator of the transaction, then given to that of the
// group.
#include <utility>

#include "broker/coordinator/offset_answers.h"
#include "broker/drivers/group_coordinators.h"
#include "broker/drivers/transaction_verifier.h"
#include "broker/protocol/messages/transactions.h"
#include "broker/replication/replica_manager.h"
#include "broker/server/handlers/transactions.h"

namespace gregor::server {
namespace {

using coordinator::AddPartitions;
using coordinator::refuse_partitions;
using protocol::ApiKey;
using protocol::ErrorCode;
using protocol::TxnOffsetCommitRequest;
using protocol::TxnOffsetCommitResponse;

/// What says "ask again" becomes an error that makes clients do so without looking for another
/// coordinator: it is the transaction's that is not to be had, not the group's.
ErrorCode offset_commit_error(ErrorCode error, std::int16_t version) {
    switch (error) {
        case ErrorCode::network_exception:
        case ErrorCode::broker_not_available:
        case ErrorCode::coordinator_not_available:
        case ErrorCode::not_coordinator: return ErrorCode::coordinator_load_in_progress;
        default: return coordinator::older_error(ApiKey::txn_offset_commit, version, error);
    }
}

/// Whether the group's partition is in the transaction; a guard for the append.
Result<std::uint64_t, ErrorCode> verify(HandlerContext& context, std::int16_t version,
                                        const TxnOffsetCommitRequest& request) {
    const auto partition =
        drivers::GroupCoordinators::partition_of(*context.image(), request.group_id);
    if (!partition) return fail(ErrorCode::not_coordinator);
    const std::string topic(drivers::kConsumerOffsetsTopic);
    const std::int16_t client_version =
        coordinator::client_transaction_version(ApiKey::txn_offset_commit, version);
    const bool joins = client_version >= coordinator::kEpochPerTransaction;
    const auto begin = [&] {
        return context.replicas().begin_own_verification(
            {topic, partition->value()}, request.producer_id, request.producer_epoch, joins);
    };
    auto guard = begin();
    if (!guard) return 0;
    const auto renew_guard = [&guard, &begin] {
        const std::uint64_t before = *guard;
        guard = begin().value_or(0);
        return *guard != 0 && *guard != before;
    };
    const auto errors = context.transaction_verification().ask(
        AddPartitions{.transactional_id = request.transactional_id,
                      .producer = {request.producer_id, request.producer_epoch},
                      .partitions = {{topic, *partition}},
                      .client_version = client_version,
                      .verify_only = !joins},
        renew_guard);
    if (!errors.empty()) return fail(offset_commit_error(errors.begin()->second, version));
    return *guard;
}

}  // namespace

void handle_txn_offset_commit(HandlerContext& context, const rpc::Request& request,
                              rpc::Reply reply) {
    auto message = decode_or_close<TxnOffsetCommitRequest>(request, reply);
    if (!message) return;
    const auto guard = verify(context, request.version, *message);
    if (!guard)
        return reply.send(refuse_partitions<TxnOffsetCommitResponse>(*message, guard.error()));
    const std::string group_id = message->group_id;
    auto refused = refuse_partitions<TxnOffsetCommitResponse>(*message, ErrorCode::none);
    context.groups().ask<TxnOffsetCommitResponse>(
        group_id,
        coordinator::CommitTransactionOffsets{.request = *std::move(message),
                                              .verification_guard = *guard},
        [refused = std::move(refused),
         reply = std::move(reply)](Result<TxnOffsetCommitResponse, ErrorCode> answer) mutable {
            if (answer) return reply.send(*answer);
            reply.send(refuse_partitions<TxnOffsetCommitResponse>(refused, answer.error()));
        });
}

}  // namespace gregor::server
