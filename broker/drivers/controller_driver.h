// ControllerDriver: the fibers' way to the pure Controller (broker/controller), while this node
// leads the quorum.
//
//     handle(request)
//       on the quorum's fiber: controller.handle ─> append ─> controller.apply     (speculative)
//       then waits:            committed ─> published here ─> answer
//
// What brokers ask is answered when it is committed. This node may take up an image for seconds, as
// it makes dozens of logs: nobody's session may end because a heartbeat waits for that.
//
// The controller runs ahead of what is committed, so that requests need not wait for each other;
// nobody else sees its state before it is committed and in the published image (M1, M7). When
// leadership is lost it is thrown away, with what was not committed, and its requests get
// NOT_CONTROLLER. Whoever leads next begins with the committed image.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "broker/controller/controller.h"
#include "broker/drivers/metadata_feed.h"
#include "broker/drivers/raft_driver.h"

namespace gregor::drivers {

struct ControllerDriverOptions {
    controller::ControllerConfig controller;
    /// Requests without an answer yet; further ones get REQUEST_TIMED_OUT.
    std::size_t max_waiting = 10'000;
    /// leader.imbalance.check.interval.seconds; zero: leaderships stay where they are
    /// (auto.leader.rebalance.enable=false).
    Duration balance_interval = 300s;
    /// How often partitions without a leader are looked at that might have an unclean one.
    Duration unclean_interval = 5min;
    /// How long a request waits to be committed: REQUEST_TIMED_OUT, and nobody knows.
    Duration commit_timeout = 60s;
};

template <class Request>
struct ResponseOf;

class ControllerDriver {
public:
    ControllerDriver(Runtime& runtime, ControllerDriverOptions options, RaftDriver& raft,
                     MetadataFeed& feed);
    ControllerDriver(const ControllerDriver&) = delete;
    ControllerDriver& operator=(const ControllerDriver&) = delete;

    /// This node leads from `epoch` on: acts as soon as it has read everything committed before.
    void leadership_established(raft::LeaderEpoch epoch);
    void leadership_lost(raft::LeaderEpoch epoch);
    /// No more requests, no more decisions. From a fiber.
    void shut_down();

    /// The answer, when what it says is committed and, but for requests of brokers, published here.
    /// NOT_CONTROLLER: not, or not any more, the active controller. Of the requests that
    /// Controller::handle takes.
    template <class Request>
    [[nodiscard]] Result<typename ResponseOf<Request>::type, protocol::ErrorCode> handle(
        const Request& request, std::int16_t version = 0);

    [[nodiscard]] bool is_active() const { return active_ != nullptr; }
    [[nodiscard]] const controller::ControllerConfig& config() const { return options_.controller; }

private:
    /// One leadership.
    struct Active {
        Active(raft::LeaderEpoch of, controller::ControllerConfig config, Random& random)
            : epoch(of), controller(std::move(config), random) {}

        raft::LeaderEpoch epoch;
        controller::Controller controller;
        bool lost = false;
    };
    using ActiveRef = std::shared_ptr<Active>;
    using Records = std::vector<metadata::VersionedRecord>;

    void activate(const ActiveRef& active);
    /// Until the leadership is lost: fences the silent, and puts leaderships where they belong.
    void watch(const ActiveRef& active);
    [[nodiscard]] Duration until_next_look(const Active& active) const;
    void fence_expired(const ActiveRef& active);
    using ChooseRecords = std::move_only_function<Records(controller::Controller&)>;
    /// What the controller decides by itself; whether there was anything to do.
    [[nodiscard]] Result<bool, protocol::ErrorCode> act(const ActiveRef& active,
                                                        ChooseRecords choose);
    [[nodiscard]] std::int64_t now_ms() const { return milliseconds_at(runtime_.clock().now()); }
    [[nodiscard]] static std::int64_t milliseconds_at(Instant instant);
    /// On the quorum's fiber: what `decide` gives is appended and applied; returns when committed
    /// and, where others may look for it here, published.
    template <class Response>
    [[nodiscard]] Result<Response, protocol::ErrorCode> decide(
        ActiveRef active, std::int16_t version,
        std::move_only_function<controller::ControllerResult<Response>(
            controller::Controller&, const controller::ControllerContext&)>
            decide);
    [[nodiscard]] bool is_full() const;
    [[nodiscard]] std::vector<Bytes> take(Active& active, const Records& records,
                                          raft::Offset next_offset);
    [[nodiscard]] Result<void, protocol::ErrorCode> wait_published(const Active& active,
                                                                   raft::Offset end);

    Runtime& runtime_;
    ControllerDriverOptions options_;
    RaftDriver& raft_;
    MetadataFeed& feed_;
    Random random_;
    ActiveRef leading_;  // established, perhaps not caught up yet
    ActiveRef active_;
    std::size_t waiting_ = 0;
    TaskGroup tasks_;
};

#define GREGOR_CONTROLLER_REQUESTS(X) \
    X(CreateTopics)                   \
    X(DeleteTopics)                   \
    X(CreatePartitions)               \
    X(IncrementalAlterConfigs)        \
    X(AlterConfigs)                   \
    X(AllocateProducerIds)            \
    X(BrokerRegistration)             \
    X(BrokerHeartbeat)                \
    X(ControllerRegistration)         \
    X(UnregisterBroker)               \
    X(AlterPartition)                 \
    X(ElectLeaders)                   \
    X(AssignReplicasToDirs)           \
    X(AlterPartitionReassignments)    \
    X(ListPartitionReassignments)     \
    X(UpdateFeatures)

#define GREGOR_CONTROLLER_REQUEST(Name)          \
    template <>                                  \
    struct ResponseOf<protocol::Name##Request> { \
        using type = protocol::Name##Response;   \
    };
GREGOR_CONTROLLER_REQUESTS(GREGOR_CONTROLLER_REQUEST)
#undef GREGOR_CONTROLLER_REQUEST

}  // namespace gregor::drivers
