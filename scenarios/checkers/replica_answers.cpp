#include "scenarios/checkers/replica_answers.h"

#include <algorithm>

#include "broker/protocol/error_code.h"

namespace gregor::scenarios {

namespace {

constexpr std::int64_t kLatest = -1;
constexpr std::int64_t kEarliest = -2;

}  // namespace

bool ReplicaAnswers::is_steady() const {
    return before_.is_there && after_.is_there && before_.start == after_.start &&
           before_.role == after_.role && before_.role != SeenRole::none &&
           before_.role != SeenRole::offline && before_.leader_epoch == after_.leader_epoch &&
           before_.truncations == after_.truncations &&
           before_.marks.high_watermark <= after_.marks.high_watermark;
}

/// M6: who believes in another leader epoch is told so, first of all.
ReplicaAnswers::Verdict ReplicaAnswers::check_error(ErrorCode told, LeaderEpoch believed,
                                                    bool of_leader) const {
    ErrorCode expected = ErrorCode::none;
    if (believed != protocol::kNoLeaderEpoch && believed < after_.leader_epoch) {
        expected = ErrorCode::fenced_leader_epoch;
    } else if (believed > after_.leader_epoch) {
        expected = ErrorCode::unknown_leader_epoch;
    } else if (of_leader && after_.role != SeenRole::leader) {
        expected = ErrorCode::not_leader_or_follower;
    }
    // A disk may fail for a moment.
    if (told == expected || told == ErrorCode::kafka_storage_error) return std::nullopt;
    return wrong_answer("M6", "{} instead of {} for who believes in epoch {}, in epoch {}",
                        protocol::name(told), protocol::name(expected), believed,
                        after_.leader_epoch);
}

// OffsetForLeaderEpoch. ---------------------------------------------------------------------------

log::EpochEnd ReplicaAnswers::end_of(LeaderEpoch asked, Offset log_end_offset) const {
    const std::vector<log::EpochEntry>& epochs = after_.epochs;
    const bool is_known =
        !epochs.empty() && asked != protocol::kNoLeaderEpoch && asked <= epochs.back().epoch;
    if (!is_known) return {};
    log::EpochEnd end{asked, epochs.front().start_offset};
    for (std::size_t i = 0; i < epochs.size() && epochs[i].epoch <= asked; ++i) {
        end.epoch = epochs[i].epoch;
        end.end_offset = i + 1 < epochs.size() ? epochs[i + 1].start_offset : log_end_offset;
    }
    return end;
}

ReplicaAnswers::Verdict ReplicaAnswers::check(const EpochEnd& told) const {
    if (!is_steady() || before_.epochs != after_.epochs) return std::nullopt;
    if (auto wrong = check_error(told.error, told.current_leader_epoch, true)) return wrong;
    if (told.error != ErrorCode::none) return std::nullopt;
    const log::EpochEnd least = end_of(told.asked, before_.marks.log_end_offset);
    const log::EpochEnd most = end_of(told.asked, after_.marks.log_end_offset);
    if (told.leader_epoch == least.epoch && told.end_offset >= least.end_offset &&
        told.end_offset <= most.end_offset) {
        return std::nullopt;
    }
    return wrong_answer("L4", "epoch {} is said to end at {} (epoch {}), it ends at {} (epoch {})",
                        told.asked, told.end_offset, told.leader_epoch, least.end_offset,
                        least.epoch);
}

// ListOffsets. ------------------------------------------------------------------------------------

LeaderEpoch ReplicaAnswers::epoch_at(Offset offset) const {
    LeaderEpoch epoch = protocol::kNoLeaderEpoch;
    for (const log::EpochEntry& entry : after_.epochs) {
        if (entry.start_offset <= offset) epoch = entry.epoch;
    }
    return epoch;
}

ReplicaAnswers::Verdict ReplicaAnswers::check(const Listed& told,
                                              std::span<const SeenBatch> batches) const {
    if (!is_steady()) return std::nullopt;
    const bool may_lag = lags(before_) && told.asked != kEarliest;
    if (told.error == ErrorCode::offset_not_available && may_lag) return std::nullopt;
    if (auto wrong = check_error(told.error, told.current_leader_epoch, true)) return wrong;
    if (told.error != ErrorCode::none) return std::nullopt;
    if (told.asked == kLatest) return check_latest(told);
    if (told.asked != kEarliest) return check_by_time(told, batches);
    if (told.offset < before_.marks.log_start_offset ||
        told.offset > after_.marks.log_start_offset) {
        return wrong_answer("L10", "the log is said to start at {}, it starts at {}", told.offset,
                            after_.marks.log_start_offset);
    }
    return std::nullopt;
}

ReplicaAnswers::Verdict ReplicaAnswers::check_latest(const Listed& told) const {
    const Offset least = bound(before_, told.read_committed);
    const Offset most = bound(after_, told.read_committed);
    if (told.offset < least || told.offset > most) {
        return wrong_answer("T7", "the log is said to end at {}{}, it ends at {} … {}", told.offset,
                            told.read_committed ? " for read_committed" : "", least, most);
    }
    if (lags(after_)) {
        return wrong_answer("T7",
                            "the log is said to end at {} below the epoch's start {} (KIP-207)",
                            told.offset, after_.epoch_start_offset);
    }
    if (told.leader_epoch == after_.leader_epoch) return std::nullopt;
    return wrong_answer("L10", "the log's end is said to be of epoch {} in epoch {}",
                        told.leader_epoch, after_.leader_epoch);
}

/// Of a batch it is known how late the latest of its records is.
ReplicaAnswers::Verdict ReplicaAnswers::check_by_time(const Listed& told,
                                                      std::span<const SeenBatch> batches) const {
    const Offset start = after_.marks.log_start_offset;
    if (before_.marks.log_start_offset != start) return std::nullopt;
    const auto first = std::ranges::find_if(batches, [&](const SeenBatch& batch) {
        return batch.last_offset >= start && batch.max_timestamp >= told.asked;
    });
    const bool is_there = first != batches.end();
    if (told.offset == protocol::kNoOffset) {
        const bool is_due = is_there && first->base_offset >= start &&
                            first->last_offset < bound(before_, told.read_committed);
        if (!is_due) return std::nullopt;
        return wrong_answer("L10", "nothing is said to be as late as {}, offsets {} … {} are",
                            told.asked, first->base_offset, first->last_offset);
    }
    if (told.offset >= bound(after_, told.read_committed)) {
        return wrong_answer("L10",
                            "time {} is said to be at offset {}, and readable is what is below {}",
                            told.asked, told.offset, bound(after_, told.read_committed));
    }
    const bool is_early = is_there && told.offset < first->base_offset;
    const bool is_late =
        is_there && first->base_offset >= start && told.offset > first->last_offset;
    if (!is_there || is_early || is_late || told.timestamp < told.asked) {
        return wrong_answer("L10", "time {} is said to be at offset {}, it is at {} … {}",
                            told.asked, told.offset, is_there ? first->base_offset : Offset(-1),
                            is_there ? first->last_offset : Offset(-1));
    }
    if (told.leader_epoch == epoch_at(told.offset)) return std::nullopt;
    return wrong_answer("L10", "offset {} is said to be of epoch {}, it is of {}", told.offset,
                        told.leader_epoch, epoch_at(told.offset));
}

// Fetch. ------------------------------------------------------------------------------------------

ReplicaAnswers::Verdict ReplicaAnswers::check(const Fetched& told) const {
    if (!is_steady()) return std::nullopt;
    const bool is_inside =
        told.asked >= after_.marks.log_start_offset && told.asked <= before_.marks.high_watermark;
    if (told.error == ErrorCode::offset_out_of_range && !is_inside) return std::nullopt;
    if (auto wrong = check_error(told.error, told.current_leader_epoch, false)) return wrong;
    if (told.error != ErrorCode::none) return std::nullopt;
    if (auto wrong = check_preferred(told)) return wrong;
    if (told.preferred_read_replica != protocol::kNoNode) return std::nullopt;
    if (told.high_watermark < before_.marks.high_watermark ||
        told.high_watermark > after_.marks.high_watermark) {
        return wrong_answer("T7", "the high watermark is said to be {}, it is {} … {}",
                            told.high_watermark, before_.marks.high_watermark,
                            after_.marks.high_watermark);
    }
    if (told.end_offset && *told.end_offset > bound(after_, told.read_committed)) {
        return wrong_answer("L13", "records up to {} were served, and readable is what is below {}",
                            *told.end_offset, bound(after_, told.read_committed));
    }
    if (told.end_offset || !is_inside || told.asked >= bound(before_, told.read_committed)) {
        return std::nullopt;
    }
    return wrong_answer("L13", "nothing was served at {}, and readable is what is below {}",
                        told.asked, bound(before_, told.read_committed));
}

bool ReplicaAnswers::fits(const ReplicaMoment& leader, NodeId follower, const Fetched& told) {
    const auto known = leader.in_sync.find(follower);
    return known != leader.in_sync.end() && known->second.rack == told.rack &&
           known->second.log_start_offset <= told.asked &&
           known->second.log_end_offset >= told.asked;
}

/// One that is in sync, in the client's rack, and has what is asked for; the leader itself if it is
/// there, too.
ReplicaAnswers::Verdict ReplicaAnswers::check_preferred(const Fetched& told) const {
    if (after_.rack != before_.rack) return std::nullopt;
    const bool may_point = told.selects_by_rack && after_.role == SeenRole::leader &&
                           !told.rack.empty() && told.rack != after_.rack;
    const NodeId chosen = told.preferred_read_replica;
    if (chosen != protocol::kNoNode) {
        if (may_point && (fits(before_, chosen, told) || fits(after_, chosen, told))) {
            return std::nullopt;
        }
        return wrong_answer("L13", "who asks from rack {} for offset {} is sent to n{}", told.rack,
                            told.asked, chosen);
    }
    if (!may_point) return std::nullopt;
    for (const auto& [follower, known] : after_.in_sync) {
        if (!fits(before_, follower, told) || !fits(after_, follower, told)) continue;
        return wrong_answer(
            "L13", "who asks from rack {} for offset {} is not sent to n{}, which is there",
            told.rack, told.asked, follower);
    }
    return std::nullopt;
}

// DescribeProducers. ------------------------------------------------------------------------------

/// A producer that is known before and after is told of, and told of as it is if nothing has
/// changed; one that is known neither before nor after is not.
ReplicaAnswers::Verdict ReplicaAnswers::check(const Described& told) const {
    if (!is_steady()) return std::nullopt;
    if (auto wrong = check_error(told.error, protocol::kNoLeaderEpoch, true)) return wrong;
    if (told.error != ErrorCode::none) return std::nullopt;
    // Somebody may have written and been forgotten in between.
    const bool is_still = before_.marks.log_end_offset == after_.marks.log_end_offset;
    for (const auto& [id, producer] : told.producers) {
        if (before_.producers.contains(id) || after_.producers.contains(id) || !is_still) continue;
        return wrong_answer("L9", "producer {} is told of, which has not written", id);
    }
    for (const auto& [id, before] : before_.producers) {
        const auto after = after_.producers.find(id);
        if (after == after_.producers.end()) continue;
        const auto described = told.producers.find(id);
        if (described == told.producers.end()) {
            return wrong_answer("L9", "producer {} is not told of, which has written", id);
        }
        if (before != after->second || described->second == before) continue;
        return wrong_answer(
            "L9", "producer {} is said to be in epoch {}, with sequence number {} and {} open", id,
            described->second.producer_epoch, described->second.last_sequence,
            described->second.current_txn_start_offset);
    }
    return std::nullopt;
}

}  // namespace gregor::scenarios
