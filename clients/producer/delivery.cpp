#include "clients/producer/delivery.h"

namespace gregor::producer {

using protocol::ErrorCode;

DeliveryResult BatchReport::result_of(std::int32_t index, std::int64_t timestamp_ms) const {
    if (error) {
        const auto found = record_errors.find(index);
        if (found != record_errors.end()) {
            return fail(client::Error{ErrorCode::invalid_record, found->second});
        }
        if (!record_errors.empty()) {
            return fail(client::Error{error->code,
                                      "Failed to append record because it was part of a batch "
                                      "which had one more more invalid records"});
        }
        return fail(*error);
    }
    RecordMetadata metadata{.partition = partition, .timestamp_ms = timestamp_ms};
    if (base_offset != protocol::kNoOffset) metadata.offset = base_offset + index;
    if (log_append_time_ms >= 0) metadata.timestamp_ms = log_append_time_ms;
    return metadata;
}

void BatchReport::complete() {
    CHECK(!done.is_set(), "a batch is done twice");
    done.set();
    for (Callback& callback : callbacks) {
        callback.call(result_of(callback.index, callback.timestamp_ms));
    }
    callbacks.clear();
}

DeliveryResult Delivery::wait(Instant deadline) const {
    if (report_->done.wait(deadline)) return report_->result_of(index_, timestamp_ms_);
    return fail(client::Error{ErrorCode::request_timed_out, "the record is still on its way"});
}

}  // namespace gregor::producer
