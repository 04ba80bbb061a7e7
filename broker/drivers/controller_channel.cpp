#include "broker/drivers/controller_channel.h"

#include <algorithm>
#include <mutex>

#include "broker/drivers/not_controller.h"
#include "sim/base/probe.h"

namespace gregor::drivers {

using protocol::ErrorCode;

ControllerChannel::ControllerChannel(Runtime& runtime, ClusterMetadata& metadata,
                                     ControllerChannelOptions options)
    : runtime_(runtime),
      metadata_(metadata),
      options_(std::move(options)),
      client_(runtime, {.client_id = options_.client_id}),
      connecting_(runtime.scheduler()) {
    metadata_.on_leader_changed([this] { leave_last_leader(); });
}

template <class Request>
Result<typename ResponseOf<Request>::type, ErrorCode> ControllerChannel::call(
    const Request& request, std::int16_t version, Instant deadline,
    const protocol::ForwardedRequest* forwarded) {
    for (;;) {
        const Instant now = runtime_.clock().now();
        if (now >= deadline) return fail(ErrorCode::request_timed_out);
        const Instant this_try = std::min(deadline, deadline_after(now, options_.request_timeout));
        auto answer = try_once(request, version, this_try, forwarded);
        if (answer && !is_not_controller(*answer)) return answer;
        if (!answer && answer.error() != ErrorCode::not_controller) return answer;
        wait_for_controller(deadline);
    }
}

void ControllerChannel::wait_for_controller(Instant deadline) {
    PROBE("a broker found no controller at once");
    metadata_.feed().wait_for_change(
        std::min(deadline, deadline_after(runtime_.clock().now(), options_.retry_backoff)));
}

void ControllerChannel::leave_last_leader() {
    const auto endpoint = metadata_.raft().leader_endpoint();
    if (!endpoint || *endpoint == connected_to_ || !client_.is_connected()) return;
    PROBE("a broker left a controller that leads no more");
    client_.close();
}

Result<protocol::AlterPartitionResponse, ErrorCode> ControllerChannel::alter_partition(
    const protocol::AlterPartitionRequest& request, Instant deadline) {
    return call(request, protocol::AlterPartitionRequest::kMessage.versions.max, deadline);
}

template <class Request>
Result<typename ResponseOf<Request>::type, ErrorCode> ControllerChannel::try_once(
    const Request& request, std::int16_t version, Instant deadline,
    const protocol::ForwardedRequest* forwarded) {
    using Response = typename ResponseOf<Request>::type;
    if (metadata_.controller().is_active()) {
        return metadata_.controller().handle(request, version);
    }
    if (forwarded != nullptr) return forward_to_leader<Response>(*forwarded, deadline);
    return ask_leader<Response>(request, version, deadline);
}

Result<Bytes, ErrorCode> ControllerChannel::send_in_envelope(
    const protocol::ForwardedRequest& request, Instant deadline) {
    const auto answer = TRY(ask_leader<protocol::EnvelopeResponse>(
        protocol::make_envelope(request), protocol::EnvelopeRequest::kMessage.versions.max,
        deadline));
    return protocol::open_response(request, answer);
}

Result<void, IoError> ControllerChannel::connect(const Endpoint& endpoint, Instant deadline) {
    const std::unique_lock lock(connecting_, deadline);
    if (!lock) return fail(IoError::timed_out);
    if (client_.is_connected() && connected_to_ == endpoint) return {};
    connected_to_ = endpoint;
    return client_.connect(endpoint, deadline);
}

#define GREGOR_CALL(Name)                                                         \
    template Result<protocol::Name##Response, ErrorCode> ControllerChannel::call( \
        const protocol::Name##Request&, std::int16_t, Instant, const protocol::ForwardedRequest*);
GREGOR_CONTROLLER_REQUESTS(GREGOR_CALL)
#undef GREGOR_CALL

}  // namespace gregor::drivers
