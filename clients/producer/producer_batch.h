// ProducerBatch: records of one partition on their way, from the first append to the answer.
//
//     open ──full, or its time has come──> waiting ──drained──> in flight ──answered──> done
//                                             ^──── to be tried again ────┘
//
// The accumulator moves it from state to state; nobody else writes to it.
#pragma once

#include <cstdint>
#include <memory>

#include "broker/protocol/ids.h"
#include "broker/protocol/records/batch_builder.h"
#include "sim/base/strong_id.h"
#include "sim/base/time.h"

namespace gregor::producer {

/// A partition, by its place in the accumulator.
using PartitionSlot = StrongId<struct PartitionSlotTag, std::uint32_t>;

/// What the records' senders wait for (delivery.h); a batch only carries it.
struct BatchReport;

/// Who a partition's log takes our records to be from.
struct ProducerIdentity {
    std::int64_t id = records::kNoProducerId;
    std::int16_t epoch = records::kNoProducerEpoch;

    [[nodiscard]] bool is_known() const { return id != records::kNoProducerId; }
    friend bool operator==(const ProducerIdentity&, const ProducerIdentity&) = default;
};

struct ProducerBatch {
    enum class State : std::uint8_t { open, waiting, in_flight, done };

    ProducerBatch(PartitionSlot slot_in, Instant created_in, const records::BatchOptions& options)
        : slot(slot_in), created(created_in), builder(options) {}

    [[nodiscard]] bool has_been_sent() const { return attempts > 0; }
    /// Bytes on the wire; of one that was never sent, before compression.
    [[nodiscard]] std::size_t size() const {
        return has_been_sent() ? encoded.size() : builder.uncompressed_size();
    }

    PartitionSlot slot;
    Instant created;
    State state = State::open;
    records::BatchBuilder builder;
    std::int32_t record_count = 0;
    std::size_t charged_bytes = 0;  // of buffer.memory
    Bytes encoded;                  // since it was first sent
    std::int32_t attempts = 0;
    protocol::NodeId sent_to = protocol::kNoNode;  // by the latest
    Instant retry_at{};
    /// A try had no answer: the log may have it, or get it yet.
    bool may_arrive = false;
    /// Counts the batches of a partition in the order in which they were first sent. Sequences do
    /// not: they wrap, and begin again with an epoch.
    std::uint64_t number = 0;
    ProducerIdentity identity;
    std::int32_t base_sequence = records::kNoSequence;
    std::shared_ptr<BatchReport> report;
};

}  // namespace gregor::producer
