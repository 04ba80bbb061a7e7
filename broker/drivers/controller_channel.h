// ControllerChannel: a broker's way to the active controller, wherever it is. It follows the
// quorum's leader from one node to the next.
//
//     auto answer = channel.call(AllocateProducerIdsRequest{…}, version, deadline);
//
// A client's request goes in an envelope (KIP-590), what the broker itself wants as it is. When
// this node leads, either goes to its own controller at once, without a connection. A call tries
// again, after a backoff, while there is no controller to be found and the connection to it breaks,
// until the deadline. So what it asks for may have been done although it says that nobody answered.
// When another comes to lead the quorum, nobody waits for the last one any more: it may be cut off,
// and connections to it just hang.
#pragma once

#include <memory>

#include "broker/drivers/cluster_metadata.h"
#include "broker/protocol/envelope.h"
#include "broker/replication/isr_channel.h"
#include "broker/rpc/client.h"

namespace gregor::drivers {

struct ControllerChannelOptions {
    std::string client_id = "broker-to-controller";
    Duration retry_backoff = 50ms;
    /// Of one try: controller.quorum.request.timeout.ms has the same place in the quorum.
    Duration request_timeout = 30s;
};

class ControllerChannel final : public replication::IsrChannel {
public:
    ControllerChannel(Runtime& runtime, ClusterMetadata& metadata,
                      ControllerChannelOptions options = {});
    ~ControllerChannel() { metadata_.on_leader_changed(nullptr); }
    ControllerChannel(const ControllerChannel&) = delete;
    ControllerChannel& operator=(const ControllerChannel&) = delete;

    /// Any number of fibers may call. REQUEST_TIMED_OUT: no controller has answered in time.
    /// `forwarded`: `request` is a client's; then also the errors of protocol::open_response().
    template <class Request>
    [[nodiscard]] Result<typename ResponseOf<Request>::type, protocol::ErrorCode> call(
        const Request& request, std::int16_t version, Instant deadline,
        const protocol::ForwardedRequest* forwarded = nullptr);

    /// One try, by network, at whoever leads the quorum, for a client; NOT_CONTROLLER: nobody was
    /// reached.
    template <protocol::Message Response>
    [[nodiscard]] Result<Response, protocol::ErrorCode> forward_to_leader(
        const protocol::ForwardedRequest& request, Instant deadline) {
        const Bytes body = TRY(send_in_envelope(request, deadline));
        auto response = protocol::decode<Response>(body, request.version);
        if (response) return *std::move(response);
        return fail(protocol::ErrorCode::unknown_server_error);
    }

    [[nodiscard]] Result<protocol::AlterPartitionResponse, protocol::ErrorCode> alter_partition(
        const protocol::AlterPartitionRequest& request, Instant deadline) override;

private:
    template <class Request>
    [[nodiscard]] Result<typename ResponseOf<Request>::type, protocol::ErrorCode> try_once(
        const Request& request, std::int16_t version, Instant deadline,
        const protocol::ForwardedRequest* forwarded);
    [[nodiscard]] Result<Bytes, protocol::ErrorCode> send_in_envelope(
        const protocol::ForwardedRequest& request, Instant deadline);
    /// By network; NOT_CONTROLLER: nobody was reached.
    template <protocol::Message Response, protocol::Message Request>
    [[nodiscard]] Result<Response, protocol::ErrorCode> ask_leader(const Request& request,
                                                                   std::int16_t version,
                                                                   Instant deadline) {
        const auto endpoint = metadata_.raft().leader_endpoint();
        if (endpoint && connect(*endpoint, deadline)) {
            auto answer = client_.call<Response>(request, version, deadline);
            if (answer) return *std::move(answer);
        }
        return fail(protocol::ErrorCode::not_controller);
    }

    void wait_for_controller(Instant deadline);
    void leave_last_leader();
    [[nodiscard]] Result<void, IoError> connect(const Endpoint& endpoint, Instant deadline);

    Runtime& runtime_;
    ClusterMetadata& metadata_;
    ControllerChannelOptions options_;
    rpc::Client client_;
    Endpoint connected_to_;
    Mutex connecting_;
};

}  // namespace gregor::drivers
