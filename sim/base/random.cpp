#include "sim/base/random.h"

#include <bit>

namespace gregor {
namespace {

/// SplitMix64, which xoshiro's authors advise for filling its state.
std::uint64_t split_mix(std::uint64_t& state) {
    std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

std::uint64_t fnv1a(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char c : text) {
        hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ULL;
    }
    return hash;
}

}  // namespace

Random::Random(std::uint64_t seed) {
    for (std::uint64_t& word : state_) word = split_mix(seed);
}

Random Random::stream(std::uint64_t seed, std::string_view purpose, std::uint64_t index) {
    std::uint64_t mixed = seed;
    mixed = split_mix(mixed) ^ fnv1a(purpose);
    mixed = split_mix(mixed) + index * 0x9e3779b97f4a7c15ULL;
    return Random(split_mix(mixed));
}

std::uint64_t Random::next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    if (witness_ != nullptr) witness_->add(result);
    return result;
}

std::uint64_t Random::below(std::uint64_t bound) {
    CHECK(bound > 0);
    // Lemire's multiplication; the bias of at most bound / 2^64 does not matter here.
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64);
}

std::int64_t Random::between(std::int64_t low, std::int64_t high) {
    CHECK(low <= high, "between({}, {})", low, high);
    const std::uint64_t width = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
    if (width == UINT64_MAX) return static_cast<std::int64_t>(next());
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + below(width + 1));
}

bool Random::happens(Chance chance) {
    if (chance.per_million == 0) return false;
    return below(1'000'000) < chance.per_million;
}

Duration Random::exponential(Duration mean) {
    // Leading zeros of a uniform word are geometric with ratio 1/2: each is worth ln 2 of the mean.
    // A uniform part below it makes the steps smooth.
    const std::uint64_t word = next() | 0x1000000ULL;
    const auto halvings = static_cast<std::int64_t>(std::countl_zero(word));
    const auto fraction = static_cast<std::int64_t>((word >> 4) & 0xfffff);
    const auto steps_20bit = (halvings << 20) + fraction;
    constexpr std::int64_t kLn2 = 726'817;  // of 2^20
    const auto result = static_cast<__int128>(mean.count()) * steps_20bit * kLn2 >> 40;
    const auto limit = static_cast<__int128>(mean.count()) * 16;
    return Duration(static_cast<std::int64_t>(result < limit ? result : limit));
}

}  // namespace gregor
