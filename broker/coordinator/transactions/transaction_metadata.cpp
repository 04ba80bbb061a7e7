#include "broker/coordinator/transactions/transaction_metadata.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "broker/coordinator/versioned_bytes.h"
#include "broker/protocol/messages/transaction_records.h"

namespace gregor::coordinator {
namespace {

using protocol::PartitionId;
using protocol::TransactionLogKey;
using protocol::TransactionLogValue;

constexpr std::array<std::string_view, 8> kNames = {
    "Empty",          "Ongoing",       "PrepareCommit", "PrepareAbort",
    "CompleteCommit", "CompleteAbort", "Dead",          "PrepareEpochFence"};
constexpr std::int16_t kKeyVersion = 0;

std::vector<TransactionLogValue::TransactionPartition> by_topic(
    const std::set<TransactionPartition>& partitions) {
    std::vector<TransactionLogValue::TransactionPartition> topics;
    for (const TransactionPartition& each : partitions) {
        if (topics.empty() || topics.back().topic != each.topic) {
            topics.emplace_back().topic = each.topic;
        }
        topics.back().partition_ids.push_back(each.partition);
    }
    return topics;
}

Result<TransactionMetadata, std::string> metadata_of(const TransactionLogValue& value) {
    if (value.transaction_status < 0 ||
        value.transaction_status > std::to_underlying(TransactionState::complete_abort)) {
        return fail(fmt::format("a transaction in state {}", value.transaction_status));
    }
    TransactionMetadata metadata{
        .producer = {value.producer_id, value.producer_epoch},
        .previous_producer_id = value.previous_producer_id,
        .next_producer_id = value.next_producer_id,
        .timeout_ms = value.transaction_timeout_ms,
        .state = static_cast<TransactionState>(value.transaction_status),
        .partitions = {},
        .last_update_ms = value.transaction_last_update_timestamp_ms,
        .start_ms = value.transaction_start_timestamp_ms,
        .client_version = value.client_transaction_version,
    };
    if (!value.transaction_partitions) return metadata;
    for (const auto& topic : *value.transaction_partitions) {
        for (const PartitionId id : topic.partition_ids) {
            metadata.partitions.insert({topic.topic, id});
        }
    }
    return metadata;
}

}  // namespace

std::string_view name(TransactionState state) {
    return kNames.at(static_cast<std::size_t>(std::to_underlying(state)));
}

std::optional<TransactionState> find_transaction_state(std::string_view wanted) {
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (kNames.at(i) == wanted) return static_cast<TransactionState>(i);
    }
    return std::nullopt;
}

bool may_follow(TransactionState before, TransactionState after) {
    using enum TransactionState;
    switch (after) {
        case empty:
        case ongoing:
            return before == empty || before == complete_commit || before == complete_abort ||
                   (before == ongoing && after == ongoing);
        case prepare_commit: return before == ongoing;
        case prepare_abort:
            return before == ongoing || before == empty || before == complete_commit ||
                   before == complete_abort;
        case complete_commit: return before == prepare_commit;
        case complete_abort: return before == prepare_abort;
        case dead:
        case prepare_epoch_fence: return false;
    }
    return false;
}

CoordinatorRecord encode_transaction(const std::string& transactional_id,
                                     const TransactionMetadata& metadata,
                                     std::int16_t value_version) {
    TransactionLogValue value{
        .producer_id = metadata.producer.id,
        .previous_producer_id = metadata.previous_producer_id,
        .next_producer_id = metadata.next_producer_id,
        .producer_epoch = metadata.producer.epoch,
        .transaction_timeout_ms = metadata.timeout_ms,
        .transaction_status = std::to_underlying(metadata.state),
        .transaction_last_update_timestamp_ms = metadata.last_update_ms,
        .transaction_start_timestamp_ms = metadata.start_ms,
        .client_transaction_version = metadata.client_version,
    };
    // As in Kafka's log: an id without a transaction has no list at all, one whose transaction is
    // complete an empty one.
    value.transaction_partitions = std::nullopt;
    if (metadata.state != TransactionState::empty) {
        value.transaction_partitions = by_topic(metadata.partitions);
    }
    return {.key = encode_versioned(TransactionLogKey{transactional_id}, kKeyVersion),
            .value = encode_versioned(value, value_version)};
}

CoordinatorRecord encode_tombstone(const std::string& transactional_id) {
    return {.key = encode_versioned(TransactionLogKey{transactional_id}, kKeyVersion),
            .value = std::nullopt};
}

Result<std::optional<TransactionRecord>, std::string> decode_transaction(
    const CoordinatorRecord& record) {
    const auto key_version = version_of(record.key);
    if (!key_version) return fail(std::string("a key without a version"));
    if (*key_version != kKeyVersion) return std::nullopt;
    auto key = TRY(decode_versioned<TransactionLogKey>(record.key));
    TransactionRecord read{.transactional_id = std::move(key.transactional_id),
                           .metadata = std::nullopt};
    if (record.value) {
        const auto value = TRY(decode_versioned<TransactionLogValue>(*record.value));
        read.metadata = TRY(metadata_of(value));
    }
    return std::optional(std::move(read));
}

}  // namespace gregor::coordinator
