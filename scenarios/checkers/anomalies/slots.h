// What the offsets of one partition are known to hold. Offsets may lie anywhere and have gaps:
// pages are made where something is known.
//
//     offset        0    1    2    3    4
//     slot          v1   v2   -    v9   -        "-": nobody was told
//                   ^read     ^marker, or unknown
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>

#include "scenarios/checkers/anomalies/interner.h"

namespace gregor::scenarios {

struct Slot {
    Id value = kNone;
    bool is_acknowledged = false;  // somebody's send was answered with this offset
    bool is_read = false;
};

class Slots {
public:
    [[nodiscard]] Slot& at(std::int64_t offset) {
        const std::int64_t number = offset / kPage;
        if (last_ == nullptr || number != last_number_) {
            std::unique_ptr<Page>& page = pages_[number];
            if (page == nullptr) page = std::make_unique<Page>();
            last_ = page.get();
            last_number_ = number;
        }
        return (*last_)[static_cast<std::size_t>(offset % kPage)];
    }
    /// What is known of it; an empty slot if nothing is.
    [[nodiscard]] Slot known(std::int64_t offset) const {
        const auto found = pages_.find(offset / kPage);
        if (found == pages_.end()) return {};
        return (*found->second)[static_cast<std::size_t>(offset % kPage)];
    }
    /// `take(offset, slot)` of each one that is known, ascending.
    template <class Take>
    void each(const Take& take) const {
        for (const auto& [number, page] : pages_) {
            for (std::int64_t i = 0; i < kPage; ++i) {
                const Slot& slot = (*page)[static_cast<std::size_t>(i)];
                if (slot.value != kNone) take(number * kPage + i, slot);
            }
        }
    }

private:
    static constexpr std::int64_t kPage = 256;
    using Page = std::array<Slot, kPage>;

    std::map<std::int64_t, std::unique_ptr<Page>> pages_;
    Page* last_ = nullptr;  // the page at last_number_
    std::int64_t last_number_ = 0;
};

}  // namespace gregor::scenarios
