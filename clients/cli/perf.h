// What the commands of `gregorctl perf` share.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "clients/cli/command.h"
#include "sim/base/time.h"

namespace gregor::cli {

[[nodiscard]] Action add_perf_producer(CLI::App& command);
[[nodiscard]] Action add_perf_consumer(CLI::App& command);
[[nodiscard]] Action add_perf_e2e(CLI::App& command);

[[nodiscard]] inline double in_ms(Duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

/// Every latency, or every n-th of very many.
class Latencies {
public:
    /// `expected`: how many will be added.
    explicit Latencies(std::int64_t expected)
        : every_(std::max<std::int64_t>(1, expected / kMostSamples)) {
        samples_.reserve(static_cast<std::size_t>(expected / every_ + 1));
    }

    void add(Duration latency) {
        if (added_++ % every_ == 0) samples_.push_back(latency);
    }
    /// Before they are asked for.
    void sort() { std::ranges::sort(samples_); }
    /// 990: as long as 99 in 100 take at most.
    [[nodiscard]] Duration at_per_mille(std::size_t per_mille) const {
        if (samples_.empty()) return {};
        return samples_[std::min(samples_.size() * per_mille / 1000, samples_.size() - 1)];
    }

private:
    static constexpr std::int64_t kMostSamples = 500'000;

    std::int64_t every_;
    std::int64_t added_ = 0;
    std::vector<Duration> samples_;
};

/// Kafka's: capital letters.
[[nodiscard]] std::string perf_payload(std::int64_t size);

}  // namespace gregor::cli
