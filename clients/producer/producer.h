// Producer: sends records to topics, as Kafka's producer does.
//
//     Producer producer(runtime, TRY(ProducerConfig::from({{"bootstrap.servers", "n1:9092"}})));
//     auto delivery = TRY(producer.send({.topic = "orders", .key = key, .value = value}));
//     auto where = TRY(delivery.wait());   // or many sends, then flush()
//     producer.close();
//
// send() waits only for metadata of a new topic and for room in buffer.memory, at most max.block.ms
// in all; where it fills a batch it lets other fibers run. Records of one partition are delivered
// in the order of their sends; with idempotence (the default) each is in the log once however often
// its batch has to be sent again, also across leaders. A record that is not acknowledged within
// delivery.timeout.ms fails with REQUEST_TIMED_OUT, and may be in the log all the same.
//
// Any number of fibers may send. close() before it goes away: what is not delivered then fails, and
// no callback is called.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "clients/producer/delivery.h"
#include "clients/producer/producer_config.h"
#include "clients/producer/sender.h"

namespace gregor::producer {

/// Views: send() copies what they show.
struct ProducerRecord {
    std::string_view topic;
    std::optional<protocol::PartitionId> partition = {};
    std::optional<ByteSpan> key = {};
    std::optional<ByteSpan> value = {};
    std::span<const records::RecordHeader> headers = {};
    /// Of the record; the time of the send if there is none.
    std::optional<std::int64_t> timestamp_ms = {};
};

/// The partition, below `partition_count`, of a record that names none.
using Partitioner = std::move_only_function<std::int32_t(const ProducerRecord& record,
                                                         std::int32_t partition_count)>;

class Producer {
public:
    Producer(Runtime& runtime, ProducerConfig config);
    ~Producer();
    Producer(const Producer&) = delete;
    Producer& operator=(const Producer&) = delete;

    /// Instead of Kafka's default (partitioner.h).
    void set_partitioner(Partitioner partitioner) { partitioner_ = std::move(partitioner); }

    /// REQUEST_TIMED_OUT: no metadata, or no room, within max.block.ms. MESSAGE_TOO_LARGE: larger
    /// than max.request.size or buffer.memory. INVALID_TOPIC_EXCEPTION, TOPIC_AUTHORIZATION_FAILED:
    /// as the cluster says. `callback`, if any, is called when a Delivery was given.
    [[nodiscard]] Result<Delivery, client::Error> send(const ProducerRecord& record,
                                                       DeliveryCallback callback = {});

    /// Sends what waits for linger.ms and returns when all that was sent before is done, delivered
    /// or not. REQUEST_TIMED_OUT: `deadline` came first.
    [[nodiscard]] Result<void, client::Error> flush(Instant deadline = kNever);

    /// The topic's partitions, by their ids. REQUEST_TIMED_OUT after max.block.ms.
    [[nodiscard]] Result<std::vector<Metadata::Topic::Partition>, client::Error> partitions_for(
        std::string_view topic);

    /// flush() within `timeout`; what is not done then fails. No send after this.
    void close(Duration timeout = Duration::max());

private:
    [[nodiscard]] Result<void, client::Error> check_usable() const;
    [[nodiscard]] Result<Metadata::Topic*, client::Error> known_topic(
        std::string_view name, std::optional<protocol::PartitionId> partition, Instant give_up);
    [[nodiscard]] Result<void, client::Error> check_size(const ProducerRecord& record) const;
    [[nodiscard]] Result<std::int32_t, client::Error> choose_partition(const ProducerRecord& record,
                                                                       Metadata::Topic& topic);
    [[nodiscard]] std::int64_t max_block_ms() const;

    std::shared_ptr<Sender> sender_;
    Partitioner partitioner_;
    bool is_closed_ = false;
};

}  // namespace gregor::producer
