#include "broker/controller/controller.h"

#include "broker/controller/alter_partition.h"
#include "broker/controller/brokers.h"
#include "broker/controller/configs.h"
#include "broker/controller/create_partitions.h"
#include "broker/controller/create_topics.h"
#include "broker/controller/delete_topics.h"
#include "broker/controller/elect_leaders.h"
#include "broker/controller/election_rules.h"
#include "broker/controller/features.h"
#include "broker/controller/heartbeats.h"
#include "broker/controller/log_directories.h"
#include "broker/controller/producer_ids.h"
#include "broker/controller/reassignments.h"
#include "broker/metadata/metadata_batch.h"
#include "sim/base/check.h"
#include "sim/base/probe.h"

namespace gregor::controller {

std::vector<VersionedRecord> Controller::bootstrap_records() const {
    std::map<std::string, std::int16_t> features = config_.bootstrap_features;
    const std::string metadata_version(metadata::kMetadataVersionFeature);
    features.try_emplace(metadata_version, metadata::kMetadataVersion_3_9_IV0);
    const std::int16_t version = features.at(metadata_version);
    std::vector<VersionedRecord> records;
    const auto add = [&](metadata::MetadataRecord record) {
        records.push_back(versioned(std::move(record), version));
    };
    add(protocol::BeginTransactionRecord{.name = "Bootstrap records"});
    add(protocol::FeatureLevelRecord{.name = metadata_version, .feature_level = version});
    for (const auto& [name, level] : features) {
        if (name == metadata_version) continue;
        add(protocol::FeatureLevelRecord{.name = name, .feature_level = level});
    }
    add(protocol::EndTransactionRecord{});
    return records;
}

std::vector<VersionedRecord> Controller::activation_records() const {
    if (!loader_.in_transaction()) return {};
    std::vector<VersionedRecord> records;
    records.push_back(versioned(protocol::AbortTransactionRecord{.reason = "failover"},
                                image().metadata_version()));
    return records;
}

ControllerResult<protocol::CreateTopicsResponse> Controller::handle(
    const ControllerContext&, const protocol::CreateTopicsRequest& request) {
    return create_topics(image(), config_, random_, request);
}

ControllerResult<protocol::DeleteTopicsResponse> Controller::handle(
    const ControllerContext& context, const protocol::DeleteTopicsRequest& request) {
    return kept_together(delete_topics(image(), config_, request, context.request_version));
}

ControllerResult<protocol::CreatePartitionsResponse> Controller::handle(
    const ControllerContext&, const protocol::CreatePartitionsRequest& request) {
    return create_partitions(image(), random_, request);
}

ControllerResult<protocol::IncrementalAlterConfigsResponse> Controller::handle(
    const ControllerContext&, const protocol::IncrementalAlterConfigsRequest& request) {
    return kept_together(incremental_alter_configs(image(), config_, request));
}

ControllerResult<protocol::AlterConfigsResponse> Controller::handle(
    const ControllerContext&, const protocol::AlterConfigsRequest& request) {
    return kept_together(alter_configs(image(), config_, request));
}

ControllerResult<protocol::AllocateProducerIdsResponse> Controller::handle(
    const ControllerContext&, const protocol::AllocateProducerIdsRequest& request) {
    return allocate_producer_ids(image(), request);
}

ControllerResult<protocol::BrokerRegistrationResponse> Controller::handle(
    const ControllerContext& context, const protocol::BrokerRegistrationRequest& request) {
    return kept_together(register_broker(image(), config_, sessions_,
                                         {.now_ms = context.now_ms,
                                          .next_offset = context.next_offset,
                                          .version = context.request_version},
                                         request));
}

ControllerResult<protocol::BrokerHeartbeatResponse> Controller::handle(
    const ControllerContext& context, const protocol::BrokerHeartbeatRequest& request) {
    return kept_together(heartbeat(image(), config_, sessions_,
                                   {.now_ms = context.now_ms, .next_offset = context.next_offset},
                                   request));
}

ControllerResult<protocol::ControllerRegistrationResponse> Controller::handle(
    const ControllerContext&, const protocol::ControllerRegistrationRequest& request) {
    return register_controller(image(), request);
}

ControllerResult<protocol::UnregisterBrokerResponse> Controller::handle(
    const ControllerContext&, const protocol::UnregisterBrokerRequest& request) {
    return kept_together(unregister_broker(image(), config_, request));
}

ControllerResult<protocol::AlterPartitionResponse> Controller::handle(
    const ControllerContext& context, const protocol::AlterPartitionRequest& request) {
    return kept_together(alter_partition(image(), config_, request, context.request_version));
}

ControllerResult<protocol::ElectLeadersResponse> Controller::handle(
    const ControllerContext&, const protocol::ElectLeadersRequest& request) {
    return elect_leaders(image(), config_, request);
}

ControllerResult<protocol::AssignReplicasToDirsResponse> Controller::handle(
    const ControllerContext&, const protocol::AssignReplicasToDirsRequest& request) {
    return kept_together(assign_replicas_to_dirs(image(), config_, request));
}

ControllerResult<protocol::AlterPartitionReassignmentsResponse> Controller::handle(
    const ControllerContext&, const protocol::AlterPartitionReassignmentsRequest& request) {
    return kept_together(alter_partition_reassignments(image(), config_, request));
}

ControllerResult<protocol::ListPartitionReassignmentsResponse> Controller::handle(
    const ControllerContext&, const protocol::ListPartitionReassignmentsRequest& request) {
    return list_partition_reassignments(image(), request);
}

ControllerResult<protocol::UpdateFeaturesResponse> Controller::handle(
    const ControllerContext& context, const protocol::UpdateFeaturesRequest& request) {
    return kept_together(
        update_features(image(), config_, context.kraft_version, request, context.request_version));
}

std::vector<VersionedRecord> Controller::fence(protocol::NodeId broker) const {
    Draft draft(image());
    fence_broker(draft, config_, broker);
    return kept_together(std::move(draft).take_records());
}

std::vector<VersionedRecord> Controller::fence_expired(std::int64_t now_ms) const {
    return kept_together(fence_expired_broker(image(), config_, sessions_, now_ms));
}

std::vector<VersionedRecord> Controller::balance_leaders() const {
    return controller::balance_leaders(image(), config_);
}

std::vector<VersionedRecord> Controller::elect_unclean_leaders() const {
    return controller::elect_unclean_leaders(image(), config_);
}

void Controller::check_invariants() const {
    image().check_invariants();
    for (const auto& [id, topic] : image().topics()) {
        const ElectionRules rules = election_rules(image(), config_, topic->name);
        for (const auto& [partition, state] : topic->partitions) {
            const auto min_isr = static_cast<std::size_t>(rules.min_isr);
            CHECK(state.elr.empty() || state.isr.size() < min_isr,
                  "{}-{}: an elr beside {} members of the isr", topic->name, partition,
                  state.isr.size());
        }
    }
}

std::vector<VersionedRecord> Controller::kept_together(std::vector<VersionedRecord> records) const {
    const std::int16_t version = image().metadata_version();
    if (records.empty() || metadata::fits_one_batch(records)) return records;
    if (version < metadata::kMetadataVersion_3_6_IV1) return records;
    PROBE("a decision took a metadata transaction");
    records.insert(records.begin(), versioned(protocol::BeginTransactionRecord{}, version));
    records.push_back(versioned(protocol::EndTransactionRecord{}, version));
    return records;
}

template <class Response>
ControllerResult<Response> Controller::kept_together(ControllerResult<Response> result) const {
    const std::size_t size = result.records.size();
    result.records = kept_together(std::move(result.records));
    if (result.records.size() != size) result.atomic = false;
    return result;
}

}  // namespace gregor::controller
