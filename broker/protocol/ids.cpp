#include "broker/protocol/ids.h"

#include "sim/base/bytes.h"

namespace gregor::protocol {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

std::string to_string(const Uuid& uuid) {
    std::string text;
    text.reserve(22);
    std::uint32_t bits = 0;
    int bit_count = 0;
    for (const std::uint8_t byte : uuid.bytes) {
        bits = bits << 8 | byte;
        bit_count += 8;
        while (bit_count >= 6) {
            bit_count -= 6;
            text.push_back(kAlphabet[bits >> bit_count & 63]);
        }
    }
    text.push_back(kAlphabet[bits << (6 - bit_count) & 63]);
    return text;
}

std::optional<Uuid> parse_uuid(std::string_view text) {
    if (text.size() == 24 && text.ends_with("==")) text.remove_suffix(2);
    if (text.size() != 22) return std::nullopt;
    Uuid uuid;
    std::size_t filled = 0;
    std::uint32_t bits = 0;
    int bit_count = 0;
    for (const char character : text) {
        const std::size_t value = kAlphabet.find(character);
        if (value == std::string_view::npos) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            uuid.bytes[filled++] = static_cast<std::uint8_t>(bits >> bit_count);
        }
    }
    return uuid;
}

}  // namespace gregor::protocol

std::size_t std::hash<gregor::protocol::Uuid>::operator()(
    const gregor::protocol::Uuid& uuid) const noexcept {
    std::uint64_t halves[2];
    std::memcpy(halves, uuid.bytes.data(), sizeof halves);
    return halves[0] ^ halves[1] * 0x9e3779b97f4a7c15U;
}
