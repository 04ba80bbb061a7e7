// The 128-bit digest of what a run did. Equal seeds must give equal digests, on any optimisation
// level and under the sanitizers: it takes integers and wire bytes only, never structs (padding),
// pointers or floating point.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>

namespace gregor {

struct Digest {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    friend constexpr auto operator<=>(const Digest&, const Digest&) = default;
};

/// 32 hex digits.
[[nodiscard]] std::string to_string(Digest digest);

/// XXH3-128 of the bytes.
[[nodiscard]] Digest digest_of(std::span<const std::uint8_t> bytes);

/// A digest that takes one integer at a time, cheap enough for every event of a run.
class RunningDigest {
public:
    constexpr void add(std::uint64_t value) {
        low_ = (std::rotl(low_, 27) ^ value) * 0x9e3779b97f4a7c15ULL;
        high_ = (std::rotl(high_, 31) + value) * 0xc2b2ae3d27d4eb4fULL;
        high_ ^= low_;
        ++count_;
    }
    constexpr void add(Digest digest) {
        add(digest.high);
        add(digest.low);
    }

    [[nodiscard]] constexpr Digest value() const { return {high_, low_}; }
    /// How many integers were added: the position of the first difference between two runs.
    [[nodiscard]] constexpr std::uint64_t count() const { return count_; }

private:
    std::uint64_t high_ = 0x165667b19e3779f9ULL;
    std::uint64_t low_ = 0x27d4eb2f165667c5ULL;
    std::uint64_t count_ = 0;
};

}  // namespace gregor
