// RecentBatches: where the newest batches of a segment stand, so that those who read at the tail
// touch neither index nor file. A ring; the newest batch is always the segment's last one.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "broker/log/batch_scanner.h"

namespace gregor::log {

class RecentBatches {
public:
    void remember(const BatchPosition& batch) {
        ring_[count_ % kSize] = batch;
        ++count_;
    }
    void forget_all() { count_ = 0; }

    /// The segment's last batch; nullptr when nothing is remembered.
    [[nodiscard]] const BatchPosition* newest() const {
        return count_ == 0 ? nullptr : &ring_[(count_ - 1) % kSize];
    }

    /// The segment's first batch that ends at or after `target`, if that is known to be one of
    /// these.
    [[nodiscard]] const BatchPosition* find(Offset target) const {
        const std::size_t held = std::min(count_, kSize);
        std::size_t low = 0;
        std::size_t high = held;
        while (low < high) {
            const std::size_t middle = (low + high) / 2;
            if (at(held, middle).last_offset < target) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if (low == held) return nullptr;
        const BatchPosition& found = at(held, low);
        // The oldest one answers only for what it holds itself: one before it may be the right one.
        if (low == 0 && found.base_offset > target && found.position > 0) return nullptr;
        return &found;
    }

private:
    static constexpr std::size_t kSize = 64;

    [[nodiscard]] const BatchPosition& at(std::size_t held, std::size_t index) const {
        return ring_[(count_ - held + index) % kSize];
    }

    std::array<BatchPosition, kSize> ring_;
    std::size_t count_ = 0;  // all that were ever remembered
};

}  // namespace gregor::log
