#include "scenarios/clients/workload.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace gregor::scenarios::clients {
namespace {

constexpr std::size_t kWord = 8;

/// The n-th word behind the id, as it lies in memory: of this value and of this place, and yet the
/// same for eight places in a row, so that codecs find something and have little to do.
std::uint64_t filler(std::uint64_t id, std::size_t n) {
    return __builtin_bswap64(id * 0x9e3779b97f4a7c15ULL + n / 8);
}

}  // namespace

std::size_t oversized_value_bytes(const simulated::Plan& plan) {
    std::size_t limit = 1'048'588;  // Kafka's
    if (const auto it = plan.broker.find("message.max.bytes"); it != plan.broker.end()) {
        const char* end = it->second.data() + it->second.size();
        CHECK(std::from_chars(it->second.data(), end, limit).ptr == end, "message.max.bytes={}",
              it->second);
    }
    return limit;
}

void fill_value(ValueId value, std::size_t size, std::vector<std::uint8_t>& out) {
    out.resize(std::max(size, kWord));
    const std::uint64_t id = __builtin_bswap64(value.value());
    std::memcpy(out.data(), &id, kWord);
    for (std::size_t at = kWord; at < out.size(); at += kWord) {
        const std::uint64_t word = filler(value.value(), at / kWord);
        std::memcpy(out.data() + at, &word, std::min(kWord, out.size() - at));
    }
}

std::optional<ValueId> read_value(ByteSpan bytes) {
    if (bytes.size() < kWord) return std::nullopt;
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), kWord);
    const std::uint64_t id = __builtin_bswap64(word);
    std::size_t at = kWord;
    for (; at + kWord <= bytes.size(); at += kWord) {
        std::memcpy(&word, bytes.data() + at, kWord);
        if (word != filler(id, at / kWord)) return std::nullopt;
    }
    word = filler(id, at / kWord);
    if (std::memcmp(bytes.data() + at, &word, bytes.size() - at) != 0) return std::nullopt;
    return ValueId(id);
}

}  // namespace gregor::scenarios::clients
