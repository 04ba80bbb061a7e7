#include "scenarios/single_node/workload.h"

namespace gregor::scenarios::single_node {
namespace {

std::uint8_t filler(std::uint64_t id, std::size_t position) {
    return static_cast<std::uint8_t>((id * 0x9e3779b97f4a7c15ULL >> 32) + position * 131);
}

}  // namespace

void fill_value(ValueId value, std::size_t size, std::vector<std::uint8_t>& out) {
    out.clear();
    for (int shift = 56; shift >= 0; shift -= 8) {
        out.push_back(static_cast<std::uint8_t>(value.value() >> shift));
    }
    while (out.size() < size) out.push_back(filler(value.value(), out.size()));
}

std::optional<ValueId> read_value(ByteSpan bytes) {
    if (bytes.size() < 8) return std::nullopt;
    std::uint64_t id = 0;
    for (std::size_t i = 0; i < 8; ++i) id = id << 8 | bytes[i];
    for (std::size_t i = 8; i < bytes.size(); ++i) {
        if (bytes[i] != filler(id, i)) return std::nullopt;
    }
    return ValueId(id);
}

}  // namespace gregor::scenarios::single_node
