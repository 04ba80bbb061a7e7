#include "broker/protocol/messages/consumer_groups.h"

namespace gregor::protocol {

const Fields& ConsumerGroupHeartbeatRequest::TopicPartition::fields() {
    using M = ConsumerGroupHeartbeatRequest::TopicPartition;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& ConsumerGroupHeartbeatRequest::fields() {
    using M = ConsumerGroupHeartbeatRequest;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
        field("member_id", &M::member_id),
        field("member_epoch", &M::member_epoch),
        field("instance_id", &M::instance_id).nullable(),
        field("rack_id", &M::rack_id).nullable(),
        field("rebalance_timeout_ms", &M::rebalance_timeout_ms),
        field("subscribed_topic_names", &M::subscribed_topic_names).nullable(),
        field("subscribed_topic_regex", &M::subscribed_topic_regex).since(1).nullable(),
        field("server_assignor", &M::server_assignor).nullable(),
        field("topic_partitions", &M::topic_partitions).nullable(),
    });
    return fields;
}

const Fields& ConsumerGroupHeartbeatResponse::TopicPartitions::fields() {
    using M = ConsumerGroupHeartbeatResponse::TopicPartitions;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& ConsumerGroupHeartbeatResponse::Assignment::fields() {
    using M = ConsumerGroupHeartbeatResponse::Assignment;
    static const Fields fields = describe<M>({
        field("topic_partitions", &M::topic_partitions),
    });
    return fields;
}

const Fields& ConsumerGroupHeartbeatResponse::fields() {
    using M = ConsumerGroupHeartbeatResponse;
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

const Fields& ConsumerGroupDescribeRequest::fields() {
    using M = ConsumerGroupDescribeRequest;
    static const Fields fields = describe<M>({
        field("group_ids", &M::group_ids),
        field("include_authorized_operations", &M::include_authorized_operations),
    });
    return fields;
}

const Fields& ConsumerGroupDescribeResponse::TopicPartitions::fields() {
    using M = ConsumerGroupDescribeResponse::TopicPartitions;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("topic_name", &M::topic_name),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& ConsumerGroupDescribeResponse::Assignment::fields() {
    using M = ConsumerGroupDescribeResponse::Assignment;
    static const Fields fields = describe<M>({
        field("topic_partitions", &M::topic_partitions),
    });
    return fields;
}

const Fields& ConsumerGroupDescribeResponse::Member::fields() {
    using M = ConsumerGroupDescribeResponse::Member;
    static const Fields fields = describe<M>({
        field("member_id", &M::member_id),
        field("instance_id", &M::instance_id).nullable(),
        field("rack_id", &M::rack_id).nullable(),
        field("member_epoch", &M::member_epoch),
        field("client_id", &M::client_id),
        field("client_host", &M::client_host),
        field("subscribed_topic_names", &M::subscribed_topic_names),
        field("subscribed_topic_regex", &M::subscribed_topic_regex).nullable(),
        field("assignment", &M::assignment),
        field("target_assignment", &M::target_assignment),
        field("member_type", &M::member_type).since(1),
    });
    return fields;
}

const Fields& ConsumerGroupDescribeResponse::Group::fields() {
    using M = ConsumerGroupDescribeResponse::Group;
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

const Fields& ConsumerGroupDescribeResponse::fields() {
    using M = ConsumerGroupDescribeResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("groups", &M::groups),
    });
    return fields;
}

}  // namespace gregor::protocol
