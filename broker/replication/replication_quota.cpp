#include "broker/replication/replication_quota.h"

#include <algorithm>

namespace gregor::replication {
namespace {

using std::chrono::milliseconds;

/// How long `bytes` take at `rate` bytes per second, rounded up to milliseconds.
Duration time_for(std::uint64_t bytes, std::uint64_t rate) {
    if (bytes == 0) return {};
    constexpr std::chrono::seconds kForever = std::chrono::hours(24 * 365);
    if (rate == 0 || bytes / rate > static_cast<std::uint64_t>(kForever.count())) return kForever;
    const std::uint64_t rest_ms = (bytes % rate * 1000 + rate - 1) / rate;
    return milliseconds(bytes / rate * 1000 + rest_ms);
}

}  // namespace

void ReplicationQuota::record(Instant now, std::uint64_t bytes) {
    if (bytes == 0) return;
    while (!samples_.empty() && expiry_of(samples_.front()) <= now) samples_.pop_front();
    if (samples_.empty() || now - samples_.back().begin >= window_.sample) {
        samples_.push_back({.begin = now});
    }
    samples_.back().bytes += bytes;
}

Instant ReplicationQuota::fits_at(Instant now) const {
    if (!rate_) return now;
    std::uint64_t bytes = 0;
    for (const Sample& sample : samples_) {
        if (expiry_of(sample) > now) bytes += sample.bytes;
    }
    Instant at = now;
    for (const Sample& oldest : samples_) {
        if (expiry_of(oldest) <= at) continue;
        const Duration needed = time_for(bytes, static_cast<std::uint64_t>(*rate_));
        // A burst is spread over one sample at least.
        if (needed <= window_.sample) return at;
        const Instant fits = std::max(at, oldest.begin + needed);
        if (fits < expiry_of(oldest)) return fits;
        at = expiry_of(oldest);
        bytes -= oldest.bytes;
    }
    return at;
}

}  // namespace gregor::replication
