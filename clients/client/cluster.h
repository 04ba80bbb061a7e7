// Cluster: a client's view of a cluster. It finds the brokers from a few that it is told of, knows
// who leads which partition, and sends requests to whom they concern.
//
//     Cluster cluster(runtime, {.bootstrap_servers = {{"127.0.0.1", 9092}}});
//     auto created = TRY(cluster.call_any<CreateTopicsResponse>(request, deadline));
//     auto leader = TRY(cluster.leader_of("orders", PartitionId(3), deadline));
//     auto produced = TRY(cluster.call_node<ProduceResponse>(leader, request, deadline));
//
// A call to any broker goes on to the next broker, after a backoff, until one answers or the
// deadline comes; so what it asks for may have been done although it says that nobody answered. A
// call to one node is one try: who was wrong about a leader drops it (forget()) and asks again.
// Any number of fibers may call.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "broker/protocol/ids.h"
#include "broker/protocol/messages/metadata.h"
#include "clients/client/broker_connection.h"
#include "clients/client/topic_partition.h"

namespace gregor::client {

struct ClusterOptions {
    std::vector<Endpoint> bootstrap_servers;
    std::string client_id = "gregor";
    Duration retry_backoff = 100ms;
    /// Of one exchange.
    Duration request_timeout = 30s;
    bool allow_auto_topic_creation = false;
};

/// "host:port,host:port" with Kafka's message for what is not.
[[nodiscard]] Result<std::vector<Endpoint>, std::string> parse_bootstrap_servers(
    std::string_view text);

class Cluster {
public:
    Cluster(Runtime& runtime, ClusterOptions options);
    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;

    template <protocol::Message Response, protocol::Message Request>
    [[nodiscard]] Result<Response, Error> call_any(const Request& request, Instant deadline) {
        for (;;) {
            auto answer = next_broker().call<Response>(request, end_of_try(deadline));
            if (answer || !is_worth_another_try(answer.error(), deadline)) return answer;
            back_off();
        }
    }

    /// BROKER_NOT_AVAILABLE: no broker with this id is known.
    template <protocol::Message Response, protocol::Message Request>
    [[nodiscard]] Result<Response, Error> call_node(
        protocol::NodeId node, const Request& request, Instant deadline,
        std::int16_t newest = Request::kMessage.versions.max) {
        BrokerConnection* const broker = TRY(broker_with_id(node, deadline));
        return broker->call<Response>(request, end_of_try(deadline), newest);
    }

    /// A request that has no answer. BROKER_NOT_AVAILABLE as above.
    template <protocol::Message Request>
    [[nodiscard]] Result<void, Error> send_node(protocol::NodeId node, const Request& request,
                                                Instant deadline) {
        BrokerConnection* const broker = TRY(broker_with_id(node, deadline));
        return broker->send(request, end_of_try(deadline));
    }

    /// Of these topics, all if none are named; errors are in the topics. Remembers leaders and
    /// brokers. A topic that is not there is created only by allow_auto_topic_creation, where the
    /// brokers allow it too.
    [[nodiscard]] Result<protocol::MetadataResponse, Error> metadata(
        std::span<const std::string> topics, Instant deadline);
    /// From what is remembered, else asked for until there is one. UNKNOWN_TOPIC_OR_PARTITION,
    /// LEADER_NOT_AVAILABLE at the deadline.
    [[nodiscard]] Result<protocol::NodeId, Error> leader_of(const std::string& topic,
                                                            protocol::PartitionId partition,
                                                            Instant deadline);
    /// As it is remembered, without asking: no node while nobody is known to lead. An epoch older
    /// than a known one is not believed (KIP-320), unless the topic is another one of that name.
    [[nodiscard]] PartitionLeader known_leader(const TopicPartition& partition) const;
    /// Leaders of the topic are asked for anew.
    void forget(const std::string& topic);

    /// The finalized level of a feature, by the newest that a broker has said of it; 0 if it is not
    /// on, or nobody has said anything yet.
    [[nodiscard]] std::int16_t feature_level(std::string_view feature) const;

    /// Waits as long as one waits between two tries.
    void back_off();
    [[nodiscard]] bool is_worth_another_try(const Error& error, Instant deadline);
    [[nodiscard]] Runtime& runtime() { return runtime_; }

private:
    [[nodiscard]] Instant end_of_try(Instant deadline);
    [[nodiscard]] BrokerConnection& next_broker();
    [[nodiscard]] Result<BrokerConnection*, Error> broker_with_id(protocol::NodeId node,
                                                                  Instant deadline);
    [[nodiscard]] BrokerConnection& connection_to(const Endpoint& endpoint);
    void remember(const protocol::MetadataResponse& metadata);
    void remember_topic(const protocol::MetadataResponse::Topic& topic);
    void erase_partitions(const std::string& topic);

    Runtime& runtime_;
    ClusterOptions options_;
    std::size_t next_ = 0;
    std::map<Endpoint, std::unique_ptr<BrokerConnection>> connections_;
    std::map<protocol::NodeId, Endpoint> brokers_;
    std::map<TopicPartition, PartitionLeader> leaders_;
    std::map<std::string, protocol::TopicId> topic_ids_;
};

}  // namespace gregor::client
