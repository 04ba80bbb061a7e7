#include "broker/server/handlers/describe_configs.h"

#include <algorithm>

#include "broker/controller/topic_configs.h"
#include "broker/drivers/cluster_metadata.h"
#include "broker/server/config.h"
#include "sim/base/planted.h"

namespace gregor::server {
namespace {

using controller::ConfigSource;
using controller::EffectiveConfig;
using metadata::ConfigResourceType;
using protocol::DescribeConfigsRequest;
using protocol::DescribeConfigsResponse;
using protocol::ErrorCode;
using Described = DescribeConfigsResponse::Config;

controller::ConfigType type_of(ConfigType type) {
    using controller::ConfigType;
    switch (type) {
        case server::ConfigType::boolean: return ConfigType::boolean;
        case server::ConfigType::string: return ConfigType::string;
        case server::ConfigType::int32: return ConfigType::int32;
        case server::ConfigType::int16: return ConfigType::int16;
        case server::ConfigType::int64: return ConfigType::int64;
        case server::ConfigType::decimal: return ConfigType::double_number;
        case server::ConfigType::list: return ConfigType::list;
        case server::ConfigType::class_name: return ConfigType::class_name;
        case server::ConfigType::password: return ConfigType::password;
    }
    UNREACHABLE();
}

class Describer {
public:
    Describer(HandlerContext& context, const DescribeConfigsRequest& request)
        : context_(context), request_(request), image_(context.image()) {}

    DescribeConfigsResponse::Result describe(const DescribeConfigsRequest::Resource& resource) {
        DescribeConfigsResponse::Result result{.error_message = std::nullopt,
                                               .resource_type = resource.resource_type,
                                               .resource_name = resource.resource_name};
        const auto type = static_cast<ConfigResourceType>(resource.resource_type);
        if (type == ConfigResourceType::topic) {
            describe_topic(resource, result);
        } else if (type == ConfigResourceType::broker) {
            describe_broker(resource, result);
        } else {
            refuse(result, ErrorCode::invalid_request, "Unsupported resource type.");
        }
        return result;
    }

private:
    static void refuse(DescribeConfigsResponse::Result& result, ErrorCode code, std::string why) {
        result.error_code = code;
        result.error_message = std::move(why);
    }

    static bool is_wanted(const DescribeConfigsRequest::Resource& resource, std::string_view name) {
        if (!resource.configuration_keys) return true;
        return std::ranges::find(*resource.configuration_keys, name) !=
               resource.configuration_keys->end();
    }

    [[nodiscard]] Described described(const EffectiveConfig& config, bool is_own) const {
        Described result{.name = config.name,
                         .value = config.value,
                         .is_default = !is_own,
                         .config_source = static_cast<std::int8_t>(config.source),
                         .config_type = static_cast<std::int8_t>(config.type),
                         .documentation = std::nullopt};
        if (request_.include_synonyms) {
            for (const auto& synonym : config.synonyms) {
                result.synonyms.push_back({.name = synonym.name,
                                           .value = synonym.value,
                                           .source = static_cast<std::int8_t>(synonym.source)});
            }
        }
        if (request_.include_documentation) result.documentation = config.documentation;
        return result;
    }

    void describe_topic(const DescribeConfigsRequest::Resource& resource,
                        DescribeConfigsResponse::Result& result) const {
        if (image_->find_topic(resource.resource_name) == nullptr) {
            refuse(result, ErrorCode::unknown_topic_or_partition,
                   "This server does not host this topic-partition.");
            return;
        }
        const auto layers =
            controller::layers_of(*image_, context_.metadata.controller().config(),
                                  PLANTED(topic_settings_not_told) ? "" : resource.resource_name);
        for (const EffectiveConfig& config : controller::effective_topic_configs(layers)) {
            if (!is_wanted(resource, config.name)) continue;
            result.configs.push_back(
                described(config, config.source == ConfigSource::dynamic_topic));
        }
    }

    void describe_broker(const DescribeConfigsRequest::Resource& resource,
                         DescribeConfigsResponse::Result& result) const {
        const bool is_default = resource.resource_name.empty();
        if (!is_default && resource.resource_name != fmt::format("{}", context_.node_id)) {
            refuse(result, ErrorCode::invalid_request,
                   fmt::format("Unexpected broker id, expected {} or empty string, but received {}",
                               context_.node_id, resource.resource_name));
            return;
        }
        const auto& dynamic =
            image_->configs_of({ConfigResourceType::broker, resource.resource_name});
        const auto source =
            is_default ? ConfigSource::dynamic_default_broker : ConfigSource::dynamic_broker;
        for (const auto& [name, value] : dynamic) {
            if (!is_wanted(resource, name)) continue;
            const ConfigKey* key = find_config_key(name);
            result.configs.push_back(described(
                {.name = name,
                 .value = value,
                 .source = source,
                 .type = key != nullptr ? type_of(key->type) : controller::ConfigType::unknown,
                 .documentation = {},
                 .synonyms = {{name, value, source}}},
                true));
        }
        if (!is_default) describe_static(resource, dynamic, result);
    }

    /// What server.properties or the built-in table says, where nothing dynamic does.
    void describe_static(const DescribeConfigsRequest::Resource& resource,
                         const metadata::ConfigMap& dynamic,
                         DescribeConfigsResponse::Result& result) const {
        for (const ConfigKey& key : config_keys()) {
            const std::string name(key.name);
            if (dynamic.contains(name) || !is_wanted(resource, name)) continue;
            const auto value = context_.config.text(name);
            const bool is_set = context_.config.is_set(name);
            EffectiveConfig config{
                .name = name,
                .value = std::string(value.value_or("")),
                .source = is_set ? ConfigSource::static_broker : ConfigSource::default_value,
                .type = type_of(key.type),
                .documentation = {},
                .synonyms = {}};
            config.synonyms.push_back({name, config.value, config.source});
            Described answer = described(config, is_set);
            answer.read_only = true;
            answer.is_sensitive = key.type == ConfigType::password;
            if (!value || answer.is_sensitive) answer.value = std::nullopt;
            if (answer.is_sensitive) answer.synonyms.clear();
            result.configs.push_back(std::move(answer));
        }
    }

    HandlerContext& context_;
    const DescribeConfigsRequest& request_;
    metadata::ImageRef image_;
};

}  // namespace

void handle_describe_configs(HandlerContext& context, const rpc::Request& request,
                             rpc::Reply reply) {
    const auto message = decode_or_close<DescribeConfigsRequest>(request, reply);
    if (!message) return;
    Describer describer(context, *message);
    DescribeConfigsResponse response;
    for (const auto& resource : message->resources) {
        response.results.push_back(describer.describe(resource));
    }
    reply.send(response);
}

}  // namespace gregor::server
