#include "clients/client/cluster.h"

#include <charconv>

namespace gregor::client {

using protocol::ErrorCode;
using protocol::NodeId;
using protocol::PartitionId;

namespace {

Result<Endpoint, std::string> parse_endpoint(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    std::uint16_t port = 0;
    if (colon != std::string_view::npos && colon > 0) {
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, port);
        if (error == std::errc() && stop == end && port != 0) {
            std::string_view host = text.substr(0, colon);
            if (host.starts_with('[') && host.ends_with(']'))
                host = host.substr(1, host.size() - 2);
            return Endpoint{std::string(host), port};
        }
    }
    return fail(fmt::format("Invalid url in bootstrap.servers: {}", text));
}

}  // namespace

Result<std::vector<Endpoint>, std::string> parse_bootstrap_servers(std::string_view text) {
    std::vector<Endpoint> endpoints;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        if (comma > 0) endpoints.push_back(TRY(parse_endpoint(text.substr(0, comma))));
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    if (endpoints.empty()) {
        return fail(std::string("No resolvable bootstrap urls given in bootstrap.servers"));
    }
    return endpoints;
}

Cluster::Cluster(Runtime& runtime, ClusterOptions options)
    : runtime_(runtime), options_(std::move(options)) {
    CHECK(!options_.bootstrap_servers.empty(), "a cluster without a bootstrap server");
}

Result<protocol::MetadataResponse, Error> Cluster::metadata(std::span<const std::string> topics,
                                                            Instant deadline) {
    protocol::MetadataRequest request{.allow_auto_topic_creation =
                                          options_.allow_auto_topic_creation};
    if (topics.empty()) request.topics.reset();
    for (const std::string& topic : topics) request.topics->push_back({.name = topic});
    auto answer = TRY(call_any<protocol::MetadataResponse>(request, deadline));
    remember(answer);
    return answer;
}

Result<NodeId, Error> Cluster::leader_of(const std::string& topic, PartitionId partition,
                                         Instant deadline) {
    for (;;) {
        const auto known = leaders_.find({topic, partition});
        if (known != leaders_.end() && known->second.node != protocol::kNoNode) {
            return known->second.node;
        }
        const auto found = TRY(metadata(std::span(&topic, 1), deadline));
        const ErrorCode code = found.topics.empty() ? ErrorCode::unknown_topic_or_partition
                                                    : found.topics.front().error_code;
        if (code != ErrorCode::none && code != ErrorCode::leader_not_available) {
            return fail(error_of(code));
        }
        const auto now_known = leaders_.find({topic, partition});
        if (now_known == leaders_.end()) {
            return fail(error_of(ErrorCode::unknown_topic_or_partition));
        }
        if (now_known->second.node != protocol::kNoNode) return now_known->second.node;
        if (runtime_.clock().now() >= deadline) {
            return fail(error_of(ErrorCode::leader_not_available));
        }
        back_off();
    }
}

PartitionLeader Cluster::known_leader(const TopicPartition& partition) const {
    const auto known = leaders_.find(partition);
    return known == leaders_.end() ? PartitionLeader{} : known->second;
}

void Cluster::forget(const std::string& topic) {
    for (auto& [partition, leader] : leaders_) {
        if (partition.topic == topic) leader.node = protocol::kNoNode;
    }
}

void Cluster::remember(const protocol::MetadataResponse& metadata) {
    brokers_.clear();
    for (const auto& broker : metadata.brokers) {
        brokers_[broker.node_id] = {broker.host, static_cast<std::uint16_t>(broker.port)};
    }
    for (const auto& topic : metadata.topics) {
        if (topic.name) remember_topic(topic);
    }
}

void Cluster::remember_topic(const protocol::MetadataResponse::Topic& topic) {
    protocol::TopicId& id = topic_ids_[*topic.name];
    if (id != topic.topic_id || topic.partitions.empty()) erase_partitions(*topic.name);
    id = topic.topic_id;
    for (const auto& partition : topic.partitions) {
        PartitionLeader& known = leaders_[{*topic.name, partition.partition_index}];
        const bool is_older = partition.leader_epoch != protocol::kNoLeaderEpoch &&
                              partition.leader_epoch < known.epoch;
        if (!is_older) known = {partition.leader_id, partition.leader_epoch};
    }
}

void Cluster::erase_partitions(const std::string& topic) {
    std::erase_if(leaders_, [&topic](const auto& entry) { return entry.first.topic == topic; });
}

std::int16_t Cluster::feature_level(std::string_view feature) const {
    const FinalizedFeatures* newest = nullptr;
    for (const auto& [endpoint, connection] : connections_) {
        const FinalizedFeatures& features = connection->features();
        if (newest == nullptr || features.epoch > newest->epoch) newest = &features;
    }
    if (newest == nullptr) return 0;
    const auto found = newest->levels.find(feature);
    return found == newest->levels.end() ? std::int16_t{0} : found->second;
}

void Cluster::back_off() { runtime_.clock().sleep_for(options_.retry_backoff); }

bool Cluster::is_worth_another_try(const Error& error, Instant deadline) {
    return protocol::is_retriable(error.code) && runtime_.clock().now() < deadline;
}

Instant Cluster::end_of_try(Instant deadline) {
    return std::min(deadline, deadline_after(runtime_.clock().now(), options_.request_timeout));
}

/// In turn: the bootstrap servers, then whom they named.
BrokerConnection& Cluster::next_broker() {
    const std::size_t bootstrap = options_.bootstrap_servers.size();
    const std::size_t turn = next_++ % (bootstrap + brokers_.size());
    if (turn < bootstrap) return connection_to(options_.bootstrap_servers[turn]);
    const auto broker = std::next(brokers_.begin(), static_cast<std::ptrdiff_t>(turn - bootstrap));
    return connection_to(broker->second);
}

Result<BrokerConnection*, Error> Cluster::broker_with_id(NodeId node, Instant deadline) {
    if (!brokers_.contains(node)) {
        const std::string no_topic = "__cluster_metadata";  // the answer's brokers are what counts
        TRY(metadata(std::span(&no_topic, 1), deadline));
    }
    const auto found = brokers_.find(node);
    if (found != brokers_.end()) return &connection_to(found->second);
    return fail(
        Error{ErrorCode::broker_not_available, fmt::format("no broker has the id {}", node)});
}

BrokerConnection& Cluster::connection_to(const Endpoint& endpoint) {
    std::unique_ptr<BrokerConnection>& connection = connections_[endpoint];
    if (connection == nullptr) {
        connection = std::make_unique<BrokerConnection>(
            runtime_, endpoint, rpc::ClientOptions{.client_id = options_.client_id});
    }
    return *connection;
}

}  // namespace gregor::client
