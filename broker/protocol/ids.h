// The ids and counters of Kafka's protocol, each a type of its own, and the 16-byte Uuid with the
// text form that Kafka's files and tools show: base64url without padding.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/base/strong_id.h"

namespace gregor::protocol {

using NodeId = StrongId<struct NodeIdTag, std::int32_t>;
using PartitionId = StrongId<struct PartitionIdTag, std::int32_t>;
using Offset = StrongNumber<struct OffsetTag, std::int64_t>;
using LeaderEpoch = StrongNumber<struct LeaderEpochTag, std::int32_t>;
using ProducerId = StrongNumber<struct ProducerIdTag, std::int64_t>;
using ProducerEpoch = StrongNumber<struct ProducerEpochTag, std::int16_t>;

inline constexpr NodeId kNoNode{-1};
inline constexpr Offset kNoOffset{-1};
inline constexpr LeaderEpoch kNoLeaderEpoch{-1};
inline constexpr ProducerId kNoProducerId{-1};
inline constexpr ProducerEpoch kNoProducerEpoch{-1};

struct Uuid {
    std::array<std::uint8_t, 16> bytes{};

    [[nodiscard]] bool is_zero() const { return *this == Uuid{}; }
    friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

using TopicId = Uuid;

/// The topic id of __cluster_metadata: a zero uuid but for its last byte, 1.
inline constexpr Uuid kMetadataTopicId{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

/// 22 characters: "AAAAAAAAAAAAAAAAAAAAAQ".
[[nodiscard]] std::string to_string(const Uuid& uuid);

/// As lenient as Kafka: padding and stray bits in the last character are taken; any other length or
/// alphabet is not.
[[nodiscard]] std::optional<Uuid> parse_uuid(std::string_view text);

}  // namespace gregor::protocol

template <>
struct fmt::formatter<gregor::protocol::Uuid> : fmt::formatter<std::string_view> {
    auto format(const gregor::protocol::Uuid& uuid, fmt::format_context& context) const {
        return fmt::formatter<std::string_view>::format(gregor::protocol::to_string(uuid), context);
    }
};

template <>
struct std::hash<gregor::protocol::Uuid> {
    std::size_t operator()(const gregor::protocol::Uuid& uuid) const noexcept;
};
