#include "broker/controller/brokers.h"

#include <fmt/format.h>

#include <algorithm>

#include "broker/controller/draft.h"
#include "broker/controller/partition_leadership.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::controller {
namespace {

using metadata::BrokerImage;
using metadata::MetadataImage;
using protocol::BrokerRegistrationRequest;
using protocol::BrokerRegistrationResponse;
using protocol::NodeId;
using protocol::Uuid;

constexpr std::int16_t kFirstWithPreviousEpoch = 3;

/// The ids that stand for something else than a directory, or might one day.
bool is_reserved(const Uuid& directory) {
    constexpr std::uint8_t kReserved = 100;
    const auto leading = std::span(directory.bytes).first<15>();
    return std::ranges::all_of(leading, [](std::uint8_t byte) { return byte == 0; }) &&
           directory.bytes.back() < kReserved;
}

ErrorCode find_directory_fault(const MetadataImage& image,
                               const BrokerRegistrationRequest& request) {
    if (image.metadata_version() < metadata::kMetadataVersion_3_7_IV2) return ErrorCode::none;
    std::vector<Uuid> directories = request.log_dirs;
    if (directories.empty() || std::ranges::any_of(directories, is_reserved)) {
        return ErrorCode::invalid_registration;
    }
    std::ranges::sort(directories);
    if (std::ranges::adjacent_find(directories) != directories.end()) {
        return ErrorCode::invalid_registration;
    }
    for (const auto& [id, broker] : image.brokers()) {
        if (id == request.broker_id) continue;
        for (const Uuid& directory : broker.log_dirs) {
            if (!std::ranges::binary_search(directories, directory)) continue;
            return ErrorCode::invalid_registration;
        }
    }
    return ErrorCode::none;
}

/// A broker that names no features at all says nothing about them.
ErrorCode find_feature_fault(const MetadataImage& image, const BrokerRegistrationRequest& request) {
    if (request.features.empty()) return ErrorCode::none;
    for (const auto& [name, level] : image.features()) {
        const auto it =
            std::ranges::find(request.features, name, &BrokerRegistrationRequest::Feature::name);
        if (it == request.features.end() || level < it->min_supported_version ||
            level > it->max_supported_version) {
            return ErrorCode::unsupported_version;
        }
    }
    return ErrorCode::none;
}

/// Who holds a directory of an incarnation holds its lock: that one has ended. (Kafka lets the
/// successor wait for the session's end.)
bool is_successor(const BrokerImage& present, const BrokerRegistrationRequest& request) {
    return std::ranges::any_of(request.log_dirs, [&](const Uuid& directory) {
        return std::ranges::find(present.log_dirs, directory) != present.log_dirs.end();
    });
}

ErrorCode find_fault(const MetadataImage& image, const ControllerConfig& config,
                     const BrokerSessions& sessions, std::int64_t now_ms,
                     const BrokerRegistrationRequest& request) {
    if (request.cluster_id != config.cluster_id) return ErrorCode::inconsistent_cluster_id;
    if (request.incarnation_id.is_zero()) return ErrorCode::invalid_request;
    if (request.listeners.empty()) return ErrorCode::invalid_registration;
    const BrokerImage* present = image.find_broker(request.broker_id);
    if (present != nullptr && present->incarnation_id != request.incarnation_id &&
        !present->fenced && !is_successor(*present, request) &&
        sessions.is_valid(request.broker_id, present->broker_epoch, now_ms)) {
        return ErrorCode::duplicate_broker_registration;
    }
    const ErrorCode fault = find_directory_fault(image, request);
    return fault == ErrorCode::none ? find_feature_fault(image, request) : fault;
}

protocol::RegisterBrokerRecord record_of(const BrokerRegistrationRequest& request,
                                         protocol::Offset epoch) {
    protocol::RegisterBrokerRecord record{.broker_id = request.broker_id,
                                          .is_migrating_zk_broker = request.is_migrating_zk_broker,
                                          .incarnation_id = request.incarnation_id,
                                          .broker_epoch = epoch.value(),
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
    return record;
}

/// Without the feature there is no ELR that unclean restarts could spoil, and Kafka trusts its
/// replication to have more than one copy.
bool was_unclean(const MetadataImage& image, const RegistrationMoment& moment,
                 const BrokerImage& present, const BrokerRegistrationRequest& request) {
    if (!image.is_elr_enabled() || PLANTED(b13b_unclean_restart_stays_in_isr)) return false;
    return moment.version >= kFirstWithPreviousEpoch &&
           request.previous_broker_epoch != present.broker_epoch;
}

}  // namespace

ControllerResult<BrokerRegistrationResponse> register_broker(
    const MetadataImage& image, const ControllerConfig& config, BrokerSessions& sessions,
    const RegistrationMoment& moment, const BrokerRegistrationRequest& request) {
    ControllerResult<BrokerRegistrationResponse> result{
        .records = {}, .response = {}, .atomic = true};
    result.response.error_code = find_fault(image, config, sessions, moment.now_ms, request);
    if (result.response.error_code != ErrorCode::none) return result;
    const BrokerImage* present = image.find_broker(request.broker_id);
    if (present != nullptr && present->incarnation_id == request.incarnation_id) {
        result.response.broker_epoch = present->broker_epoch;  // it did not hear the first answer
        return result;
    }
    Draft draft(image);
    draft.add(record_of(request, moment.next_offset));
    if (present != nullptr && was_unclean(image, moment, *present, request)) {
        PROBE("a broker came back from an unclean shutdown");
        take_after_unclean_shutdown(draft, config, request.broker_id);
    } else if (present != nullptr) {
        take_from_partitions(draft, config, request.broker_id);
    }
    sessions.forget(request.broker_id);
    result.response.broker_epoch = moment.next_offset.value();
    result.records = std::move(draft).take_records();
    return result;
}

ControllerResult<protocol::UnregisterBrokerResponse> unregister_broker(
    const MetadataImage& image, const ControllerConfig& config,
    const protocol::UnregisterBrokerRequest& request) {
    ControllerResult<protocol::UnregisterBrokerResponse> result{
        .records = {}, .response = {}, .atomic = true};
    result.response.error_message = std::nullopt;
    const NodeId id = request.broker_id;
    const BrokerImage* present = image.find_broker(id);
    if (present == nullptr) {
        result.response.error_code = ErrorCode::broker_id_not_registered;
        result.response.error_message = fmt::format("Broker ID {} is not currently registered", id);
        return result;
    }
    Draft draft(image);
    if (image.is_elr_enabled()) {
        take_after_unclean_shutdown(draft, config, id);
    } else {
        take_from_partitions(draft, config, id);
    }
    draft.add(
        protocol::UnregisterBrokerRecord{.broker_id = id, .broker_epoch = present->broker_epoch});
    result.records = std::move(draft).take_records();
    return result;
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
