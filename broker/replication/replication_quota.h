// ReplicationQuota: how fast throttled replicas are replicated (KIP-73). A broker has two: what it
// sends as a leader, what it fetches as a follower. Pure.
//
// Bytes are counted in samples of one length, of which the last few count. Their rate is what they
// hold, over the time since the oldest of them began:
//
//     |-- 40 kB --|-- 0 --|-- 70 kB --|- 10 kB ·           120 kB in 3.5 s: 34 kB/s
//     oldest                                  now
//
// A transfer is let through as a whole while the rate is within the quota, and makes everybody
// wait afterwards for as long as it was too large. So the quota holds over time, not in a moment;
// a transfer larger than what the quota gives in all samples together is forgotten too early.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "sim/base/time.h"

namespace gregor::replication {

struct QuotaWindow {
    std::int32_t samples = 11;  // replication.quota.window.num
    Duration sample = 1s;       // replication.quota.window.size.seconds
};

class ReplicationQuota {
public:
    explicit ReplicationQuota(const QuotaWindow& window) : window_(window) {}

    /// Bytes per second, at least 0; none: no limit.
    void set_rate(std::optional<std::int64_t> rate) { rate_ = rate; }
    [[nodiscard]] std::optional<std::int64_t> rate() const { return rate_; }
    void record(Instant now, std::uint64_t bytes);
    [[nodiscard]] bool is_exceeded(Instant now) const { return fits_at(now) > now; }
    /// When the rate will be within the quota if nothing more is recorded; `now` if it is.
    [[nodiscard]] Instant fits_at(Instant now) const;
    [[nodiscard]] const QuotaWindow& window() const { return window_; }

private:
    struct Sample {
        Instant begin;
        std::uint64_t bytes = 0;
    };

    [[nodiscard]] Instant expiry_of(const Sample& sample) const {
        return sample.begin + window_.samples * window_.sample;
    }

    QuotaWindow window_;
    std::optional<std::int64_t> rate_;
    std::deque<Sample> samples_;  // the oldest first
};

}  // namespace gregor::replication
