#include "scenarios/checkers/anomalies/quota_checks.h"

#include <fmt/format.h>

#include <algorithm>

namespace gregor::scenarios {
namespace {

constexpr std::int64_t kWindowsMs = 11'000;
constexpr std::int64_t kUnderWay = std::int64_t{5} << 20;
constexpr std::int64_t kNanosecondsInMs = 1'000'000;

}  // namespace

void QuotaChecks::sent(const HistoryEvent& event, const SendEvent& send) {
    if (send.result != Outcome::ok || send.bytes == 0 || event.ended == kNever) return;
    const Id producer = tables_.producer(send.producer);
    if (tables_.of_producer(producer).producer_byte_rate == 0) return;
    Served& served = served_.try_emplace(producer, Served{.first = event.ended}).first->second;
    served.bytes += send.bytes;
    served.last = std::max(served.last, event.ended);
    served.line = event.line;
}

void QuotaChecks::judge() {
    for (const auto& [producer, served] : served_) {
        findings_.compared();
        const std::int64_t rate = tables_.of_producer(producer).producer_byte_rate;
        const std::int64_t ms = (served.last - served.first) / kNanosecondsInMs + kWindowsMs;
        const std::int64_t measured = std::max<std::int64_t>(served.bytes - kUnderWay, 0);
        if (measured / rate <= ms / 1000) continue;
        findings_.add(Anomaly::quota_exceeded, Excuse::none, {served.line}, [&] {
            return fmt::format("{} was served {} bytes in {} ms; its quota is {} a second",
                               tables_.producers.text(producer), served.bytes, ms - kWindowsMs,
                               rate);
        });
    }
}

}  // namespace gregor::scenarios
