// DurationHistogram: how long something took, as counts in fixed buckets.
//
// Kafka's own metrics are quantiles, which cannot be added up over nodes; from buckets Prometheus
// computes any quantile of any set of nodes (histogram_quantile).
//
//     bound     0.1 ms    0.25 ms   …   30 s
//     bucket  0    |    1    |    2  …    |  last: above every bound
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sim/base/time.h"

namespace gregor::metrics {

class DurationHistogram {
public:
    struct Bound {
        Duration at_most;
        std::string_view milliseconds;  // the same, as the label `le` says it
    };
    /// From what a page cache answers in to a client's usual request timeout.
    static constexpr std::array kBounds = {
        Bound{100us, "0.1"},  Bound{250us, "0.25"},  Bound{500us, "0.5"}, Bound{1ms, "1"},
        Bound{2500us, "2.5"}, Bound{5ms, "5"},       Bound{10ms, "10"},   Bound{25ms, "25"},
        Bound{50ms, "50"},    Bound{100ms, "100"},   Bound{250ms, "250"}, Bound{500ms, "500"},
        Bound{1s, "1000"},    Bound{2500ms, "2500"}, Bound{5s, "5000"},   Bound{10s, "10000"},
        Bound{30s, "30000"}};

    void record(Duration duration);

    /// How many took at most kBounds[i], those of the smaller bounds among them.
    [[nodiscard]] std::uint64_t cumulative(std::size_t i) const;
    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] Duration sum() const { return sum_; }

private:
    std::array<std::uint64_t, kBounds.size() + 1> buckets_{};
    std::uint64_t count_ = 0;
    Duration sum_{};
};

}  // namespace gregor::metrics
