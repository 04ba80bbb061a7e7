#include "broker/drivers/controller_channel.h"

#include <algorithm>
#include <mutex>

#include "sim/base/instrument.h"

namespace gregor::drivers {

using protocol::ErrorCode;

namespace {

bool any_is_not_controller(const auto& parts) {
    return std::ranges::any_of(
        parts, [](const auto& part) { return part.error_code == ErrorCode::not_controller; });
}

/// Whether the one who was asked is not the controller (any more), as it says of the whole request
/// or of each of its parts.
bool is_not_controller(const auto& response) {
    if constexpr (requires { response.error_code; }) {
        return response.error_code == ErrorCode::not_controller;
    } else if constexpr (requires { response.topics; }) {
        return any_is_not_controller(response.topics);
    } else if constexpr (requires { response.responses; }) {
        return any_is_not_controller(response.responses);
    } else {
        return any_is_not_controller(response.results);
    }
}

}  // namespace

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
    const Request& request, std::int16_t version, Instant deadline) {
    for (;;) {
        const Instant now = runtime_.clock().now();
        if (now >= deadline) return fail(ErrorCode::request_timed_out);
        const Instant this_try = std::min(deadline, deadline_after(now, options_.request_timeout));
        auto answer = try_once(request, version, this_try);
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
    const Request& request, std::int16_t version, Instant deadline) {
    using Response = typename ResponseOf<Request>::type;
    if (metadata_.controller().is_active()) {
        return metadata_.controller().handle(request, version);
    }
    return ask_leader<Response>(request, version, deadline);
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
        const protocol::Name##Request&, std::int16_t, Instant);
GREGOR_CONTROLLER_REQUESTS(GREGOR_CALL)
#undef GREGOR_CALL

}  // namespace gregor::drivers
