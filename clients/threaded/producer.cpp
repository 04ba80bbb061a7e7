#include "clients/threaded/producer.h"

#include <algorithm>

#include "clients/threaded/hand_over.h"
#include "sim/runtime/sync.h"

namespace gregor::threaded {

using producer::DeliveryCallback;
using producer::DeliveryResult;

namespace {

/// Enough for the engine to find work each time it looks.
constexpr std::int64_t kMostHandedOver = 4 << 20;

client::Error timed_out() {
    return {protocol::ErrorCode::request_timed_out,
            "The producer's buffer.memory stayed full for max.block.ms"};
}

}  // namespace

struct Producer::Inside {
    struct Sending {
        ProducerRecord record;
        std::shared_ptr<DeliveryCallback> callback;
    };

    Inside(Runtime& runtime, producer::ProducerConfig config)
        : max_block(config.max_block),
          waiting(static_cast<std::size_t>(std::min(config.buffer_memory, kMostHandedOver))),
          mutex(runtime.scheduler()),
          producer(runtime, std::move(config)) {}

    /// Sends all that was handed over; on a fiber. One does it at a time, so that none overtakes.
    void send_waiting() {
        const std::lock_guard lock(mutex);
        for (Sending& each : waiting.take()) send(std::move(each));
    }

    void send(Sending sending) {
        const ProducerRecord& record = sending.record;
        std::vector<records::RecordHeader> headers;
        for (const auto& [key, value] : record.headers) {
            headers.push_back(
                {.key = key, .value = value ? std::optional(as_bytes(*value)) : std::nullopt});
        }
        producer::ProducerRecord given{.topic = record.topic,
                                       .partition = record.partition,
                                       .headers = headers,
                                       .timestamp_ms = record.timestamp_ms};
        if (record.key) given.key = as_bytes(*record.key);
        if (record.value) given.value = as_bytes(*record.value);
        const auto taken = producer.send(
            given,
            [callback = sending.callback](const DeliveryResult& result) { (*callback)(result); });
        if (!taken) (*sending.callback)(fail(taken.error()));
    }

    Duration max_block;
    HandOver<Sending> waiting;
    Mutex mutex;  // of fibers
    producer::Producer producer;
    bool is_closed = false;  // the engine's thread
};

Producer::Producer(Engine& engine, producer::ProducerConfig config)
    : engine_(engine), inside_(engine.call([&](Runtime& runtime) {
          return std::make_shared<Inside>(runtime, std::move(config));
      })) {}

Producer::~Producer() {
    close(Duration::zero());
    engine_.call([this](Runtime&) { inside_.reset(); });
}

std::future<DeliveryResult> Producer::send(ProducerRecord record) {
    std::promise<DeliveryResult> promise;
    auto result = promise.get_future();
    send(std::move(record), [promise = std::move(promise)](const DeliveryResult& done) mutable {
        promise.set_value(done);
    });
    return result;
}

void Producer::send(ProducerRecord record, DeliveryCallback callback) {
    using Put = HandOver<Inside::Sending>::Put;
    const std::size_t bytes = record.size();
    const auto shared = std::make_shared<DeliveryCallback>(std::move(callback));
    const Put put = inside_->waiting.put({std::move(record), shared}, bytes, inside_->max_block);
    if (put == Put::first) {
        engine_.post([inside = inside_](Runtime&) { inside->send_waiting(); });
    } else if (put == Put::timed_out) {
        engine_.post([shared](Runtime&) { (*shared)(fail(timed_out())); });
    }
}

template <class Body>
auto Producer::call(Body&& body) {
    return engine_.call([&](Runtime& runtime) {
        inside_->send_waiting();
        return body(runtime, inside_->producer);
    });
}

Result<void, client::Error> Producer::flush(Duration timeout) {
    return call([&](Runtime& runtime, producer::Producer& producer) {
        return producer.flush(deadline_after(runtime.clock().now(), timeout));
    });
}

Result<void, client::Error> Producer::init_transactions() {
    return call(
        [](Runtime&, producer::Producer& producer) { return producer.init_transactions(); });
}

Result<void, client::Error> Producer::begin_transaction() {
    return call(
        [](Runtime&, producer::Producer& producer) { return producer.begin_transaction(); });
}

Result<void, client::Error> Producer::send_offsets_to_transaction(
    const client::Offsets& offsets, const client::GroupMetadata& group) {
    return call([&](Runtime&, producer::Producer& producer) {
        return producer.send_offsets_to_transaction(offsets, group);
    });
}

Result<void, client::Error> Producer::commit_transaction() {
    return call(
        [](Runtime&, producer::Producer& producer) { return producer.commit_transaction(); });
}

Result<void, client::Error> Producer::abort_transaction() {
    return call(
        [](Runtime&, producer::Producer& producer) { return producer.abort_transaction(); });
}

void Producer::close(Duration timeout) {
    call([&](Runtime&, producer::Producer& producer) {
        if (std::exchange(inside_->is_closed, true)) return;
        producer.close(timeout);
    });
}

std::size_t ProducerRecord::size() const {
    constexpr std::size_t kOverhead = 64;  // of a record's own fields
    std::size_t bytes = kOverhead + topic.size();
    bytes += key ? key->size() : 0;
    bytes += value ? value->size() : 0;
    for (const auto& [name, text] : headers) bytes += name.size() + (text ? text->size() : 0);
    return bytes;
}

}  // namespace gregor::threaded
