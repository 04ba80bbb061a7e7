// TransactionCoordinator: the state machine of one partition of __transaction_state (KIP-98,
// KIP-360, KIP-588, KIP-664, KIP-890). It decides who a transactional id's producer is, which
// partitions its transaction has and how that ends; markers are data that it hands out, for its
// driver to write.
//
//     EndTxn ──> prepare_X, committed ──┬─> the client's answer
//                                       └─> Markers ──> leaders of the partitions
//     complete_X <── every partition's MarkersWritten <──┘
//
// Driven by a CoordinatorDriver, whose rules hold: decide, then apply; an answer waits until all
// that was written before it is committed. So a decision that is not committed yet is built upon,
// where Kafka refuses with CONCURRENT_TRANSACTIONS while its record is under way; and markers,
// which are answers too, never precede the commit of their decision (T6).
//
// Where a producer id is needed that nobody has had, the answer is NeedsProducerId: the machine
// cannot wait for the controller.
//
// Not replicated: when transactions time out (as the clock of this coordinator counts), which
// markers are under way, and a producer's epoch before its last bump (by which a retried
// InitProducerId is known; Kafka forgets it with the coordinator, too).
//
// transaction_coordinator.cpp: the machine · init_producer.cpp · add_partitions.cpp ·
// end_transaction.cpp · list_transactions.cpp: what it decides.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "broker/coordinator/coordinator.h"
#include "broker/coordinator/transactions/marker_ledger.h"
#include "broker/coordinator/transactions/transaction_requests.h"

namespace gregor::coordinator {

struct TransactionConfig {
    /// transaction.max.timeout.ms
    std::int32_t max_timeout_ms = 900'000;
    /// transactional.id.expiration.ms
    std::int64_t id_expiration_ms = 604'800'000;
    /// transaction.abort.timed.out.transaction.cleanup.interval.ms
    std::int64_t abort_interval_ms = 10'000;
    /// transaction.remove.expired.transaction.cleanup.interval.ms
    std::int64_t remove_interval_ms = 3'600'000;
};

class TransactionCoordinator {
public:
    using Request = TransactionRequest;
    using Response = TransactionResponse;
    using Outcome = coordinator::Outcome<Response>;

    explicit TransactionCoordinator(const TransactionConfig& config) : config_(config) {}

    // What a CoordinatorMachine does. ------------------------------------------------------------

    [[nodiscard]] Result<void, std::string> apply(const RecordOrigin& origin,
                                                  const CoordinatorRecord& record);
    /// No transaction writes to __transaction_state.
    void end_transaction(protocol::ProducerId, bool) {}
    void loaded(const CoordinatorContext& context);
    [[nodiscard]] Outcome handle(const CoordinatorContext& context, RequestId id,
                                 const Request& request);
    /// Aborts transactions that have timed out, forgets ids that have expired.
    [[nodiscard]] Outcome tick(const CoordinatorContext& context);
    [[nodiscard]] Outcome append_done(const CoordinatorContext& context, AppendId append,
                                      protocol::ErrorCode error);
    [[nodiscard]] std::optional<std::int64_t> next_tick_ms() const;
    void check_invariants() const;

    // What it knows. -----------------------------------------------------------------------------

    [[nodiscard]] const std::map<std::string, TransactionMetadata>& transactions() const {
        return transactions_;
    }
    [[nodiscard]] const TransactionMetadata* find(const std::string& transactional_id) const;
    /// On this coordinator's clock, when the id's transaction is to be aborted at the latest;
    /// nothing where nobody waits for its end.
    [[nodiscard]] std::optional<std::int64_t> deadline_ms(
        const std::string& transactional_id) const;
    [[nodiscard]] const TransactionConfig& config() const { return config_; }

private:
    /// What is answered, and what the transactional id becomes if anything.
    struct Decision {
        Response answer;
        std::optional<TransactionMetadata> next;
    };

    // init_producer.cpp
    [[nodiscard]] Decision decide(const CoordinatorContext& context, const InitProducer& request);
    [[nodiscard]] Decision take_over(const CoordinatorContext& context, const InitProducer& request,
                                     const TransactionMetadata& known);
    [[nodiscard]] bool is_expected(const InitProducer& request,
                                   const TransactionMetadata& known) const;
    // add_partitions.cpp
    [[nodiscard]] Decision decide(const CoordinatorContext& context, const AddPartitions& request);
    // end_transaction.cpp
    [[nodiscard]] Decision decide(const CoordinatorContext& context, const EndTransaction& request);
    [[nodiscard]] Decision end(const CoordinatorContext& context, const EndTransaction& request,
                               const TransactionMetadata& known);
    // list_transactions.cpp
    [[nodiscard]] Decision decide(const CoordinatorContext& context,
                                  const DescribeTransaction& request);
    [[nodiscard]] Decision decide(const CoordinatorContext& context,
                                  const ListTransactions& request);

    // transaction_coordinator.cpp
    [[nodiscard]] Outcome answer(const CoordinatorContext& context, RequestId id,
                                 const std::string& transactional_id, Decision decision);
    [[nodiscard]] Outcome take_markers(const CoordinatorContext& context, RequestId id,
                                       const TakeMarkers& request);
    [[nodiscard]] std::vector<TransactionMarker> hand_out(const CoordinatorContext& context);
    [[nodiscard]] Outcome markers_written(const CoordinatorContext& context, RequestId id,
                                          const MarkersWritten& request);
    void write(Outcome& outcome, const CoordinatorContext& context,
               const std::string& transactional_id, const TransactionMetadata& next);
    void abort_timed_out(const CoordinatorContext& context, Outcome& outcome);
    void remove_expired(const CoordinatorContext& context, Outcome& outcome);

    const TransactionConfig config_;
    std::map<std::string, TransactionMetadata> transactions_;  // by transactional id
    // Not replicated.
    MarkerLedger markers_;
    std::optional<RequestId> taker_;  // of markers, who waits
    AppendId appends_ = 0;
    std::map<std::string, protocol::ProducerEpoch> last_epochs_;
    std::map<std::string, std::int64_t> deadlines_;  // of transactions, on this clock
    std::int64_t next_abort_scan_ms_ = 0;
    std::int64_t next_removal_scan_ms_ = 0;
};

static_assert(CoordinatorMachine<TransactionCoordinator>);

}  // namespace gregor::coordinator
