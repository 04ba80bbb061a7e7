#include "broker/controller/brokers.h"

#include <algorithm>

#include "broker/controller/partition_leadership.h"

namespace gregor::controller {
namespace {

using metadata::BrokerImage;
using metadata::MetadataImage;
using protocol::BrokerHeartbeatRequest;
using protocol::BrokerHeartbeatResponse;
using protocol::BrokerRegistrationChangeRecord;
using protocol::BrokerRegistrationRequest;
using protocol::BrokerRegistrationResponse;

ErrorCode find_fault(const MetadataImage& image, const ControllerConfig& config,
                     const BrokerRegistrationRequest& request) {
    if (request.cluster_id != config.cluster_id) return ErrorCode::inconsistent_cluster_id;
    if (request.incarnation_id.is_zero()) return ErrorCode::invalid_request;
    if (request.listeners.empty()) return ErrorCode::invalid_registration;
    const BrokerImage* present = image.find_broker(request.broker_id);
    if (present == nullptr || present->incarnation_id == request.incarnation_id) {
        return ErrorCode::none;
    }
    // Who holds the directories of an incarnation holds their locks: that one has ended.
    const bool is_successor = !request.log_dirs.empty() && request.log_dirs == present->log_dirs;
    return present->fenced || is_successor ? ErrorCode::none
                                           : ErrorCode::duplicate_broker_registration;
}

void append(std::vector<VersionedRecord>& records, std::vector<VersionedRecord> more) {
    std::ranges::move(more, std::back_inserter(records));
}

ControllerResult<BrokerHeartbeatResponse> refuse(ErrorCode code) {
    return {.records = {}, .response = {.error_code = code}};
}

/// Where a broker is between its registration and its end, as its heartbeats want it.
class Lifecycle {
public:
    Lifecycle(const MetadataImage& image, const BrokerImage& broker)
        : image_(image), broker_(broker) {}

    ControllerResult<BrokerHeartbeatResponse> step(const BrokerHeartbeatRequest& request) {
        const bool caught_up = request.current_metadata_offset.value() >= broker_.broker_epoch;
        result_.response.is_caught_up = caught_up;
        result_.response.is_fenced = broker_.fenced;
        if (request.want_shut_down) {
            shut_down();
        } else if (request.want_fence) {
            fence();
        } else if (broker_.fenced && caught_up) {
            unfence();
        }
        return std::move(result_);
    }

private:
    void change(BrokerRegistrationChangeRecord record) {
        record.broker_id = broker_.broker_id;
        record.broker_epoch = broker_.broker_epoch;
        result_.records.push_back(versioned(std::move(record), image_.metadata_version()));
    }

    void fence() {
        if (broker_.fenced) return;
        change({.fenced = 1});
        append(result_.records, partition_changes_without(image_, broker_.broker_id));
        result_.response.is_fenced = true;
    }

    void unfence() {
        change({.fenced = -1});
        append(result_.records, partition_changes_with(image_, broker_.broker_id));
        result_.response.is_fenced = false;
    }

    /// First it gives away what it leads, then it is fenced and may go.
    void shut_down() {
        if (broker_.fenced) {
            result_.response.should_shut_down = true;
        } else if (!broker_.in_controlled_shutdown) {
            change({.in_controlled_shutdown = 1});
            append(result_.records, partition_changes_without(image_, broker_.broker_id));
        } else if (!leads_any_partition(image_, broker_.broker_id)) {
            change({.fenced = 1});
            result_.response.is_fenced = true;
            result_.response.should_shut_down = true;
        }
    }

    const MetadataImage& image_;
    const BrokerImage& broker_;
    ControllerResult<BrokerHeartbeatResponse> result_{.records = {}, .response = {}};
};

}  // namespace

ControllerResult<BrokerRegistrationResponse> register_broker(
    const MetadataImage& image, const ControllerConfig& config, protocol::Offset next_offset,
    const BrokerRegistrationRequest& request) {
    ControllerResult<BrokerRegistrationResponse> result{
        .records = {}, .response = {}, .atomic = true};
    result.response.error_code = find_fault(image, config, request);
    if (result.response.error_code != ErrorCode::none) return result;
    const BrokerImage* present = image.find_broker(request.broker_id);
    if (present != nullptr && present->incarnation_id == request.incarnation_id) {
        result.response.broker_epoch = present->broker_epoch;  // it did not hear the first answer
        return result;
    }
    protocol::RegisterBrokerRecord record{.broker_id = request.broker_id,
                                          .is_migrating_zk_broker = request.is_migrating_zk_broker,
                                          .incarnation_id = request.incarnation_id,
                                          .broker_epoch = next_offset.value(),
                                          .rack = request.rack,
                                          .fenced = true,
                                          .log_dirs = request.log_dirs};
    for (const auto& listener : request.listeners) {
        record.end_points.push_back({.name = listener.name,
                                     .host = listener.host,
                                     .port = listener.port,
                                     .security_protocol = listener.security_protocol});
    }
    for (const auto& feature : request.features) {
        record.features.push_back({.name = feature.name,
                                   .min_supported_version = feature.min_supported_version,
                                   .max_supported_version = feature.max_supported_version});
    }
    result.response.broker_epoch = record.broker_epoch;
    result.records.push_back(versioned(std::move(record), image.metadata_version()));
    if (present != nullptr && !present->fenced) {
        append(result.records, partition_changes_without(image, request.broker_id));
    }
    return result;
}

ControllerResult<BrokerHeartbeatResponse> heartbeat(const MetadataImage& image,
                                                    const BrokerHeartbeatRequest& request) {
    const BrokerImage* broker = image.find_broker(request.broker_id);
    if (broker == nullptr) return refuse(ErrorCode::broker_id_not_registered);
    if (broker->broker_epoch != request.broker_epoch) return refuse(ErrorCode::stale_broker_epoch);
    return Lifecycle(image, *broker).step(request);
}

std::vector<VersionedRecord> fence_broker(const MetadataImage& image, protocol::NodeId broker) {
    const BrokerImage* present = image.find_broker(broker);
    if (present == nullptr || present->fenced) return {};
    std::vector<VersionedRecord> records;
    records.push_back(versioned(
        BrokerRegistrationChangeRecord{
            .broker_id = broker, .broker_epoch = present->broker_epoch, .fenced = 1},
        image.metadata_version()));
    append(records, partition_changes_without(image, broker));
    return records;
}

ControllerResult<protocol::ControllerRegistrationResponse> register_controller(
    const MetadataImage& image, const protocol::ControllerRegistrationRequest& request) {
    protocol::RegisterControllerRecord record{.controller_id = request.controller_id,
                                              .incarnation_id = request.incarnation_id,
                                              .zk_migration_ready = request.zk_migration_ready};
    for (const auto& listener : request.listeners) {
        record.end_points.push_back({.name = listener.name,
                                     .host = listener.host,
                                     .port = listener.port,
                                     .security_protocol = listener.security_protocol});
    }
    for (const auto& feature : request.features) {
        record.features.push_back({.name = feature.name,
                                   .min_supported_version = feature.min_supported_version,
                                   .max_supported_version = feature.max_supported_version});
    }
    ControllerResult<protocol::ControllerRegistrationResponse> result{
        .records = {}, .response = {}, .atomic = true};
    result.response.error_message = std::nullopt;
    result.records.push_back(versioned(std::move(record), image.metadata_version()));
    return result;
}

}  // namespace gregor::controller
