#include "broker/drivers/broker_channels.h"

#include <mutex>

namespace gregor::drivers {

void BrokerChannels::publish(const metadata::MetadataImage& image) {
    std::erase_if(channels_, [&](const auto& known) {
        if (image.find_broker(known.first) != nullptr) return false;
        known.second->client.close();
        return true;
    });
    for (const auto& [id, broker] : image.brokers()) {
        for (const auto& each : broker.end_points) {
            if (each.name != listener_) continue;
            const Endpoint endpoint{each.host, each.port};
            ChannelRef& channel = channels_[id];
            if (channel != nullptr && channel->endpoint == endpoint) continue;
            if (channel != nullptr) channel->client.close();
            channel = std::make_shared<Channel>(runtime_, client_id_, endpoint);
        }
    }
}

void BrokerChannels::shut_down() {
    for (const auto& [id, channel] : channels_) channel->client.close();
    channels_.clear();
}

BrokerChannels::ChannelRef BrokerChannels::find(protocol::NodeId broker) const {
    const auto it = channels_.find(broker);
    return it == channels_.end() ? nullptr : it->second;
}

bool BrokerChannels::connect(Channel& channel, Instant deadline) {
    const std::unique_lock lock(channel.connecting, deadline);
    if (!lock) return false;
    if (channel.client.is_connected()) return true;
    return channel.client.connect(channel.endpoint, deadline).has_value();
}

}  // namespace gregor::drivers
