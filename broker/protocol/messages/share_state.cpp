#include "broker/protocol/messages/share_state.h"

namespace gregor::protocol {

const Fields& InitializeShareGroupStateRequest::Partition::fields() {
    using M = InitializeShareGroupStateRequest::Partition;
    static const Fields fields = describe<M>({
        field("partition", &M::partition),
        field("state_epoch", &M::state_epoch),
        field("start_offset", &M::start_offset),
    });
    return fields;
}

const Fields& InitializeShareGroupStateRequest::Topic::fields() {
    using M = InitializeShareGroupStateRequest::Topic;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& InitializeShareGroupStateRequest::fields() {
    using M = InitializeShareGroupStateRequest;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& InitializeShareGroupStateResponse::Partition::fields() {
    using M = InitializeShareGroupStateResponse::Partition;
    static const Fields fields = describe<M>({
        field("partition", &M::partition),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
    });
    return fields;
}

const Fields& InitializeShareGroupStateResponse::Result::fields() {
    using M = InitializeShareGroupStateResponse::Result;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& InitializeShareGroupStateResponse::fields() {
    using M = InitializeShareGroupStateResponse;
    static const Fields fields = describe<M>({
        field("results", &M::results),
    });
    return fields;
}

const Fields& ReadShareGroupStateRequest::Partition::fields() {
    using M = ReadShareGroupStateRequest::Partition;
    static const Fields fields = describe<M>({
        field("partition", &M::partition),
        field("leader_epoch", &M::leader_epoch),
    });
    return fields;
}

const Fields& ReadShareGroupStateRequest::Topic::fields() {
    using M = ReadShareGroupStateRequest::Topic;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& ReadShareGroupStateRequest::fields() {
    using M = ReadShareGroupStateRequest;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& ReadShareGroupStateResponse::StateBatch::fields() {
    using M = ReadShareGroupStateResponse::StateBatch;
    static const Fields fields = describe<M>({
        field("first_offset", &M::first_offset),
        field("last_offset", &M::last_offset),
        field("delivery_state", &M::delivery_state),
        field("delivery_count", &M::delivery_count),
    });
    return fields;
}

const Fields& ReadShareGroupStateResponse::Partition::fields() {
    using M = ReadShareGroupStateResponse::Partition;
    static const Fields fields = describe<M>({
        field("partition", &M::partition),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
        field("state_epoch", &M::state_epoch),
        field("start_offset", &M::start_offset),
        field("state_batches", &M::state_batches),
    });
    return fields;
}

const Fields& ReadShareGroupStateResponse::Result::fields() {
    using M = ReadShareGroupStateResponse::Result;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& ReadShareGroupStateResponse::fields() {
    using M = ReadShareGroupStateResponse;
    static const Fields fields = describe<M>({
        field("results", &M::results),
    });
    return fields;
}

const Fields& WriteShareGroupStateRequest::StateBatch::fields() {
    using M = WriteShareGroupStateRequest::StateBatch;
    static const Fields fields = describe<M>({
        field("first_offset", &M::first_offset),
        field("last_offset", &M::last_offset),
        field("delivery_state", &M::delivery_state),
        field("delivery_count", &M::delivery_count),
    });
    return fields;
}

const Fields& WriteShareGroupStateRequest::Partition::fields() {
    using M = WriteShareGroupStateRequest::Partition;
    static const Fields fields = describe<M>({
        field("partition", &M::partition),
        field("state_epoch", &M::state_epoch),
        field("leader_epoch", &M::leader_epoch),
        field("start_offset", &M::start_offset),
        field("state_batches", &M::state_batches),
    });
    return fields;
}

const Fields& WriteShareGroupStateRequest::Topic::fields() {
    using M = WriteShareGroupStateRequest::Topic;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& WriteShareGroupStateRequest::fields() {
    using M = WriteShareGroupStateRequest;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& WriteShareGroupStateResponse::Partition::fields() {
    using M = WriteShareGroupStateResponse::Partition;
    static const Fields fields = describe<M>({
        field("partition", &M::partition),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
    });
    return fields;
}

const Fields& WriteShareGroupStateResponse::Result::fields() {
    using M = WriteShareGroupStateResponse::Result;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& WriteShareGroupStateResponse::fields() {
    using M = WriteShareGroupStateResponse;
    static const Fields fields = describe<M>({
        field("results", &M::results),
    });
    return fields;
}

const Fields& DeleteShareGroupStateRequest::Partition::fields() {
    using M = DeleteShareGroupStateRequest::Partition;
    static const Fields fields = describe<M>({
        field("partition", &M::partition),
    });
    return fields;
}

const Fields& DeleteShareGroupStateRequest::Topic::fields() {
    using M = DeleteShareGroupStateRequest::Topic;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& DeleteShareGroupStateRequest::fields() {
    using M = DeleteShareGroupStateRequest;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& DeleteShareGroupStateResponse::Partition::fields() {
    using M = DeleteShareGroupStateResponse::Partition;
    static const Fields fields = describe<M>({
        field("partition", &M::partition),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
    });
    return fields;
}

const Fields& DeleteShareGroupStateResponse::Result::fields() {
    using M = DeleteShareGroupStateResponse::Result;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& DeleteShareGroupStateResponse::fields() {
    using M = DeleteShareGroupStateResponse;
    static const Fields fields = describe<M>({
        field("results", &M::results),
    });
    return fields;
}

const Fields& ReadShareGroupStateSummaryRequest::Partition::fields() {
    using M = ReadShareGroupStateSummaryRequest::Partition;
    static const Fields fields = describe<M>({
        field("partition", &M::partition),
        field("leader_epoch", &M::leader_epoch),
    });
    return fields;
}

const Fields& ReadShareGroupStateSummaryRequest::Topic::fields() {
    using M = ReadShareGroupStateSummaryRequest::Topic;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& ReadShareGroupStateSummaryRequest::fields() {
    using M = ReadShareGroupStateSummaryRequest;
    static const Fields fields = describe<M>({
        field("group_id", &M::group_id),
        field("topics", &M::topics),
    });
    return fields;
}

const Fields& ReadShareGroupStateSummaryResponse::Partition::fields() {
    using M = ReadShareGroupStateSummaryResponse::Partition;
    static const Fields fields = describe<M>({
        field("partition", &M::partition),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
        field("state_epoch", &M::state_epoch),
        field("start_offset", &M::start_offset),
    });
    return fields;
}

const Fields& ReadShareGroupStateSummaryResponse::Result::fields() {
    using M = ReadShareGroupStateSummaryResponse::Result;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& ReadShareGroupStateSummaryResponse::fields() {
    using M = ReadShareGroupStateSummaryResponse;
    static const Fields fields = describe<M>({
        field("results", &M::results),
    });
    return fields;
}

}  // namespace gregor::protocol
