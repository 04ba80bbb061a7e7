#include "broker/drivers/controller_driver.h"

#include <mutex>

#include "sim/base/check.h"
#include "sim/base/instrument.h"

namespace gregor::drivers {

using protocol::ErrorCode;

/// One request's place in the queue and then at the controller.
class ControllerDriver::Turn {
public:
    explicit Turn(ControllerDriver& driver) : driver_(driver) {
        if (!driver.serving_) {
            error_ = ErrorCode::not_controller;
        } else if (driver.waiting_ >= driver.options_.max_waiting) {
            PROBE("the controller's queue was full");
            error_ = ErrorCode::request_timed_out;
        } else {
            wait();
        }
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    [[nodiscard]] ErrorCode error() const { return error_; }

private:
    void wait() {
        struct Counted {
            explicit Counted(std::size_t& count) : waiting(count) { ++waiting; }
            ~Counted() { --waiting; }
            std::size_t& waiting;
        };
        const Counted counted(driver_.waiting_);
        lock_ = std::unique_lock(driver_.mutex_);
        if (!driver_.serving_) error_ = ErrorCode::not_controller;
    }

    ControllerDriver& driver_;
    std::unique_lock<Mutex> lock_;
    ErrorCode error_ = ErrorCode::none;
};

ControllerDriver::ControllerDriver(Runtime& runtime, ControllerDriverOptions options)
    : runtime_(runtime),
      options_(std::move(options)),
      random_(runtime.random().next()),
      controller_(options_.controller, random_),
      log_(runtime, options_.log),
      mutex_(runtime.scheduler()),
      image_(std::make_shared<const metadata::MetadataImage>()) {}

Result<void, log::StorageError> ControllerDriver::start() {
    CHECK(!serving_);
    const std::lock_guard lock(mutex_);
    controller_.restore(TRY(log_.open()));
    std::vector<metadata::VersionedRecord> records = controller_.activation_records();
    if (!records.empty() && !commit(records, true))
        return fail(log::StorageError(IoError::io_failed));
    if (controller_.image().metadata_version() == 0) {
        records = controller_.bootstrap_records();
        if (!commit(records, true)) return fail(log::StorageError(IoError::io_failed));
    }
    controller_.become_leader(now_ms());
    serving_ = true;
    publish();
    return {};
}

template <class Request>
Result<typename ResponseOf<Request>::type, ErrorCode> ControllerDriver::handle(
    const Request& request, std::int16_t version) {
    const Turn turn(*this);
    if (turn.error() != ErrorCode::none) return fail(turn.error());
    auto result = controller_.handle(context(version), request);
    if (!result.records.empty()) TRY(commit(result.records, result.atomic));
    publish();
    return std::move(result.response);
}

Result<void, ErrorCode> ControllerDriver::fence(protocol::NodeId broker) {
    const Turn turn(*this);
    if (turn.error() != ErrorCode::none) return fail(turn.error());
    const auto records = controller_.fence(broker);
    if (!records.empty()) TRY(commit(records, false));
    publish();
    return {};
}

void ControllerDriver::shut_down() {
    const std::lock_guard lock(mutex_);
    if (!serving_) return;
    serving_ = false;
    if (!log_.close()) fail_for_good("the metadata log could not be closed");
}

/// Appended, durable, applied: in this order. What fails before it is durable has not happened.
Result<void, ErrorCode> ControllerDriver::commit(
    const std::vector<metadata::VersionedRecord>& records, bool atomic) {
    if (atomic && !metadata::fits_one_batch(records)) return fail(ErrorCode::policy_violation);
    const auto first = log_.append(records, atomic);
    if (!first) {
        fail_for_good("the metadata log failed");
        return fail(ErrorCode::not_controller);
    }
    protocol::Offset offset = *first;
    for (const metadata::VersionedRecord& record : records) {
        const auto applied = controller_.apply(offset, record.record);
        CHECK(applied.has_value(), "our own record does not apply: {}", applied.error());
        ++offset;
    }
    runtime_.trace().event("metadata_records_committed", "end_offset={} count={}", offset,
                           records.size());
    return {};
}

void ControllerDriver::publish() {
    const metadata::MetadataLoader& loader = controller_.loader();
    if (loader.in_transaction() || loader.next_offset() == image_offset_) return;
    const metadata::ImageRef before = image_;
    image_ = std::make_shared<const metadata::MetadataImage>(loader.visible());
    image_offset_ = loader.next_offset();
    runtime_.trace().event("image_published", "offset={}", image_offset_);
    for (const ImageSubscriber& subscriber : subscribers_) subscriber(before, image_);
    log_.snapshot_if_due(*image_);
}

void ControllerDriver::fail_for_good(std::string_view why) {
    serving_ = false;
    runtime_.trace().event("controller_failed", "why={}", why);
    if (auto on_failure = std::exchange(options_.on_failure, nullptr)) on_failure(why);
}

std::int64_t ControllerDriver::now_ms() const {
    return std::chrono::floor<std::chrono::milliseconds>(runtime_.clock().now().time_since_epoch())
        .count();
}

controller::ControllerContext ControllerDriver::context(std::int16_t version) {
    return {.now_ms = now_ms(), .next_offset = log_.end_offset(), .request_version = version};
}

#define GREGOR_HANDLE(Name)                                                        \
    template Result<protocol::Name##Response, ErrorCode> ControllerDriver::handle( \
        const protocol::Name##Request&, std::int16_t);
GREGOR_HANDLE(CreateTopics)
GREGOR_HANDLE(DeleteTopics)
GREGOR_HANDLE(CreatePartitions)
GREGOR_HANDLE(IncrementalAlterConfigs)
GREGOR_HANDLE(AlterConfigs)
GREGOR_HANDLE(AllocateProducerIds)
GREGOR_HANDLE(BrokerRegistration)
GREGOR_HANDLE(BrokerHeartbeat)
GREGOR_HANDLE(ControllerRegistration)
GREGOR_HANDLE(UnregisterBroker)
GREGOR_HANDLE(AlterPartition)
GREGOR_HANDLE(ElectLeaders)
GREGOR_HANDLE(AssignReplicasToDirs)
GREGOR_HANDLE(AlterPartitionReassignments)
GREGOR_HANDLE(ListPartitionReassignments)
GREGOR_HANDLE(UpdateFeatures)
#undef GREGOR_HANDLE

}  // namespace gregor::drivers
