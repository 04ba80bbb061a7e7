// BrokerLifecycle: how this broker enters its cluster, stays in it and leaves it, as the controller
// records it (KIP-631).
//
//     enter:  register (fenced) ─> read the metadata up to there ─> unfenced       leader epochs +1
//     stay:   a heartbeat every broker.heartbeat.interval.ms
//     leave:  controlled shutdown: give leaderships away, be fenced                leader epochs +1
//
// The broker's epoch is the offset of its registration; whoever does not know it any more (the
// broker was unregistered, or this is an old incarnation) makes it register again.
#pragma once

#include <functional>

#include "broker/drivers/controller_channel.h"
#include "broker/protocol/messages/controller.h"

namespace gregor::drivers {

struct BrokerLifecycleOptions {
    protocol::NodeId node_id{0};
    Duration heartbeat_interval = 2s;  // broker.heartbeat.interval.ms
    /// How long a controlled shutdown may take.
    Duration leave_timeout = 30s;
    /// Ids of the log directories that have failed (KIP-858); each heartbeat tells of them.
    std::function<std::vector<protocol::Uuid>()> offline_directories;
    /// Called at each registration, with the broker epoch. Must not wait.
    std::function<void(std::int64_t broker_epoch)> on_registered;
    /// The controller refuses this broker for good. Called once; must not wait.
    std::function<void(protocol::ErrorCode error)> on_refused;
};

class BrokerLifecycle {
public:
    BrokerLifecycle(Runtime& runtime, ControllerChannel& channel, ClusterMetadata& metadata,
                    BrokerLifecycleOptions options);
    BrokerLifecycle(const BrokerLifecycle&) = delete;
    BrokerLifecycle& operator=(const BrokerLifecycle&) = delete;

    /// Returns when this broker is unfenced; waits for a controller as long as it takes, and goes
    /// on with heartbeats from then on. `registration` says who this is and where it listens. The
    /// error is one that trying again cannot mend.
    [[nodiscard]] Result<void, protocol::ErrorCode> enter(
        protocol::BrokerRegistrationRequest registration);
    /// Returns when this broker leads nothing any more and is fenced.
    [[nodiscard]] Result<void, protocol::ErrorCode> leave();
    /// A log directory has failed: the controller hears of it at once. Never waits.
    void directory_failed();

    /// -1 before it is registered.
    [[nodiscard]] std::int64_t broker_epoch() const { return broker_epoch_; }

private:
    using HeartbeatResult = Result<protocol::BrokerHeartbeatResponse, protocol::ErrorCode>;

    [[nodiscard]] Result<void, protocol::ErrorCode> register_here();
    void wait_until_active();
    void wait_for_heartbeat(Duration pause);
    [[nodiscard]] protocol::BrokerHeartbeatRequest heartbeat() const;
    [[nodiscard]] HeartbeatResult beat(bool want_shut_down, Instant deadline);
    void keep_beating();

    Runtime& runtime_;
    ControllerChannel& channel_;
    ClusterMetadata& metadata_;
    BrokerLifecycleOptions options_;
    protocol::BrokerRegistrationRequest registration_;
    std::int64_t broker_epoch_ = -1;
    bool has_news_ = false;
    TaskGroup tasks_;
};

}  // namespace gregor::drivers
