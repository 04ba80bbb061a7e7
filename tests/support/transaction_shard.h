// One partition of __transaction_state without a broker around it: a TransactionCoordinator and its
// log in memory, driven as a CoordinatorDriver does. What is written is committed at once; writes
// may be made to fail, and a restart makes the next coordinator out of the log.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "broker/coordinator/transactions/transaction_coordinator.h"

namespace gregor::testing {

class TransactionShard {
public:
    /// Of a cluster of this transaction.version.
    explicit TransactionShard(std::int16_t transaction_version);

    /// The answer, with a fresh producer id where one was needed; nothing where it waits.
    std::optional<coordinator::TransactionResponse> ask(coordinator::TransactionRequest request);
    /// As ask(), for what is answered at once; COORDINATOR_NOT_AVAILABLE while writes fail.
    coordinator::ProducerAnswer ask_producer(coordinator::TransactionRequest request);
    coordinator::AddAnswer add(coordinator::AddPartitions request);
    /// The markers that are to be written and were not taken yet.
    std::vector<coordinator::TransactionMarker> take_markers(bool is_last_lost = false);

    /// Lets time pass, with every tick that is due.
    void wait(std::int64_t ms);
    /// The leadership moves: replay, the next epoch, nothing that was not written.
    void restart();
    /// A record that an earlier coordinator may have left.
    void write(const coordinator::CoordinatorRecord& record);
    void set_writes_fail(bool fail) { writes_fail_ = fail; }

    [[nodiscard]] const coordinator::TransactionCoordinator& machine() const { return *machine_; }
    [[nodiscard]] const std::vector<coordinator::CoordinatorRecord>& log() const { return log_; }
    [[nodiscard]] std::int64_t wall_ms() const { return context_.wall_ms; }
    [[nodiscard]] std::int64_t producer_ids_given() const { return next_producer_id_; }

private:
    using Outcome = coordinator::TransactionCoordinator::Outcome;

    void take(Outcome outcome);
    void begin();

    std::optional<coordinator::TransactionCoordinator> machine_;
    std::vector<coordinator::CoordinatorRecord> log_;
    coordinator::CoordinatorContext context_{.now_ms = 1000,
                                             .wall_ms = 1'000'000,
                                             .leader_epoch = protocol::LeaderEpoch(0),
                                             .image = nullptr};
    coordinator::RequestId next_request_ = 1;
    std::int64_t next_producer_id_ = 1000;
    std::map<coordinator::RequestId, coordinator::TransactionResponse> answers_;
    std::optional<coordinator::RequestId> taker_;  // of markers, who waits
    bool writes_fail_ = false;
};

}  // namespace gregor::testing
