#include "scenarios/checkers/partition_history.h"

#include <algorithm>

namespace gregor::scenarios {

std::string PartitionHistory::text(ValueId value) const {
    if (options_.value_text) return options_.value_text(value);
    return fmt::format("p{}-{}", producer_of(value), number_of(value));
}

void PartitionHistory::sent(ValueId value, bool ordered) { sent_[value.value()].ordered = ordered; }

void PartitionHistory::acknowledged(ValueId value, std::int64_t offset, LossCount asked) {
    ++acknowledged_;
    if (damaged_) return;
    if (outlived(offset, asked) != losses()) {
        ++excused_;
        return;
    }
    learn(offset, value, true, "acknowledged");
}

void PartitionHistory::acknowledged_somewhere(ValueId value) {
    ++acknowledged_;
    somewhere_.push_back(value);
}

void PartitionHistory::failed(ValueId value) {
    Sent& sent = sent_[value.value()];
    sent.failed = true;
    judge_.compared();
    if (sent.offset >= 0 && !damaged_) {
        judge_.violated("P6", "{}: the send of {} failed for good, but it stands at offset {}",
                        options_.name, text(value), sent.offset);
    }
}

LossCount PartitionHistory::read(std::int64_t position, std::int64_t offset, ValueId value,
                                 const Known& asked, std::int32_t epoch) {
    if (damaged_) return losses();
    judge_.compared();
    const LossCount outlives = outlived(offset, asked.losses, epoch);
    if (outlives != losses()) return outlives;
    if (offset < position) {
        judge_.violated("H6", "{}: a consumer at position {} was given offset {}", options_.name,
                        position, offset);
    }
    if (offset > position && position >= log_start_) {
        judge_.violated("H7", "{}: a consumer at position {} was given offset {} and missed {}",
                        options_.name, position, offset, offset - position);
    }
    if (offset < asked.log_start) {
        judge_.violated("C8", "{}: offset {} was read below the log start {}", options_.name,
                        offset, asked.log_start);
    }
    learn(offset, value, false, "read");
    return outlives;
}

void PartitionHistory::high_watermark(std::int64_t high_watermark, std::int32_t leader_epoch,
                                      const Known& asked) {
    if (damaged_ || asked.losses != losses()) return;
    if (options_.has_elections) {
        told_in_epoch(high_watermark, leader_epoch, asked);
        return;
    }
    judge_.compared();
    if (high_watermark < asked.end) {
        judge_.violated("T7",
                        "{}: the high watermark is {}, but offset {} was known before the question",
                        options_.name, high_watermark, asked.end - 1);
    }
}

void PartitionHistory::latest(std::int64_t end, std::int32_t leader_epoch, const Known& asked) {
    high_watermark(end, leader_epoch, asked);
    if (damaged_ || asked.losses != losses() || leader_epoch < 0) return;
    if (!options_.has_elections || leader_epoch < asked.leader_epoch) return;
    judge_.compared();
    if (end < asked.told) {
        judge_.violated("T7", "{}: the leader of epoch {} told the end {}, {} was told before",
                        options_.name, leader_epoch, end, asked.told);
    }
}

std::int64_t PartitionHistory::durable(std::int64_t end, std::int32_t leader_epoch) const {
    for (const Loss& loss : losses_) {
        if (leader_epoch <= loss.epoch) end = std::min(end, loss.durable_end);
    }
    return end;
}

void PartitionHistory::told_in_epoch(std::int64_t high_watermark, std::int32_t leader_epoch,
                                     const Known& asked) {
    if (leader_epoch < 0) return;
    if (leader_epoch == asked.leader_epoch) {
        judge_.compared();
        if (high_watermark < asked.high_watermark) {
            judge_.violated("T7",
                            "{}: the leader of epoch {} told the high watermark {} and then {}",
                            options_.name, leader_epoch, asked.high_watermark, high_watermark);
        }
    }
    told_ = std::max(told_, durable(high_watermark, leader_epoch));
    if (leader_epoch > leader_epoch_) {
        leader_epoch_ = leader_epoch;
        high_watermark_ = high_watermark;
    } else if (leader_epoch == leader_epoch_) {
        high_watermark_ = std::max(high_watermark_, high_watermark);
    }
}

void PartitionHistory::deleted_up_to(std::int64_t log_start) {
    log_start_ = std::max(log_start_, log_start);
}

void PartitionHistory::lost_power(std::int64_t durable_end, std::int32_t epoch) {
    damaged_ |= syncs_lied_;
    if (damaged_) return;
    losses_.push_back({durable_end, epoch});
    known_end_ = std::min(known_end_, durable_end);
    told_ = std::min(told_, durable_end);
    for (auto offset = static_cast<std::size_t>(durable_end); offset < slots_.size(); ++offset) {
        Slot& lost = slots_[offset];
        if (!lost.known) continue;
        judge_.compared();
        const bool deleted = static_cast<std::int64_t>(offset) < log_start_;
        if (lost.acknowledged && options_.synced_before_answer && !deleted) {
            judge_.violated("L8",
                            "{}: {} at offset {} was acknowledged under flush.messages=1, but only "
                            "offsets below {} were durable when the power was lost",
                            options_.name, text(lost.value), offset, durable_end);
        }
        if (lost.acknowledged) ++excused_;
        sent_[lost.value.value()].offset = -1;
        lost = {};
    }
    excused_ += somewhere_.size();
    somewhere_.clear();
}

void PartitionHistory::begin_drain() {
    drained_.clear();
    last_drained_of_.clear();
    for (Slot& each : slots_) each.drained = false;
}

void PartitionHistory::drained(std::int64_t offset, ValueId value, std::int64_t timestamp_ms) {
    drained_.emplace_back(offset, timestamp_ms);
    if (damaged_) return;
    judge_.compared();
    if (!learn(offset, value, false, "drained")) return;
    slot(offset).drained = true;
    const Sent* sent = sent_.find(value.value());
    if (sent == nullptr || !sent->ordered || sent->repeats) return;
    const auto [last, is_first] = last_drained_of_.try_emplace(producer_of(value), value);
    if (!is_first && value <= last->second) {
        judge_.violated("P7", "{}: {} stands behind {} of the same idempotent producer",
                        options_.name, text(value), text(last->second));
    }
    last->second = value;
}

void PartitionHistory::end_drain(std::int64_t log_start, std::int64_t log_end) {
    if (damaged_) return;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        const auto offset = static_cast<std::int64_t>(i);
        const Slot& known = slots_[i];
        if (!known.known || known.drained) continue;
        if (offset < log_start && is_deletable(offset)) continue;
        judge_.compared();
        if (!known.acknowledged && offset >= log_end) {
            judge_.violated("R8", "{}: {} was read at offset {}, but the log ends at {}",
                            options_.name, text(known.value), offset, log_end);
            continue;
        }
        judge_.violated("H1", "{}: {} was {} at offset {} and is lost (the log holds {} to {})",
                        options_.name, text(known.value),
                        known.acknowledged ? "acknowledged" : "read", offset, log_start, log_end);
    }
    // What has no offset may have stood below the start.
    if (log_start > 0 && is_deletable(0)) return;
    for (const ValueId value : somewhere_) {
        judge_.compared();
        if (sent_[value.value()].offset >= 0) continue;
        judge_.violated("H1", "{}: {} was acknowledged and is lost (the log holds {} to {})",
                        options_.name, text(value), log_start, log_end);
    }
}

std::optional<std::int64_t> PartitionHistory::offset_for_time(std::int64_t timestamp_ms) const {
    for (const auto& [offset, timestamp] : drained_) {
        if (timestamp >= timestamp_ms) return offset;
    }
    return std::nullopt;
}

LossCount PartitionHistory::outlived(std::int64_t offset, LossCount asked,
                                     std::int32_t epoch) const {
    for (std::uint32_t i = 0; i < losses_.size(); ++i) {
        const Loss& loss = losses_[i];
        const bool may_be_older = i >= asked.value() || epoch <= loss.epoch;
        if (offset >= loss.durable_end && may_be_older) return LossCount(i);
    }
    return losses();
}

bool PartitionHistory::learn(std::int64_t offset, ValueId value, bool acknowledged,
                             std::string_view how) {
    if (offset < 0) {
        judge_.violated("H2", "{}: {} was {} at offset {}", options_.name, text(value), how,
                        offset);
        return false;
    }
    // No record stands twice that may not, so a log is never longer than what was sent to it.
    if (offset >= static_cast<std::int64_t>(sent_.size() + repeats_)) {
        judge_.violated("H2", "{}: {} was {} at offset {}, but only {} records were ever sent",
                        options_.name, text(value), how, offset, sent_.size());
        return false;
    }
    judge_.compared();
    Sent* sent = sent_.find(value.value());
    if (sent == nullptr) {
        judge_.violated("R8", "{}: offset {} holds {}, which nobody sent", options_.name, offset,
                        text(value));
        return false;
    }
    if (sent->failed) {
        judge_.violated("P6", "{}: {} stands at offset {}, but its send had failed for good",
                        options_.name, text(value), offset);
    }
    if (sent->offset >= 0 && sent->offset != offset && !sent->repeats) {
        judge_.violated("P1", "{}: {} stands at offset {} and was {} at offset {}", options_.name,
                        text(value), sent->offset, how, offset);
    }
    Slot& known = slot(offset);
    if (known.known && known.value != value) {
        judge_.violated("H2", "{}: offset {} held {} and was {} as {}", options_.name, offset,
                        text(known.value), how, text(value));
    }
    known.known = true;
    known.value = value;
    known.acknowledged |= acknowledged;
    sent->offset = offset;
    known_end_ = std::max(known_end_, offset + 1);
    return true;
}

PartitionHistory::Slot& PartitionHistory::slot(std::int64_t offset) {
    const auto index = static_cast<std::size_t>(offset);
    if (slots_.size() <= index) slots_.resize(index + 1);
    return slots_[index];
}

}  // namespace gregor::scenarios
