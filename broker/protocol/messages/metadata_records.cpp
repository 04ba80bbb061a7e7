#include "broker/protocol/messages/metadata_records.h"

namespace gregor::protocol {

const Fields& RegisterBrokerRecord::EndPoint::fields() {
    using M = RegisterBrokerRecord::EndPoint;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("host", &M::host),
        field("port", &M::port),
        field("security_protocol", &M::security_protocol),
    });
    return fields;
}

const Fields& RegisterBrokerRecord::Feature::fields() {
    using M = RegisterBrokerRecord::Feature;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("min_supported_version", &M::min_supported_version),
        field("max_supported_version", &M::max_supported_version),
    });
    return fields;
}

const Fields& RegisterBrokerRecord::fields() {
    using M = RegisterBrokerRecord;
    static const Fields fields = describe<M>({
        field("broker_id", &M::broker_id),
        field("is_migrating_zk_broker", &M::is_migrating_zk_broker).since(2),
        field("incarnation_id", &M::incarnation_id),
        field("broker_epoch", &M::broker_epoch),
        field("end_points", &M::end_points),
        field("features", &M::features),
        field("rack", &M::rack).nullable(),
        field("fenced", &M::fenced),
        field("in_controlled_shutdown", &M::in_controlled_shutdown).since(1),
        field("log_dirs", &M::log_dirs).since(3).tagged(0),
    });
    return fields;
}

const Fields& UnregisterBrokerRecord::fields() {
    using M = UnregisterBrokerRecord;
    static const Fields fields = describe<M>({
        field("broker_id", &M::broker_id),
        field("broker_epoch", &M::broker_epoch),
    });
    return fields;
}

const Fields& FenceBrokerRecord::fields() {
    using M = FenceBrokerRecord;
    static const Fields fields = describe<M>({
        field("id", &M::id),
        field("epoch", &M::epoch),
    });
    return fields;
}

const Fields& UnfenceBrokerRecord::fields() {
    using M = UnfenceBrokerRecord;
    static const Fields fields = describe<M>({
        field("id", &M::id),
        field("epoch", &M::epoch),
    });
    return fields;
}

const Fields& BrokerRegistrationChangeRecord::fields() {
    using M = BrokerRegistrationChangeRecord;
    static const Fields fields = describe<M>({
        field("broker_id", &M::broker_id),
        field("broker_epoch", &M::broker_epoch),
        field("fenced", &M::fenced).tagged(0),
        field("in_controlled_shutdown", &M::in_controlled_shutdown).since(1).tagged(1),
        field("log_dirs", &M::log_dirs).since(2).tagged(2),
    });
    return fields;
}

const Fields& RegisterControllerRecord::EndPoint::fields() {
    using M = RegisterControllerRecord::EndPoint;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("host", &M::host),
        field("port", &M::port),
        field("security_protocol", &M::security_protocol),
    });
    return fields;
}

const Fields& RegisterControllerRecord::Feature::fields() {
    using M = RegisterControllerRecord::Feature;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("min_supported_version", &M::min_supported_version),
        field("max_supported_version", &M::max_supported_version),
    });
    return fields;
}

const Fields& RegisterControllerRecord::fields() {
    using M = RegisterControllerRecord;
    static const Fields fields = describe<M>({
        field("controller_id", &M::controller_id),
        field("incarnation_id", &M::incarnation_id),
        field("zk_migration_ready", &M::zk_migration_ready),
        field("end_points", &M::end_points),
        field("features", &M::features),
    });
    return fields;
}

const Fields& TopicRecord::fields() {
    using M = TopicRecord;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("topic_id", &M::topic_id),
    });
    return fields;
}

const Fields& PartitionRecord::fields() {
    using M = PartitionRecord;
    static const Fields fields = describe<M>({
        field("partition_id", &M::partition_id),
        field("topic_id", &M::topic_id),
        field("replicas", &M::replicas),
        field("isr", &M::isr),
        field("removing_replicas", &M::removing_replicas),
        field("adding_replicas", &M::adding_replicas),
        field("leader", &M::leader),
        field("leader_recovery_state", &M::leader_recovery_state).tagged(0),
        field("leader_epoch", &M::leader_epoch),
        field("partition_epoch", &M::partition_epoch),
        field("directories", &M::directories).since(1),
        field("eligible_leader_replicas", &M::eligible_leader_replicas)
            .since(2)
            .nullable()
            .tagged(1),
        field("last_known_elr", &M::last_known_elr).since(2).nullable().tagged(2),
    });
    return fields;
}

const Fields& PartitionChangeRecord::fields() {
    using M = PartitionChangeRecord;
    static const Fields fields = describe<M>({
        field("partition_id", &M::partition_id),
        field("topic_id", &M::topic_id),
        field("isr", &M::isr).nullable().tagged(0),
        field("leader", &M::leader).tagged(1),
        field("replicas", &M::replicas).nullable().tagged(2),
        field("removing_replicas", &M::removing_replicas).nullable().tagged(3),
        field("adding_replicas", &M::adding_replicas).nullable().tagged(4),
        field("leader_recovery_state", &M::leader_recovery_state).tagged(5),
        field("directories", &M::directories).since(1).nullable().tagged(8),
        field("eligible_leader_replicas", &M::eligible_leader_replicas)
            .since(2)
            .nullable()
            .tagged(6),
        field("last_known_elr", &M::last_known_elr).since(2).nullable().tagged(7),
    });
    return fields;
}

const Fields& RemoveTopicRecord::fields() {
    using M = RemoveTopicRecord;
    static const Fields fields = describe<M>({
        field("topic_id", &M::topic_id),
    });
    return fields;
}

}  // namespace gregor::protocol
