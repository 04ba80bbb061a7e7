#include "broker/controller/configs.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "broker/controller/broker_configs.h"
#include "broker/controller/draft.h"
#include "broker/controller/partition_leadership.h"
#include "broker/controller/resource_configs.h"
#include "broker/controller/topic_configs.h"

namespace gregor::controller {
namespace {

using metadata::ConfigMap;
using metadata::ConfigResource;
using metadata::ConfigResourceType;
using metadata::MetadataImage;

template <class T>
using OrError = Result<T, ApiError>;

ApiError invalid_config(std::string message) {
    return {ErrorCode::invalid_config, std::move(message)};
}
ApiError invalid_request(std::string message) {
    return {ErrorCode::invalid_request, std::move(message)};
}

ApiError no_default(std::string_view kind) {
    return invalid_request(fmt::format("Default {} resources are not allowed.", kind));
}

/// A broker or a controller that is registered; empty stands for all.
std::optional<ApiError> find_broker_fault(const MetadataImage& image, const std::string& name) {
    if (name.empty()) return std::nullopt;
    std::int32_t id = 0;
    const char* const last = name.data() + name.size();
    const auto [end, error] = std::from_chars(name.data(), last, id);
    if (error != std::errc{} || end != last || id < 0) {
        return invalid_request(fmt::format("Node id must be an integer, but it is: {}", name));
    }
    const protocol::NodeId node(id);
    if (image.find_broker(node) != nullptr || image.controllers().contains(node)) {
        return std::nullopt;
    }
    return ApiError{ErrorCode::broker_id_not_registered,
                    fmt::format("No broker with id {} found.", id)};
}

/// A resource that can be altered and is there.
std::optional<ApiError> find_resource_fault(const MetadataImage& image,
                                            const ConfigResource& resource) {
    switch (resource.type) {
        case ConfigResourceType::topic:
            if (resource.name.empty()) return no_default("topic");
            if (image.find_topic(resource.name) != nullptr) return std::nullopt;
            return ApiError{ErrorCode::unknown_topic_or_partition,
                            fmt::format("The topic '{}' does not exist.", resource.name)};
        case ConfigResourceType::broker: return find_broker_fault(image, resource.name);
        case ConfigResourceType::client_metrics:
            if (resource.name.empty()) return no_default("client metrics");
            return std::nullopt;
        case ConfigResourceType::group:
            if (resource.name.empty()) return no_default("group");
            return std::nullopt;
        default:
            return invalid_request(
                fmt::format("Unexpected resource type {}.", static_cast<int>(resource.type)));
    }
}

std::vector<std::string> split_list(const std::string& list) {
    std::vector<std::string> parts;
    std::size_t from = 0;
    while (from <= list.size()) {
        const std::size_t comma = std::min(list.find(',', from), list.size());
        std::size_t begin = from;
        std::size_t end = comma;
        while (begin < end && list[begin] == ' ') ++begin;
        while (end > begin && list[end - 1] == ' ') --end;
        if (end > begin) parts.push_back(list.substr(begin, end - begin));
        from = comma + 1;
    }
    return parts;
}

/// The list after an append (values that it has are not repeated) or a subtraction.
std::string alter_list(const std::string& present, const std::string& change, AlterOperation how) {
    std::vector<std::string> parts = split_list(present);
    for (const std::string& part : split_list(change)) {
        const auto it = std::ranges::find(parts, part);
        if (how == AlterOperation::append && it == parts.end()) parts.push_back(part);
        if (how == AlterOperation::subtract && it != parts.end()) parts.erase(it);
    }
    return fmt::format("{}", fmt::join(parts, ","));
}

bool is_list_of(const ConfigResource& resource, const std::string& name) {
    switch (resource.type) {
        case ConfigResourceType::topic: return is_list_config(name);
        case ConfigResourceType::broker: return is_list_broker_config(name);
        case ConfigResourceType::client_metrics: return is_list_client_metrics_config(name);
        default: return false;
    }
}

/// What a list is appended to when the resource does not set it.
std::string inherited_value(const MetadataImage& image, const ControllerConfig& config,
                            const ConfigResource& resource, const std::string& name) {
    if (resource.type != ConfigResourceType::topic) return {};
    for (EffectiveConfig& each : effective_topic_configs(layers_of(image, config, resource.name))) {
        if (each.name == name) return std::move(each.value);
    }
    return {};
}

using IncrementalConfig = protocol::IncrementalAlterConfigsRequest::Config;

OrError<ConfigMap> apply_incremental(const MetadataImage& image, const ControllerConfig& config,
                                     const ConfigResource& resource,
                                     const std::vector<IncrementalConfig>& changes) {
    ConfigMap values = image.configs_of(resource);
    std::set<std::string_view> seen;
    for (const IncrementalConfig& change : changes) {
        if (!seen.insert(change.name).second) {
            return fail(invalid_request(
                fmt::format("Error due to duplicate config keys: {}", change.name)));
        }
        const auto how = static_cast<AlterOperation>(change.config_operation);
        if (how == AlterOperation::remove) {
            values.erase(change.name);
            continue;
        }
        if (how != AlterOperation::set && how != AlterOperation::append &&
            how != AlterOperation::subtract) {
            return fail(invalid_request(
                fmt::format("Unknown operation type {}.", int{change.config_operation})));
        }
        if (!change.value) {
            return fail(invalid_request(fmt::format("Null value not supported for : {}:{}",
                                                    change.name, int{change.config_operation})));
        }
        if (how == AlterOperation::set) {
            values.insert_or_assign(change.name, *change.value);
            continue;
        }
        if (!is_list_of(resource, change.name)) {
            return fail(invalid_config(
                fmt::format("Can't {} to key {} because its type is not LIST.",
                            how == AlterOperation::append ? "APPEND" : "SUBTRACT", change.name)));
        }
        const auto it = values.find(change.name);
        const std::string present =
            it != values.end() ? it->second : inherited_value(image, config, resource, change.name);
        values.insert_or_assign(change.name, alter_list(present, *change.value, how));
    }
    return values;
}

using PlainConfig = protocol::AlterConfigsRequest::Config;

OrError<ConfigMap> replace_all(const std::vector<PlainConfig>& configs) {
    ConfigMap values;
    for (const PlainConfig& config : configs) {
        if (!config.value) {
            return fail(
                invalid_request(fmt::format("Null value not supported for : {}", config.name)));
        }
        if (!values.try_emplace(config.name, *config.value).second) {
            return fail(invalid_request(
                fmt::format("Error due to duplicate config keys: {}", config.name)));
        }
    }
    return values;
}

constexpr const char* kMinIsr = "min.insync.replicas";

/// What of a broker's settings may not change while min.insync.replicas decides about ELRs.
std::optional<ApiError> find_min_isr_fault(const MetadataImage& image,
                                           const ConfigResource& resource,
                                           const ConfigMap& values) {
    if (!image.is_elr_enabled()) return std::nullopt;
    if (resource.name.empty()) {
        if (values.contains(kMinIsr) || !image.configs_of(resource).contains(kMinIsr)) {
            return std::nullopt;
        }
        return invalid_config(
            "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.");
    }
    if (!values.contains(kMinIsr)) return std::nullopt;
    return invalid_config(
        "Broker-level min.insync.replicas cannot be altered while ELR is enabled.");
}

/// All that the resource would have then, changed or not, must be legal.
std::optional<ApiError> find_value_fault(const MetadataImage& image, const ControllerConfig& config,
                                         const ConfigResource& resource, const ConfigMap& values) {
    switch (resource.type) {
        case ConfigResourceType::topic: {
            auto valid = validate_topic_configs(values);
            if (valid) return std::nullopt;
            return invalid_config(valid.error());
        }
        case ConfigResourceType::broker: {
            auto fault =
                find_broker_config_fault(config, values, {.single = !resource.name.empty()});
            if (fault) return invalid_request(*std::move(fault));
            return find_min_isr_fault(image, resource, values);
        }
        case ConfigResourceType::client_metrics: return find_client_metrics_fault(values);
        case ConfigResourceType::group: return find_group_config_fault(values);
        default: return std::nullopt;
    }
}

void set_configs(Draft& draft, const ControllerConfig& config, const ConfigResource& resource,
                 const ConfigMap& values) {
    const ConfigMap present = draft.image().configs_of(resource);
    bool min_isr_changed = false;
    const auto set = [&](const std::string& name, std::optional<std::string> value) {
        min_isr_changed = min_isr_changed || name == kMinIsr;
        draft.add(protocol::ConfigRecord{.resource_type = static_cast<std::int8_t>(resource.type),
                                         .resource_name = resource.name,
                                         .name = name,
                                         .value = std::move(value)});
    };
    for (const auto& [name, value] : values) {
        const auto it = present.find(name);
        if (it == present.end() || it->second != value) set(name, value);
    }
    for (const auto& [name, value] : present) {
        if (!values.contains(name)) set(name, std::nullopt);
    }
    if (!min_isr_changed || !draft.image().is_elr_enabled()) return;
    const bool is_topic = resource.type == ConfigResourceType::topic;
    review_partitions(draft, config, is_topic ? resource.name : "");
}

/// The walk over the resources that both requests share; `change` gives a resource's new values.
template <class Response, class Request, class Change>
ControllerResult<Response> alter(const MetadataImage& image, const ControllerConfig& config,
                                 const Request& request, Change change) {
    ControllerResult<Response> result{.records = {}, .response = {}, .atomic = true};
    Draft draft(image);
    std::set<ConfigResource> seen;
    for (const auto& wanted : request.resources) {
        const ConfigResource resource{static_cast<ConfigResourceType>(wanted.resource_type),
                                      wanted.resource_name};
        std::optional<ApiError> error = find_resource_fault(image, resource);
        if (!seen.insert(resource).second)
            error = invalid_request("Each resource must appear at most once.");
        OrError<ConfigMap> values;
        if (!error) {
            values = change(resource, wanted.configs);
            error = values ? find_value_fault(image, config, resource, *values) : values.error();
        }
        result.response.responses.push_back({.error_message = std::nullopt,
                                             .resource_type = wanted.resource_type,
                                             .resource_name = wanted.resource_name});
        if (error) {
            result.response.responses.back().error_code = error->code;
            result.response.responses.back().error_message = error->message;
        } else if (!request.validate_only) {
            set_configs(draft, config, resource, *values);
        }
    }
    result.records = std::move(draft).take_records();
    return result;
}

}  // namespace

ControllerResult<protocol::IncrementalAlterConfigsResponse> incremental_alter_configs(
    const MetadataImage& image, const ControllerConfig& config,
    const protocol::IncrementalAlterConfigsRequest& request) {
    return alter<protocol::IncrementalAlterConfigsResponse>(
        image, config, request,
        [&](const ConfigResource& resource, const std::vector<IncrementalConfig>& changes) {
            return apply_incremental(image, config, resource, changes);
        });
}

ControllerResult<protocol::AlterConfigsResponse> alter_configs(
    const MetadataImage& image, const ControllerConfig& config,
    const protocol::AlterConfigsRequest& request) {
    return alter<protocol::AlterConfigsResponse>(
        image, config, request, [](const ConfigResource&, const std::vector<PlainConfig>& configs) {
            return replace_all(configs);
        });
}

}  // namespace gregor::controller
