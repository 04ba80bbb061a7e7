#include "broker/protocol/api_key.h"

#include <algorithm>
#include <array>

namespace gregor::protocol {
namespace {

constexpr std::int16_t kNever = VersionRange::kOpen;

enum Listeners : std::uint8_t { kBroker = 1, kController = 2, kBoth = 3 };

struct Row {
    ApiKey key;
    std::string_view name;
    VersionRange served;
    std::int16_t advertised_min;
    std::int16_t first_flexible;
    Listeners listeners;
};

constexpr auto kRows = std::to_array<Row>({
    {ApiKey::produce, "Produce", {3, 12}, 0, 9, kBroker},
    {ApiKey::fetch, "Fetch", {4, 17}, 4, 12, kBoth},
    {ApiKey::list_offsets, "ListOffsets", {0, 10}, 0, 6, kBroker},
    {ApiKey::metadata, "Metadata", {0, 13}, 0, 9, kBroker},
    {ApiKey::offset_commit, "OffsetCommit", {1, 9}, 1, 8, kBroker},
    {ApiKey::offset_fetch, "OffsetFetch", {1, 9}, 1, 6, kBroker},
    {ApiKey::find_coordinator, "FindCoordinator", {0, 6}, 0, 3, kBroker},
    {ApiKey::join_group, "JoinGroup", {0, 9}, 0, 6, kBroker},
    {ApiKey::heartbeat, "Heartbeat", {0, 4}, 0, 4, kBroker},
    {ApiKey::leave_group, "LeaveGroup", {0, 5}, 0, 4, kBroker},
    {ApiKey::sync_group, "SyncGroup", {0, 5}, 0, 4, kBroker},
    {ApiKey::describe_groups, "DescribeGroups", {0, 6}, 0, 5, kBroker},
    {ApiKey::list_groups, "ListGroups", {0, 5}, 0, 3, kBroker},
    {ApiKey::sasl_handshake, "SaslHandshake", {0, 1}, 0, kNever, kBoth},
    {ApiKey::api_versions, "ApiVersions", {0, 4}, 0, 3, kBoth},
    {ApiKey::create_topics, "CreateTopics", {0, 7}, 0, 5, kBoth},
    {ApiKey::delete_topics, "DeleteTopics", {0, 6}, 0, 4, kBoth},
    {ApiKey::delete_records, "DeleteRecords", {0, 2}, 0, 2, kBroker},
    {ApiKey::init_producer_id, "InitProducerId", {0, 5}, 0, 2, kBroker},
    {ApiKey::offset_for_leader_epoch, "OffsetForLeaderEpoch", {2, 4}, 2, 4, kBroker},
    {ApiKey::add_partitions_to_txn, "AddPartitionsToTxn", {0, 5}, 0, 3, kBroker},
    {ApiKey::add_offsets_to_txn, "AddOffsetsToTxn", {0, 4}, 0, 3, kBroker},
    {ApiKey::end_txn, "EndTxn", {0, 5}, 0, 3, kBroker},
    {ApiKey::write_txn_markers, "WriteTxnMarkers", {1, 2}, 1, 1, kBroker},
    {ApiKey::txn_offset_commit, "TxnOffsetCommit", {0, 5}, 0, 3, kBroker},
    {ApiKey::describe_acls, "DescribeAcls", {0, 3}, 0, 2, kBoth},
    {ApiKey::create_acls, "CreateAcls", {0, 3}, 0, 2, kBoth},
    {ApiKey::delete_acls, "DeleteAcls", {0, 3}, 0, 2, kBoth},
    {ApiKey::describe_configs, "DescribeConfigs", {0, 4}, 0, 4, kBoth},
    {ApiKey::alter_configs, "AlterConfigs", {0, 2}, 0, 2, kBoth},
    {ApiKey::alter_replica_log_dirs, "AlterReplicaLogDirs", {1, 2}, 1, 2, kBroker},
    {ApiKey::describe_log_dirs, "DescribeLogDirs", {0, 4}, 0, 2, kBroker},
    {ApiKey::sasl_authenticate, "SaslAuthenticate", {0, 2}, 0, 2, kBoth},
    {ApiKey::create_partitions, "CreatePartitions", {0, 3}, 0, 2, kBoth},
    {ApiKey::create_delegation_token, "CreateDelegationToken", {1, 3}, 1, 2, kBoth},
    {ApiKey::renew_delegation_token, "RenewDelegationToken", {1, 2}, 1, 2, kBoth},
    {ApiKey::expire_delegation_token, "ExpireDelegationToken", {1, 2}, 1, 2, kBoth},
    {ApiKey::describe_delegation_token, "DescribeDelegationToken", {1, 3}, 1, 2, kBoth},
    {ApiKey::delete_groups, "DeleteGroups", {0, 2}, 0, 2, kBroker},
    {ApiKey::elect_leaders, "ElectLeaders", {0, 2}, 0, 2, kBoth},
    {ApiKey::incremental_alter_configs, "IncrementalAlterConfigs", {0, 1}, 0, 1, kBoth},
    {ApiKey::alter_partition_reassignments, "AlterPartitionReassignments", {0, 0}, 0, 0, kBoth},
    {ApiKey::list_partition_reassignments, "ListPartitionReassignments", {0, 0}, 0, 0, kBoth},
    {ApiKey::offset_delete, "OffsetDelete", {0, 0}, 0, kNever, kBroker},
    {ApiKey::describe_client_quotas, "DescribeClientQuotas", {0, 1}, 0, 1, kBroker},
    {ApiKey::alter_client_quotas, "AlterClientQuotas", {0, 1}, 0, 1, kBoth},
    {ApiKey::describe_user_scram_credentials, "DescribeUserScramCredentials", {0, 0}, 0, 0, kBoth},
    {ApiKey::alter_user_scram_credentials, "AlterUserScramCredentials", {0, 0}, 0, 0, kBoth},
    {ApiKey::vote, "Vote", {0, 2}, 0, 0, kController},
    {ApiKey::begin_quorum_epoch, "BeginQuorumEpoch", {0, 1}, 0, 1, kController},
    {ApiKey::end_quorum_epoch, "EndQuorumEpoch", {0, 1}, 0, 1, kController},
    {ApiKey::describe_quorum, "DescribeQuorum", {0, 2}, 0, 0, kBoth},
    {ApiKey::alter_partition, "AlterPartition", {2, 3}, 2, 0, kController},
    {ApiKey::update_features, "UpdateFeatures", {0, 2}, 0, 0, kBoth},
    {ApiKey::envelope, "Envelope", {0, 0}, 0, 0, kController},
    {ApiKey::fetch_snapshot, "FetchSnapshot", {0, 1}, 0, 0, kController},
    {ApiKey::describe_cluster, "DescribeCluster", {0, 2}, 0, 0, kBoth},
    {ApiKey::describe_producers, "DescribeProducers", {0, 0}, 0, 0, kBroker},
    {ApiKey::broker_registration, "BrokerRegistration", {0, 4}, 0, 0, kController},
    {ApiKey::broker_heartbeat, "BrokerHeartbeat", {0, 1}, 0, 0, kController},
    {ApiKey::unregister_broker, "UnregisterBroker", {0, 0}, 0, 0, kBoth},
    {ApiKey::describe_transactions, "DescribeTransactions", {0, 0}, 0, 0, kBroker},
    {ApiKey::list_transactions, "ListTransactions", {0, 1}, 0, 0, kBroker},
    {ApiKey::allocate_producer_ids, "AllocateProducerIds", {0, 0}, 0, 0, kController},
    {ApiKey::consumer_group_heartbeat, "ConsumerGroupHeartbeat", {0, 1}, 0, 0, kBroker},
    {ApiKey::consumer_group_describe, "ConsumerGroupDescribe", {0, 1}, 0, 0, kBroker},
    {ApiKey::controller_registration, "ControllerRegistration", {0, 0}, 0, 0, kController},
    {ApiKey::get_telemetry_subscriptions, "GetTelemetrySubscriptions", {0, 0}, 0, 0, kBroker},
    {ApiKey::push_telemetry, "PushTelemetry", {0, 0}, 0, 0, kBroker},
    {ApiKey::assign_replicas_to_dirs, "AssignReplicasToDirs", {0, 0}, 0, 0, kController},
    {ApiKey::list_client_metrics_resources, "ListClientMetricsResources", {0, 0}, 0, 0, kBroker},
    {ApiKey::describe_topic_partitions, "DescribeTopicPartitions", {0, 0}, 0, 0, kBroker},
    {ApiKey::share_group_heartbeat, "ShareGroupHeartbeat", {0, 0}, 0, 0, kBroker},
    {ApiKey::share_group_describe, "ShareGroupDescribe", {0, 0}, 0, 0, kBroker},
    {ApiKey::share_fetch, "ShareFetch", {0, 0}, 0, 0, kBroker},
    {ApiKey::share_acknowledge, "ShareAcknowledge", {0, 0}, 0, 0, kBroker},
    {ApiKey::add_raft_voter, "AddRaftVoter", {0, 0}, 0, 0, kBoth},
    {ApiKey::remove_raft_voter, "RemoveRaftVoter", {0, 0}, 0, 0, kBoth},
    {ApiKey::update_raft_voter, "UpdateRaftVoter", {0, 0}, 0, 0, kController},
    {ApiKey::initialize_share_group_state, "InitializeShareGroupState", {0, 0}, 0, 0, kBroker},
    {ApiKey::read_share_group_state, "ReadShareGroupState", {0, 0}, 0, 0, kBroker},
    {ApiKey::write_share_group_state, "WriteShareGroupState", {0, 0}, 0, 0, kBroker},
    {ApiKey::delete_share_group_state, "DeleteShareGroupState", {0, 0}, 0, 0, kBroker},
    {ApiKey::read_share_group_state_summary, "ReadShareGroupStateSummary", {0, 0}, 0, 0, kBroker},
});

constexpr auto kTable = [] {
    std::array<ApiInfo, kRows.size()> table{};
    std::ranges::transform(kRows, table.begin(), [](const Row& row) {
        return ApiInfo{row.key,
                       row.name,
                       row.served,
                       row.advertised_min,
                       row.first_flexible,
                       (row.listeners & kBroker) != 0,
                       (row.listeners & kController) != 0};
    });
    return table;
}();

}  // namespace

std::span<const ApiInfo> apis() { return kTable; }

const ApiInfo* find_api(ApiKey key) {
    const auto at = std::ranges::lower_bound(kTable, key, {}, &ApiInfo::key);
    return at != kTable.end() && at->key == key ? &*at : nullptr;
}

std::string_view name(ApiKey key) {
    const ApiInfo* info = find_api(key);
    return info == nullptr ? "Unknown" : info->name;
}

}  // namespace gregor::protocol
