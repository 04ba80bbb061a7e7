#include "broker/drivers/broker_lifecycle.h"

#include "sim/base/check.h"

namespace gregor::drivers {

using protocol::ErrorCode;

Result<void, ErrorCode> BrokerLifecycle::enter(
    const protocol::BrokerRegistrationRequest& registration) {
    CHECK(registration.broker_id == node_id_);
    TRY(controller_.fence(node_id_));
    const auto registered = TRY(controller_.handle(registration, 4));
    if (registered.error_code != ErrorCode::none) return fail(registered.error_code);
    broker_epoch_ = registered.broker_epoch;
    TRY(beat(false));
    return {};
}

Result<void, ErrorCode> BrokerLifecycle::leave() {
    constexpr int kMostBeats = 3;  // begin, be fenced, hear that it may go
    for (int i = 0; i < kMostBeats; ++i) {
        if (TRY(beat(true)).should_shut_down) return {};
    }
    return fail(ErrorCode::request_timed_out);
}

Result<protocol::BrokerHeartbeatResponse, ErrorCode> BrokerLifecycle::beat(bool want_shut_down) {
    auto answer = TRY(controller_.handle(
        protocol::BrokerHeartbeatRequest{.broker_id = node_id_,
                                         .broker_epoch = broker_epoch_,
                                         .current_metadata_offset = controller_.image_offset() - 1,
                                         .want_shut_down = want_shut_down},
        1));
    if (answer.error_code != ErrorCode::none) return fail(answer.error_code);
    return answer;
}

}  // namespace gregor::drivers
