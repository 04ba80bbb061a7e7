// Zig-zag varints, the integers inside records: small magnitudes of either sign take one byte.
//
// ByteCursor reads a span from front to back. Its failure sticks: after the first one every read
// gives zero or nothing, so that a whole record is parsed straight through and judged once at its
// end. Encodings need not be the shortest; of a varint's fifth byte (a varlong's tenth) the spare
// bits are ignored, but its continuation bit is an error, all as Kafka's ByteUtils does.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "sim/base/bytes.h"

namespace gregor::records {

inline constexpr std::size_t kMaxVarintBytes = 5;
inline constexpr std::size_t kMaxVarlongBytes = 10;

[[nodiscard]] constexpr std::uint32_t zigzag(std::int32_t value) {
    return (static_cast<std::uint32_t>(value) << 1) ^ static_cast<std::uint32_t>(value >> 31);
}
[[nodiscard]] constexpr std::uint64_t zigzag(std::int64_t value) {
    return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
[[nodiscard]] constexpr std::int32_t unzigzag(std::uint32_t raw) {
    return static_cast<std::int32_t>((raw >> 1) ^ (~(raw & 1) + 1));
}
[[nodiscard]] constexpr std::int64_t unzigzag(std::uint64_t raw) {
    return static_cast<std::int64_t>((raw >> 1) ^ (~(raw & 1) + 1));
}

enum class CursorFailure : std::uint8_t {
    none,
    underflow,        // the bytes end inside what was asked for
    varint_too_long,  // the continuation bit is set in the last byte that a varint may have
};

class ByteCursor {
public:
    explicit ByteCursor(ByteSpan bytes) : next_(bytes.data()), end_(next_ + bytes.size()) {}

    [[nodiscard]] CursorFailure failure() const { return failure_; }
    [[nodiscard]] bool failed() const { return failure_ != CursorFailure::none; }
    [[nodiscard]] std::size_t remaining() const { return static_cast<std::size_t>(end_ - next_); }
    [[nodiscard]] const std::uint8_t* position() const { return next_; }
    /// What has not been read yet.
    [[nodiscard]] ByteSpan rest() const { return {next_, remaining()}; }

    [[nodiscard]] std::uint8_t byte() {
        if (next_ == end_) [[unlikely]] {
            fail_with(CursorFailure::underflow);
            return 0;
        }
        return *next_++;
    }

    [[nodiscard]] std::int32_t varint() { return unzigzag(unsigned_varint()); }
    [[nodiscard]] std::int64_t varlong() { return unzigzag(unsigned_varlong()); }
    [[nodiscard]] std::uint32_t unsigned_varint() { return read<std::uint32_t, kMaxVarintBytes>(); }
    [[nodiscard]] std::uint64_t unsigned_varlong() {
        return read<std::uint64_t, kMaxVarlongBytes>();
    }

    /// The next `size` bytes; a negative size is a failure like one that is too large.
    [[nodiscard]] ByteSpan bytes(std::int32_t size) {
        if (size < 0 || static_cast<std::size_t>(size) > remaining()) [[unlikely]] {
            fail_with(CursorFailure::underflow);
            return {};
        }
        const ByteSpan taken(next_, static_cast<std::size_t>(size));
        next_ += size;
        return taken;
    }

private:
    /// Nearly all that records hold takes one byte or two.
    template <class T, std::size_t kMaxBytes>
    [[nodiscard]] T read() {
        if (remaining() >= 2) [[likely]] {
            const std::uint8_t first = next_[0];
            if (first < 0x80) {
                ++next_;
                return first;
            }
            const std::uint8_t second = next_[1];
            if (second < 0x80) {
                next_ += 2;
                return static_cast<T>((first & 0x7f) | second << 7);
            }
        }
        return read_any<T, kMaxBytes>();
    }

    template <class T, std::size_t kMaxBytes>
    [[nodiscard, gnu::noinline]] T read_any() {
        T value = 0;
        for (std::size_t i = 0; i < kMaxBytes; ++i) {
            if (next_ == end_) {
                fail_with(CursorFailure::underflow);
                return 0;
            }
            const std::uint8_t byte = *next_++;
            value |= static_cast<T>(byte & 0x7f) << (7 * i);
            if (byte < 0x80) return value;
        }
        fail_with(CursorFailure::varint_too_long);
        return 0;
    }

    void fail_with(CursorFailure failure) {
        if (failure_ == CursorFailure::none) failure_ = failure;
        next_ = end_;
    }

    const std::uint8_t* next_;
    const std::uint8_t* end_;
    CursorFailure failure_ = CursorFailure::none;
};

[[nodiscard]] constexpr std::size_t unsigned_varint_size(std::uint64_t raw) {
    return (static_cast<std::size_t>(std::bit_width(raw | 1)) + 6) / 7;
}
[[nodiscard]] constexpr std::size_t varint_size(std::int32_t value) {
    return unsigned_varint_size(zigzag(value));
}
[[nodiscard]] constexpr std::size_t varlong_size(std::int64_t value) {
    return unsigned_varint_size(zigzag(value));
}

/// Writes at `to`, where unsigned_varint_size(raw) bytes are; returns what follows them.
[[nodiscard]] inline std::uint8_t* store_unsigned_varlong(std::uint8_t* to, std::uint64_t raw) {
    while (raw >= 0x80) {
        *to++ = static_cast<std::uint8_t>(raw | 0x80);
        raw >>= 7;
    }
    *to++ = static_cast<std::uint8_t>(raw);
    return to;
}
[[nodiscard]] inline std::uint8_t* store_varint(std::uint8_t* to, std::int32_t value) {
    return store_unsigned_varlong(to, zigzag(value));
}
[[nodiscard]] inline std::uint8_t* store_varlong(std::uint8_t* to, std::int64_t value) {
    return store_unsigned_varlong(to, zigzag(value));
}

inline void append_unsigned_varlong(ByteBuffer& out, std::uint64_t raw) {
    (void)store_unsigned_varlong(out.extend(unsigned_varint_size(raw)), raw);
}
inline void append_unsigned_varint(ByteBuffer& out, std::uint32_t raw) {
    append_unsigned_varlong(out, raw);
}
inline void append_varint(ByteBuffer& out, std::int32_t value) {
    append_unsigned_varlong(out, zigzag(value));
}
inline void append_varlong(ByteBuffer& out, std::int64_t value) {
    append_unsigned_varlong(out, zigzag(value));
}

}  // namespace gregor::records
