// Names as small numbers, and sequences that grow without being copied: what a history of ten
// million operations is kept in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace gregor::scenarios {

/// The place of a name, from 0 in the order in which they came.
using Id = std::uint32_t;
inline constexpr Id kNone = 0xffffffffU;

/// A sequence whose items never move.
template <class T>
class Chunks {
public:
    [[nodiscard]] T& operator[](std::size_t i) { return chunks_[i / kItems][i % kItems]; }
    [[nodiscard]] const T& operator[](std::size_t i) const {
        return chunks_[i / kItems][i % kItems];
    }
    T& push_back(T item) {
        if (size_ % kItems == 0) chunks_.push_back(std::make_unique<T[]>(kItems));
        T& place = (*this)[size_++];
        place = std::move(item);
        return place;
    }
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    static constexpr std::size_t kItems = 512;

    std::vector<std::unique_ptr<T[]>> chunks_;
    std::size_t size_ = 0;
};

class Interner {
public:
    /// Of a new name: the next one.
    [[nodiscard]] Id id_of(std::string_view text);
    [[nodiscard]] std::string_view text(Id id) const {
        const Entry& entry = entries_[id];
        return {entry.text, entry.size};
    }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
    struct Entry {
        const char* text = nullptr;
        std::uint32_t size = 0;
        std::uint32_t hash = 0;
    };

    void grow();
    [[nodiscard]] const char* keep(std::string_view text);

    std::vector<Id> table_;  // open addressing; kNone is free
    Chunks<Entry> entries_;
    std::vector<std::unique_ptr<char[]>> arena_;
    std::size_t block_ = 0;  // the size of the last one
    std::size_t arena_left_ = 0;
    char* arena_at_ = nullptr;
};

}  // namespace gregor::scenarios
