// The records of __transaction_state: one per transactional id. Key and value start with a 2-byte
// version that is not part of the struct.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

struct TransactionLogKey {
    static constexpr MessageInfo kMessage{
        .name = "TransactionLogKey", .kind = MessageKind::coordinator_key, .versions = {0, 0}};

    std::string transactional_id;

    static const Fields& fields();
};

/// v1 flexible, with the ids of the epoch before and after as tags (KIP-890).
struct TransactionLogValue {
    static constexpr MessageInfo kMessage{.name = "TransactionLogValue",
                                          .kind = MessageKind::coordinator_value,
                                          .versions = {0, 1},
                                          .first_flexible = 1};

    struct TransactionPartition {
        std::string topic;
        std::vector<PartitionId> partition_ids;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    ProducerId producer_id;
    ProducerId previous_producer_id = kNoProducerId;
    ProducerId next_producer_id = kNoProducerId;
    ProducerEpoch producer_epoch;
    std::int32_t transaction_timeout_ms = 0;
    std::int8_t transaction_status = 0;
    std::optional<std::vector<TransactionPartition>> transaction_partitions{std::in_place};
    std::int64_t transaction_last_update_timestamp_ms = 0;
    std::int64_t transaction_start_timestamp_ms = 0;
    std::int16_t client_transaction_version = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
