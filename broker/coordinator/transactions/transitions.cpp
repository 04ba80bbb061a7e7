#include "broker/coordinator/transactions/transitions.h"

#include <algorithm>

#include "sim/base/check.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::coordinator {

using protocol::kNoProducerId;
using protocol::ProducerEpoch;

namespace {

/// No client has the last one: nothing begins with it, but what a log says is not ours to trust.
ProducerEpoch next_epoch(ProducerEpoch epoch) {
    return std::min(epoch, kLastProducerEpoch - std::int16_t{1}) + std::int16_t{1};
}

}  // namespace

TransactionMetadata new_transactional_id(ProducerIdAndEpoch producer, std::int32_t timeout_ms,
                                         std::int64_t wall_ms) {
    TransactionMetadata after;
    after.producer = producer;
    after.timeout_ms = timeout_ms;
    after.last_update_ms = wall_ms;
    return after;
}

TransactionMetadata taken_over(const TransactionMetadata& before, ProducerIdAndEpoch producer,
                               std::int32_t timeout_ms, std::int64_t wall_ms) {
    TransactionMetadata after = new_transactional_id(producer, timeout_ms, wall_ms);
    after.client_version = before.client_version;
    if (producer.id != before.producer.id) {
        after.previous_producer_id = before.producer.id;
    } else {
        after.previous_producer_id = before.previous_producer_id;
    }
    return after;
}

TransactionMetadata joined(const TransactionMetadata& before,
                           const std::set<TransactionPartition>& partitions,
                           std::int16_t client_version, std::int64_t wall_ms) {
    TransactionMetadata after = before;
    if (before.state != TransactionState::ongoing) {
        after.start_ms = wall_ms;
        after.previous_producer_id = kNoProducerId;
    }
    after.state = TransactionState::ongoing;
    after.partitions.insert(partitions.begin(), partitions.end());
    after.client_version = client_version;
    after.last_update_ms = wall_ms;
    return after;
}

TransactionMetadata ended(const TransactionMetadata& before, const Ending& ending,
                          std::int64_t wall_ms) {
    TransactionMetadata after = before;
    after.state =
        ending.commit ? TransactionState::prepare_commit : TransactionState::prepare_abort;
    after.client_version = ending.client_version;
    after.next_producer_id = ending.next_producer_id;
    after.last_update_ms = wall_ms;
    if (before.state != TransactionState::ongoing) after.start_ms = wall_ms;  // it had no partition
    if (after.has_epoch_per_transaction() && !PLANTED(b25_delayed_endtxn_hits_next_txn)) {
        after.producer.epoch = next_epoch(before.producer.epoch);
    }
    return after;
}

TransactionMetadata fenced(const TransactionMetadata& before, std::int64_t wall_ms) {
    TransactionMetadata after = before;
    after.state = TransactionState::prepare_abort;
    after.last_update_ms = wall_ms;
    if (!PLANTED(b26_fence_without_epoch_bump)) {
        after.producer.epoch = next_epoch(before.producer.epoch);
    }
    return after;
}

TransactionMetadata completed(const TransactionMetadata& before, std::int64_t wall_ms) {
    CHECK(before.is_decided(), "{} cannot be completed", name(before.state));
    TransactionMetadata after = before;
    after.state = before.state == TransactionState::prepare_commit
                      ? TransactionState::complete_commit
                      : TransactionState::complete_abort;
    after.partitions.clear();
    after.last_update_ms = wall_ms;
    if (before.next_producer_id != kNoProducerId) {
        PROBE("a transaction completed with the next producer id");
        after.producer = {before.next_producer_id, ProducerEpoch(0)};
        after.previous_producer_id = before.producer.id;
        after.next_producer_id = kNoProducerId;
    }
    return after;
}

}  // namespace gregor::coordinator
