// ProducerState: what a partition knows of those who write to it (KIP-98, KIP-360, KIP-890).
//
// For every producer id: its epoch, its last five batches (so that a retry is answered with the
// offset it got the first time), the coordinator epoch of its last marker and the transaction it
// has open here. It is a fold over the log: whoever reads the same batches has the same state, but
// for producers that were idle for producer.id.expiration.ms and were forgotten.
//
//     decide: prepare() checks one batch against the state and gives a ProducerUpdate
//     apply:  apply() takes the update once the batch is in the log
//
//     first_unstable_offset: min over open transactions and over decided ones whose marker is not
//     yet below the high watermark; with the high watermark it makes the last stable offset.
//
// Pure. Driven by Log under its write lock.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "broker/log/log_types.h"
#include "sim/base/result.h"

namespace gregor::log {

inline constexpr ProducerEpoch kNoProducerEpoch{-1};
inline constexpr std::int32_t kNoSequence = -1;
/// How many batches of a producer are remembered; Kafka's limit on its in-flight requests.
inline constexpr std::size_t kRememberedBatches = 5;

/// Where a batch of a producer went.
struct ProducerBatch {
    std::int32_t last_sequence = kNoSequence;
    Offset last_offset{-1};
    std::int32_t offset_delta = 0;
    std::int64_t timestamp = kNoTimestamp;  // the batch's largest

    [[nodiscard]] std::int32_t first_sequence() const;
    [[nodiscard]] Offset first_offset() const { return last_offset - std::int64_t{offset_delta}; }
    friend bool operator==(const ProducerBatch&, const ProducerBatch&) = default;
};

/// The last kRememberedBatches batches, oldest first. Held in place: an entry is copied for each
/// append.
///
/// A snapshot keeps only the last one: after a restart the window knows that it may lack those
/// before, until it is full again or Log recalls them (log_recall.cpp).
class BatchWindow {
public:
    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] const ProducerBatch& front() const { return batches_[0]; }
    [[nodiscard]] const ProducerBatch& back() const { return batches_[size_ - 1]; }
    [[nodiscard]] const ProducerBatch* begin() const { return batches_.data(); }
    [[nodiscard]] const ProducerBatch* end() const { return batches_.data() + size_; }
    /// Whether the log holds no batch that should be here and is not.
    [[nodiscard]] bool is_complete() const { return complete_; }
    void set_incomplete();
    void push(const ProducerBatch& batch);
    /// Puts the batches that stand before the first one, oldest first, where they belong: complete.
    void complete(std::span<const ProducerBatch> earlier);
    void clear();

    friend bool operator==(const BatchWindow& a, const BatchWindow& b);

private:
    std::array<ProducerBatch, kRememberedBatches> batches_;
    std::size_t size_ = 0;
    bool complete_ = true;
};

struct ProducerEntry {
    ProducerId producer_id{-1};
    ProducerEpoch producer_epoch = kNoProducerEpoch;
    std::int32_t coordinator_epoch = -1;
    std::int64_t last_timestamp = kNoTimestamp;
    std::optional<Offset> current_txn_first_offset;
    BatchWindow batches;  // of producer_epoch

    [[nodiscard]] std::int32_t last_sequence() const {
        return batches.empty() ? kNoSequence : batches.back().last_sequence;
    }
    /// The remembered batch with this epoch and these sequences, if any.
    [[nodiscard]] const ProducerBatch* find_duplicate(const BatchHeader& header) const;
    /// Whether the batch may be one that should be remembered and is only in the log.
    [[nodiscard]] bool may_lack(const BatchHeader& header) const;

    friend bool operator==(const ProducerEntry&, const ProducerEntry&) = default;
};

enum class MarkerType : std::uint8_t { abort, commit };

/// A transaction's end as a control batch says it.
struct EndTransactionMarker {
    MarkerType type = MarkerType::abort;
    std::int32_t coordinator_epoch = 0;
    /// Not in the batch: its coordinator tells that the producer has an epoch for each transaction,
    /// so that the marker's is above that of the transaction that it ends (KAFKA-19446).
    bool has_epoch_per_transaction = false;
};

struct CompletedTransaction {
    ProducerId producer_id{-1};
    Offset first_offset{-1};
    Offset last_offset{-1};  // the marker's
    bool aborted = false;
};

/// What one batch does to the state of its producer.
struct ProducerUpdate {
    ProducerEntry entry;
    std::optional<Offset> opened;  // the first offset of the transaction that the batch opens
    std::optional<CompletedTransaction> completed;
};

class ProducerState {
public:
    explicit ProducerState(std::int64_t expiration_ms) : expiration_ms_(expiration_ms) {}

    /// The entry of this producer, or nullptr.
    [[nodiscard]] const ProducerEntry* find(ProducerId id) const;
    [[nodiscard]] const std::map<ProducerId, ProducerEntry>& entries() const { return entries_; }
    [[nodiscard]] bool empty() const { return entries_.empty(); }
    /// The state describes exactly the offsets below this one.
    [[nodiscard]] Offset end_offset() const { return end_offset_; }

    /// What the batch `header`, to be placed at header.base_offset, would do. `marker` for a
    /// control batch that ends a transaction. Errors (never for AppendOrigin::replication):
    /// INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER (clients only), INVALID_TXN_STATE,
    /// TRANSACTION_COORDINATOR_FENCED. `known`: what an earlier batch of the same append made of
    /// the producer's entry, instead of the one here.
    [[nodiscard]] Result<ProducerUpdate, ErrorCode> prepare(
        const BatchHeader& header, const std::optional<EndTransactionMarker>& marker,
        AppendOrigin origin, const ProducerEntry* known = nullptr) const;
    /// Takes an update; the log ends at `end_offset` then. An aborted transaction is handed back as
    /// the transaction index has to know it.
    void apply(ProducerUpdate update, Offset end_offset);
    /// Takes what stands in the log before the remembered batches of a producer, oldest first.
    void complete_window(ProducerId id, std::span<const ProducerBatch> earlier);
    /// The log grew to `end_offset` by batches without a producer.
    void advance(Offset end_offset);

    /// The last stable offset as it is right after `completed`'s marker, before it is applied.
    [[nodiscard]] Offset last_stable_offset_after(const CompletedTransaction& completed) const;
    /// The first offset that read_committed may not pass; nothing while all is decided.
    [[nodiscard]] std::optional<Offset> first_unstable_offset() const;
    /// Transactions whose marker is below `high_watermark` are stable from now on.
    void high_watermark_advanced(Offset high_watermark);
    /// Decided transactions that lie below the log's new start are forgotten.
    void log_start_advanced(Offset log_start_offset);

    /// Forgets producers that were idle for the expiration time and have nothing open.
    void expire(std::int64_t now_ms);

    /// Empties the state; it describes the offsets below `end_offset`, as a fold that starts there.
    void reset(Offset end_offset);
    /// Replaces the state by what a snapshot says, without producers that have expired by `now_ms`.
    void load(std::span<const ProducerEntry> entries, Offset end_offset, std::int64_t now_ms);
    [[nodiscard]] std::vector<ProducerEntry> snapshot() const;

    void set_expiration_ms(std::int64_t expiration_ms) { expiration_ms_ = expiration_ms; }

    /// Open and decided transactions agree with the entries; CHECKs.
    void check_invariants() const;

private:
    [[nodiscard]] Result<void, ErrorCode> check_epoch(const ProducerEntry& entry,
                                                      const BatchHeader& header,
                                                      AppendOrigin origin) const;
    [[nodiscard]] bool is_next(const BatchHeader& header, const ProducerEntry& entry) const;
    [[nodiscard]] bool overtakes_the_first(const BatchHeader& header) const;
    [[nodiscard]] bool is_expired(const ProducerEntry& entry, std::int64_t now_ms) const;

    std::int64_t expiration_ms_;
    Offset end_offset_{0};
    bool has_forgotten_ = false;  // whether somebody who is not known may have written here
    std::map<ProducerId, ProducerEntry> entries_;
    std::map<Offset, ProducerId> ongoing_;                 // by first offset
    std::map<Offset, CompletedTransaction> unreplicated_;  // by first offset
};

/// Whether a batch that begins with `next` follows one that ended with `last`: 0 follows 2^31 - 1,
/// and kNoSequence.
[[nodiscard]] bool in_sequence(std::int32_t last, std::int32_t next);

/// Where a batch that is in the log went.
[[nodiscard]] ProducerBatch producer_batch_of(const BatchHeader& header);

}  // namespace gregor::log
