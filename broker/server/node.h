// Node: the composition root. It owns every part of one broker-and-controller, starts them in the
// order in which they need each other and stops them in the reverse.
//
//     identity ─> logs ─> listeners (bound) ─> the quorum (its listener serves) ─> replicas, by the
//     image ─> registered and unfenced ─> all listeners serve
//
//     stop: controlled shutdown ─> no new connections ─> parked requests answered ─> connections
//     closed ─> the quorum ─> logs, checkpoints, .kafka_cleanshutdown
//
// A node is a broker, a controller or both; what belongs to the other role is not there.
//
// run() is called once, on a fiber of the node's group. The host destroys a Node only when that
// group has drained; a node that is killed unwinds and leaves the disk as it is.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/drivers/broker_lifecycle.h"
#include "broker/drivers/cluster_metadata.h"
#include "broker/drivers/controller_channel.h"
#include "broker/drivers/directory_assignments.h"
#include "broker/drivers/group_coordinators.h"
#include "broker/drivers/marker_sender.h"
#include "broker/drivers/metadata_publisher.h"
#include "broker/drivers/producer_id_manager.h"
#include "broker/drivers/transaction_coordinators.h"
#include "broker/drivers/transaction_verifier.h"
#include "broker/http/server.h"
#include "broker/log/log_manager.h"
#include "broker/replication/replica_manager.h"
#include "broker/rpc/server.h"
#include "broker/server/config.h"
#include "broker/server/handler_context.h"
#include "broker/server/metrics/election_metrics.h"
#include "broker/server/router.h"

namespace gregor::server {

struct NodeOptions {
    /// Whether a log directory that was never formatted is formatted at the start.
    bool format_missing = false;
    /// What is formatted then; empty: a new id.
    std::string cluster_id;
    /// The same: what the quorum begins with (KIP-853); empty: the configured voters, or those that
    /// others tell of.
    raft::VoterSet initial_voters;
    /// Called once, on the node's fiber, when clients are served. Must not wait.
    std::function<void()> on_ready;
    /// Takes what an operator has to know while the node goes on: a partition that is offline, and
    /// why. Must not wait.
    std::function<void(std::string_view)> on_notice;
};

class Node {
public:
    Node(Runtime& runtime, Config config, NodeOptions options = {});
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    /// Serves until request_stop() or until it has failed.
    void run();
    /// Asks for an orderly stop; from anywhere in the loop's thread; never waits.
    void request_stop();

    /// Why it did not start, or did not go on; nothing after an orderly stop.
    [[nodiscard]] const std::optional<std::string>& failure() const { return failure_; }
    /// As bound, in the order of the configuration; empty before on_ready.
    [[nodiscard]] const std::vector<ListenerConfig>& bound_listeners() const { return bound_; }
    /// Where GET /metrics is answered; nothing where it is not, or before on_ready.
    [[nodiscard]] const std::optional<Endpoint>& bound_metrics_listener() const {
        return bound_metrics_;
    }
    /// What GET /metrics answers with (metrics/page.h). CHECKs that the node has started.
    [[nodiscard]] std::string metrics_page() const;
    [[nodiscard]] const Config& config() const { return config_; }
    /// CHECKs that it has started, and is a broker.
    [[nodiscard]] replication::ReplicaManager& replicas();
    /// CHECKs that it has started.
    [[nodiscard]] drivers::ClusterMetadata& metadata();
    /// The same at any time: nullptr where there is none (yet).
    [[nodiscard]] replication::ReplicaManager* find_replicas() { return replicas_.get(); }
    [[nodiscard]] drivers::GroupCoordinators* find_groups() { return groups_.get(); }
    [[nodiscard]] drivers::TransactionCoordinators* find_transactions() {
        return transactions_.get();
    }
    [[nodiscard]] drivers::ClusterMetadata* find_metadata() { return metadata_.get(); }

private:
    using Started = Result<void, std::string>;

    [[nodiscard]] Started start();
    [[nodiscard]] Started open_storage();
    [[nodiscard]] Started open_listeners();
    [[nodiscard]] Started open_metrics_listener();
    void make_metadata();
    void make_broker();
    void make_transactions();
    [[nodiscard]] Started start_quorum();
    [[nodiscard]] Started enter_cluster();
    [[nodiscard]] std::vector<protocol::Uuid> directories_that(bool have_failed) const;
    [[nodiscard]] protocol::BrokerRegistrationRequest registration();
    void serve();
    void handle(const rpc::Request& request, rpc::Reply reply);
    [[nodiscard]] http::Response show_metrics(const http::Request& request) const;
    void spawn_ticks(TaskGroup& group);
    void spawn_tick(TaskGroup& group, std::string_view name, Duration interval,
                    std::function<void()> tick);
    void stop();
    void fail_for_good(std::string why);
    void refused(protocol::ErrorCode error);

    Runtime& runtime_;
    const Config config_;
    NodeOptions options_;
    RequestRouter router_;
    Event stop_;
    WaitQueue stop_or_entered_;
    std::optional<std::string> failure_;
    std::string cluster_id_;
    const protocol::Uuid incarnation_;  // of this run of the broker
    std::vector<ListenerConfig> bound_;
    std::optional<Endpoint> bound_metrics_;
    ElectionMetrics elections_;

    std::unique_ptr<log::LogManager> logs_;
    std::unique_ptr<replication::ReplicaManager> replicas_;
    std::unique_ptr<drivers::ClusterMetadata> metadata_;
    std::unique_ptr<drivers::ControllerChannel> channel_;
    std::unique_ptr<drivers::MetadataPublisher> publisher_;
    std::unique_ptr<drivers::BrokerLifecycle> lifecycle_;
    std::unique_ptr<drivers::DirectoryAssignments> directories_;  // of a broker with several
    std::unique_ptr<drivers::ProducerIdManager> producer_ids_;
    std::unique_ptr<drivers::GroupCoordinators> groups_;
    std::unique_ptr<drivers::TransactionCoordinators> transactions_;
    std::unique_ptr<drivers::MarkerWriter> marker_writer_;
    std::unique_ptr<drivers::MarkerSender> marker_sender_;
    std::unique_ptr<drivers::TransactionVerifier> transaction_verifier_;
    std::unique_ptr<HandlerContext> context_;
    rpc::Server server_;
    http::Server metrics_server_;
};

}  // namespace gregor::server
