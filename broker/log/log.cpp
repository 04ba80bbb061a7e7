// Log: its marks, and what holds between them.
#include "broker/log/log.h"

#include <algorithm>

namespace gregor::log {

Log::Log(Runtime& runtime, LogOptions options)
    : runtime_(runtime),
      options_(std::move(options)),
      write_mutex_(runtime.scheduler()),
      flush_mutex_(runtime.scheduler()),
      log_start_offset_(options_.log_start_offset),
      recovery_point_(options_.recovery_point),
      producers_(options_.producer_id_expiration_ms),
      last_flush_(runtime.clock().now()) {}

std::int64_t Log::now_ms() const { return to_epoch_ms(runtime_.clock().wall()); }

ErrorCode Log::fail_with(IoError error) {
    if (!failure_) {
        failure_ = error;
        runtime_.trace().event("log_failed", "partition={} error={}", partition(), name(error));
        if (options_.on_failure && !abandoned_) options_.on_failure(error);
    }
    return ErrorCode::kafka_storage_error;
}

std::uint64_t Log::size_in_bytes() const {
    std::uint64_t size = 0;
    for (const auto& [base, segment] : segments_) size += segment->size();
    return size;
}

Offset Log::set_high_watermark(Offset offset) {
    high_watermark_ = std::min(std::max(offset, log_start_offset_), log_end_offset_);
    producers_.high_watermark_advanced(high_watermark_);
    return high_watermark_;
}

Offset Log::last_stable_offset() const {
    const std::optional<Offset> unstable = producers_.first_unstable_offset();
    if (!unstable) return high_watermark_;
    return std::min(std::max(*unstable, log_start_offset_), high_watermark_);
}

void Log::inherit_marks(const Log& log) {
    advance_log_start(log.log_start_offset_);
    set_high_watermark(log.high_watermark_);
}

void Log::inherit_state(Log& log) {
    // A leader that has not written yet has its epoch too (KIP-101).
    for (const EpochEntry& entry : log.epochs_.entries()) {
        const auto latest = epochs_.latest();
        if (latest && entry.epoch <= latest->epoch) continue;
        if (epochs_.assign(entry.epoch, entry.start_offset)) epochs_dirty_ = true;
    }
    inherit_marks(log);
    verifications_ = std::move(log.verifications_);
}

void Log::expire_producers() {
    producers_.expire(now_ms());
    verifications_.expire(now_ms() - options_.producer_id_expiration_ms);
}

bool Log::begins_transaction(const BatchHeader& header) const {
    if (!header.is_transactional() || header.is_control()) return false;
    const ProducerEntry* entry = producers_.find(ProducerId(header.producer_id));
    return entry == nullptr || !entry->current_txn_first_offset ||
           entry->producer_epoch.value() != header.producer_epoch;
}

std::optional<VerificationGuard> Log::begin_verification(const BatchHeader& header) {
    if (!begins_transaction(header)) return std::nullopt;
    return verifications_.begin(header, now_ms());
}

void Log::check_invariants() const {
    CHECK(!segments_.empty());
    CHECK(log_start_offset_ <= high_watermark_, "log start {}, high watermark {}",
          log_start_offset_, high_watermark_);
    CHECK(last_stable_offset() <= high_watermark_);
    CHECK(log_start_offset_ <= last_stable_offset());
    CHECK(high_watermark_ <= log_end_offset_, "high watermark {}, log end {}", high_watermark_,
          log_end_offset_);
    CHECK(log_end_offset_ <= next_offset_);
    CHECK(recovery_point_ <= next_offset_, "recovery point {}, next {}", recovery_point_,
          next_offset_);
    // What is not the active segment is durable.
    CHECK(recovery_point_ >= std::min(active()->base_offset(), next_offset_) || failure_,
          "recovery point {}, active segment {}", recovery_point_, active()->base_offset());
    CHECK(active()->loaded());
    Offset previous(-1);
    for (const auto& [base, segment] : segments_) {
        CHECK(base == segment->base_offset());
        CHECK(base > previous);
        previous = base;
    }
    epochs_.check_invariants(next_offset_);
    CHECK(producers_.end_offset() <= std::max(next_offset_, active()->base_offset()));
    producers_.check_invariants();
}

}  // namespace gregor::log
