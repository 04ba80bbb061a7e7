#include "broker/controller/controller.h"

#include "broker/controller/brokers.h"
#include "broker/controller/configs.h"
#include "broker/controller/create_partitions.h"
#include "broker/controller/create_topics.h"
#include "broker/controller/delete_topics.h"
#include "broker/controller/producer_ids.h"

namespace gregor::controller {

std::vector<VersionedRecord> Controller::bootstrap_records() const {
    constexpr std::int16_t kVersion = metadata::kMetadataVersion_3_9_IV0;
    std::vector<VersionedRecord> records;
    records.push_back(
        versioned(protocol::BeginTransactionRecord{.name = "Bootstrap records"}, kVersion));
    records.push_back(versioned(
        protocol::FeatureLevelRecord{.name = std::string(metadata::kMetadataVersionFeature),
                                     .feature_level = kVersion},
        kVersion));
    records.push_back(versioned(protocol::EndTransactionRecord{}, kVersion));
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
    return delete_topics(image(), config_, request, context.request_version);
}

ControllerResult<protocol::CreatePartitionsResponse> Controller::handle(
    const ControllerContext&, const protocol::CreatePartitionsRequest& request) {
    return create_partitions(image(), random_, request);
}

ControllerResult<protocol::IncrementalAlterConfigsResponse> Controller::handle(
    const ControllerContext&, const protocol::IncrementalAlterConfigsRequest& request) {
    return incremental_alter_configs(image(), config_, request);
}

ControllerResult<protocol::AlterConfigsResponse> Controller::handle(
    const ControllerContext&, const protocol::AlterConfigsRequest& request) {
    return alter_configs(image(), config_, request);
}

ControllerResult<protocol::AllocateProducerIdsResponse> Controller::handle(
    const ControllerContext&, const protocol::AllocateProducerIdsRequest& request) {
    return allocate_producer_ids(image(), request);
}

ControllerResult<protocol::BrokerRegistrationResponse> Controller::handle(
    const ControllerContext& context, const protocol::BrokerRegistrationRequest& request) {
    return register_broker(image(), config_, context.next_offset, request);
}

ControllerResult<protocol::BrokerHeartbeatResponse> Controller::handle(
    const ControllerContext&, const protocol::BrokerHeartbeatRequest& request) {
    return heartbeat(image(), request);
}

ControllerResult<protocol::ControllerRegistrationResponse> Controller::handle(
    const ControllerContext&, const protocol::ControllerRegistrationRequest& request) {
    return register_controller(image(), request);
}

std::vector<VersionedRecord> Controller::fence(protocol::NodeId broker) const {
    return fence_broker(image(), broker);
}

}  // namespace gregor::controller
