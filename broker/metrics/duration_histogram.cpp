#include "broker/metrics/duration_histogram.h"

#include <algorithm>
#include <numeric>

namespace gregor::metrics {

void DurationHistogram::record(Duration duration) {
    const auto bucket = std::ranges::lower_bound(kBounds, duration, {}, &Bound::at_most);
    ++buckets_[static_cast<std::size_t>(bucket - kBounds.begin())];
    ++count_;
    sum_ += duration;
}

std::uint64_t DurationHistogram::cumulative(std::size_t i) const {
    const auto end = buckets_.begin() + static_cast<std::ptrdiff_t>(i) + 1;
    return std::accumulate(buckets_.begin(), end, std::uint64_t{0});
}

}  // namespace gregor::metrics
