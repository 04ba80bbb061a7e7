#include "broker/protocol/wire.h"

namespace gregor::protocol {

std::string_view to_string(DecodeError error) {
    switch (error) {
        case DecodeError::none: return "none";
        case DecodeError::truncated: return "truncated";
        case DecodeError::bad_varint: return "bad varint";
        case DecodeError::bad_length: return "bad length";
        case DecodeError::too_many_elements: return "too many elements";
        case DecodeError::null_not_allowed: return "null not allowed";
        case DecodeError::unsupported_version: return "unsupported version";
    }
    UNREACHABLE("decode error {}", static_cast<int>(error));
}

Uuid Reader::uuid() {
    Uuid uuid;
    const ByteSpan taken = view(uuid.bytes.size());
    if (!taken.empty()) std::memcpy(uuid.bytes.data(), taken.data(), taken.size());
    return uuid;
}

std::uint32_t Reader::long_unsigned_varint() {
    std::uint32_t value = 0;
    for (int shift = 0; shift <= 28; shift += 7) {
        const auto byte = integer<std::uint8_t>();
        value |= static_cast<std::uint32_t>(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
    }
    fail(DecodeError::bad_varint);
    return 0;
}

std::uint64_t Reader::unsigned_varlong() {
    std::uint64_t value = 0;
    for (int shift = 0; shift <= 63; shift += 7) {
        const auto byte = integer<std::uint8_t>();
        value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
    }
    fail(DecodeError::bad_varint);
    return 0;
}

}  // namespace gregor::protocol
