#include "broker/protocol/records/java_hash.h"

#include <limits>

#include "sim/base/check.h"

namespace gregor::records {
namespace {

constexpr char32_t kReplacement = 0xfffd;

struct Decoded {
    char32_t character;
    std::size_t size;  // bytes taken
};

std::uint8_t byte_at(std::string_view text, std::size_t i) {
    return static_cast<std::uint8_t>(text[i]);
}

/// The first character of non-empty `text` (Unicode 15, table 3-7).
Decoded decode_first(std::string_view text) {
    const std::uint8_t lead = byte_at(text, 0);
    if (lead < 0x80) return {lead, 1};
    if (lead < 0xc2 || lead > 0xf4) return {kReplacement, 1};
    const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    char32_t character = lead & (0xff >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if (i >= text.size()) return {kReplacement, i};
        std::uint8_t low = 0x80;
        std::uint8_t high = 0xbf;
        if (i == 1 && lead == 0xe0) low = 0xa0;
        if (i == 1 && lead == 0xed) high = 0x9f;
        if (i == 1 && lead == 0xf0) low = 0x90;
        if (i == 1 && lead == 0xf4) high = 0x8f;
        const std::uint8_t next = byte_at(text, i);
        if (next < low || next > high) return {kReplacement, i};
        character = (character << 6) | (next & 0x3f);
    }
    return {character, length};
}

}  // namespace

std::int32_t java_string_hash(std::string_view utf8) {
    std::uint32_t hash = 0;
    const auto add_unit = [&hash](char32_t unit) {
        hash = 31 * hash + static_cast<std::uint32_t>(unit);
    };
    while (!utf8.empty()) {
        const auto [character, size] = decode_first(utf8);
        utf8.remove_prefix(size);
        if (character < 0x10000) {
            add_unit(character);
        } else {
            add_unit(0xd800 + ((character - 0x10000) >> 10));
            add_unit(0xdc00 + (character & 0x3ff));
        }
    }
    return static_cast<std::int32_t>(hash);
}

std::int32_t java_abs(std::int32_t value) {
    if (value == std::numeric_limits<std::int32_t>::min()) return 0;
    return value < 0 ? -value : value;
}

std::int32_t group_partition(std::string_view id, std::int32_t partition_count) {
    CHECK(partition_count > 0, "{} partitions", partition_count);
    return java_abs(java_string_hash(id)) % partition_count;
}

}  // namespace gregor::records
