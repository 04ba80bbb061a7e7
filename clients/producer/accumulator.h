// Accumulator: what has been sent to the producer and is not yet done, as a pure machine.
//
//     append ──> [retries in order | waiting | open]  ──drain──> [in flight]  ──> done
//                 ^ front of a partition's queue              └── handle_answer: again ──┘
//
// A batch is ready when it is full, older than linger.ms, being tried again, or when somebody
// flushes or waits for memory. A drain takes at most one batch a partition and gives at most one
// request a node, as long as fewer than max.in.flight.requests.per.connection are under way there.
//
// With idempotence a batch gets its producer id, epoch and base sequence when it is first sent, and
// keeps them in every later try, so that the log takes it once. Order is kept like this:
// - no batch of a partition is more than max_in_flight behind the oldest that is not done, which
//   may be under way to a leader of before; what has to be tried again goes out only as the oldest
//   of those, one at a time;
// - until the first batch of an epoch is acknowledged nothing follows it: a log that knows nothing
//   of a producer takes whatever sequence comes first, and so would take the second batch if the
//   first one met a broker that did not lead yet;
// - after a batch has failed its sequence is in doubt: nobody knows whether the log has it. Nothing
//   new gets a sequence until the log's answer to a later batch tells, or nothing is under way;
// - OUT_OF_ORDER_SEQUENCE_NUMBER or UNKNOWN_PRODUCER_ID for the oldest, of the leader that is known
//   now, is a real gap. When nothing is in flight any more the partition starts over: next producer
//   epoch, sequences from 0, also in the batches that wait for another try (KIP-360, for one
//   partition);
// - but a gap may close behind a batch that failed without an answer: copies of that one and of
//   those behind it may be on their way, and fit. So what had no answer once keeps its sequence
//   then, and fails with it if need be: a second sequence could put it into the log twice.
//
// In a transaction a partition's batches go out once it is admitted, the epoch is the transaction's
// for all partitions, and there is no starting over: a batch that fails, also by a gap, is the end
// of its transaction (transaction_manager.h), which sees to the sequences.
//
// Who drives it (sender.cpp) carries requests to nodes and answers back, and keeps the time.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "clients/producer/producer_batch.h"

namespace gregor::producer {

using BatchRef = std::shared_ptr<ProducerBatch>;

struct AccumulatorOptions {
    records::CompressionCodec codec = records::CompressionCodec::none;
    records::CompressionLevels levels = {};
    records::CodecContexts* contexts = nullptr;  // lent
    bool idempotent = true;
    bool transactional = false;
    std::size_t batch_size = 16384;          // bytes before compression
    std::size_t max_request_size = 1048576;  // bytes of batches
    Duration linger = 5ms;
    Duration delivery_timeout = 120s;
    Duration retry_backoff = 100ms;   // doubles with each try …
    Duration retry_backoff_max = 1s;  // … up to this
    std::int32_t retries = 0x7fffffff;
    std::int32_t max_in_flight = 5;
};

/// What a broker said about a batch, or that it said nothing (NETWORK_EXCEPTION,
/// REQUEST_TIMED_OUT).
struct BatchAnswer {
    protocol::ErrorCode error_code = protocol::ErrorCode::none;
};

enum class Fate : std::uint8_t {
    acknowledged,
    duplicate,  // acknowledged: the log has had it, nobody knows where
    failed,
    retried,
    late,  // it was done before
};

/// The batches of one request.
struct NodeRequest {
    protocol::NodeId node;
    std::vector<BatchRef> batches;
    std::size_t size = 0;  // bytes of the batches
};

class Accumulator {
public:
    explicit Accumulator(AccumulatorOptions options);

    /// A new partition, of which no leader is known.
    [[nodiscard]] PartitionSlot add_partition(std::string topic, protocol::PartitionId partition);
    [[nodiscard]] const std::string& topic_of(PartitionSlot slot) const;
    [[nodiscard]] protocol::PartitionId partition_of(PartitionSlot slot) const;
    void set_leader(PartitionSlot slot, protocol::NodeId leader);

    struct Appended {
        BatchRef batch;
        std::int32_t index;  // of the record in its batch
        bool opened_batch;
        bool made_ready;  // a batch before this record's may go out
    };
    /// `charge`: what the record takes of buffer.memory, given back with its batch.
    [[nodiscard]] Appended append(Instant now, PartitionSlot slot,
                                  const records::RecordInput& record, std::size_t charge);

    /// The requests that may go out now. Each one's end is told by request_done().
    [[nodiscard]] std::vector<NodeRequest> drain(Instant now);
    void request_done(protocol::NodeId node);
    /// Nothing goes to `node` before `until` (KIP-219).
    void throttle(protocol::NodeId node, Instant until);

    /// A batch that gets `failed` is done; its error is the answer's.
    [[nodiscard]] Fate handle_answer(Instant now, const BatchRef& batch, const BatchAnswer& answer);
    /// Batches older than delivery.timeout.ms, which have failed.
    [[nodiscard]] std::vector<BatchRef> expire(Instant now);
    /// Every batch that is not done, which has failed.
    [[nodiscard]] std::vector<BatchRef> fail_all();

    /// When drain() or expire() may have something to do although nothing else happens.
    [[nodiscard]] Instant next_event(Instant now) const;

    /// Idempotent and without a producer id to give to partitions.
    [[nodiscard]] bool needs_producer_id() const {
        return options_.idempotent && !identity_.is_known();
    }
    void set_producer_id(ProducerIdentity identity);

    /// The partition has joined the transaction that is open, which lasts until the next begins.
    void admit(PartitionSlot slot) { at(slot).is_admitted = true; }
    [[nodiscard]] bool is_admitted(PartitionSlot slot) const { return at(slot).is_admitted; }
    void begin_transaction();
    /// Every batch that was never sent, which has failed.
    [[nodiscard]] std::vector<BatchRef> fail_unsent();

    /// While set, whatever is there is ready: somebody flushes or waits for memory.
    void set_urgent(bool urgent) { is_urgent_ = urgent; }
    /// Closes the open batches of now and makes them ready.
    void flush();
    [[nodiscard]] std::vector<BatchRef> not_done() const;
    [[nodiscard]] bool empty() const { return batches_ == 0; }
    [[nodiscard]] std::size_t charged_bytes() const { return charged_bytes_; }
    /// Records wait for a partition whose leader is not known.
    [[nodiscard]] bool misses_leaders() const;

    void check_invariants() const;

private:
    /// Batches failed after they were sent.
    struct Doubt {
        std::uint64_t number = 0;  // of the latest
        bool may_arrive = false;   // any of them: nobody knows whether the log has it, or gets it
    };
    struct Partition {
        std::string topic;
        protocol::PartitionId partition;
        protocol::NodeId leader = protocol::kNoNode;
        std::deque<BatchRef> queue;      // those that were sent before first, by their numbers
        std::deque<BatchRef> in_flight;  // by their numbers
        std::uint64_t next_number = 1;
        ProducerIdentity identity;
        std::int32_t next_sequence = 0;
        /// A batch of this identity has been acknowledged.
        bool is_known_to_log = false;
        bool is_admitted = false;
        std::optional<Doubt> in_doubt;
        bool starts_over = false;
        /// Of the batch that went out last, before compression.
        std::size_t last_size = 0;
    };
    struct Node {
        std::int32_t in_flight = 0;
        Instant throttled_until{};
    };

    [[nodiscard]] Partition& at(PartitionSlot slot) { return partitions_[slot.value()]; }
    [[nodiscard]] const Partition& at(PartitionSlot slot) const {
        return partitions_[slot.value()];
    }
    [[nodiscard]] Instant ready_at(const Partition& partition) const;
    [[nodiscard]] bool may_take(const Partition& partition, Instant now) const;
    [[nodiscard]] bool keeps_order(const Partition& partition) const;
    [[nodiscard]] BatchRef take(Partition& partition);
    void number_and_encode(Partition& partition, ProducerBatch& batch);
    [[nodiscard]] bool has_present_identity(const Partition& partition) const;
    void adopt_identity(Partition& partition);
    void try_again(Partition& partition, const BatchRef& batch, Instant now);
    [[nodiscard]] bool is_worth_another_try(const Partition& partition, const ProducerBatch& batch,
                                            protocol::ErrorCode error, Instant now) const;
    [[nodiscard]] bool is_oldest(const Partition& partition, const ProducerBatch& batch) const;
    [[nodiscard]] bool may_be_filled(const Partition& partition) const;
    [[nodiscard]] bool has_sequences_out(const Partition& partition) const;
    void finish(ProducerBatch& batch);
    void settle_failure(Partition& partition, const ProducerBatch& batch);
    void settle_doubt(Partition& partition);
    void start_over(Partition& partition);
    [[nodiscard]] Duration backoff_after(std::int32_t attempts) const;

    AccumulatorOptions options_;
    std::vector<Partition> partitions_;
    std::map<protocol::NodeId, Node> nodes_;
    ProducerIdentity identity_;  // for partitions that have none
    std::size_t first_ = 0;      // whose turn it is
    std::size_t charged_bytes_ = 0;
    std::size_t batches_ = 0;  // not done
    bool is_urgent_ = false;
};

}  // namespace gregor::producer
