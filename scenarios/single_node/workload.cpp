#include "scenarios/single_node/workload.h"

#include <algorithm>

namespace gregor::scenarios::single_node {
namespace {

constexpr std::size_t kIdBytes = 8;

std::uint8_t filler(std::uint64_t id, std::size_t position) {
    return static_cast<std::uint8_t>((id * 0x9e3779b97f4a7c15ULL >> 32) + position * 131);
}

}  // namespace

void fill_value(ValueId value, std::size_t size, std::vector<std::uint8_t>& out) {
    out.resize(std::max(size, kIdBytes));
    std::uint8_t* bytes = out.data();
    for (std::size_t i = 0; i < kIdBytes; ++i) {
        bytes[i] = static_cast<std::uint8_t>(value.value() >> (56 - 8 * i));
    }
    // In one go: a refused batch has two million of them.
    for (std::size_t i = kIdBytes; i < out.size(); ++i) bytes[i] = filler(value.value(), i);
}

std::optional<ValueId> read_value(ByteSpan bytes) {
    if (bytes.size() < kIdBytes) return std::nullopt;
    std::uint64_t id = 0;
    for (std::size_t i = 0; i < kIdBytes; ++i) id = id << 8 | bytes[i];
    for (std::size_t i = kIdBytes; i < bytes.size(); ++i) {
        if (bytes[i] != filler(id, i)) return std::nullopt;
    }
    return ValueId(id);
}

}  // namespace gregor::scenarios::single_node
