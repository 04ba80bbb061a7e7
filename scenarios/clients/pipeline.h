// Pipeline: a producer's batches on their way, up to five requests in flight on one connection, as
// Kafka's clients have it.
//
// Plain batches are sent once. An idempotent producer's are sent until they are answered, with the
// same sequence numbers, and always in order: when one of a partition fails, or its connection, it
// and all behind it go out again, one behind the other, once none of them is in flight any more:
//
//     unsettled     b4    b5    b6    b7          answers come in order
//                   ^failed     ^in flight        b4 … b7 are sent again when b6 has its answer
//
// A broker that knows nothing of a producer takes any sequence number, as Kafka does: were the
// first batch refused for damage, the second would be taken and stand before it. So a partition's
// first batch under an identity, and the first after a loss, goes alone.
//
// When the broker says that it has lost track of a partition's producer, which only a loss there
// excuses, or a deletion that may have reached the very batch (V5), the partition goes on under a
// new producer id.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "broker/protocol/messages/produce.h"
#include "broker/protocol/records/batch_header.h"
#include "scenarios/clients/router.h"
#include "sim/runtime/sync.h"

namespace gregor::scenarios::clients {

/// What an answer says of a batch; `dropped`: its partition is damaged, nothing is owed.
enum class Outcome : std::uint8_t { acknowledged, not_written, unknown, lost_track, dropped };

struct Batch {
    PartitionUnderTest* partition = nullptr;
    std::vector<ValueId> values;
    /// Made to be refused.
    bool oversized = false;

    // The pipeline's. -----------------------------------------------------------------------------
    /// Among its partition's batches.
    std::uint64_t number = 0;
    std::int64_t producer_id = records::kNoProducerId;
    std::int16_t producer_epoch = records::kNoProducerEpoch;
    std::int32_t base_sequence = records::kNoSequence;
    /// Of its partition, before it was sent under this identity.
    std::uint32_t deletions_before = 0;
    std::uint64_t attempts = 0;
    /// Whom it was last sent to, and the generation of the link then; 0 when that attempt has been
    /// answered.
    std::size_t broker = 0;
    std::uint64_t sent_in = 0;
    std::optional<Outcome> settled;
};
using BatchRef = std::shared_ptr<Batch>;

class Pipeline {
public:
    /// Of one connection, and of one partition: the broker remembers five batches of a producer.
    static constexpr std::size_t kMaxInFlight = 5;

    struct Options {
        std::int16_t acks = 1;
        std::int16_t version = 7;
        bool idempotent = false;
        std::int32_t first_sequence = 0;
    };

    Pipeline(Workload& workload, Runtime& runtime, Router& router, Options options,
             std::function<Bytes(const Batch&)> encode);

    /// Sends what is added until all of it is settled and stop() was called; kMaxInFlight fibers
    /// run it.
    void send_batches();
    void stop();

    /// Behind all that was added before; waits while there is much on its way.
    void add(BatchRef batch);
    /// Waits for its end.
    Outcome wait_for(const Batch& batch);

private:
    struct Identity {
        std::int64_t producer_id = -1;
        std::int16_t producer_epoch = -1;

        friend bool operator==(const Identity&, const Identity&) = default;
    };
    /// What an idempotent producer knows of a partition.
    struct Stream {
        std::optional<Identity> identity;
        std::int32_t next_sequence = 0;
        std::uint64_t batches = 0;
        /// An answer under this identity showed that the broker knows the producer, when so many
        /// losses had happened.
        bool is_known = false;
        LossCount tracked;
        std::uint64_t newest_acknowledged = 0;
        /// Something failed: nothing is sent until all has been answered.
        bool going_back = false;
        /// Fibers that wait before the partition is tried again.
        int resting = 0;
    };
    struct Asked {
        std::size_t broker = 0;
        LossCount losses;
        std::size_t flips = 0;
        Instant at{};
        Workload::SendAcknowledged acknowledged;  // who is to be told, if anybody
    };

    void note_wanted(const Batch& batch);
    [[nodiscard]] BatchRef next_to_send();
    [[nodiscard]] bool is_in_flight(const Batch& batch) const;
    [[nodiscard]] bool is_first(const Batch& batch) const;
    [[nodiscard]] std::size_t window_of(const Batch& batch) const;
    [[nodiscard]] bool any_in_flight(const PartitionUnderTest* partition) const;
    [[nodiscard]] std::size_t place_of(const Batch& batch) const {
        return static_cast<std::size_t>(batch.partition - workload_.partitions.data());
    }
    void send(const BatchRef& batch);
    [[nodiscard]] Outcome exchange(const Batch& batch, const Asked& asked);
    [[nodiscard]] Outcome judge(const Batch& batch, const Asked& asked,
                                const protocol::ProduceResponse::Partition& answer);
    void judge_append_time(const Batch& batch, std::int64_t told_ms);
    void take(const BatchRef& batch, Outcome outcome, const Asked& asked);
    void settle(const BatchRef& batch, Outcome outcome);
    void go_back(Stream& stream);

    /// False when it had to ask the broker first: what is next may have changed.
    [[nodiscard]] bool identify(Batch& batch);
    void ask_for_identity();
    void start_over(Stream& stream, PartitionHistory& history);
    void judge_lost_track(const Stream& stream, const Batch& batch);

    Workload& workload_;
    Runtime& runtime_;
    Router& router_;
    Options options_;
    std::function<Bytes(const Batch&)> encode_;
    std::deque<BatchRef> unsettled_;  // in the order of their making
    std::vector<Stream> streams_;     // by the partition's place
    std::set<std::int64_t> all_ids_;
    /// What streams begin with; nothing before the first and when it was lost track of.
    std::optional<Identity> identity_;
    Mutex identifying_;
    WaitQueue changed_;
    bool stopping_ = false;
};

}  // namespace gregor::scenarios::clients
