#include "broker/protocol/records/murmur2.h"

#include <bit>

namespace gregor::records {
namespace {

constexpr std::uint32_t kSeed = 0x9747b28c;
constexpr std::uint32_t kMultiplier = 0x5bd1e995;

std::uint32_t load_word(const std::uint8_t* from) {
    std::uint32_t word;
    std::memcpy(&word, from, sizeof word);
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap32(word);
    return word;
}

}  // namespace

std::int32_t murmur2(ByteSpan bytes) {
    auto hash = kSeed ^ static_cast<std::uint32_t>(bytes.size());
    while (bytes.size() >= 4) {
        std::uint32_t word = load_word(bytes.data()) * kMultiplier;
        word ^= word >> 24;
        hash = (hash * kMultiplier) ^ (word * kMultiplier);
        bytes = bytes.subspan(4);
    }
    if (!bytes.empty()) {
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            hash ^= static_cast<std::uint32_t>(bytes[i]) << (8 * i);
        }
        hash *= kMultiplier;
    }
    hash ^= hash >> 13;
    hash *= kMultiplier;
    hash ^= hash >> 15;
    return static_cast<std::int32_t>(hash);
}

std::int32_t partition_for_key(ByteSpan key, std::int32_t partition_count) {
    CHECK(partition_count > 0, "{} partitions", partition_count);
    return to_positive(murmur2(key)) % partition_count;
}

}  // namespace gregor::records
