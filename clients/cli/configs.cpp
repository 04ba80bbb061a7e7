// kafka-configs.sh
#include <memory>

#include "clients/cli/command.h"

namespace gregor::cli {
namespace {

using Config = protocol::DescribeConfigsResponse::Config;
using Change = protocol::IncrementalAlterConfigsRequest::Config;

struct Options {
    std::string entity_type;
    std::string entity_name;
    bool entity_default = false;
    bool describe = false;
    bool alter = false;
    bool all = false;
    std::string added;
    std::string deleted;

    [[nodiscard]] admin::ResourceType type() const {
        return entity_type == "topics" ? admin::ResourceType::topic : admin::ResourceType::broker;
    }
    /// "topic orders", "broker 1", "default for brokers in the cluster".
    [[nodiscard]] std::string entity() const {
        if (entity_default) return "default for brokers in the cluster";
        return fmt::format("{} {}", entity_type == "topics" ? "topic" : "broker", entity_name);
    }
};

std::string_view source_name(std::int8_t source) {
    switch (source) {
        case 1: return "DYNAMIC_TOPIC_CONFIG";
        case 2: return "DYNAMIC_BROKER_CONFIG";
        case 3: return "DYNAMIC_DEFAULT_BROKER_CONFIG";
        case 4: return "STATIC_BROKER_CONFIG";
        case 5: return "DEFAULT_CONFIG";
        case 6: return "DYNAMIC_BROKER_LOGGER_CONFIG";
        default: return "UNKNOWN";
    }
}

/// Set on this entity itself, not inherited.
bool is_dynamic(const Config& config) {
    return config.config_source >= 1 && config.config_source <= 3;
}

void print_config(const Config& config) {
    std::vector<std::string> synonyms;
    for (const auto& synonym : config.synonyms) {
        synonyms.push_back(fmt::format("{}:{}={}", source_name(synonym.source), synonym.name,
                                       synonym.value.value_or("null")));
    }
    fmt::print("  {}={} sensitive={} synonyms={{{}}}\n", config.name, config.value.value_or("null"),
               config.is_sensitive, fmt::join(synonyms, ", "));
}

int describe(Context& context, const Options& options) {
    const auto configs = context.admin.describe_configs(options.type(), options.entity_name);
    if (!configs) return failed("config", configs.error());
    fmt::print("{} configs for {} are:\n", options.all ? "All" : "Dynamic", options.entity());
    for (const Config& config : *configs) {
        if (options.all || is_dynamic(config)) print_config(config);
    }
    return kDone;
}

int alter(Context& context, const Options& options) {
    const auto added = parse_settings(split_list(options.added));
    if (!added) return kUsage;
    std::vector<Change> changes;
    for (const Setting& setting : *added) {
        changes.push_back(
            {.name = setting.key,
             .config_operation = static_cast<std::int8_t>(admin::ConfigOperation::set),
             .value = setting.value});
    }
    for (const std::string& key : split_list(options.deleted)) {
        changes.push_back(
            {.name = key,
             .config_operation = static_cast<std::int8_t>(admin::ConfigOperation::remove),
             .value = std::nullopt});
    }
    if (changes.empty()) {
        complain("At least one of --add-config or --delete-config must be specified with --alter");
        return kUsage;
    }
    const auto altered =
        context.admin.alter_configs(options.type(), options.entity_name, std::move(changes));
    if (!altered) return failed("config", altered.error());
    if (options.entity_default) {
        fmt::print("Completed updating default config for brokers in the cluster.\n");
    } else {
        fmt::print("Completed updating config for {}.\n", options.entity());
    }
    return kDone;
}

int run(Context& context, const Options& options) {
    if (options.describe == options.alter) {
        complain("Command must include exactly one action: --describe, --alter");
        return kUsage;
    }
    const bool is_broker_default = options.entity_default && options.entity_type == "brokers";
    if (options.entity_name.empty() != is_broker_default) {
        complain("an --entity-name is needed, or --entity-default with --entity-type brokers");
        return kUsage;
    }
    return options.describe ? describe(context, options) : alter(context, options);
}

}  // namespace

Action add_configs(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    command.add_option("--entity-type", options->entity_type, "topics or brokers")
        ->required()
        ->check(CLI::IsMember({"topics", "brokers"}));
    command.add_option("--entity-name", options->entity_name, "a topic's name, a broker's id");
    command.add_flag("--entity-default", options->entity_default, "what holds for all brokers");
    command.add_flag("--describe", options->describe, "what is set on the entity");
    command.add_flag("--all", options->all, "what is inherited, too");
    command.add_flag("--alter", options->alter, "change it");
    command.add_option("--add-config", options->added, "key=value,key=[value,value]");
    command.add_option("--delete-config", options->deleted, "key,key");
    return [options](Context& context) { return run(context, *options); };
}

}  // namespace gregor::cli
