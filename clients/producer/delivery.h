// Delivery: what came of one record. The records of a batch share one report, so that a record
// costs no allocation of its own; a callback costs what std::move_only_function takes.
//
//     Delivery delivery = TRY(producer.send({.topic = "orders", .value = as_bytes("1")}));
//     RecordMetadata where = TRY(delivery.wait());
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/ids.h"
#include "clients/client/error.h"
#include "sim/base/time.h"
#include "sim/runtime/sync.h"

namespace gregor::producer {

/// Where the log has the record.
struct RecordMetadata {
    protocol::PartitionId partition;
    /// −1: the broker does not say (acks=0), or does not know any more (a duplicate).
    protocol::Offset offset = protocol::kNoOffset;
    std::int64_t timestamp_ms = -1;
};

using DeliveryResult = Result<RecordMetadata, client::Error>;
/// Called once, on a fiber of the producer, in the order of the records of a partition. It should
/// not wait: the partition's next answer is taken only when it returns.
using DeliveryCallback = std::move_only_function<void(const DeliveryResult&)>;

/// What the records of one batch share.
struct BatchReport {
    struct Callback {
        std::int32_t index;
        std::int64_t timestamp_ms;
        DeliveryCallback call;
    };

    BatchReport(Scheduler& scheduler, protocol::PartitionId partition_in)
        : done(scheduler), partition(partition_in) {}

    /// Of the record at `index` of the batch; once the batch is done.
    [[nodiscard]] DeliveryResult result_of(std::int32_t index, std::int64_t timestamp_ms) const;
    /// Sets `done` and calls back. The result is there.
    void complete();

    Event done;
    protocol::PartitionId partition;
    protocol::Offset base_offset = protocol::kNoOffset;
    std::int64_t log_append_time_ms = -1;
    std::optional<client::Error> error;
    std::map<std::int32_t, std::string> record_errors;  // by index in the batch (KIP-467)
    std::vector<Callback> callbacks;
};

class Delivery {
public:
    Delivery(std::shared_ptr<BatchReport> report, std::int32_t index, std::int64_t timestamp_ms)
        : report_(std::move(report)), index_(index), timestamp_ms_(timestamp_ms) {}

    [[nodiscard]] bool is_done() const { return report_->done.is_set(); }
    /// REQUEST_TIMED_OUT when `deadline` comes first; the record stays on its way.
    [[nodiscard]] DeliveryResult wait(Instant deadline = kNever) const;

private:
    std::shared_ptr<BatchReport> report_;
    std::int32_t index_;
    std::int64_t timestamp_ms_;
};

}  // namespace gregor::producer
