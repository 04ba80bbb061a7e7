// A coordinator record's key or value: a 2-byte type or version, and a message behind it.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "broker/protocol/message.h"

namespace gregor::coordinator {

template <protocol::Message T>
[[nodiscard]] Bytes encode_versioned(const T& message, std::int16_t version) {
    constexpr std::size_t kFirstCapacity = 128;
    ByteBuffer out(kFirstCapacity);
    protocol::detail::store_big_endian(out.extend(sizeof(version)), version);
    protocol::encode(message, version, out);
    return std::move(out).freeze();
}

/// The number in front; nothing if there is none.
[[nodiscard]] inline std::optional<std::int16_t> version_of(const Bytes& bytes) {
    if (bytes.size() < sizeof(std::int16_t)) return std::nullopt;
    return protocol::detail::load_big_endian<std::int16_t>(bytes.data());
}

template <protocol::Message T>
[[nodiscard]] Result<T, std::string> decode_versioned(const Bytes& bytes) {
    const auto version = version_of(bytes);
    if (!version) return fail(fmt::format("{} without a version", T::kMessage.name));
    auto message = protocol::decode<T>(bytes.suffix(sizeof(*version)), *version);
    if (message) return *std::move(message);
    return fail(
        fmt::format("{} version {}: {}", T::kMessage.name, *version, to_string(message.error())));
}

}  // namespace gregor::coordinator
