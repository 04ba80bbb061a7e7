#include "broker/protocol/messages/metadata_records_other.h"

namespace gregor::protocol {

const Fields& ConfigRecord::fields() {
    using M = ConfigRecord;
    static const Fields fields = describe<M>({
        field("resource_type", &M::resource_type),
        field("resource_name", &M::resource_name),
        field("name", &M::name),
        field("value", &M::value).nullable(),
    });
    return fields;
}

const Fields& FeatureLevelRecord::fields() {
    using M = FeatureLevelRecord;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("feature_level", &M::feature_level),
    });
    return fields;
}

const Fields& ProducerIdsRecord::fields() {
    using M = ProducerIdsRecord;
    static const Fields fields = describe<M>({
        field("broker_id", &M::broker_id),
        field("broker_epoch", &M::broker_epoch),
        field("next_producer_id", &M::next_producer_id),
    });
    return fields;
}

const Fields& ClientQuotaRecord::Entity::fields() {
    using M = ClientQuotaRecord::Entity;
    static const Fields fields = describe<M>({
        field("entity_type", &M::entity_type),
        field("entity_name", &M::entity_name).nullable(),
    });
    return fields;
}

const Fields& ClientQuotaRecord::fields() {
    using M = ClientQuotaRecord;
    static const Fields fields = describe<M>({
        field("entity", &M::entity),
        field("key", &M::key),
        field("value", &M::value),
        field("remove", &M::remove),
    });
    return fields;
}

const Fields& AccessControlEntryRecord::fields() {
    using M = AccessControlEntryRecord;
    static const Fields fields = describe<M>({
        field("id", &M::id),
        field("resource_type", &M::resource_type),
        field("resource_name", &M::resource_name),
        field("pattern_type", &M::pattern_type),
        field("principal", &M::principal),
        field("host", &M::host),
        field("operation", &M::operation),
        field("permission_type", &M::permission_type),
    });
    return fields;
}

const Fields& RemoveAccessControlEntryRecord::fields() {
    using M = RemoveAccessControlEntryRecord;
    static const Fields fields = describe<M>({
        field("id", &M::id),
    });
    return fields;
}

const Fields& UserScramCredentialRecord::fields() {
    using M = UserScramCredentialRecord;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("mechanism", &M::mechanism),
        field("salt", &M::salt),
        field("stored_key", &M::stored_key),
        field("server_key", &M::server_key),
        field("iterations", &M::iterations),
    });
    return fields;
}

const Fields& RemoveUserScramCredentialRecord::fields() {
    using M = RemoveUserScramCredentialRecord;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("mechanism", &M::mechanism),
    });
    return fields;
}

const Fields& DelegationTokenRecord::fields() {
    using M = DelegationTokenRecord;
    static const Fields fields = describe<M>({
        field("owner", &M::owner),
        field("requester", &M::requester),
        field("renewers", &M::renewers),
        field("issue_timestamp", &M::issue_timestamp),
        field("max_timestamp", &M::max_timestamp),
        field("expiration_timestamp", &M::expiration_timestamp),
        field("token_id", &M::token_id),
    });
    return fields;
}

const Fields& RemoveDelegationTokenRecord::fields() {
    using M = RemoveDelegationTokenRecord;
    static const Fields fields = describe<M>({
        field("token_id", &M::token_id),
    });
    return fields;
}

const Fields& BeginTransactionRecord::fields() {
    using M = BeginTransactionRecord;
    static const Fields fields = describe<M>({
        field("name", &M::name).nullable().tagged(0),
    });
    return fields;
}

const Fields& EndTransactionRecord::fields() {
    static const Fields fields = describe<EndTransactionRecord>({});
    return fields;
}

const Fields& AbortTransactionRecord::fields() {
    using M = AbortTransactionRecord;
    static const Fields fields = describe<M>({
        field("reason", &M::reason).nullable().tagged(0),
    });
    return fields;
}

const Fields& NoOpRecord::fields() {
    static const Fields fields = describe<NoOpRecord>({});
    return fields;
}

const Fields& ZkMigrationStateRecord::fields() {
    using M = ZkMigrationStateRecord;
    static const Fields fields = describe<M>({
        field("zk_migration_state", &M::zk_migration_state),
    });
    return fields;
}

}  // namespace gregor::protocol
