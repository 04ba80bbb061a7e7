// VerificationState: producers whose transaction this partition's leader is about to ask the
// coordinator about (KIP-890). A batch that would begin a transaction here is taken only under the
// guard that was given before the question, and a marker or a begun transaction takes the guard
// away: a batch that comes after its transaction has ended finds none, however long ago its
// question was answered (KAFKA-14884).
//
//     begin() ──guard──> coordinator: "is it in the transaction?" ──yes──> append under the guard
//                  └── a marker comes meanwhile: the guard is of no use any more
//
// Several batches of one producer may be under way under one guard; the one with the smallest
// sequence number goes first, also when its question was answered last (KAFKA-14920).
//
// Pure, and in memory only: whoever leads next asks again.
#pragma once

#include <cstdint>
#include <map>

#include "broker/log/log_types.h"
#include "sim/base/result.h"

namespace gregor::log {

/// 0: none.
using VerificationGuard = std::uint64_t;

class VerificationState {
public:
    /// Before the coordinator is asked about a batch of this header.
    [[nodiscard]] VerificationGuard begin(const BatchHeader& header, std::int64_t now_ms);
    /// INVALID_TXN_STATE: the guard does not hold (any more); OUT_OF_ORDER_SEQUENCE_NUMBER: an
    /// earlier batch is under way.
    [[nodiscard]] Result<void, ErrorCode> check(const BatchHeader& header,
                                                VerificationGuard guard) const;
    /// A transaction of this producer has begun or ended here.
    void forget(ProducerId id) { entries_.erase(id); }
    /// Questions that were asked so long ago are not waited for.
    void expire(std::int64_t begun_before_ms);

    [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
    struct Entry {
        VerificationGuard guard = 0;
        ProducerEpoch producer_epoch;
        std::int32_t lowest_sequence = 0;
        std::int64_t begun_ms = 0;
    };

    std::map<ProducerId, Entry> entries_;
    VerificationGuard last_guard_ = 0;
};

}  // namespace gregor::log
