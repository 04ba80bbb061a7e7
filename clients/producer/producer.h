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
//
// With a transactional.id what is sent, and the offsets of what it was made from, count together or
// not at all:
//
//     TRY(producer.init_transactions());   // once; fences who had the id before
//     TRY(producer.begin_transaction());
//     … producer.send() …
//     TRY(producer.send_offsets_to_transaction(offsets, consumer.group_metadata()));
//     const auto done = producer.commit_transaction();
//
// After REQUEST_TIMED_OUT the same call may be made again, and goes on with it. After any other
// error the transaction can only be aborted; when transaction_error_is_fatal(), not even that:
// there is a newer producer with the id, or a broker that never lets this one do it (Kafka's
// ProducerFencedException, AuthorizationException).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "clients/client/offsets.h"
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

    // Transactions; one fiber calls. Each waits for max.block.ms at most. INVALID_TXN_STATE:
    // without a transactional.id, or not now.

    /// Takes the transactional id over: what its last producer left open is ended first.
    [[nodiscard]] Result<void, client::Error> init_transactions();
    [[nodiscard]] Result<void, client::Error> begin_transaction();
    /// They are committed with the transaction, in the name of that member. ILLEGAL_GENERATION,
    /// UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID: it is none any more (KIP-447).
    [[nodiscard]] Result<void, client::Error> send_offsets_to_transaction(
        const client::Offsets& offsets, const client::GroupMetadata& group);
    /// Delivers what was sent first.
    [[nodiscard]] Result<void, client::Error> commit_transaction();
    /// What waits to be sent fails.
    [[nodiscard]] Result<void, client::Error> abort_transaction();
    [[nodiscard]] bool transaction_error_is_fatal() const;
    /// A commit or an abort has been asked for, and nobody has said yet how it ended.
    [[nodiscard]] bool transaction_is_ending() const;
    /// Of the transactional producer; known once it has taken its id over.
    [[nodiscard]] ProducerIdentity transactional_identity() const;

    /// flush() within `timeout`; what is not done then fails, and a transaction that is open is
    /// aborted. No send after this.
    void close(Duration timeout = Duration::max());

private:
    void give_the_sender_its_turn();
    [[nodiscard]] Result<void, client::Error> check_usable() const;
    [[nodiscard]] Result<void, client::Error> check_may_send() const;
    /// With its transactions.
    [[nodiscard]] Result<Transactions*, client::Error> check_transactional() const;
    void join_transaction(const std::string& topic, std::int32_t partition, PartitionSlot slot);
    void abort_open_transaction(Instant deadline);
    [[nodiscard]] Instant give_up_time() const;
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
