#include "clients/producer/producer.h"

#include <utility>

namespace gregor::producer {

using client::Error;
using protocol::ErrorCode;
using protocol::PartitionId;

namespace {

const Error kClosed{ErrorCode::unknown_server_error,
                    "Cannot perform operation after producer has been closed"};
const Error kClosedForcefully{ErrorCode::unknown_server_error, "Producer is closed forcefully."};

/// Bytes of what the record brings.
std::size_t payload_size(const ProducerRecord& record) {
    std::size_t size = 0;
    if (record.key) size += record.key->size();
    if (record.value) size += record.value->size();
    for (const records::RecordHeader& header : record.headers) {
        size += header.key.size() + (header.value ? header.value->size() : 0);
    }
    return size;
}

/// Of a topic that will not come by waiting for it.
bool is_final(ErrorCode code) { return code != ErrorCode::none && !protocol::is_retriable(code); }

}  // namespace

Producer::Producer(Runtime& runtime, ProducerConfig config)
    : sender_(std::make_shared<Sender>(runtime, std::move(config))) {
    sender_->start();
}

Producer::~Producer() { sender_->stop(kClosedForcefully, false); }

Result<Delivery, Error> Producer::send(const ProducerRecord& record, DeliveryCallback callback) {
    TRY(check_may_send());
    TRY(check_size(record));
    Clock& clock = sender_->runtime().clock();
    const Instant give_up = give_up_time();
    Metadata::Topic& topic = *TRY(known_topic(record.topic, record.partition, give_up));
    const std::int32_t partition = TRY(choose_partition(record, topic));

    const std::int64_t timestamp_ms = record.timestamp_ms.value_or(to_epoch_ms(clock.wall()));
    const records::RecordInput input{.timestamp = timestamp_ms,
                                     .key = record.key,
                                     .value = record.value,
                                     .headers = record.headers};
    const std::size_t charge = records::encoded_record_size(0, 0, input);
    if (!sender_->take_memory(charge, give_up)) {
        return fail(Error{ErrorCode::request_timed_out,
                          fmt::format("Failed to allocate {} bytes within the configured max "
                                      "blocking time {} ms.",
                                      charge, max_block_ms())});
    }
    if (const auto usable = check_may_send(); !usable) {
        sender_->give_memory_back(charge);
        return fail(usable.error());
    }
    const PartitionSlot slot = topic.partitions[static_cast<std::size_t>(partition)].slot;
    join_transaction(topic.name, partition, slot);
    const auto appended = sender_->accumulator().append(clock.now(), slot, input, charge);
    std::shared_ptr<BatchReport>& report = appended.batch->report;
    if (appended.opened_batch) {
        report =
            std::make_shared<BatchReport>(sender_->runtime().scheduler(), PartitionId(partition));
    }
    if (callback) report->callbacks.push_back({appended.index, timestamp_ms, std::move(callback)});
    Delivery delivery(report, appended.index, timestamp_ms);
    if (appended.opened_batch || appended.made_ready) sender_->wake();
    if (appended.made_ready) give_the_sender_its_turn();
    return delivery;
}

/// A fiber that only sends would keep the sender from its work, and fill memory that nobody has
/// touched yet. A request takes a few turns of the loop: where batches pile up it gets more of
/// them.
void Producer::give_the_sender_its_turn() {
    constexpr int kMostTurns = 8;
    constexpr std::size_t kPile = 4 * 1024 * 1024;
    int turns = 0;
    do {
        sender_->runtime().scheduler().yield();
    } while (++turns < kMostTurns && sender_->accumulator().charged_bytes() > kPile);
}

Result<void, Error> Producer::check_usable() const {
    if (sender_->fatal_error()) return fail(*sender_->fatal_error());
    if (is_closed_) return fail(kClosed);
    return {};
}

Result<void, Error> Producer::check_size(const ProducerRecord& record) const {
    const ProducerConfig& config = sender_->config();
    const std::size_t size = payload_size(record) + records::kBatchHeaderSize;
    const auto refuse = [size](std::int64_t limit, std::string_view key) {
        return fail(Error{ErrorCode::message_too_large,
                          fmt::format("The message is {} bytes when serialized which is larger "
                                      "than {}, which is the value of the {} configuration.",
                                      size, limit, key)});
    };
    if (std::cmp_greater(size, config.max_request_size)) {
        return refuse(config.max_request_size, "max.request.size");
    }
    // With room for the lengths around its parts.
    const std::size_t most = size + 10 * (record.headers.size() + 3);
    if (std::cmp_greater(most, config.buffer_memory)) {
        return refuse(config.buffer_memory, "buffer.memory");
    }
    return {};
}

Result<Metadata::Topic*, Error> Producer::known_topic(std::string_view name,
                                                      std::optional<PartitionId> partition,
                                                      Instant give_up) {
    Metadata::Topic& topic = sender_->metadata().topic(name);
    const std::int32_t wanted = partition.value_or(PartitionId(0)).value();
    if (wanted < 0) {
        return fail(Error{ErrorCode::unknown_topic_or_partition,
                          fmt::format("Invalid partition: {}. Partition number should always be "
                                      "non-negative or null.",
                                      wanted)});
    }
    while (std::cmp_greater_equal(wanted, topic.partitions.size())) {
        if (!sender_->wait_for_metadata(give_up)) {
            if (topic.partitions.empty()) {
                return fail(Error{ErrorCode::request_timed_out,
                                  fmt::format("Topic {} not present in metadata after {} ms.", name,
                                              max_block_ms())});
            }
            return fail(Error{ErrorCode::request_timed_out,
                              fmt::format("Partition {} of topic {} with partition count {} is not "
                                          "present in metadata after {} ms.",
                                          wanted, name, topic.partitions.size(), max_block_ms())});
        }
        TRY(check_usable());
        if (is_final(topic.error_code)) return fail(client::error_of(topic.error_code));
    }
    return &topic;
}

Result<std::int32_t, Error> Producer::choose_partition(const ProducerRecord& record,
                                                       Metadata::Topic& topic) {
    if (record.partition) return record.partition->value();
    const auto count = static_cast<std::int32_t>(topic.partitions.size());
    if (partitioner_) {
        const std::int32_t chosen = partitioner_(record, count);
        if (chosen >= 0 && chosen < count) return chosen;
        return fail(Error{ErrorCode::unknown_topic_or_partition,
                          fmt::format("The partitioner generated an invalid partition number: {}. "
                                      "Partition number should always be within [0, {}).",
                                      chosen, count)});
    }
    const ProducerConfig& config = sender_->config();
    if (record.key && !config.partitioner_ignore_keys) {
        return records::partition_for_key(*record.key, count);
    }
    const std::int32_t chosen =
        topic.sticky.choose(count, topic.available, sender_->runtime().random());
    topic.sticky.sent(payload_size(record), static_cast<std::size_t>(config.batch_size));
    return chosen;
}

std::int64_t Producer::max_block_ms() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(sender_->config().max_block)
        .count();
}

Result<std::vector<Metadata::Topic::Partition>, Error> Producer::partitions_for(
    std::string_view topic) {
    TRY(check_usable());
    return TRY(known_topic(topic, std::nullopt, give_up_time()))->partitions;
}

Result<void, Error> Producer::flush(Instant deadline) {
    sender_->accumulator().flush();
    sender_->wake();
    std::vector<std::shared_ptr<BatchReport>> reports;
    for (const BatchRef& batch : sender_->accumulator().not_done()) {
        reports.push_back(batch->report);
    }
    for (const auto& report : reports) {
        if (report->done.wait(deadline)) continue;
        return fail(Error{ErrorCode::request_timed_out, "not all records are done"});
    }
    return {};
}

void Producer::close(Duration timeout) {
    if (is_closed_) return;
    is_closed_ = true;
    const Instant deadline = deadline_after(sender_->runtime().clock().now(), timeout);
    // What does not get done by then fails below.
    (void)flush(deadline);
    abort_open_transaction(deadline);
    sender_->stop(kClosedForcefully, true);
}

}  // namespace gregor::producer
