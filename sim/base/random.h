// Seeded randomness: xoshiro256** with integer-only distributions, so that a seed means the same
// forever, on every compiler and standard library.
//
// Every purpose draws from a stream of its own (`Random::stream(seed, "network", link)`): one more
// draw somewhere shifts nothing elsewhere. Two draws never stand in one expression, as C++ leaves
// their order open.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "sim/base/check.h"
#include "sim/base/digest.h"
#include "sim/base/time.h"

namespace gregor {

/// A probability as parts of a million; no floating point in decisions.
struct Chance {
    std::uint32_t per_million = 0;

    friend constexpr auto operator<=>(Chance, Chance) = default;
};

class Random {
public:
    explicit Random(std::uint64_t seed);

    /// The stream of `seed` for one purpose and one index (a node, a link).
    [[nodiscard]] static Random stream(std::uint64_t seed, std::string_view purpose,
                                       std::uint64_t index = 0);

    /// Every later draw is added to `witness`, which must outlive this object; nullptr: none.
    void set_witness(RunningDigest* witness) { witness_ = witness; }

    /// 64 uniform bits.
    std::uint64_t next();
    /// Uniform in [0, bound); bound > 0.
    std::uint64_t below(std::uint64_t bound);
    /// Uniform in [low, high], both inclusive.
    std::int64_t between(std::int64_t low, std::int64_t high);
    Duration between(Duration low, Duration high) {
        return Duration(between(low.count(), high.count()));
    }
    /// True with the given probability.
    bool happens(Chance chance);
    /// Exponentially distributed with this mean, in integer arithmetic, at most 16 means.
    Duration exponential(Duration mean);

    /// An element of a non-empty range, by reference.
    template <class Range>
    auto& pick(Range& range) {
        CHECK(std::size(range) > 0);
        return range[static_cast<std::size_t>(below(std::size(range)))];
    }

private:
    std::array<std::uint64_t, 4> state_;
    RunningDigest* witness_ = nullptr;
};

}  // namespace gregor
