#include "broker/protocol/messages/share_groups.h"

namespace gregor::protocol {

const Fields& ShareGroupHeartbeatRequest::fields() {
    using M = ShareGroupHeartbeatRequest;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
        field("member_id", &M::member_id),
        field("member_epoch", &M::member_epoch),
        field("rack_id", &M::rack_id).nullable(),
        field("subscribed_topic_names", &M::subscribed_topic_names).nullable(),
    });
    return fields;
}

const Fields& ShareGroupHeartbeatResponse::TopicPartitions::fields() {
    using M = ShareGroupHeartbeatResponse::TopicPartitions;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& ShareGroupHeartbeatResponse::Assignment::fields() {
    using M = ShareGroupHeartbeatResponse::Assignment;
    static const Fields fields = describe<M>({
        field("topic_partitions", &M::topic_partitions),
    });
    return fields;
}

const Fields& ShareGroupHeartbeatResponse::fields() {
    using M = ShareGroupHeartbeatResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
        field("member_id", &M::member_id).nullable(),
        field("member_epoch", &M::member_epoch),
        field("heartbeat_interval_ms", &M::heartbeat_interval_ms),
        field("assignment", &M::assignment).nullable(),
    });
    return fields;
}

const Fields& ShareGroupDescribeRequest::fields() {
    using M = ShareGroupDescribeRequest;
    static const Fields fields = describe<M>({
        field("group_ids", &M::group_ids),
        field("include_authorized_operations", &M::include_authorized_operations),
    });
    return fields;
}

const Fields& ShareGroupDescribeResponse::TopicPartitions::fields() {
    using M = ShareGroupDescribeResponse::TopicPartitions;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("topic_name", &M::topic_name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& ShareGroupDescribeResponse::Assignment::fields() {
    using M = ShareGroupDescribeResponse::Assignment;
    static const Fields fields = describe<M>({
        field("topic_partitions", &M::topic_partitions),
    });
    return fields;
}

const Fields& ShareGroupDescribeResponse::Member::fields() {
    using M = ShareGroupDescribeResponse::Member;
    static const Fields fields = describe<M>({
        field("member_id", &M::member_id),
        field("rack_id", &M::rack_id).nullable(),
        field("member_epoch", &M::member_epoch),
        field("client_id", &M::client_id),
        field("client_host", &M::client_host),
        field("subscribed_topic_names", &M::subscribed_topic_names),
        field("assignment", &M::assignment),
    });
    return fields;
}

const Fields& ShareGroupDescribeResponse::Group::fields() {
    using M = ShareGroupDescribeResponse::Group;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
        field("group_id", &M::group_id),
        field("group_state", &M::group_state),
        field("group_epoch", &M::group_epoch),
        field("assignment_epoch", &M::assignment_epoch),
        field("assignor_name", &M::assignor_name),
        field("members", &M::members),
        field("authorized_operations", &M::authorized_operations),
    });
    return fields;
}

const Fields& ShareGroupDescribeResponse::fields() {
    using M = ShareGroupDescribeResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("groups", &M::groups),
    });
    return fields;
}

const Fields& ShareFetchRequest::AcknowledgementBatch::fields() {
    using M = ShareFetchRequest::AcknowledgementBatch;
    static const Fields fields = describe<M>({
        field("first_offset", &M::first_offset),
        field("last_offset", &M::last_offset),
        field("acknowledge_types", &M::acknowledge_types),
    });
    return fields;
}

const Fields& ShareFetchRequest::Partition::fields() {
    using M = ShareFetchRequest::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("partition_max_bytes", &M::partition_max_bytes),
        field("acknowledgement_batches", &M::acknowledgement_batches),
    });
    return fields;
}

const Fields& ShareFetchRequest::Topic::fields() {
    using M = ShareFetchRequest::Topic;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& ShareFetchRequest::ForgottenTopic::fields() {
    using M = ShareFetchRequest::ForgottenTopic;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& ShareFetchRequest::fields() {
    using M = ShareFetchRequest;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id).nullable(),
        field("member_id", &M::member_id).nullable(),
        field("share_session_epoch", &M::share_session_epoch),
        field("max_wait_ms", &M::max_wait_ms),
        field("min_bytes", &M::min_bytes),
        field("max_bytes", &M::max_bytes),
        field("topics", &M::topics),
        field("forgotten_topics_data", &M::forgotten_topics_data),
    });
    return fields;
}

const Fields& ShareFetchResponse::CurrentLeader::fields() {
    using M = ShareFetchResponse::CurrentLeader;
    static const Fields fields = describe<M>({
        field("leader_id", &M::leader_id),
        field("leader_epoch", &M::leader_epoch),
    });
    return fields;
}

const Fields& ShareFetchResponse::AcquiredRecord::fields() {
    using M = ShareFetchResponse::AcquiredRecord;
    static const Fields fields = describe<M>({
        field("first_offset", &M::first_offset),
        field("last_offset", &M::last_offset),
        field("delivery_count", &M::delivery_count),
    });
    return fields;
}

const Fields& ShareFetchResponse::Partition::fields() {
    using M = ShareFetchResponse::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
        field("acknowledge_error_code", &M::acknowledge_error_code),
        field("acknowledge_error_message", &M::acknowledge_error_message).nullable(),
        field("current_leader", &M::current_leader),
        field("records", &M::records).nullable(),
        field("acquired_records", &M::acquired_records),
    });
    return fields;
}

const Fields& ShareFetchResponse::Topic::fields() {
    using M = ShareFetchResponse::Topic;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& ShareFetchResponse::NodeEndpoint::fields() {
    using M = ShareFetchResponse::NodeEndpoint;
    static const Fields fields = describe<M>({
        field("node_id", &M::node_id),
        field("host", &M::host),
        field("port", &M::port),
        field("rack", &M::rack).nullable(),
    });
    return fields;
}

const Fields& ShareFetchResponse::fields() {
    using M = ShareFetchResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
        field("responses", &M::responses),
        field("node_endpoints", &M::node_endpoints),
    });
    return fields;
}

const Fields& ShareAcknowledgeRequest::AcknowledgementBatch::fields() {
    using M = ShareAcknowledgeRequest::AcknowledgementBatch;
    static const Fields fields = describe<M>({
        field("first_offset", &M::first_offset),
        field("last_offset", &M::last_offset),
        field("acknowledge_types", &M::acknowledge_types),
    });
    return fields;
}

const Fields& ShareAcknowledgeRequest::Partition::fields() {
    using M = ShareAcknowledgeRequest::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("acknowledgement_batches", &M::acknowledgement_batches),
    });
    return fields;
}

const Fields& ShareAcknowledgeRequest::Topic::fields() {
    using M = ShareAcknowledgeRequest::Topic;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& ShareAcknowledgeRequest::fields() {
    using M = ShareAcknowledgeRequest;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id).nullable(),
        field("member_id", &M::member_id).nullable(),
        field("share_session_epoch", &M::share_session_epoch),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& ShareAcknowledgeResponse::CurrentLeader::fields() {
    using M = ShareAcknowledgeResponse::CurrentLeader;
    static const Fields fields = describe<M>({
        field("leader_id", &M::leader_id),
        field("leader_epoch", &M::leader_epoch),
    });
    return fields;
}

const Fields& ShareAcknowledgeResponse::Partition::fields() {
    using M = ShareAcknowledgeResponse::Partition;
    static const Fields fields = describe<M>({
        field("partition_index", &M::partition_index),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
        field("current_leader", &M::current_leader),
    });
    return fields;
}

const Fields& ShareAcknowledgeResponse::Topic::fields() {
    using M = ShareAcknowledgeResponse::Topic;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& ShareAcknowledgeResponse::NodeEndpoint::fields() {
    using M = ShareAcknowledgeResponse::NodeEndpoint;
    static const Fields fields = describe<M>({
        field("node_id", &M::node_id),
        field("host", &M::host),
        field("port", &M::port),
        field("rack", &M::rack).nullable(),
    });
    return fields;
}

const Fields& ShareAcknowledgeResponse::fields() {
    using M = ShareAcknowledgeResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
        field("responses", &M::responses),
        field("node_endpoints", &M::node_endpoints),
    });
    return fields;
}

}  // namespace gregor::protocol
