// Big-endian integers at a place in memory, as Kafka's fixed-size fields are. No bounds are checked
// here: the caller has done that once for the whole header.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace gregor::records {

namespace detail {
template <std::unsigned_integral T>
[[nodiscard]] constexpr T swap_bytes(T value) {
    if constexpr (sizeof(T) == 8) return __builtin_bswap64(value);
    if constexpr (sizeof(T) == 4) return __builtin_bswap32(value);
    if constexpr (sizeof(T) == 2) return __builtin_bswap16(value);
    return value;
}
}  // namespace detail

template <std::integral T>
[[nodiscard]] inline T load_big_endian(const std::uint8_t* from) {
    std::make_unsigned_t<T> raw;
    std::memcpy(&raw, from, sizeof raw);
    if constexpr (std::endian::native == std::endian::little) raw = detail::swap_bytes(raw);
    return static_cast<T>(raw);
}

template <std::integral T>
inline void store_big_endian(std::uint8_t* to, T value) {
    auto raw = static_cast<std::make_unsigned_t<T>>(value);
    if constexpr (std::endian::native == std::endian::little) raw = detail::swap_bytes(raw);
    std::memcpy(to, &raw, sizeof raw);
}

}  // namespace gregor::records
