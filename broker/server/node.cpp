#include "broker/server/node.h"

#include <fmt/format.h>

#include <algorithm>

#include "broker/controller/create_topics.h"
#include "broker/controller/features.h"
#include "broker/log/checkpoint_file.h"
#include "broker/metrics/exposition.h"
#include "broker/server/config_keys.h"
#include "broker/server/metrics/page.h"
#include "broker/server/storage.h"
#include "sim/base/check.h"

namespace gregor::server {
namespace {

/// How long an orderly stop waits for answers that are owed.
constexpr Duration kDrainTimeout = 5s;
/// A fiber costs nothing, and whoever opens a log waits for the disk most of the time.
constexpr std::size_t kLogsPerRecoveryThread = 8;
/// How often files whose deletion is due are looked for.
constexpr Duration kDeletionInterval = 10s;
constexpr Duration kDirectoryInterval = 500ms;

rpc::ServerOptions server_options(const Config& config) {
    return {.max_request_bytes = config.int32("socket.request.max.bytes"),
            .max_idle = config.milliseconds("connections.max.idle.ms"),
            .max_connections = std::max<std::int64_t>(1, config.integer("max.connections"))};
}

controller::ControllerConfig controller_config(const Config& config,
                                               const std::string& cluster_id) {
    controller::ControllerConfig result;
    result.bootstrap_features = controller::initial_features();
    result.node_id = config.node_id();
    result.cluster_id = cluster_id;
    result.num_partitions = config.int32("num.partitions");
    result.default_replication_factor =
        static_cast<std::int16_t>(config.integer("default.replication.factor"));
    result.delete_topic_enable = config.boolean("delete.topic.enable");
    result.broker_session_timeout_ms = config.integer("broker.session.timeout.ms");
    for (const auto& [key, value] : config.properties()) result.static_configs[key] = value;
    for (const ConfigKey& key : config_keys()) result.known_broker_keys.emplace(key.name);
    return result;
}

replication::ReplicaManagerOptions replica_options(const Config& config) {
    constexpr std::string_view kByRack = "RackAwareReplicaSelector";
    return {.node_id = config.node_id(),
            .fetch_max_bytes = config.int32("fetch.max.bytes"),
            .replica_lag_time_max = config.milliseconds("replica.lag.time.max.ms"),
            .select_by_rack = config.text("replica.selector.class").value_or("").ends_with(kByRack),
            .verify_transactions = config.boolean("transaction.partition.verification.enable"),
            .quota_window = {.samples = config.int32("replication.quota.window.num"),
                             .sample = std::chrono::seconds(
                                 config.int32("replication.quota.window.size.seconds"))},
            .fetcher = {.wait_max = config.milliseconds("replica.fetch.wait.max.ms"),
                        .min_bytes = config.int32("replica.fetch.min.bytes"),
                        .max_bytes = config.int32("replica.fetch.max.bytes"),
                        .response_max_bytes = config.int32("replica.fetch.response.max.bytes"),
                        .backoff = config.milliseconds("replica.fetch.backoff.ms"),
                        .socket_timeout = config.milliseconds("replica.socket.timeout.ms")}};
}

coordinator::MigrationPolicy migration_policy(const Config& config) {
    using enum coordinator::MigrationPolicy;
    const std::string_view policy = config.text("group.consumer.migration.policy").value_or("");
    if (policy == "disabled") return disabled;
    if (policy == "upgrade") return upgrade;
    return policy == "downgrade" ? downgrade : bidirectional;
}

coordinator::ConsumerGroupConfig consumer_group_config(const Config& config) {
    coordinator::ConsumerGroupConfig groups{
        .session_timeout_ms = config.int32("group.consumer.session.timeout.ms"),
        .heartbeat_interval_ms = config.int32("group.consumer.heartbeat.interval.ms"),
        .max_size = config.int32("group.consumer.max.size"),
        .assignors = {},
        .migration_policy = migration_policy(config)};
    // Kafka takes the full names of its classes, too.
    for (const std::string& name : config.list("group.consumer.assignors")) {
        if (name.ends_with("RangeAssignor")) {
            groups.assignors.emplace_back("range");
        } else if (name.ends_with("UniformAssignor")) {
            groups.assignors.emplace_back("uniform");
        } else {
            groups.assignors.push_back(name);
        }
    }
    return groups;
}

coordinator::GroupConfig group_config(const Config& config) {
    constexpr std::int64_t kMillisecondsPerMinute = 60'000;
    return {.consumer = consumer_group_config(config),
            .min_session_timeout_ms = config.int32("group.min.session.timeout.ms"),
            .max_session_timeout_ms = config.int32("group.max.session.timeout.ms"),
            .initial_rebalance_delay_ms = config.int32("group.initial.rebalance.delay.ms"),
            .max_size = config.int32("group.max.size"),
            .offset_metadata_max_bytes = config.int32("offset.metadata.max.bytes"),
            .offsets_retention_ms =
                config.integer("offsets.retention.minutes") * kMillisecondsPerMinute,
            .offsets_check_interval_ms = config.integer("offsets.retention.check.interval.ms")};
}

coordinator::TransactionConfig transaction_config(const Config& config) {
    return {.max_timeout_ms = config.int32("transaction.max.timeout.ms"),
            .id_expiration_ms = config.integer("transactional.id.expiration.ms"),
            .abort_interval_ms =
                config.integer("transaction.abort.timed.out.transaction.cleanup.interval.ms"),
            .remove_interval_ms =
                config.integer("transaction.remove.expired.transaction.cleanup.interval.ms")};
}

drivers::ControllerDriverOptions controller_options(const Config& config,
                                                    const std::string& cluster_id) {
    drivers::ControllerDriverOptions options{.controller = controller_config(config, cluster_id)};
    options.balance_interval = config.boolean("auto.leader.rebalance.enable")
                                   ? Duration(std::chrono::seconds(
                                         config.integer("leader.imbalance.check.interval.seconds")))
                                   : Duration::zero();
    return options;
}

raft::RaftConfig raft_config(const Config& config, const std::string& cluster_id,
                             const protocol::Uuid& directory_id,
                             const std::vector<ListenerConfig>& bound) {
    raft::RaftConfig result{
        .node_id = config.node_id(),
        .directory_id = directory_id,
        .cluster_id = cluster_id,
        .can_vote = config.is_controller(),
        .listener_name = config.controller_listener_name(),
        .election_timeout = config.milliseconds("controller.quorum.election.timeout.ms"),
        .election_backoff_max = config.milliseconds("controller.quorum.election.backoff.max.ms"),
        .fetch_timeout = config.milliseconds("controller.quorum.fetch.timeout.ms"),
        .request_timeout = config.milliseconds("controller.quorum.request.timeout.ms"),
        .retry_backoff = config.milliseconds("controller.quorum.retry.backoff.ms")};
    for (const ListenerConfig& listener : config.advertised_controller_listeners()) {
        const auto own = std::ranges::find(bound, listener.name, &ListenerConfig::name);
        CHECK(own != bound.end());
        const std::uint16_t port = listener.endpoint.port;
        result.listeners.push_back(
            {listener.name, listener.endpoint.host, port != 0 ? port : own->endpoint.port});
    }
    std::vector<raft::Voter> voters;
    for (const QuorumVoter& voter : config.quorum_voters()) {
        voters.push_back(
            {.key = {.id = voter.id},
             .endpoints = {{result.listener_name, voter.endpoint.host, voter.endpoint.port}}});
    }
    result.static_voters = raft::VoterSet(voters);
    for (const Endpoint& server : config.bootstrap_controllers()) {
        result.bootstrap_servers.push_back({result.listener_name, server.host, server.port});
    }
    return result;
}

}  // namespace

replication::ReplicaManager& HandlerContext::replicas() const {
    CHECK(hosted_replicas != nullptr);
    return *hosted_replicas;
}

drivers::ProducerIdManager& HandlerContext::producer_ids() const {
    CHECK(producer_id_manager != nullptr);
    return *producer_id_manager;
}

drivers::GroupCoordinators& HandlerContext::groups() const {
    CHECK(group_coordinators != nullptr);
    return *group_coordinators;
}

drivers::TransactionCoordinators& HandlerContext::transactions() const {
    CHECK(transaction_coordinators != nullptr);
    return *transaction_coordinators;
}

drivers::TransactionVerifier& HandlerContext::transaction_verification() const {
    CHECK(transaction_verifier != nullptr);
    return *transaction_verifier;
}

drivers::MarkerWriter& HandlerContext::markers() const {
    CHECK(marker_writer != nullptr);
    return *marker_writer;
}

bool HandlerContext::is_from_controller_listener(const rpc::Request& request) const {
    return config.is_controller_listener(request.listener);
}

std::shared_ptr<const metadata::MetadataImage> HandlerContext::image() const {
    return metadata.image();
}

std::int64_t HandlerContext::metadata_offset() const { return metadata.image_offset().value() - 1; }

Node::Node(Runtime& runtime, Config config, NodeOptions options)
    : runtime_(runtime),
      config_(std::move(config)),
      options_(std::move(options)),
      router_(all_routes()),
      stop_(runtime.scheduler()),
      stop_or_entered_(runtime.scheduler()),
      incarnation_(controller::random_uuid(runtime.random())),
      server_(runtime, server_options(config_),
              [this](const rpc::Request& request, rpc::Reply reply) {
                  handle(request, std::move(reply));
              }),
      metrics_server_(runtime, {},
                      [this](const http::Request& request) { return show_metrics(request); }) {}

Node::~Node() = default;

replication::ReplicaManager& Node::replicas() {
    CHECK(replicas_ != nullptr);
    return *replicas_;
}

drivers::ClusterMetadata& Node::metadata() {
    CHECK(metadata_ != nullptr);
    return *metadata_;
}

void Node::run() {
    for (const std::string& note : config_.notes()) {
        runtime_.trace().event("config_noted", "{}", note);
    }
    if (const Started started = start(); !started) {
        fail_for_good(started.error());
    } else {
        with_task_group(runtime_.tasks(), "node ticks", [this](TaskGroup& ticks) {
            spawn_ticks(ticks);
            serve();
        });
    }
    stop();
}

void Node::fail_for_good(std::string why) {
    runtime_.trace().event("node_failed", "why={}", why);
    if (!failure_) failure_ = std::move(why);
    request_stop();
}

void Node::request_stop() {
    stop_.set();
    stop_or_entered_.notify_all();
}

// The start. --------------------------------------------------------------------------------------

Node::Started Node::start() {
    TRY(open_storage());
    TRY(open_listeners());
    make_metadata();
    if (config_.is_broker()) make_broker();
    if (bound_metrics_) metrics_server_.start();
    TRY(start_quorum());
    if (config_.is_broker()) TRY(enter_cluster());
    return {};
}

Node::Started Node::open_storage() {
    std::optional<std::string> formatted = TRY(formatted_cluster_id(runtime_, config_));
    if (!formatted) {
        if (!options_.format_missing) {
            return fail(fmt::format("{} is not formatted: run gregord format first",
                                    metadata_directory(config_)));
        }
        formatted = options_.cluster_id.empty() ? random_cluster_id(runtime_.random())
                                                : options_.cluster_id;
        TRY(format_storage(runtime_, config_,
                           {.cluster_id = *formatted, .initial_voters = options_.initial_voters}));
    }
    cluster_id_ = *std::move(formatted);
    log::LogManagerOptions options{
        .folders = config_.log_dirs(),
        .cluster_id = cluster_id_,
        .node_id = config_.node_id(),
        // The image is not known yet; the publisher brings each topic's settings.
        .config_of = [this](const std::string&) { return config_.topic_defaults(); },
        .producer_id_expiration_ms = config_.integer("producer.id.expiration.ms"),
        .logs_at_once = kLogsPerRecoveryThread * static_cast<std::size_t>(config_.integer(
                                                     "num.recovery.threads.per.data.dir")),
        // With its last log directory gone a broker has nothing left to serve, and without the
        // metadata's it knows nothing: it stops, as Kafka's does, and what starts it again
        // recovers.
        .on_directory_failure =
            [this](const log::DirectoryFailure& failed) {
                if (replicas_ != nullptr) replicas_->logs_failed(failed.partitions);
                if (failed.is_last || failed.path == metadata_directory(config_)) {
                    return fail_for_good(
                        fmt::format("{}: the disk fails: {}", failed.path, name(failed.error)));
                }
                if (lifecycle_ != nullptr) lifecycle_->directory_failed();
            },
        .on_offline =
            [this](const log::TopicPartition& partition, std::string_view reason) {
                if (!options_.on_notice) return;
                options_.on_notice(fmt::format("{} is offline: {}", partition, reason));
            }};
    auto logs = log::LogManager::open(runtime_, std::move(options));
    if (!logs) {
        const bool is_in_use = logs.error().io == IoError::locked;
        return fail(is_in_use
                        ? fmt::format("{} is in use by another process", config_.log_dirs().front())
                        : logs.error().text);
    }
    logs_ = *std::move(logs);
    return {};
}

Node::Started Node::open_listeners() {
    for (const ListenerConfig& listener : config_.listeners()) {
        const auto bound = server_.listen(listener.name, listener.endpoint);
        if (!bound) {
            return fail(fmt::format("cannot listen on {}://{}: {}", listener.name,
                                    to_string(listener.endpoint), name(bound.error())));
        }
        bound_.push_back({listener.name, *bound});
    }
    if (config_.metrics_listener()) TRY(open_metrics_listener());
    return {};
}

Node::Started Node::open_metrics_listener() {
    const Endpoint& endpoint = *config_.metrics_listener();
    const auto bound = metrics_server_.listen(endpoint);
    if (!bound) {
        return fail(fmt::format("metrics.listener: cannot listen on {}: {}", to_string(endpoint),
                                name(bound.error())));
    }
    bound_metrics_ = *bound;
    return {};
}

void Node::make_metadata() {
    metadata_ = std::make_unique<drivers::ClusterMetadata>(
        runtime_,
        drivers::ClusterMetadataOptions{
            .controller = controller_options(config_, cluster_id_),
            .raft = {.raft = raft_config(config_, cluster_id_, logs_->directory_id(0), bound_),
                     .log = {.folder = metadata_folder(config_),
                             .segment_bytes = config_.int32("metadata.log.segment.bytes"),
                             .max_bytes_between_snapshots =
                                 config_.integer("metadata.log.max.record.bytes.between.snapshots"),
                             .max_retention_bytes =
                                 config_.integer("metadata.max.retention.bytes")}},
            .on_failure = [this](std::string_view why) {
                fail_for_good(fmt::format("the metadata log failed: {}", why));
            }});
    if (config_.is_controller()) {
        metadata_->feed().subscribe(
            [this](const metadata::ImageRef& before, const metadata::ImageRef& after) {
                elections_.published(*before, *after);
            });
    }
    // As Kafka's heartbeats: who waits longer for a controller that hangs is fenced by the next
    // one.
    channel_ = std::make_unique<drivers::ControllerChannel>(
        runtime_, *metadata_,
        drivers::ControllerChannelOptions{.request_timeout =
                                              config_.milliseconds("broker.session.timeout.ms")});
    context_ = std::make_unique<HandlerContext>(HandlerContext{.runtime = runtime_,
                                                               .config = config_,
                                                               .router = router_,
                                                               .metadata = *metadata_,
                                                               .channel = *channel_,
                                                               .node_id = config_.node_id(),
                                                               .cluster_id = cluster_id_});
}

void Node::make_broker() {
    replicas_ =
        std::make_unique<replication::ReplicaManager>(runtime_, *logs_, replica_options(config_));
    publisher_ = std::make_unique<drivers::MetadataPublisher>(
        runtime_, *replicas_, config_.node_id(), config_.topic_defaults(),
        config_.inter_broker_listener_name());
    metadata_->feed().subscribe([this](const metadata::ImageRef&, const metadata::ImageRef& image) {
        publisher_->publish(image);
    });
    publisher_->set_incarnation(incarnation_);
    groups_ = std::make_unique<drivers::GroupCoordinators>(
        runtime_, *replicas_, group_config(config_),
        drivers::CoordinatorDriverOptions{
            .node_id = config_.node_id(),
            .load_buffer_bytes = config_.int32("offsets.load.buffer.size"),
            .commit_timeout = config_.milliseconds("offsets.commit.timeout.ms")});
    // After the replicas: who leads a partition coordinates what is on it.
    metadata_->feed().subscribe(
        [this](const metadata::ImageRef& before, const metadata::ImageRef& image) {
            groups_->publish(before, image);
        });
    // Kafka refuses to start with fewer than two heartbeats in a session.
    const Duration heartbeat_interval =
        std::min(config_.milliseconds("broker.heartbeat.interval.ms"),
                 config_.milliseconds("broker.session.timeout.ms") / 2);
    lifecycle_ = std::make_unique<drivers::BrokerLifecycle>(
        runtime_, *channel_, *metadata_,
        drivers::BrokerLifecycleOptions{
            .node_id = config_.node_id(),
            .heartbeat_interval = heartbeat_interval,
            .offline_directories = [this] { return directories_that(true); },
            .on_registered =
                [this](std::int64_t broker_epoch) {
                    replicas_->start_proposing(*channel_, broker_epoch);
                },
            .on_refused = [this](protocol::ErrorCode error) { refused(error); }});
    producer_ids_ = std::make_unique<drivers::ProducerIdManager>(runtime_, *channel_, *lifecycle_,
                                                                 config_.node_id());
    if (logs_->folders().size() > 1) {
        directories_ = std::make_unique<drivers::DirectoryAssignments>(runtime_, *metadata_,
                                                                       *channel_, *replicas_);
    }
    context_->hosted_replicas = replicas_.get();
    context_->producer_id_manager = producer_ids_.get();
    context_->group_coordinators = groups_.get();
    make_transactions();
}

void Node::make_transactions() {
    const Duration request_timeout = config_.milliseconds("request.timeout.ms");
    const std::string& listener = config_.inter_broker_listener_name();
    transactions_ = std::make_unique<drivers::TransactionCoordinators>(
        runtime_, *replicas_, *producer_ids_, transaction_config(config_),
        drivers::CoordinatorDriverOptions{
            .node_id = config_.node_id(),
            .load_buffer_bytes = config_.int32("transaction.state.log.load.buffer.size"),
            .commit_timeout = request_timeout});
    marker_writer_ = std::make_unique<drivers::MarkerWriter>(runtime_, *replicas_, *groups_);
    marker_sender_ = std::make_unique<drivers::MarkerSender>(
        runtime_, *transactions_, *marker_writer_,
        drivers::MarkerSenderOptions{.node_id = config_.node_id(),
                                     .listener = listener,
                                     .request_timeout = request_timeout});
    transaction_verifier_ = std::make_unique<drivers::TransactionVerifier>(
        runtime_, *transactions_,
        drivers::TransactionVerifierOptions{.node_id = config_.node_id(),
                                            .listener = listener,
                                            .request_timeout = request_timeout});
    // After the replicas: who leads a partition coordinates what is on it.
    metadata_->feed().subscribe([this](const metadata::ImageRef&, const metadata::ImageRef& image) {
        transactions_->publish(image);
        marker_sender_->publish(image);
        transaction_verifier_->publish(image);
    });
    context_->transaction_coordinators = transactions_.get();
    context_->transaction_verifier = transaction_verifier_.get();
    context_->marker_writer = marker_writer_.get();
}

Node::Started Node::start_quorum() {
    if (const auto started = metadata_->start(); !started) {
        return fail(fmt::format("the metadata log: {}", started.error().text));
    }
    for (const ListenerConfig& listener : bound_) {
        if (config_.is_controller_listener(listener.name)) server_.start(listener.name);
    }
    return {};
}

Node::Started Node::enter_cluster() {
    // A stop may be asked for while no controller can be found.
    std::optional<Result<void, protocol::ErrorCode>> entered;
    with_task_group(runtime_.tasks(), "entering", [&](TaskGroup& entering) {
        entering.spawn("enter", [&] {
            entered = lifecycle_->enter(registration());
            stop_or_entered_.notify_all();
        });
        while (!entered && !stop_.is_set()) stop_or_entered_.wait();
    });
    if (!entered) return {};
    if (!*entered) refused(entered->error());
    return {};
}

/// The ids of those log directories that have failed, or not; of some it could not be read.
std::vector<protocol::Uuid> Node::directories_that(bool have_failed) const {
    std::vector<protocol::Uuid> ids;
    for (std::size_t i = 0; i < logs_->folders().size(); ++i) {
        const protocol::Uuid id = logs_->directory_id(i);
        if (logs_->has_failed(i) == have_failed && !id.is_zero()) ids.push_back(id);
    }
    return ids;
}

protocol::BrokerRegistrationRequest Node::registration() {
    protocol::BrokerRegistrationRequest registration;
    registration.broker_id = config_.node_id();
    registration.cluster_id = cluster_id_;
    registration.incarnation_id = incarnation_;
    registration.rack.reset();
    if (const auto rack = config_.text("broker.rack")) registration.rack = std::string(*rack);
    for (const ListenerConfig& advertised : config_.advertised_listeners()) {
        const auto bound = std::ranges::find(bound_, advertised.name, &ListenerConfig::name);
        CHECK(bound != bound_.end());
        const std::uint16_t port = advertised.endpoint.port;
        registration.listeners.push_back({.name = advertised.name,
                                          .host = advertised.endpoint.host,
                                          .port = port != 0 ? port : bound->endpoint.port});
    }
    registration.log_dirs = directories_that(false);
    registration.previous_broker_epoch = logs_->previous_broker_epoch().value_or(-1);
    return registration;
}

void Node::refused(protocol::ErrorCode error) {
    fail_for_good(fmt::format("the controller refuses this broker: {}", protocol::name(error)));
}

// Serving. ----------------------------------------------------------------------------------------

void Node::serve() {
    if (stop_.is_set()) return;
    for (const ListenerConfig& listener : bound_) {
        if (!config_.is_controller_listener(listener.name)) server_.start(listener.name);
    }
    runtime_.trace().event("node_ready", "cluster={} broker_epoch={}", cluster_id_,
                           lifecycle_ == nullptr ? -1 : lifecycle_->broker_epoch());
    if (options_.on_ready) options_.on_ready();
    stop_.wait();
}

void Node::handle(const rpc::Request& request, rpc::Reply reply) {
    router_.handle(*context_, request, std::move(reply),
                   config_.is_controller_listener(request.listener));
}

http::Response Node::show_metrics(const http::Request& request) const {
    if (request.path != "/metrics") {
        return {.status = http::Status::not_found, .body = "Look at /metrics\n"};
    }
    return {.content_type = metrics::Exposition::kContentType, .body = metrics_page()};
}

std::string Node::metrics_page() const {
    CHECK(metadata_ != nullptr);
    return make_metrics_page({.server = server_,
                              .logs = *logs_,
                              .metadata = *metadata_,
                              .elections = config_.is_controller() ? &elections_ : nullptr,
                              .replicas = replicas_.get()});
}

void Node::spawn_ticks(TaskGroup& group) {
    spawn_tick(group, "retention", config_.milliseconds("log.retention.check.interval.ms"), [this] {
        logs_->apply_retention();
        if (replicas_ != nullptr) replicas_->retention_applied();
    });
    if (directories_ != nullptr) {
        spawn_tick(group, "directories", kDirectoryInterval, [this] { directories_->tell(); });
    }
    spawn_tick(group, "log flush", config_.milliseconds("log.flush.scheduler.interval.ms"),
               [this] { logs_->flush_due_logs(); });
    const auto checkpoint_offsets = [this] {
        if (!logs_->checkpoint_log_offsets()) {
            runtime_.trace().event("checkpoint_failed", "of=log offsets");
        }
    };
    spawn_tick(group, "log offsets",
               std::min(config_.milliseconds("log.flush.offset.checkpoint.interval.ms"),
                        config_.milliseconds("log.flush.start.offset.checkpoint.interval.ms")),
               checkpoint_offsets);
    spawn_tick(group, "high watermarks",
               config_.milliseconds("replica.high.watermark.checkpoint.interval.ms"), [this] {
                   if (!logs_->checkpoint_high_watermarks()) {
                       runtime_.trace().event("checkpoint_failed", "of=high watermarks");
                   }
               });
    spawn_tick(group, "deletions", kDeletionInterval, [this] { logs_->remove_deleted(); });
}

void Node::spawn_tick(TaskGroup& group, std::string_view tick_name, Duration interval,
                      std::function<void()> tick) {
    static constexpr Duration kShortest = 1ms;
    group.spawn(tick_name, [this, interval, tick = std::move(tick)] {
        for (;;) {
            runtime_.clock().sleep_for(std::max(interval, kShortest));
            tick();
        }
    });
}

// The end. ----------------------------------------------------------------------------------------

void Node::stop() {
    runtime_.trace().event("node_stopping");
    if (lifecycle_ != nullptr && !failure_) {
        if (const auto left = lifecycle_->leave(); !left) {
            runtime_.trace().event("controlled_shutdown_failed", "error={}", left.error());
        }
    }
    server_.stop_accepting();
    if (groups_ != nullptr) groups_->shut_down();
    if (transactions_ != nullptr) {
        marker_sender_->shut_down();
        transactions_->shut_down();
        transaction_verifier_->shut_down();
    }
    if (replicas_ != nullptr) replicas_->shut_down();
    server_.shut_down(deadline_after(runtime_.clock().now(), kDrainTimeout));
    if (metadata_ != nullptr) metadata_->shut_down();
    metrics_server_.shut_down();
    const std::int64_t broker_epoch = lifecycle_ != nullptr ? lifecycle_->broker_epoch() : -1;
    const bool is_clean = logs_ != nullptr && logs_->shut_down(broker_epoch);
    runtime_.trace().event("node_stopped", "clean={}", is_clean);
}

}  // namespace gregor::server
