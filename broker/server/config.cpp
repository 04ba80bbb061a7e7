#include "broker/server/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sim/base/check.h"

namespace gregor::server {
namespace {

constexpr std::int64_t kMsPerMinute = 60'000;
constexpr std::int64_t kMsPerHour = 3'600'000;

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(','), text.size());
        if (const auto part = trimmed(text.substr(0, end)); !part.empty()) parts.emplace_back(part);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

/// Where a broker key says in hours or minutes what the topic's says in milliseconds. The finest
/// unit that is given wins, as in Kafka.
struct CoarserKey {
    std::string_view broker_key;
    std::string_view finer_key;
    std::string_view topic_key;
    std::int64_t unit_ms;
};
constexpr CoarserKey kCoarserKeys[] = {
    {"log.retention.hours", "log.retention.minutes", "retention.ms", kMsPerHour},
    {"log.retention.minutes", "log.retention.ms", "retention.ms", kMsPerMinute},
    {"log.roll.hours", "log.roll.ms", "segment.ms", kMsPerHour},
    {"log.roll.jitter.hours", "log.roll.jitter.ms", "segment.jitter.ms", kMsPerHour},
};

}  // namespace

/// Fills a Config in and gathers everything that is wrong on the way.
class Config::Checker {
public:
    Checker(Config& config, std::string_view local_host)
        : config_(config), local_host_(local_host) {}

    [[nodiscard]] ConfigErrors check() {
        check_keys();
        if (!errors_.empty()) return std::move(errors_);
        check_node();
        check_listeners();
        check_quorum();
        check_topic_defaults();
        check_consumer_groups();
        return std::move(errors_);
    }

private:
    template <class T>
    std::optional<T> take(Result<T, std::string> result) {
        if (result) return *std::move(result);
        errors_.push_back(std::move(result).error());
        return std::nullopt;
    }
    template <class... Args>
    void refuse(fmt::format_string<Args...> format, Args&&... args) {
        errors_.push_back(fmt::format(format, std::forward<Args>(args)...));
    }

    void check_keys() {
        for (const auto& [name, value] : config_.properties_) {
            if (const ConfigKey* key = find_config_key(name)) {
                if (auto refusal = refuse_value(*key, value))
                    errors_.push_back(*std::move(refusal));
                if (!key->acted_on) note(name);
            } else if (is_prefixed_key(name)) {
                note(name);
            } else if (topic_key_of(name).empty()) {
                const std::string_view nearest = nearest_config_key(name);
                const std::string hint =
                    nearest.empty() ? std::string() : fmt::format("; did you mean '{}'?", nearest);
                refuse("unknown key '{}'{}", name, hint);
            }
        }
    }

    void note(std::string_view name) {
        config_.notes_.push_back(fmt::format("{} is accepted and not acted on yet", name));
    }

    void check_node() {
        const std::string_view key = config_.is_set("node.id") ? "node.id" : "broker.id";
        if (!config_.is_set(key)) {
            refuse("node.id is missing");
        } else if (config_.integer(key) < 0) {
            refuse("{} = {} is below 0", key, config_.integer(key));
        } else if (config_.is_set("broker.id") &&
                   config_.integer("broker.id") != config_.integer(key)) {
            refuse("node.id and broker.id differ");
        } else {
            config_.node_id_ = protocol::NodeId(config_.int32(key));
        }
        const auto roles = config_.list("process.roles");
        config_.is_broker_ = std::ranges::find(roles, "broker") != roles.end();
        config_.is_controller_ = std::ranges::find(roles, "controller") != roles.end();
        if (roles.empty()) refuse("process.roles is empty: say broker, controller or both");
        if (config_.is_set("zookeeper.connect"))
            refuse("zookeeper.connect: there is no ZooKeeper here");
        config_.log_dirs_ = split(config_.text("log.dirs").value_or(*config_.text("log.dir")));
        if (config_.log_dirs_.empty()) refuse("log.dirs is empty");
    }

    void check_listeners() {
        auto listeners = take(parse_listeners("listeners", *config_.text("listeners")));
        auto protocols = take(parse_protocol_map(*config_.text("listener.security.protocol.map")));
        if (!listeners || !protocols) return;
        config_.listeners_ = *std::move(listeners);
        for (std::string name : config_.list("controller.listener.names")) {
            name = upper_case(name);
            config_.controller_listeners_.push_back(name);
            // Kafka's rule for a controller listener that the default map does not name.
            if (!config_.is_set("listener.security.protocol.map")) {
                protocols->try_emplace(name, "PLAINTEXT");
            }
        }
        if (config_.controller_listeners_.empty()) refuse("controller.listener.names is missing");
        for (const ListenerConfig& listener : config_.listeners_) {
            const auto protocol = protocols->find(listener.name);
            if (protocol == protocols->end()) {
                refuse("listeners: {} has no protocol in listener.security.protocol.map",
                       listener.name);
            } else if (protocol->second != "PLAINTEXT") {
                refuse("listeners: {} wants {}: only PLAINTEXT is served yet", listener.name,
                       protocol->second);
            }
        }
        check_advertised();
        check_metrics_listener();
    }

    /// The only scheme is HTTP, as in "http://127.0.0.1:9404".
    void check_metrics_listener() {
        constexpr std::string_view kKey = "metrics.listener";
        const auto listeners = take(parse_listeners(kKey, *config_.text(kKey)));
        if (!listeners || listeners->empty()) return;
        if (listeners->size() > 1 || listeners->front().name != "HTTP") {
            refuse("{} = {} is not http://host:port", kKey, *config_.text(kKey));
            return;
        }
        config_.metrics_listener_ = listeners->front().endpoint;
    }

    void check_advertised() {
        const auto is_bound = [&](std::string_view name) {
            return std::ranges::find(config_.listeners_, name, &ListenerConfig::name) !=
                   config_.listeners_.end();
        };
        for (const std::string& name : config_.controller_listeners_) {
            if (config_.is_controller_ && !is_bound(name)) {
                refuse("listeners does not hold the controller listener {}", name);
            }
            if (!config_.is_controller_ && is_bound(name)) {
                refuse("listeners: {} is a controller's, and this node is none", name);
            }
        }
        const bool is_given = config_.is_set("advertised.listeners");
        auto advertised = config_.listeners_;
        if (is_given) {
            auto given = take(
                parse_listeners("advertised.listeners", *config_.text("advertised.listeners")));
            if (!given) return;
            advertised = *std::move(given);
        }
        for (ListenerConfig& listener : advertised) {
            if (!is_bound(listener.name)) {
                refuse("advertised.listeners: {} is not among listeners", listener.name);
            }
            if (config_.is_controller_listener(listener.name)) continue;
            const std::string& host = listener.endpoint.host;
            if (host == "0.0.0.0" || host == "::") {
                refuse("advertised.listeners: clients cannot connect to {}; give it an address",
                       host);
            }
            if (host.empty()) listener.endpoint.host = std::string(local_host_);
            config_.advertised_.push_back(std::move(listener));
        }
        advertise_controllers(advertised);
        if (!config_.is_broker_) return;
        if (config_.advertised_.empty()) {
            refuse("listeners holds none for clients");
            return;
        }
        const std::string between = config_.inter_broker_listener_name();
        if (std::ranges::find(config_.advertised_, between, &ListenerConfig::name) ==
            config_.advertised_.end()) {
            refuse("inter.broker.listener.name: {} is not among the listeners for clients",
                   between);
        }
    }

    /// A controller's listener that advertised.listeners does not name is told of as it is bound.
    void advertise_controllers(const std::vector<ListenerConfig>& advertised) {
        for (const std::string& name : config_.controller_listeners_) {
            const auto& bound = config_.listeners_;
            const auto own = std::ranges::find(bound, name, &ListenerConfig::name);
            if (own == bound.end()) continue;
            const auto told = std::ranges::find(advertised, name, &ListenerConfig::name);
            ListenerConfig listener = told == advertised.end() ? *own : *told;
            std::string& host = listener.endpoint.host;
            if (host.empty() || host == "0.0.0.0" || host == "::") host = std::string(local_host_);
            config_.advertised_controllers_.push_back(std::move(listener));
        }
    }

    void check_quorum() {
        const auto voters = config_.list("controller.quorum.voters");
        if (voters.empty() && config_.list("controller.quorum.bootstrap.servers").empty()) {
            refuse(
                "controller.quorum.voters and controller.quorum.bootstrap.servers are both "
                "missing");
        }
        for (const std::string& voter : voters) check_voter(voter);
        const bool is_among_voters =
            std::ranges::find(config_.quorum_voters_, config_.node_id_, &QuorumVoter::id) !=
            config_.quorum_voters_.end();
        if (!voters.empty() && is_among_voters != config_.is_controller_) {
            refuse("controller.quorum.voters {} this node, {}, but process.roles says '{}'",
                   is_among_voters ? "holds" : "does not hold", config_.node_id_,
                   *config_.text("process.roles"));
        }
        for (const std::string& server : config_.list("controller.quorum.bootstrap.servers")) {
            if (const auto endpoint = parse_endpoint(server)) {
                config_.bootstrap_controllers_.push_back(*endpoint);
            } else {
                refuse("controller.quorum.bootstrap.servers: '{}' is not host:port", server);
            }
        }
    }

    void check_voter(std::string_view voter) {
        const std::size_t at = voter.find('@');
        const auto id = parse_integer(voter.substr(0, at));
        const auto endpoint =
            parse_endpoint(at == std::string_view::npos ? "" : voter.substr(at + 1));
        if (!id || !endpoint) {
            refuse("controller.quorum.voters: '{}' is not id@host:port", voter);
            return;
        }
        const protocol::NodeId node(static_cast<std::int32_t>(*id));
        if (std::ranges::find(config_.quorum_voters_, node, &QuorumVoter::id) !=
            config_.quorum_voters_.end()) {
            refuse("controller.quorum.voters: {} is named twice", node);
        }
        config_.quorum_voters_.push_back({node, *endpoint});
    }

    void check_topic_defaults() {
        std::map<std::string, std::string> overrides;
        for (const CoarserKey& key : kCoarserKeys) {
            if (!config_.is_set(key.broker_key) || config_.is_set(key.finer_key)) continue;
            const std::int64_t value = config_.integer(key.broker_key);
            if (value > std::numeric_limits<std::int64_t>::max() / key.unit_ms) {
                refuse("{} = {} is too large", key.broker_key, value);
                return;
            }
            overrides[std::string(key.topic_key)] =
                std::to_string(value < 0 ? -1 : value * key.unit_ms);
        }
        for (const auto& [name, value] : config_.properties_) {
            if (const std::string_view topic_key = topic_key_of(name); !topic_key.empty()) {
                overrides[std::string(topic_key)] = value;
            }
        }
        auto defaults = take(log::LogConfig::with({}, overrides));
        if (defaults) {
            config_.topic_defaults_ = std::make_shared<const log::LogConfig>(*std::move(defaults));
        }
    }

    void check_consumer_groups() {
        const auto check_within = [this](const std::string& key, const std::string& min_key,
                                         const std::string& max_key) {
            const std::int32_t value = config_.int32(key);
            if (value >= config_.int32(min_key) && value <= config_.int32(max_key)) return;
            refuse("{} = {} is not between {} = {} and {} = {}", key, value, min_key,
                   config_.int32(min_key), max_key, config_.int32(max_key));
        };
        const std::string session = "group.consumer.session.timeout.ms";
        const std::string interval = "group.consumer.heartbeat.interval.ms";
        check_within(session, "group.consumer.min.session.timeout.ms",
                     "group.consumer.max.session.timeout.ms");
        check_within(interval, "group.consumer.min.heartbeat.interval.ms",
                     "group.consumer.max.heartbeat.interval.ms");
        if (config_.int32(interval) >= config_.int32(session)) {
            refuse("{} must be less than {}", interval, session);
        }
        if (config_.list("group.consumer.assignors").empty()) {
            refuse("group.consumer.assignors names no assignor");
        }
    }

    Config& config_;
    std::string_view local_host_;
    ConfigErrors errors_;
};

Result<Config, ConfigErrors> Config::from(const Properties& properties,
                                          std::string_view local_host) {
    Config config;
    config.properties_ = properties;
    ConfigErrors errors = Checker(config, local_host).check();
    if (!errors.empty()) return fail(std::move(errors));
    return config;
}

std::string Config::inter_broker_listener_name() const {
    if (const auto name = text("inter.broker.listener.name")) return upper_case(*name);
    CHECK(!advertised_.empty());
    const auto plaintext = std::ranges::find(advertised_, "PLAINTEXT", &ListenerConfig::name);
    return plaintext != advertised_.end() ? plaintext->name : advertised_.front().name;
}

const ConfigKey& Config::key_of(std::string_view name) const {
    const ConfigKey* key = find_config_key(name);
    CHECK(key != nullptr, "no key {}", name);
    return *key;
}

std::optional<std::string_view> Config::text(std::string_view key) const {
    const auto given = properties_.find(key);
    if (given != properties_.end()) return given->second;
    return key_of(key).default_value;
}

std::int64_t Config::integer(std::string_view key) const {
    const std::optional<std::string_view> value = text(key);
    CHECK(value.has_value(), "{} has no value", key);
    const std::optional<std::int64_t> number = parse_integer(*value);
    CHECK(number.has_value(), "{} is no integer", key);
    return *number;
}

Duration Config::milliseconds(std::string_view key) const {
    constexpr std::int64_t kMost =
        std::chrono::duration_cast<std::chrono::milliseconds>(Duration::max()).count();
    return std::chrono::milliseconds(std::clamp<std::int64_t>(integer(key), -kMost, kMost));
}

bool Config::boolean(std::string_view key) const {
    CHECK(key_of(key).type == ConfigType::boolean, "{} is no boolean", key);
    const std::string_view value = trimmed(*text(key));
    return value.front() == 't' || value.front() == 'T';
}

std::vector<std::string> Config::list(std::string_view key) const {
    return split(text(key).value_or(""));
}

bool Config::is_controller_listener(std::string_view name) const {
    return std::ranges::find(controller_listeners_, name) != controller_listeners_.end();
}

Properties development_properties(std::string_view data_dir) {
    return {
        {"process.roles", "broker,controller"},
        {"node.id", "1"},
        {"listeners", "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:0"},
        {"controller.listener.names", "CONTROLLER"},
        {"controller.quorum.voters", "1@127.0.0.1:0"},
        {"log.dirs", std::string(data_dir)},
        {"offsets.topic.replication.factor", "1"},
        {"transaction.state.log.replication.factor", "1"},
        {"transaction.state.log.min.isr", "1"},
        {"group.initial.rebalance.delay.ms", "0"},
    };
}

}  // namespace gregor::server
