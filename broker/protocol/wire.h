// The primitives of Kafka's wire format: big-endian integers, varints, and slices of bytes.
//
// Reader walks Bytes that a peer may have made up. Every read is checked against what is left; the
// first failure sticks, and from then on every read gives zero or nothing, so that a decoder may
// read a whole struct and ask once. Slices share the frame's block.
//
// Varints are read as Kafka reads them: an encoding need not be the shortest, and the spare bits of
// the last byte (the fifth of 32 bits, the tenth of 64) are dropped, not refused.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "broker/protocol/ids.h"
#include "sim/base/bytes.h"

namespace gregor::protocol {

enum class DecodeError : std::uint8_t {
    none,
    truncated,            // a field goes past the end
    bad_varint,           // no end after five (ten) bytes
    bad_length,           // a negative length, or one above its type's limit
    too_many_elements,    // an array that claims more elements than bytes are left
    null_not_allowed,     // null in a field that has no null in this version
    unsupported_version,  // a version that this message does not have
};

[[nodiscard]] std::string_view to_string(DecodeError error);

namespace detail {

template <class T>
[[nodiscard]] T load_big_endian(const std::uint8_t* from) {
    if constexpr (sizeof(T) == 1) {
        return static_cast<T>(*from);
    } else if constexpr (sizeof(T) == 2) {
        std::uint16_t raw;
        std::memcpy(&raw, from, 2);
        return static_cast<T>(__builtin_bswap16(raw));
    } else if constexpr (sizeof(T) == 4) {
        std::uint32_t raw;
        std::memcpy(&raw, from, 4);
        return static_cast<T>(__builtin_bswap32(raw));
    } else {
        std::uint64_t raw;
        std::memcpy(&raw, from, 8);
        return static_cast<T>(__builtin_bswap64(raw));
    }
}

template <class T>
void store_big_endian(std::uint8_t* to, T value) {
    if constexpr (sizeof(T) == 1) {
        *to = static_cast<std::uint8_t>(value);
    } else if constexpr (sizeof(T) == 2) {
        const std::uint16_t raw = __builtin_bswap16(static_cast<std::uint16_t>(value));
        std::memcpy(to, &raw, 2);
    } else if constexpr (sizeof(T) == 4) {
        const std::uint32_t raw = __builtin_bswap32(static_cast<std::uint32_t>(value));
        std::memcpy(to, &raw, 4);
    } else {
        const std::uint64_t raw = __builtin_bswap64(static_cast<std::uint64_t>(value));
        std::memcpy(to, &raw, 8);
    }
}

}  // namespace detail

class Reader {
public:
    explicit Reader(Bytes bytes)
        : bytes_(std::move(bytes)), at_(bytes_.data()), end_(bytes_.data() + bytes_.size()) {}
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    [[nodiscard]] bool ok() const { return error_ == DecodeError::none; }
    /// The first failure, or none.
    [[nodiscard]] DecodeError error() const { return error_; }
    [[nodiscard]] std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }
    [[nodiscard]] std::size_t position() const {
        return bytes_.size() - static_cast<std::size_t>(end_ - at_);
    }

    /// A signed or unsigned integer of 1, 2, 4 or 8 bytes.
    template <class T>
    [[nodiscard]] T integer() {
        if (remaining() < sizeof(T)) [[unlikely]] {
            fail(DecodeError::truncated);
            return 0;
        }
        const T value = detail::load_big_endian<T>(at_);
        at_ += sizeof(T);
        return value;
    }
    [[nodiscard]] double float64() { return std::bit_cast<double>(integer<std::uint64_t>()); }
    [[nodiscard]] bool boolean() { return integer<std::uint8_t>() != 0; }
    [[nodiscard]] Uuid uuid();

    /// An unsigned varint of at most five bytes.
    [[nodiscard]] std::uint32_t unsigned_varint() {
        if (at_ != end_ && *at_ < 0x80) [[likely]]
            return *at_++;
        return long_unsigned_varint();
    }
    /// Zig-zag varints: 32 bits in at most five bytes, 64 in at most ten.
    [[nodiscard]] std::int32_t varint() {
        const std::uint32_t raw = unsigned_varint();
        return static_cast<std::int32_t>(raw >> 1) ^ -static_cast<std::int32_t>(raw & 1);
    }
    [[nodiscard]] std::int64_t varlong() {
        const std::uint64_t raw = unsigned_varlong();
        return static_cast<std::int64_t>(raw >> 1) ^ -static_cast<std::int64_t>(raw & 1);
    }
    [[nodiscard]] std::uint64_t unsigned_varlong();

    /// The next `size` bytes, in place; empty on failure. Valid as long as the frame.
    [[nodiscard]] ByteSpan view(std::size_t size) {
        if (size > remaining()) [[unlikely]] {
            fail(DecodeError::truncated);
            return {};
        }
        const ByteSpan taken(at_, size);
        at_ += size;
        return taken;
    }
    [[nodiscard]] std::string_view text(std::size_t size) {
        const ByteSpan taken = view(size);
        return {reinterpret_cast<const char*>(taken.data()), taken.size()};
    }
    /// The next `size` bytes as a slice that keeps the frame's block alive.
    [[nodiscard]] Bytes slice(std::size_t size) { return bytes_.slice_of(view(size)); }

    void fail(DecodeError error) {
        if (ok()) error_ = error;
        at_ = end_;
    }

private:
    std::uint32_t long_unsigned_varint();

    Bytes bytes_;
    const std::uint8_t* at_;
    const std::uint8_t* end_;
    DecodeError error_ = DecodeError::none;
};

[[nodiscard]] constexpr std::size_t unsigned_varint_size(std::uint32_t value) {
    return (static_cast<std::size_t>(std::bit_width(value | 1U)) + 6) / 7;
}
[[nodiscard]] constexpr std::size_t unsigned_varlong_size(std::uint64_t value) {
    return (static_cast<std::size_t>(std::bit_width(value | 1U)) + 6) / 7;
}
[[nodiscard]] constexpr std::uint32_t zigzag(std::int32_t value) {
    return static_cast<std::uint32_t>(value) << 1 ^ static_cast<std::uint32_t>(value >> 31);
}
[[nodiscard]] constexpr std::uint64_t zigzag(std::int64_t value) {
    return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}

/// Appends to a ByteBuffer that the caller owns.
class Writer {
public:
    explicit Writer(ByteBuffer& out) : out_(out) {}

    [[nodiscard]] std::size_t size() const { return out_.size(); }

    template <class T>
    void integer(T value) {
        detail::store_big_endian(out_.extend(sizeof(T)), value);
    }
    void float64(double value) { integer(std::bit_cast<std::uint64_t>(value)); }
    void boolean(bool value) { out_.push_back(value ? 1 : 0); }
    void uuid(const Uuid& uuid) { out_.append(ByteSpan(uuid.bytes)); }
    void unsigned_varint(std::uint32_t value) { unsigned_varlong(value); }
    void unsigned_varlong(std::uint64_t value) {
        while (value >= 0x80) {
            out_.push_back(static_cast<std::uint8_t>(value | 0x80));
            value >>= 7;
        }
        out_.push_back(static_cast<std::uint8_t>(value));
    }
    void varint(std::int32_t value) { unsigned_varint(zigzag(value)); }
    void varlong(std::int64_t value) { unsigned_varlong(zigzag(value)); }
    void bytes(ByteSpan bytes) { out_.append(bytes); }
    void text(std::string_view text) { out_.append(text); }

private:
    ByteBuffer& out_;
};

}  // namespace gregor::protocol
