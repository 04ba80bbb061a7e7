#include "broker/coordinator/transactions/transaction_requests.h"

#include <limits>

namespace gregor::coordinator {

using protocol::ApiKey;
using protocol::ErrorCode;

namespace {

constexpr std::int16_t kNever = std::numeric_limits<std::int16_t>::max();

std::int16_t first_with_producer_fenced(ApiKey api) {
    switch (api) {
        case ApiKey::init_producer_id: return 4;
        case ApiKey::add_partitions_to_txn:
        case ApiKey::add_offsets_to_txn:
        case ApiKey::end_txn: return 2;
        default: return kNever;  // Produce and TxnOffsetCommit: KAFKA-9911
    }
}

std::int16_t first_with_transaction_abortable(ApiKey api) {
    switch (api) {
        case ApiKey::produce: return 11;
        case ApiKey::add_partitions_to_txn: return 5;
        case ApiKey::txn_offset_commit: return 4;
        default: return 0;
    }
}

}  // namespace

ErrorCode older_error(ApiKey api, std::int16_t version, ErrorCode error) {
    if (error == ErrorCode::producer_fenced && version < first_with_producer_fenced(api)) {
        return ErrorCode::invalid_producer_epoch;
    }
    if (error == ErrorCode::transaction_abortable &&
        version < first_with_transaction_abortable(api)) {
        return ErrorCode::invalid_txn_state;
    }
    return error;
}

std::int16_t client_transaction_version(ApiKey api, std::int16_t version) {
    const auto from = [version](std::int16_t first) {
        return version >= first ? kEpochPerTransaction : std::int16_t{0};
    };
    switch (api) {
        case ApiKey::produce: return from(12);
        case ApiKey::add_partitions_to_txn: return from(4);
        case ApiKey::end_txn:
        case ApiKey::txn_offset_commit: return from(5);
        default: return 0;
    }
}

}  // namespace gregor::coordinator
