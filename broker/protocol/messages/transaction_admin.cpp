#include "broker/protocol/messages/transaction_admin.h"

namespace gregor::protocol {

const Fields& DescribeProducersRequest::Topic::fields() {
    using M = DescribeProducersRequest::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partition_indexes", &M::partition_indexes),
    });
    return fields;
}

const Fields& DescribeProducersRequest::fields() {
    using M = DescribeProducersRequest;
    static const Fields fields = describe<M>({
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& DescribeProducersResponse::ActiveProducer::fields() {
    using M = DescribeProducersResponse::ActiveProducer;
    static const Fields fields = describe<M>({
        field("producer_id", &M::producer_id),
        field("producer_epoch", &M::producer_epoch),
        field("last_sequence", &M::last_sequence),
        field("last_timestamp", &M::last_timestamp),
        field("coordinator_epoch", &M::coordinator_epoch),
        field("current_txn_start_offset", &M::current_txn_start_offset),
    });
    return fields;
}

const Fields& DescribeProducersResponse::Partition::fields() {
    using M = DescribeProducersResponse::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
        field("active_producers", &M::active_producers),
    });
    return fields;
}

const Fields& DescribeProducersResponse::Topic::fields() {
    using M = DescribeProducersResponse::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& DescribeProducersResponse::fields() {
    using M = DescribeProducersResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& DescribeTransactionsRequest::fields() {
    using M = DescribeTransactionsRequest;
    static const Fields fields = describe<M>({
        field("transactional_ids", &M::transactional_ids),
    });
    return fields;
}

const Fields& DescribeTransactionsResponse::Topic::fields() {
    using M = DescribeTransactionsResponse::Topic;
    static const Fields fields = describe<M>({
        field("topic", &M::topic),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& DescribeTransactionsResponse::TransactionState::fields() {
    using M = DescribeTransactionsResponse::TransactionState;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("transactional_id", &M::transactional_id),
        field("transaction_state", &M::transaction_state),
        field("transaction_timeout_ms", &M::transaction_timeout_ms),
        field("transaction_start_time_ms", &M::transaction_start_time_ms),
        field("producer_id", &M::producer_id),
        field("producer_epoch", &M::producer_epoch),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& DescribeTransactionsResponse::fields() {
    using M = DescribeTransactionsResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("transaction_states", &M::transaction_states),
    });
    return fields;
}

const Fields& ListTransactionsRequest::fields() {
    using M = ListTransactionsRequest;
    static const Fields fields = describe<M>({
        field("state_filters", &M::state_filters),
        field("producer_id_filters", &M::producer_id_filters),
        field("duration_filter", &M::duration_filter).since(1),
    });
    return fields;
}

const Fields& ListTransactionsResponse::TransactionState::fields() {
    using M = ListTransactionsResponse::TransactionState;
    static const Fields fields = describe<M>({
        field("transactional_id", &M::transactional_id),
        field("producer_id", &M::producer_id),
        field("transaction_state", &M::transaction_state),
    });
    return fields;
}

const Fields& ListTransactionsResponse::fields() {
    using M = ListTransactionsResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
        field("unknown_state_filters", &M::unknown_state_filters),
        field("transaction_states", &M::transaction_states),
    });
    return fields;
}

}  // namespace gregor::protocol
