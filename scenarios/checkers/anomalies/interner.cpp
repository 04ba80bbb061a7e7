#include "scenarios/checkers/anomalies/interner.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "sim/base/check.h"

namespace gregor::scenarios {
namespace {

constexpr std::size_t kFirstBlock = std::size_t{1} << 10;
constexpr std::size_t kLargestBlock = std::size_t{1} << 20;

std::uint32_t hash_of(std::string_view text) {
    std::uint64_t hash = 0x9e3779b97f4a7c15ULL ^ text.size();
    while (!text.empty()) {
        std::uint64_t word = 0;
        const std::size_t size = std::min(text.size(), sizeof word);
        std::memcpy(&word, text.data(), size);
        hash = (std::rotl(hash, 29) ^ word) * 0xc2b2ae3d27d4eb4fULL;
        text.remove_prefix(size);
    }
    hash ^= hash >> 32;
    hash *= 0x9e3779b97f4a7c15ULL;
    return static_cast<std::uint32_t>(hash >> 32);
}

}  // namespace

Id Interner::id_of(std::string_view text) {
    if (entries_.size() * 10 >= table_.size() * 7) grow();
    const std::uint32_t hash = hash_of(text);
    const std::size_t mask = table_.size() - 1;
    std::size_t at = hash & mask;
    for (; table_[at] != kNone; at = (at + 1) & mask) {
        const Entry& entry = entries_[table_[at]];
        if (entry.hash == hash && std::string_view(entry.text, entry.size) == text) {
            return table_[at];
        }
    }
    CHECK(entries_.size() < kNone, "too many names");
    const auto id = static_cast<Id>(entries_.size());
    table_[at] = id;
    entries_.push_back({keep(text), static_cast<std::uint32_t>(text.size()), hash});
    return id;
}

void Interner::grow() {
    table_.assign(std::max<std::size_t>(table_.size() * 2, 64), kNone);
    const std::size_t mask = table_.size() - 1;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        std::size_t at = entries_[i].hash & mask;
        while (table_[at] != kNone) at = (at + 1) & mask;
        table_[at] = static_cast<Id>(i);
    }
}

const char* Interner::keep(std::string_view text) {
    if (arena_left_ < text.size()) {
        block_ = std::clamp(block_ * 2, kFirstBlock, kLargestBlock);
        arena_left_ = std::max(block_, text.size());
        arena_.push_back(std::make_unique_for_overwrite<char[]>(arena_left_));
        arena_at_ = arena_.back().get();
    }
    char* kept = arena_at_;
    std::ranges::copy(text, kept);
    arena_at_ += text.size();
    arena_left_ -= text.size();
    return kept;
}

}  // namespace gregor::scenarios
