// The table of all APIs that a node answers.
#include "broker/server/handlers/alter_configs.h"
#include "broker/server/handlers/alter_replica_log_dirs.h"
#include "broker/server/handlers/api_versions.h"
#include "broker/server/handlers/consumer_groups.h"
#include "broker/server/handlers/controller_requests.h"
#include "broker/server/handlers/delete_records.h"
#include "broker/server/handlers/describe_cluster.h"
#include "broker/server/handlers/describe_configs.h"
#include "broker/server/handlers/describe_log_dirs.h"
#include "broker/server/handlers/describe_topic_partitions.h"
#include "broker/server/handlers/envelope.h"
#include "broker/server/handlers/fetch.h"
#include "broker/server/handlers/find_coordinator.h"
#include "broker/server/handlers/group_admin.h"
#include "broker/server/handlers/group_membership.h"
#include "broker/server/handlers/group_offsets.h"
#include "broker/server/handlers/init_producer_id.h"
#include "broker/server/handlers/list_offsets.h"
#include "broker/server/handlers/metadata.h"
#include "broker/server/handlers/offset_for_leader_epoch.h"
#include "broker/server/handlers/produce.h"
#include "broker/server/handlers/quorum.h"
#include "broker/server/handlers/topics.h"
#include "broker/server/handlers/transaction_admin.h"
#include "broker/server/handlers/transactions.h"
#include "broker/server/router.h"

namespace gregor::server {
namespace {

using protocol::ApiKey;

constexpr Route kRoutes[] = {
    {ApiKey::produce, handle_produce},
    {ApiKey::fetch, handle_fetch},
    {ApiKey::list_offsets, handle_list_offsets},
    {ApiKey::metadata, handle_metadata},
    {ApiKey::offset_commit, handle_offset_commit},
    {ApiKey::offset_fetch, handle_offset_fetch},
    {ApiKey::find_coordinator, handle_find_coordinator},
    {ApiKey::join_group, handle_join_group},
    {ApiKey::heartbeat, handle_heartbeat},
    {ApiKey::leave_group, handle_leave_group},
    {ApiKey::sync_group, handle_sync_group},
    {ApiKey::describe_groups, handle_describe_groups},
    {ApiKey::list_groups, handle_list_groups},
    {ApiKey::api_versions, handle_api_versions},
    {ApiKey::create_topics, handle_create_topics},
    {ApiKey::delete_topics, handle_delete_topics},
    {ApiKey::delete_records, handle_delete_records},
    {ApiKey::init_producer_id, handle_init_producer_id},
    {ApiKey::offset_for_leader_epoch, handle_offset_for_leader_epoch},
    {ApiKey::add_partitions_to_txn, handle_add_partitions_to_txn},
    {ApiKey::add_offsets_to_txn, handle_add_offsets_to_txn},
    {ApiKey::end_txn, handle_end_txn},
    {ApiKey::write_txn_markers, handle_write_txn_markers},
    {ApiKey::txn_offset_commit, handle_txn_offset_commit},
    {ApiKey::describe_configs, handle_describe_configs},
    {ApiKey::alter_configs, handle_alter_configs},
    {ApiKey::alter_replica_log_dirs, handle_alter_replica_log_dirs},
    {ApiKey::describe_log_dirs, handle_describe_log_dirs},
    {ApiKey::create_partitions, handle_create_partitions},
    {ApiKey::incremental_alter_configs, handle_incremental_alter_configs},
    {ApiKey::describe_cluster, handle_describe_cluster},
    {ApiKey::describe_topic_partitions, handle_describe_topic_partitions},
    {ApiKey::vote, handle_vote},
    {ApiKey::begin_quorum_epoch, handle_begin_quorum_epoch},
    {ApiKey::end_quorum_epoch, handle_end_quorum_epoch},
    {ApiKey::describe_quorum, handle_describe_quorum},
    {ApiKey::envelope, handle_envelope},
    {ApiKey::fetch_snapshot, handle_fetch_snapshot},
    {ApiKey::broker_registration, handle_broker_registration},
    {ApiKey::broker_heartbeat, handle_broker_heartbeat},
    {ApiKey::describe_transactions, handle_describe_transactions},
    {ApiKey::list_transactions, handle_list_transactions},
    {ApiKey::allocate_producer_ids, handle_allocate_producer_ids},
    {ApiKey::controller_registration, handle_controller_registration},
    {ApiKey::consumer_group_heartbeat, handle_consumer_group_heartbeat},
    {ApiKey::consumer_group_describe, handle_consumer_group_describe},
    {ApiKey::alter_partition, handle_alter_partition},
    {ApiKey::assign_replicas_to_dirs, handle_assign_replicas_to_dirs},
    {ApiKey::describe_producers, handle_describe_producers},
    {ApiKey::unregister_broker, handle_unregister_broker},
    {ApiKey::delete_groups, handle_delete_groups},
    {ApiKey::elect_leaders, handle_elect_leaders},
    {ApiKey::alter_partition_reassignments, handle_alter_partition_reassignments},
    {ApiKey::list_partition_reassignments, handle_list_partition_reassignments},
    {ApiKey::offset_delete, handle_offset_delete},
    {ApiKey::update_features, handle_update_features},
    {ApiKey::add_raft_voter, handle_add_raft_voter},
    {ApiKey::remove_raft_voter, handle_remove_raft_voter},
    {ApiKey::update_raft_voter, handle_update_raft_voter},
};

}  // namespace

std::span<const Route> all_routes() { return kRoutes; }

}  // namespace gregor::server
