#include "broker/controller/broker_sessions.h"

#include <algorithm>

#include "sim/base/check.h"

namespace gregor::controller {

using metadata::BrokerImage;
using metadata::MetadataImage;
using protocol::NodeId;
using protocol::Offset;

void BrokerSessions::start(const MetadataImage& image, const LeadershipStart& start) {
    CHECK(start.leaderless_since_ms <= start.now_ms, "since {}, now {}", start.leaderless_since_ms,
          start.now_ms);
    const std::int64_t heard_ms =
        std::max(start.leaderless_since_ms, start.now_ms - timeout_ms_ * 2 / 3);
    sessions_.clear();
    for (const auto& [id, broker] : image.brokers()) {
        if (broker.fenced) continue;
        touch(id, {.broker_epoch = broker.broker_epoch, .now_ms = heard_ms});
    }
}

void BrokerSessions::touch(NodeId broker, const BrokerContact& contact) {
    Session& session = sessions_[broker];
    if (session.last.broker_epoch != contact.broker_epoch) session.shutdown_offset.reset();
    session.last = contact;
}

bool BrokerSessions::is_valid(NodeId broker, std::int64_t broker_epoch, std::int64_t now_ms) const {
    const auto it = sessions_.find(broker);
    if (it == sessions_.end() || it->second.last.broker_epoch != broker_epoch) return false;
    return it->second.last.now_ms + timeout_ms_ >= now_ms;
}

std::optional<NodeId> BrokerSessions::expired(const MetadataImage& image,
                                              std::int64_t now_ms) const {
    std::optional<NodeId> silent;
    std::int64_t since = now_ms - timeout_ms_;
    for (const auto& [id, broker] : image.brokers()) {
        const Session* session = find(broker);
        if (session == nullptr || session->last.now_ms >= since) continue;
        since = session->last.now_ms;
        silent = id;
    }
    return silent;
}

std::optional<std::int64_t> BrokerSessions::next_expiry_ms(const MetadataImage& image) const {
    std::optional<std::int64_t> next;
    for (const auto& [id, broker] : image.brokers()) {
        const Session* session = find(broker);
        if (session == nullptr) continue;
        const std::int64_t expiry = session->last.now_ms + timeout_ms_ + 1;
        next = std::min(next.value_or(expiry), expiry);
    }
    return next;
}

std::optional<Offset> BrokerSessions::lowest_active_offset(const MetadataImage& image) const {
    std::optional<Offset> lowest;
    for (const auto& [id, broker] : image.brokers()) {
        if (!image.is_active(id)) continue;
        const Session* session = find(broker);
        const Offset reached =
            session == nullptr ? protocol::kNoOffset : session->last.metadata_offset;
        lowest = std::min(lowest.value_or(reached), reached);
    }
    return lowest;
}

std::optional<Offset> BrokerSessions::shutdown_offset(NodeId broker) const {
    const auto it = sessions_.find(broker);
    return it == sessions_.end() ? std::nullopt : it->second.shutdown_offset;
}

void BrokerSessions::set_shutdown_offset(NodeId broker, Offset offset) {
    sessions_[broker].shutdown_offset = offset;
}

const BrokerSessions::Session* BrokerSessions::find(const BrokerImage& broker) const {
    if (broker.fenced) return nullptr;
    const auto it = sessions_.find(broker.broker_id);
    if (it == sessions_.end() || it->second.last.broker_epoch != broker.broker_epoch)
        return nullptr;
    return &it->second;
}

}  // namespace gregor::controller
