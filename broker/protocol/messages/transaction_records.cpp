#include "broker/protocol/messages/transaction_records.h"

namespace gregor::protocol {

const Fields& TransactionLogKey::fields() {
    using M = TransactionLogKey;
    static const Fields fields = describe<M>({
        field("transactional_id", &M::transactional_id),
    });
    return fields;
}

const Fields& TransactionLogValue::TransactionPartition::fields() {
    using M = TransactionLogValue::TransactionPartition;
    static const Fields fields = describe<M>({
        field("topic", &M::topic),
        field("partition_ids", &M::partition_ids),
    });
    return fields;
}

const Fields& TransactionLogValue::fields() {
    using M = TransactionLogValue;
    static const Fields fields = describe<M>({
        field("producer_id", &M::producer_id),
        field("previous_producer_id", &M::previous_producer_id).since(1).tagged(0),
        field("next_producer_id", &M::next_producer_id).since(1).tagged(1),
        field("producer_epoch", &M::producer_epoch),
        field("transaction_timeout_ms", &M::transaction_timeout_ms),
        field("transaction_status", &M::transaction_status),
        field("transaction_partitions", &M::transaction_partitions).nullable(),
        field("transaction_last_update_timestamp_ms", &M::transaction_last_update_timestamp_ms),
        field("transaction_start_timestamp_ms", &M::transaction_start_timestamp_ms),
        field("client_transaction_version", &M::client_transaction_version).since(1).tagged(2),
    });
    return fields;
}

}  // namespace gregor::protocol
