// A range of versions: of a message, of a field, of what a node serves.
#pragma once

#include <cstdint>

namespace gregor::protocol {

/// Both ends inclusive; empty if max < min.
struct VersionRange {
    static constexpr std::int16_t kOpen = 0x7fff;

    std::int16_t min = 0;
    std::int16_t max = kOpen;

    [[nodiscard]] constexpr bool contains(std::int16_t version) const {
        return min <= version && version <= max;
    }
    friend constexpr bool operator==(VersionRange, VersionRange) = default;
};

inline constexpr VersionRange kNoVersions{0, -1};

}  // namespace gregor::protocol
