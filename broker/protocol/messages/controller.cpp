#include "broker/protocol/messages/controller.h"

namespace gregor::protocol {

const Fields& AlterPartitionRequest::NewIsrWithEpoch::fields() {
    using M = AlterPartitionRequest::NewIsrWithEpoch;
    static const Fields fields = describe<M>({
        field("broker_id", &M::broker_id),
        field("broker_epoch", &M::broker_epoch),
    });
    return fields;
}

const Fields& AlterPartitionRequest::Partition::fields() {
    using M = AlterPartitionRequest::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("leader_epoch", &M::leader_epoch),
        field("new_isr", &M::new_isr).until(2),
        field("new_isr_with_epochs", &M::new_isr_with_epochs).since(3),
        field("leader_recovery_state", &M::leader_recovery_state).since(1),
        field("partition_epoch", &M::partition_epoch),
    });
    return fields;
}

const Fields& AlterPartitionRequest::Topic::fields() {
    using M = AlterPartitionRequest::Topic;
    static const Fields fields = describe<M>({
        field("topic_name", &M::topic_name).until(1),
        field("topic_id", &M::topic_id).since(2),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& AlterPartitionRequest::fields() {
    using M = AlterPartitionRequest;
    static const Fields fields = describe<M>({
        field("broker_id", &M::broker_id),
        field("broker_epoch", &M::broker_epoch),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& AlterPartitionResponse::Partition::fields() {
    using M = AlterPartitionResponse::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("error_code", &M::error_code),
        field("leader_id", &M::leader_id),
        field("leader_epoch", &M::leader_epoch),
        field("isr", &M::isr),
        field("leader_recovery_state", &M::leader_recovery_state).since(1),
        field("partition_epoch", &M::partition_epoch),
    });
    return fields;
}

const Fields& AlterPartitionResponse::Topic::fields() {
    using M = AlterPartitionResponse::Topic;
    static const Fields fields = describe<M>({
        field("topic_name", &M::topic_name).until(1),
        field("topic_id", &M::topic_id).since(2),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& AlterPartitionResponse::fields() {
    using M = AlterPartitionResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& EnvelopeRequest::fields() {
    using M = EnvelopeRequest;
    static const Fields fields = describe<M>({
        field("request_data", &M::request_data),
        field("request_principal", &M::request_principal).nullable(),
        field("client_host_address", &M::client_host_address),
    });
    return fields;
}

const Fields& EnvelopeResponse::fields() {
    using M = EnvelopeResponse;
    static const Fields fields = describe<M>({
        field("response_data", &M::response_data).nullable(),
        field("error_code", &M::error_code),
    });
    return fields;
}

const Fields& BrokerRegistrationRequest::Listener::fields() {
    using M = BrokerRegistrationRequest::Listener;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("host", &M::host),
        field("port", &M::port),
        field("security_protocol", &M::security_protocol),
    });
    return fields;
}

const Fields& BrokerRegistrationRequest::Feature::fields() {
    using M = BrokerRegistrationRequest::Feature;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("min_supported_version", &M::min_supported_version),
        field("max_supported_version", &M::max_supported_version),
    });
    return fields;
}

const Fields& BrokerRegistrationRequest::fields() {
    using M = BrokerRegistrationRequest;
    static const Fields fields = describe<M>({
        field("broker_id", &M::broker_id),
        field("cluster_id", &M::cluster_id),
        field("incarnation_id", &M::incarnation_id),
        field("listeners", &M::listeners),
        field("features", &M::features),
        field("rack", &M::rack).nullable(),
        field("is_migrating_zk_broker", &M::is_migrating_zk_broker).since(1),
        field("log_dirs", &M::log_dirs).since(2),
        field("previous_broker_epoch", &M::previous_broker_epoch).since(3),
    });
    return fields;
}

const Fields& BrokerRegistrationResponse::fields() {
    using M = BrokerRegistrationResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
        field("broker_epoch", &M::broker_epoch),
    });
    return fields;
}

const Fields& BrokerHeartbeatRequest::fields() {
    using M = BrokerHeartbeatRequest;
    static const Fields fields = describe<M>({
        field("broker_id", &M::broker_id),
        field("broker_epoch", &M::broker_epoch),
        field("current_metadata_offset", &M::current_metadata_offset),
        field("want_fence", &M::want_fence),
        field("want_shut_down", &M::want_shut_down),
        field("offline_log_dirs", &M::offline_log_dirs).since(1).tagged(0),
    });
    return fields;
}

const Fields& BrokerHeartbeatResponse::fields() {
    using M = BrokerHeartbeatResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
        field("is_caught_up", &M::is_caught_up),
        field("is_fenced", &M::is_fenced),
        field("should_shut_down", &M::should_shut_down),
    });
    return fields;
}

const Fields& UnregisterBrokerRequest::fields() {
    using M = UnregisterBrokerRequest;
    static const Fields fields = describe<M>({
        field("broker_id", &M::broker_id),
    });
    return fields;
}

const Fields& UnregisterBrokerResponse::fields() {
    using M = UnregisterBrokerResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
    });
    return fields;
}

const Fields& AllocateProducerIdsRequest::fields() {
    using M = AllocateProducerIdsRequest;
    static const Fields fields = describe<M>({
        field("broker_id", &M::broker_id),
        field("broker_epoch", &M::broker_epoch),
    });
    return fields;
}

const Fields& AllocateProducerIdsResponse::fields() {
    using M = AllocateProducerIdsResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
        field("producer_id_start", &M::producer_id_start),
        field("producer_id_len", &M::producer_id_len),
    });
    return fields;
}

const Fields& ControllerRegistrationRequest::Listener::fields() {
    using M = ControllerRegistrationRequest::Listener;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("host", &M::host),
        field("port", &M::port),
        field("security_protocol", &M::security_protocol),
    });
    return fields;
}

const Fields& ControllerRegistrationRequest::Feature::fields() {
    using M = ControllerRegistrationRequest::Feature;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("min_supported_version", &M::min_supported_version),
        field("max_supported_version", &M::max_supported_version),
    });
    return fields;
}

const Fields& ControllerRegistrationRequest::fields() {
    using M = ControllerRegistrationRequest;
    static const Fields fields = describe<M>({
        field("controller_id", &M::controller_id),
        field("incarnation_id", &M::incarnation_id),
        field("zk_migration_ready", &M::zk_migration_ready),
        field("listeners", &M::listeners),
        field("features", &M::features),
    });
    return fields;
}

const Fields& ControllerRegistrationResponse::fields() {
    using M = ControllerRegistrationResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
    });
    return fields;
}

}  // namespace gregor::protocol
