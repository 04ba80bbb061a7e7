#include "broker/server/handlers/transaction_verification.h"

#include <map>
#include <utility>

#include "broker/drivers/transaction_verifier.h"

namespace gregor::server {
namespace {

using coordinator::AddPartitions;
using coordinator::TransactionPartition;
using protocol::ApiKey;
using protocol::ErrorCode;
using protocol::ProducerEpoch;
using protocol::ProducerId;
using replication::AppendPart;

/// As older clients understand it: errors that say "ask again" as one that makes them do so
/// without looking for another leader.
ErrorCode produce_error(ErrorCode error, std::int16_t version) {
    const bool joins = coordinator::client_transaction_version(ApiKey::produce, version) != 0;
    switch (error) {
        case ErrorCode::concurrent_transactions:
            return joins ? error : ErrorCode::not_enough_replicas;
        case ErrorCode::network_exception:
        case ErrorCode::broker_not_available:
        case ErrorCode::coordinator_load_in_progress:
        case ErrorCode::coordinator_not_available:
        case ErrorCode::not_coordinator: return ErrorCode::not_enough_replicas;
        default: return coordinator::older_error(ApiKey::produce, version, error);
    }
}

/// The partitions to ask about, by their batches' producer: it is one, if the client is sane.
using Questions = std::map<std::pair<ProducerId, ProducerEpoch>, std::vector<AppendPart*>>;

Questions questions_of(HandlerContext& context, bool joins, std::vector<AppendPart>& parts) {
    Questions questions;
    for (AppendPart& part : parts) {
        if (!context.replicas().begin_verification(part, joins)) continue;
        const auto header = records::parse_batch_header(part.records);
        if (!header) continue;
        questions[{ProducerId(header->producer_id), ProducerEpoch(header->producer_epoch)}]
            .push_back(&part);
    }
    return questions;
}

}  // namespace

void verify_transactions(HandlerContext& context, std::int16_t version,
                         const std::optional<std::string>& transactional_id,
                         std::vector<AppendPart>& parts) {
    const std::int16_t client_version =
        coordinator::client_transaction_version(ApiKey::produce, version);
    const bool joins = client_version >= coordinator::kEpochPerTransaction;
    for (const auto& [producer, asked] : questions_of(context, joins, parts)) {
        AddPartitions question{.transactional_id = transactional_id.value_or(""),
                               .producer = {producer.first, producer.second},
                               .partitions = {},
                               .client_version = client_version,
                               .verify_only = !joins};
        for (const AppendPart* part : asked) {
            question.partitions.insert(
                {part->partition.topic, protocol::PartitionId(part->partition.partition)});
        }
        if (question.transactional_id.empty()) {
            for (AppendPart* part : asked) {
                part->refusal = ErrorCode::transactional_id_authorization_failed;
            }
            continue;
        }
        const auto renew_guards = [&context, joins, &asked] {
            bool is_any_lost = false;
            for (AppendPart* part : asked) {
                const log::VerificationGuard before = part->guard;
                static_cast<void>(context.replicas().begin_verification(*part, joins));
                is_any_lost |= part->guard != 0 && part->guard != before;
            }
            return is_any_lost;
        };
        const auto errors = context.transaction_verification().ask(question, renew_guards);
        for (AppendPart* part : asked) {
            const auto error = errors.find(
                {part->partition.topic, protocol::PartitionId(part->partition.partition)});
            if (error != errors.end()) part->refusal = produce_error(error->second, version);
        }
    }
}

}  // namespace gregor::server
