#include "broker/drivers/broker_lifecycle.h"

#include <algorithm>
#include <utility>

#include "broker/rpc/client.h"
#include "sim/base/check.h"
#include "sim/base/probe.h"

namespace gregor::drivers {

using protocol::ErrorCode;

namespace {

/// Between tries of what the controller has refused for now.
constexpr Duration kBackoff = 100ms;
/// Between heartbeats of which none was answered.
constexpr Duration kRetry = 50ms;

/// Whether it is of use to ask again.
bool may_pass(ErrorCode error) {
    switch (error) {
        case ErrorCode::inconsistent_cluster_id:
        case ErrorCode::invalid_request:
        case ErrorCode::invalid_registration:
        case ErrorCode::unsupported_version: return false;
        // An older incarnation is not known to be gone, for as long as its session lasts.
        case ErrorCode::duplicate_broker_registration:
        default: return true;
    }
}

/// A connection for heartbeats alone, as in Kafka: on the one that is shared, a request which this
/// broker forwards may take seconds, and those behind it wait for it.
class HeartbeatLink {
public:
    HeartbeatLink(Runtime& runtime, ClusterMetadata& metadata)
        : metadata_(metadata), client_(runtime, {.client_id = "broker-heartbeats"}) {}

    /// One try at whoever leads the quorum; NOT_CONTROLLER: nobody has answered.
    Result<protocol::BrokerHeartbeatResponse, ErrorCode> ask(
        const protocol::BrokerHeartbeatRequest& request, Instant deadline) {
        constexpr std::int16_t kVersion = 1;
        if (metadata_.controller().is_active()) {
            return metadata_.controller().handle(request, kVersion);
        }
        if (const auto endpoint = metadata_.raft().leader_endpoint();
            endpoint && connect(*endpoint, deadline)) {
            auto answer =
                client_.call<protocol::BrokerHeartbeatResponse>(request, kVersion, deadline);
            if (answer) return *std::move(answer);
            client_.close();  // it may be cut off, and hang for long
        }
        return fail(ErrorCode::not_controller);
    }

private:
    bool connect(const Endpoint& endpoint, Instant deadline) {
        if (client_.is_connected() && connected_to_ == endpoint) return true;
        connected_to_ = endpoint;
        return client_.connect(endpoint, deadline).has_value();
    }

    ClusterMetadata& metadata_;
    rpc::Client client_;
    Endpoint connected_to_;
};

bool has_forgotten_us(ErrorCode error) {
    return error == ErrorCode::stale_broker_epoch || error == ErrorCode::broker_id_not_registered;
}

}  // namespace

BrokerLifecycle::BrokerLifecycle(Runtime& runtime, ControllerChannel& channel,
                                 ClusterMetadata& metadata, BrokerLifecycleOptions options)
    : runtime_(runtime),
      channel_(channel),
      metadata_(metadata),
      options_(std::move(options)),
      tasks_(runtime.tasks(), "broker lifecycle") {}

Result<void, ErrorCode> BrokerLifecycle::enter(protocol::BrokerRegistrationRequest registration) {
    CHECK(registration.broker_id == options_.node_id);
    registration_ = std::move(registration);
    TRY(register_here());
    for (;;) {
        const auto answer = beat(false, kNever);
        if (answer && !answer->is_fenced) break;
        if (!answer && has_forgotten_us(answer.error())) TRY(register_here());
        runtime_.clock().sleep_for(kBackoff);
    }
    tasks_.spawn("heartbeats", [this] { keep_beating(); });
    wait_until_active();
    return {};
}

/// The controller's answer comes when it has committed that we are unfenced; until our own image
/// says so, and everything here has been told, we would serve as one who leads nothing.
void BrokerLifecycle::wait_until_active() {
    MetadataFeed& feed = metadata_.feed();
    while (feed.is_publishing() || !feed.image()->is_active(options_.node_id)) {
        feed.wait_for_change(deadline_after(runtime_.clock().now(), options_.heartbeat_interval));
    }
}

Result<void, ErrorCode> BrokerLifecycle::register_here() {
    for (;;) {
        const auto answer = channel_.call(registration_, 4, kNever);
        const ErrorCode error = answer ? answer->error_code : answer.error();
        if (error == ErrorCode::none) {
            broker_epoch_ = answer->broker_epoch;
            runtime_.trace().event("broker_registered", "broker_epoch={}", broker_epoch_);
            if (options_.on_registered) options_.on_registered(broker_epoch_);
            metadata_.feed().wait_for(raft::Offset(broker_epoch_ + 1), kNever);
            return {};
        }
        if (!may_pass(error)) return fail(error);
        PROBE("a registration was refused for now");
        runtime_.trace().event("broker_registration_refused", "error={}", error);
        runtime_.clock().sleep_for(kBackoff);
    }
}

/// Whoever begins to lead the quorum hears of us at once.
void BrokerLifecycle::wait_for_heartbeat(Duration pause) {
    const Instant end = deadline_after(runtime_.clock().now(), pause);
    const raft::LeaderAndEpoch before = metadata_.raft().leader();
    while (!std::exchange(has_news_, false) && runtime_.clock().now() < end) {
        metadata_.feed().wait_for_change(end);
        const raft::LeaderAndEpoch now = metadata_.raft().leader();
        if (now != before && now.leader_id != raft::kNoNode) return;
    }
}

void BrokerLifecycle::directory_failed() {
    has_news_ = true;
    metadata_.feed().wake_waiters();
}

protocol::BrokerHeartbeatRequest BrokerLifecycle::heartbeat() const {
    protocol::BrokerHeartbeatRequest request{
        .broker_id = options_.node_id,
        .broker_epoch = broker_epoch_,
        .current_metadata_offset = metadata_.image_offset() - 1};
    if (options_.offline_directories) request.offline_log_dirs = options_.offline_directories();
    return request;
}

void BrokerLifecycle::keep_beating() {
    HeartbeatLink link(runtime_, metadata_);
    Duration pause = options_.heartbeat_interval;
    for (;;) {
        wait_for_heartbeat(pause);
        const auto answer = link.ask(
            heartbeat(), deadline_after(runtime_.clock().now(), options_.heartbeat_interval));
        const ErrorCode error = answer ? answer->error_code : answer.error();
        pause = error == ErrorCode::none ? options_.heartbeat_interval : kRetry;
        if (!has_forgotten_us(error)) continue;
        PROBE("a broker registered anew while it ran");
        if (const auto again = register_here(); !again) {
            options_.on_refused(again.error());
            return;
        }
    }
}

Result<void, ErrorCode> BrokerLifecycle::leave() {
    tasks_.cancel();
    tasks_.join();
    if (broker_epoch_ < 0) return {};
    const Instant deadline = deadline_after(runtime_.clock().now(), options_.leave_timeout);
    for (;;) {
        if (TRY(beat(true, deadline)).should_shut_down) return {};
        // The controller waits for others to take over, or for us to hear of it.
        metadata_.feed().wait_for_change(
            std::min(deadline, deadline_after(runtime_.clock().now(), kBackoff)));
    }
}

BrokerLifecycle::HeartbeatResult BrokerLifecycle::beat(bool want_shut_down, Instant deadline) {
    protocol::BrokerHeartbeatRequest request = heartbeat();
    request.want_shut_down = want_shut_down;
    auto answer = TRY(channel_.call(request, 1, deadline));
    if (answer.error_code != ErrorCode::none) return fail(answer.error_code);
    return answer;
}

}  // namespace gregor::drivers
