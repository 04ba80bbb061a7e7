// RequestMetrics: how many requests of each API were taken, and how long each was from its last
// byte read to its answer handed to the network (Kafka's RequestsPerSec and TotalTimeMs).
//
// By API key, in an array that is as long as Kafka's table: nothing is looked up by name.
#pragma once

#include <array>
#include <cstddef>

#include "broker/metrics/counter.h"
#include "broker/metrics/duration_histogram.h"
#include "broker/protocol/api_key.h"

namespace gregor::metrics {

struct ApiMetrics {
    Counter requests;
    DurationHistogram total_time;
};

class RequestMetrics {
public:
    /// Keys that Kafka does not have share one entry.
    [[nodiscard]] ApiMetrics& of(protocol::ApiKey key) { return apis_[index_of(key)]; }
    [[nodiscard]] const ApiMetrics& of(protocol::ApiKey key) const { return apis_[index_of(key)]; }

private:
    static constexpr std::size_t kApis = 128;

    static std::size_t index_of(protocol::ApiKey key) {
        const auto index = static_cast<std::size_t>(key);
        return index < kApis ? index : kApis - 1;
    }

    std::array<ApiMetrics, kApis> apis_;
};

}  // namespace gregor::metrics
