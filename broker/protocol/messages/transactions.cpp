#include "broker/protocol/messages/transactions.h"

namespace gregor::protocol {

const Fields& InitProducerIdRequest::fields() {
    using M = InitProducerIdRequest;
    static const Fields fields = describe<M>({
        field("transactional_id", &M::transactional_id).nullable(),
        field("transaction_timeout_ms", &M::transaction_timeout_ms),
        field("producer_id", &M::producer_id).since(3),
        field("producer_epoch", &M::producer_epoch).since(3),
    });
    return fields;
}

const Fields& InitProducerIdResponse::fields() {
    using M = InitProducerIdResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
        field("producer_id", &M::producer_id),
        field("producer_epoch", &M::producer_epoch),
    });
    return fields;
}

const Fields& AddPartitionsToTxnRequest::Topic::fields() {
    using M = AddPartitionsToTxnRequest::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& AddPartitionsToTxnRequest::Transaction::fields() {
    using M = AddPartitionsToTxnRequest::Transaction;
    static const Fields fields = describe<M>({
        field("transactional_id", &M::transactional_id),
        field("producer_id", &M::producer_id),
        field("producer_epoch", &M::producer_epoch),
        field("verify_only", &M::verify_only),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& AddPartitionsToTxnRequest::fields() {
    using M = AddPartitionsToTxnRequest;
    static const Fields fields = describe<M>({
        field("transactions", &M::transactions).since(4),
        field("v3_and_below_transactional_id", &M::v3_and_below_transactional_id).until(3),
        field("v3_and_below_producer_id", &M::v3_and_below_producer_id).until(3),
        field("v3_and_below_producer_epoch", &M::v3_and_below_producer_epoch).until(3),
        field("v3_and_below_topics", &M::v3_and_below_topics).until(3),
    });
    return fields;
}

const Fields& AddPartitionsToTxnResponse::PartitionResult::fields() {
    using M = AddPartitionsToTxnResponse::PartitionResult;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("partition_error_code", &M::partition_error_code),
    });
    return fields;
}

const Fields& AddPartitionsToTxnResponse::TopicResult::fields() {
    using M = AddPartitionsToTxnResponse::TopicResult;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("results_by_partition", &M::results_by_partition),
    });
    return fields;
}

const Fields& AddPartitionsToTxnResponse::ResultsByTransaction::fields() {
    using M = AddPartitionsToTxnResponse::ResultsByTransaction;
    static const Fields fields = describe<M>({
        field("transactional_id", &M::transactional_id),
        field("topic_results", &M::topic_results),
    });
    return fields;
}

const Fields& AddPartitionsToTxnResponse::fields() {
    using M = AddPartitionsToTxnResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code).since(4),
        field("results_by_transaction", &M::results_by_transaction).since(4),
        field("results_by_topic_v3_and_below", &M::results_by_topic_v3_and_below).until(3),
    });
    return fields;
}

const Fields& AddOffsetsToTxnRequest::fields() {
    using M = AddOffsetsToTxnRequest;
    static const Fields fields = describe<M>({
        field("transactional_id", &M::transactional_id),
        field("producer_id", &M::producer_id),
        field("producer_epoch", &M::producer_epoch),
        field("group_id", &M::group_id),
    });
    return fields;
}

const Fields& AddOffsetsToTxnResponse::fields() {
    using M = AddOffsetsToTxnResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
    });
    return fields;
}

const Fields& EndTxnRequest::fields() {
    using M = EndTxnRequest;
    static const Fields fields = describe<M>({
        field("transactional_id", &M::transactional_id),
        field("producer_id", &M::producer_id),
        field("producer_epoch", &M::producer_epoch),
        field("committed", &M::committed),
    });
    return fields;
}

const Fields& EndTxnResponse::fields() {
    using M = EndTxnResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
        field("producer_id", &M::producer_id).since(5),
        field("producer_epoch", &M::producer_epoch).since(5),
    });
    return fields;
}

const Fields& TxnOffsetCommitRequest::Partition::fields() {
    using M = TxnOffsetCommitRequest::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("committed_offset", &M::committed_offset),
        field("committed_leader_epoch", &M::committed_leader_epoch).since(2),
        field("committed_metadata", &M::committed_metadata).nullable(),
    });
    return fields;
}

const Fields& TxnOffsetCommitRequest::Topic::fields() {
    using M = TxnOffsetCommitRequest::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& TxnOffsetCommitRequest::fields() {
    using M = TxnOffsetCommitRequest;
    static const Fields fields = describe<M>({
        field("transactional_id", &M::transactional_id),
        field("group_id", &M::group_id),
        field("producer_id", &M::producer_id),
        field("producer_epoch", &M::producer_epoch),
        field("generation_id", &M::generation_id).since(3),
        field("member_id", &M::member_id).since(3),
        field("group_instance_id", &M::group_instance_id).since(3).nullable(),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& TxnOffsetCommitResponse::Partition::fields() {
    using M = TxnOffsetCommitResponse::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("error_code", &M::error_code),
    });
    return fields;
}

const Fields& TxnOffsetCommitResponse::Topic::fields() {
    using M = TxnOffsetCommitResponse::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& TxnOffsetCommitResponse::fields() {
    using M = TxnOffsetCommitResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& WriteTxnMarkersRequest::Topic::fields() {
    using M = WriteTxnMarkersRequest::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partition_indexes", &M::partition_indexes),
    });
    return fields;
}

const Fields& WriteTxnMarkersRequest::Marker::fields() {
    using M = WriteTxnMarkersRequest::Marker;
    static const Fields fields = describe<M>({
        field("producer_id", &M::producer_id),
        field("producer_epoch", &M::producer_epoch),
        field("transaction_result", &M::transaction_result),
        field("topics", &M::topics),
        field("coordinator_epoch", &M::coordinator_epoch),
        field("transaction_version", &M::transaction_version).since(2),
    });
    return fields;
}

const Fields& WriteTxnMarkersRequest::fields() {
    using M = WriteTxnMarkersRequest;
    static const Fields fields = describe<M>({
        field("markers", &M::markers),
    });
    return fields;
}

const Fields& WriteTxnMarkersResponse::Partition::fields() {
    using M = WriteTxnMarkersResponse::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("error_code", &M::error_code),
    });
    return fields;
}

const Fields& WriteTxnMarkersResponse::Topic::fields() {
    using M = WriteTxnMarkersResponse::Topic;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& WriteTxnMarkersResponse::Marker::fields() {
    using M = WriteTxnMarkersResponse::Marker;
    static const Fields fields = describe<M>({
        field("producer_id", &M::producer_id),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& WriteTxnMarkersResponse::fields() {
    using M = WriteTxnMarkersResponse;
    static const Fields fields = describe<M>({
        field("markers", &M::markers),
    });
    return fields;
}

}  // namespace gregor::protocol
