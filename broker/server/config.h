// Config: what server.properties says, checked as a whole before anything starts. Immutable.
//
// Values of the key table are asked for by Kafka's name (`config.integer("num.partitions")`), which
// is also what DescribeConfigs shows; what needs more than one key to understand (listeners, the
// quorum, topic defaults) has a function of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "broker/log/log_config.h"
#include "broker/protocol/ids.h"
#include "broker/server/config_keys.h"
#include "broker/server/listener_config.h"
#include "broker/server/properties.h"
#include "sim/base/result.h"
#include "sim/base/time.h"

namespace gregor::server {

/// Everything that is wrong, one line each.
using ConfigErrors = std::vector<std::string>;

struct QuorumVoter {
    protocol::NodeId id;
    Endpoint endpoint;
};

class Config {
public:
    /// `local_host` is what is advertised for a listener without a host.
    [[nodiscard]] static Result<Config, ConfigErrors> from(const Properties& properties,
                                                           std::string_view local_host);

    // Keys of the table, by Kafka's name; CHECKs that there is such a key of such a type. ---------
    [[nodiscard]] std::int64_t integer(std::string_view key) const;
    [[nodiscard]] std::int32_t int32(std::string_view key) const {
        return static_cast<std::int32_t>(integer(key));
    }
    [[nodiscard]] Duration milliseconds(std::string_view key) const;
    [[nodiscard]] bool boolean(std::string_view key) const;
    [[nodiscard]] std::vector<std::string> list(std::string_view key) const;
    /// As in the file or by default; nothing if the key has neither.
    [[nodiscard]] std::optional<std::string_view> text(std::string_view key) const;
    /// Whether the file gave it.
    [[nodiscard]] bool is_set(std::string_view key) const { return properties_.contains(key); }
    [[nodiscard]] const Properties& properties() const { return properties_; }

    // What several keys say together. -------------------------------------------------------------
    [[nodiscard]] protocol::NodeId node_id() const { return node_id_; }
    /// process.roles; at least one of them.
    [[nodiscard]] bool is_broker() const { return is_broker_; }
    [[nodiscard]] bool is_controller() const { return is_controller_; }
    /// controller.quorum.voters; empty when the voters are in the metadata log (KIP-853).
    [[nodiscard]] const std::vector<QuorumVoter>& quorum_voters() const { return quorum_voters_; }
    /// controller.quorum.bootstrap.servers
    [[nodiscard]] const std::vector<Endpoint>& bootstrap_controllers() const {
        return bootstrap_controllers_;
    }
    /// inter.broker.listener.name, or the first listener for clients: by which brokers reach each
    /// other.
    [[nodiscard]] std::string inter_broker_listener_name() const;
    /// The first of controller.listener.names: over which the quorum talks.
    [[nodiscard]] const std::string& controller_listener_name() const {
        return controller_listeners_.front();
    }
    [[nodiscard]] const std::vector<std::string>& log_dirs() const { return log_dirs_; }
    /// To bind, controller listeners among them.
    [[nodiscard]] std::span<const ListenerConfig> listeners() const { return listeners_; }
    /// What clients are told, the controller's listeners not among them; port 0: that of the bound
    /// listener of the same name.
    [[nodiscard]] std::span<const ListenerConfig> advertised_listeners() const {
        return advertised_;
    }
    /// What the quorum's members are told, on a controller, each with a host; in the order of
    /// controller.listener.names. Port 0: that of the bound listener of the same name.
    [[nodiscard]] std::span<const ListenerConfig> advertised_controller_listeners() const {
        return advertised_controllers_;
    }
    [[nodiscard]] bool is_controller_listener(std::string_view name) const;
    /// metrics.listener: where GET /metrics is answered; nothing: nowhere, as by default. Kafka
    /// serves nothing over HTTP, and its files and its ports are expected to mean what they mean
    /// there.
    [[nodiscard]] const std::optional<Endpoint>& metrics_listener() const {
        return metrics_listener_;
    }
    /// The broker-wide defaults of topic settings.
    [[nodiscard]] log::LogConfigRef topic_defaults() const { return topic_defaults_; }
    /// Keys that Kafka knows and this node does not act on, as lines for the log.
    [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

private:
    class Checker;

    [[nodiscard]] const ConfigKey& key_of(std::string_view key) const;

    Properties properties_;
    protocol::NodeId node_id_{};
    std::vector<std::string> log_dirs_;
    std::vector<ListenerConfig> listeners_;
    std::vector<ListenerConfig> advertised_;
    std::vector<ListenerConfig> advertised_controllers_;
    std::optional<Endpoint> metrics_listener_;
    bool is_broker_ = false;
    bool is_controller_ = false;
    std::vector<std::string> controller_listeners_;
    std::vector<QuorumVoter> quorum_voters_;
    std::vector<Endpoint> bootstrap_controllers_;
    log::LogConfigRef topic_defaults_;
    std::vector<std::string> notes_;
};

/// What a node is without a file: broker and controller 1 on 127.0.0.1:9092, its data in
/// `data_dir`, internal topics with one replica, no wait before the first rebalance.
[[nodiscard]] Properties development_properties(std::string_view data_dir);

}  // namespace gregor::server
