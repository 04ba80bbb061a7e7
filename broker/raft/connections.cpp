#include "broker/raft/connections.h"

#include <algorithm>

namespace gregor::raft {

bool Connections::is_ready(NodeId node, Instant now) const {
    const auto it = connections_.find(node);
    return it == connections_.end() || it->second.until <= now;
}

bool Connections::is_troubled(NodeId node, Instant now) const {
    const auto it = connections_.find(node);
    if (it == connections_.end()) return false;
    const Connection& connection = it->second;
    const bool backing_off = !connection.awaiting && connection.until > now;
    const bool given_up = connection.awaiting && connection.until <= now;
    return backing_off || given_up;
}

bool Connections::is_awaiting(NodeId node, Instant now) const {
    const auto it = connections_.find(node);
    return it != connections_.end() && it->second.awaiting && it->second.until > now;
}

CorrelationId Connections::sent(NodeId node, Instant now) {
    const CorrelationId id(next_id_++);
    connections_[node] = {.awaiting = id, .until = deadline_after(now, timeouts_.request)};
    return id;
}

std::optional<NodeId> Connections::answered(CorrelationId id) {
    const auto it = find(id);
    if (it == connections_.end()) return std::nullopt;
    const NodeId node = it->first;
    connections_.erase(it);
    return node;
}

std::optional<NodeId> Connections::failed(CorrelationId id, Instant now) {
    const auto it = find(id);
    if (it == connections_.end()) return std::nullopt;
    back_off(it->first, now);
    return it->first;
}

void Connections::back_off(NodeId node, Instant now) {
    connections_[node] = {.awaiting = std::nullopt,
                          .until = deadline_after(now, timeouts_.retry_backoff)};
}

void Connections::reset() { connections_.clear(); }

Instant Connections::next_change(Instant now) const {
    Instant next = kNever;
    for (const auto& [node, connection] : connections_) {
        if (connection.until > now) next = std::min(next, connection.until);
    }
    return next;
}

std::map<NodeId, Connections::Connection>::iterator Connections::find(CorrelationId id) {
    return std::ranges::find_if(connections_,
                                [&](const auto& entry) { return entry.second.awaiting == id; });
}

}  // namespace gregor::raft
