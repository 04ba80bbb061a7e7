// Connections: one request in flight to each node, until it is answered, fails or is given up
// (Kafka's RequestManager). After a failure the node is left alone for the retry backoff.
#pragma once

#include <map>
#include <optional>

#include "broker/raft/types.h"

namespace gregor::raft {

class Connections {
public:
    struct Timeouts {
        Duration request;
        Duration retry_backoff;
    };
    explicit Connections(Timeouts timeouts) : timeouts_(timeouts) {}

    [[nodiscard]] bool is_ready(NodeId node, Instant now) const;
    /// Whether the last request to it failed or was given up, not long ago.
    [[nodiscard]] bool is_troubled(NodeId node, Instant now) const;
    [[nodiscard]] bool is_awaiting(NodeId node, Instant now) const;

    [[nodiscard]] CorrelationId sent(NodeId node, Instant now);
    /// The node that the request went to, unless it is given up, failed or forgotten.
    [[nodiscard]] std::optional<NodeId> answered(CorrelationId id);
    std::optional<NodeId> failed(CorrelationId id, Instant now);
    /// Its answer made no sense: it is asked again after the retry backoff.
    void back_off(NodeId node, Instant now);
    /// Nothing is awaited any more; numbers are never used again.
    void reset();

    /// When a node becomes ready that is not.
    [[nodiscard]] Instant next_change(Instant now) const;

private:
    struct Connection {
        std::optional<CorrelationId> awaiting;
        Instant until{};  // of the request, or of the backoff
    };
    [[nodiscard]] std::map<NodeId, Connection>::iterator find(CorrelationId id);

    Timeouts timeouts_;
    std::uint64_t next_id_ = 1;
    std::map<NodeId, Connection> connections_;
};

}  // namespace gregor::raft
