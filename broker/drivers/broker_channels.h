// BrokerChannels: this broker's connections to the others, one for each, made when they are needed.
//
//     auto answer = channels.call<WriteTxnMarkersResponse>(leader, request, version, deadline);
//
// One object for each purpose: requests of one connection are answered in their order, so what may
// wait for replication stays apart from what must not.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "broker/metadata/image.h"
#include "broker/protocol/error_code.h"
#include "broker/rpc/client.h"
#include "sim/runtime/sync.h"

namespace gregor::drivers {

class BrokerChannels {
public:
    /// `listener`: by which brokers reach each other.
    BrokerChannels(Runtime& runtime, std::string client_id, std::string listener)
        : runtime_(runtime), client_id_(std::move(client_id)), listener_(std::move(listener)) {}
    BrokerChannels(const BrokerChannels&) = delete;
    BrokerChannels& operator=(const BrokerChannels&) = delete;

    /// Where brokers are from now on.
    void publish(const metadata::MetadataImage& image);
    void shut_down();

    /// Any number of fibers may call. BROKER_NOT_AVAILABLE: not registered; NETWORK_EXCEPTION: not
    /// reached, or no answer came in time, so that what was asked for may have been done.
    template <protocol::Message Response, protocol::Message Request>
    [[nodiscard]] Result<Response, protocol::ErrorCode> call(protocol::NodeId broker,
                                                             const Request& request,
                                                             std::int16_t version,
                                                             Instant deadline) {
        const ChannelRef channel = find(broker);
        if (channel == nullptr) return fail(protocol::ErrorCode::broker_not_available);
        if (connect(*channel, deadline)) {
            auto answer = channel->client.template call<Response>(request, version, deadline);
            if (answer) return *std::move(answer);
            channel->client.close();  // one that is silent may never speak again
        }
        return fail(protocol::ErrorCode::network_exception);
    }

private:
    struct Channel {
        Channel(Runtime& runtime, const std::string& client_id, Endpoint at)
            : endpoint(std::move(at)),
              client(runtime, {.client_id = client_id}),
              connecting(runtime.scheduler()) {}

        Endpoint endpoint;
        rpc::Client client;
        Mutex connecting;
    };
    using ChannelRef = std::shared_ptr<Channel>;

    [[nodiscard]] ChannelRef find(protocol::NodeId broker) const;
    [[nodiscard]] bool connect(Channel& channel, Instant deadline);

    Runtime& runtime_;
    std::string client_id_;
    std::string listener_;
    std::map<protocol::NodeId, ChannelRef> channels_;
};

}  // namespace gregor::drivers
