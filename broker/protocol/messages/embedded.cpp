#include "broker/protocol/messages/embedded.h"

namespace gregor::protocol {

const Fields& ConsumerProtocolSubscription::OwnedPartition::fields() {
    using M = ConsumerProtocolSubscription::OwnedPartition;
    static const Fields fields = describe<M>({
        field("topic", &M::topic),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& ConsumerProtocolSubscription::fields() {
    using M = ConsumerProtocolSubscription;
    static const Fields fields = describe<M>({
        field("topics", &M::topics),
        field("user_data", &M::user_data).nullable(),
        field("owned_partitions", &M::owned_partitions).since(1),
        field("generation_id", &M::generation_id).since(2),
        field("rack_id", &M::rack_id).since(3).nullable(),
    });
    return fields;
}

const Fields& ConsumerProtocolAssignment::AssignedPartition::fields() {
    using M = ConsumerProtocolAssignment::AssignedPartition;
    static const Fields fields = describe<M>({
        field("topic", &M::topic),
        field("partitions", &M::partitions),
    });
    return fields;
}

const Fields& ConsumerProtocolAssignment::fields() {
    using M = ConsumerProtocolAssignment;
    static const Fields fields = describe<M>({
        field("assigned_partitions", &M::assigned_partitions),
        field("user_data", &M::user_data).nullable(),
    });
    return fields;
}

const Fields& DefaultPrincipalData::fields() {
    using M = DefaultPrincipalData;
    static const Fields fields = describe<M>({
        field("type", &M::type),
        field("name", &M::name),
        field("token_authenticated", &M::token_authenticated),
    });
    return fields;
}

}  // namespace gregor::protocol
