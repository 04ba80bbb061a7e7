// threaded::Producer: Kafka's producer for programs with threads. Any number of threads may send;
// records of one thread to one partition keep their order. All that producer::Producer says of
// delivery holds here.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "clients/producer/producer.h"
#include "clients/threaded/engine.h"

namespace gregor::threaded {

/// Owns what it says: it goes to another thread.
struct ProducerRecord {
    std::string topic;
    std::optional<protocol::PartitionId> partition = {};
    std::optional<std::string> key = {};
    std::optional<std::string> value = {};
    std::vector<std::pair<std::string, std::optional<std::string>>> headers = {};
    std::optional<std::int64_t> timestamp_ms = {};

    /// What it takes of buffer.memory while it waits to be taken over.
    [[nodiscard]] std::size_t size() const;
};

class Producer {
public:
    /// `engine` outlives it.
    Producer(Engine& engine, producer::ProducerConfig config);
    /// As close(0s), if it is not closed.
    ~Producer();
    Producer(const Producer&) = delete;
    Producer& operator=(const Producer&) = delete;

    /// Waits only while buffer.memory is full of records that the engine has not taken over, at
    /// most for max.block.ms: REQUEST_TIMED_OUT then, as for every failure, in the future.
    [[nodiscard]] std::future<producer::DeliveryResult> send(ProducerRecord record);
    /// The callback is called on the engine's thread, once, also for what fails at once; it must
    /// not wait.
    void send(ProducerRecord record, producer::DeliveryCallback callback);

    /// Returns when all that was sent before is done. REQUEST_TIMED_OUT.
    [[nodiscard]] Result<void, client::Error> flush(Duration timeout = Duration::max());

    // Transactions, as in producer::Producer. What other threads send meanwhile is a part of it.
    [[nodiscard]] Result<void, client::Error> init_transactions();
    [[nodiscard]] Result<void, client::Error> begin_transaction();
    [[nodiscard]] Result<void, client::Error> send_offsets_to_transaction(
        const client::Offsets& offsets, const client::GroupMetadata& group);
    [[nodiscard]] Result<void, client::Error> commit_transaction();
    [[nodiscard]] Result<void, client::Error> abort_transaction();

    void close(Duration timeout = Duration::max());

private:
    struct Inside;

    /// What was handed over before is sent first.
    template <class Body>
    auto call(Body&& body);

    Engine& engine_;
    std::shared_ptr<Inside> inside_;
};

}  // namespace gregor::threaded
