// Judge: where every check of a run reports. The first violation is the verdict; what follows from
// it is not worth reading. Those of muted invariants are counted, and the run goes on.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "sim/base/time.h"

namespace gregor::scenarios {

struct Violation {
    /// An id of INVARIANTS.md, "H1" or "L8".
    std::string invariant;
    std::string message;
    /// World time.
    Instant at{};
};

/// Invariants by id.
using Invariants = std::set<std::string, std::less<>>;

/// What was violated and muted.
struct Muted {
    Violation first;
    std::uint64_t times = 0;
};

using MutedViolations = std::map<std::string, Muted, std::less<>>;

/// What is not as it must be in the end.
struct Stuck {
    std::string_view invariant;
    std::string text;  // one party after the other; empty: all is well
};

class Judge {
public:
    /// `on_violation` is called at the first one, inside the event that showed it.
    Judge(std::function<Instant()> now, std::function<void()> on_violation, Invariants muted = {})
        : now_(std::move(now)), on_violation_(std::move(on_violation)), mutes_(std::move(muted)) {}

    template <class... Args>
    void violated(std::string_view invariant, fmt::format_string<Args...> format, Args&&... args) {
        if (violation_) return;
        if (const auto known = muted_.find(invariant); known != muted_.end()) {
            ++known->second.times;
            return;
        }
        Violation violation{std::string(invariant),
                            fmt::format(format, std::forward<Args>(args)...), now_()};
        if (mutes(invariant)) {
            muted_.emplace(invariant, Muted{std::move(violation), 1});
            return;
        }
        violation_ = std::move(violation);
        if (on_violation_) on_violation_();
    }
    /// One comparison was made; a run that compared nothing proves nothing.
    void compared(std::uint64_t comparisons = 1) { compared_ += comparisons; }

    /// World time: that of no node and no client.
    [[nodiscard]] Instant now() const { return now_(); }
    [[nodiscard]] const std::optional<Violation>& violation() const { return violation_; }
    [[nodiscard]] bool mutes(std::string_view invariant) const {
        return mutes_.contains(invariant);
    }
    [[nodiscard]] const MutedViolations& muted() const { return muted_; }
    [[nodiscard]] std::uint64_t comparisons() const { return compared_; }

private:
    std::function<Instant()> now_;
    std::function<void()> on_violation_;
    Invariants mutes_;
    std::optional<Violation> violation_;
    MutedViolations muted_;
    std::uint64_t compared_ = 0;
};

}  // namespace gregor::scenarios
