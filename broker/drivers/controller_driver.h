// ControllerDriver: the fibers' way to the pure Controller (broker/controller) and the metadata
// log.
//
//     handle(request)
//       lock ─> controller.handle ─> log.append + sync ─> controller.apply ─> publish ─> unlock ─>
//       answer
//
// One request at a time, in the order of their coming; the queue in front is bounded. Nobody sees a
// change, neither in an answer nor in an image, before it is durable (M1, M7). Images are published
// in order to every subscriber, on the fiber of the request, before its answer: a created topic has
// its logs when the client hears of it.
//
// When the metadata log fails the controller has failed: this and every later request gets
// NOT_CONTROLLER, images stand still, and the owner is told once, to stop the node.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "broker/controller/controller.h"
#include "broker/drivers/metadata_log.h"
#include "broker/metadata/image.h"
#include "sim/runtime/runtime.h"
#include "sim/runtime/sync.h"

namespace gregor::drivers {

struct ControllerDriverOptions {
    controller::ControllerConfig controller;
    MetadataLogOptions log;
    /// Requests that wait for the one that is handled; further ones get REQUEST_TIMED_OUT.
    std::size_t max_waiting = 1000;
    /// Called once, on some fiber, when the metadata log fails. Must not wait.
    std::function<void(std::string_view why)> on_failure;
};

/// Called with the image before and the one after, which differ. May wait; must not call the
/// driver.
using ImageSubscriber =
    std::function<void(const metadata::ImageRef& before, const metadata::ImageRef& after)>;

template <class Request>
struct ResponseOf;

class ControllerDriver {
public:
    ControllerDriver(Runtime& runtime, ControllerDriverOptions options);
    ControllerDriver(const ControllerDriver&) = delete;
    ControllerDriver& operator=(const ControllerDriver&) = delete;

    /// Before start(); the first call gets an empty image and the one that the log gave.
    void subscribe(ImageSubscriber subscriber) { subscribers_.push_back(std::move(subscriber)); }

    /// Opens the metadata log, wins its epoch, writes what a new cluster begins with, and
    /// publishes.
    [[nodiscard]] Result<void, log::StorageError> start();

    /// The answer, when what it says is durable and published. NOT_CONTROLLER: failed, or not
    /// started. Of the requests that Controller::handle takes.
    template <class Request>
    [[nodiscard]] Result<typename ResponseOf<Request>::type, protocol::ErrorCode> handle(
        const Request& request, std::int16_t version = 0);

    /// A broker that is not heard of any more (of an earlier incarnation, say).
    [[nodiscard]] Result<void, protocol::ErrorCode> fence(protocol::NodeId broker);

    /// The newest published image, never null.
    [[nodiscard]] const metadata::ImageRef& image() const { return image_; }
    /// One above the last offset that image() holds.
    [[nodiscard]] protocol::Offset image_offset() const { return image_offset_; }
    [[nodiscard]] protocol::LeaderEpoch epoch() const { return log_.epoch(); }
    [[nodiscard]] const MetadataLog& log() const { return log_; }
    [[nodiscard]] const controller::ControllerConfig& config() const {
        return controller_.config();
    }

    /// No more requests; leaves the log as a clean stop may. From a fiber.
    void shut_down();

private:
    class Turn;

    [[nodiscard]] Result<void, protocol::ErrorCode> commit(
        const std::vector<metadata::VersionedRecord>& records, bool atomic);
    void publish();
    void fail_for_good(std::string_view why);
    [[nodiscard]] std::int64_t now_ms() const;
    [[nodiscard]] controller::ControllerContext context(std::int16_t version);

    Runtime& runtime_;
    ControllerDriverOptions options_;
    Random random_;
    controller::Controller controller_;
    MetadataLog log_;
    Mutex mutex_;
    std::size_t waiting_ = 0;
    bool serving_ = false;
    std::vector<ImageSubscriber> subscribers_;
    metadata::ImageRef image_;
    protocol::Offset image_offset_{0};
};

#define GREGOR_CONTROLLER_REQUEST(Name)          \
    template <>                                  \
    struct ResponseOf<protocol::Name##Request> { \
        using type = protocol::Name##Response;   \
    };
GREGOR_CONTROLLER_REQUEST(CreateTopics)
GREGOR_CONTROLLER_REQUEST(DeleteTopics)
GREGOR_CONTROLLER_REQUEST(CreatePartitions)
GREGOR_CONTROLLER_REQUEST(IncrementalAlterConfigs)
GREGOR_CONTROLLER_REQUEST(AlterConfigs)
GREGOR_CONTROLLER_REQUEST(AllocateProducerIds)
GREGOR_CONTROLLER_REQUEST(BrokerRegistration)
GREGOR_CONTROLLER_REQUEST(BrokerHeartbeat)
GREGOR_CONTROLLER_REQUEST(ControllerRegistration)
GREGOR_CONTROLLER_REQUEST(UnregisterBroker)
GREGOR_CONTROLLER_REQUEST(AlterPartition)
GREGOR_CONTROLLER_REQUEST(ElectLeaders)
GREGOR_CONTROLLER_REQUEST(AssignReplicasToDirs)
GREGOR_CONTROLLER_REQUEST(AlterPartitionReassignments)
GREGOR_CONTROLLER_REQUEST(ListPartitionReassignments)
GREGOR_CONTROLLER_REQUEST(UpdateFeatures)
#undef GREGOR_CONTROLLER_REQUEST

}  // namespace gregor::drivers
