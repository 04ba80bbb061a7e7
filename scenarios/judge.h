// Judge: where every check of a run reports. The first violation is the verdict; what follows from
// it is not worth reading.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sim/base/time.h"

namespace gregor::scenarios {

struct Violation {
    /// An id of the invariants' list, "H1" or "L8".
    std::string invariant;
    std::string message;
    /// World time.
    Instant at{};
};

/// What is not as it must be in the end.
struct Stuck {
    std::string_view invariant;
    std::string text;  // one party after the other; empty: all is well
};

class Judge {
public:
    /// `on_violation` is called at the first one, inside the event that showed it.
    Judge(std::function<Instant()> now, std::function<void()> on_violation)
        : now_(std::move(now)), on_violation_(std::move(on_violation)) {}

    template <class... Args>
    void violated(std::string_view invariant, fmt::format_string<Args...> format, Args&&... args) {
        if (violation_) return;
        violation_ = Violation{std::string(invariant),
                               fmt::format(format, std::forward<Args>(args)...), now_()};
        if (on_violation_) on_violation_();
    }
    /// One comparison was made; a run that compared nothing proves nothing.
    void compared(std::uint64_t comparisons = 1) { compared_ += comparisons; }

    /// World time: that of no node and no client.
    [[nodiscard]] Instant now() const { return now_(); }
    [[nodiscard]] const std::optional<Violation>& violation() const { return violation_; }
    [[nodiscard]] std::uint64_t comparisons() const { return compared_; }

private:
    std::function<Instant()> now_;
    std::function<void()> on_violation_;
    std::optional<Violation> violation_;
    std::uint64_t compared_ = 0;
};

}  // namespace gregor::scenarios
