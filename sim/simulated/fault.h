// Faults as data: what a plan lists, what a campaign counts.
//
// A fault is anchored to a time of the run or to a cue, the n-th occurrence of a named event on a
// node. Each kind has a name, a counter of how often it fired, and is drawn, scheduled or off by
// the plan.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/base/result.h"
#include "sim/base/time.h"

namespace gregor::simulated {

enum class FaultKind : std::uint8_t {
#define GREGOR_FAULT(id, name, shape, text) id,
#include "sim/simulated/fault_kinds.def"
#undef GREGOR_FAULT
    count_,
};

inline constexpr std::size_t kFaultKinds = static_cast<std::size_t>(FaultKind::count_);

/// As in plans: "power-loss".
[[nodiscard]] std::string_view name(FaultKind kind);
/// One sentence: what happens.
[[nodiscard]] std::string_view describe(FaultKind kind);
[[nodiscard]] std::optional<FaultKind> find_fault_kind(std::string_view name);

/// What a fault of a kind is made of besides its node and its time or cue.
struct FaultShape {
    bool peer = false;
    bool path = false;
    bool amount = false;
    bool duration = false;
    /// It means nothing without a duration.
    bool lasts = false;
};
[[nodiscard]] FaultShape shape_of(FaultKind kind);

/// For a cue's node: whoever tells of the event.
inline constexpr std::string_view kAnyone = "anyone";
/// For the node of a fault at a cue: the one who told.
inline constexpr std::string_view kTeller = "teller";

/// The `occurrence`-th time (from 1) that `event` happens on `node`.
struct Cue {
    std::string event;
    std::string node;
    std::uint64_t occurrence = 1;

    friend auto operator<=>(const Cue&, const Cue&) = default;
};

struct Fault {
    FaultKind kind{};
    /// When: since the start of the run. With a cue: its occurrences count from then on.
    Duration at{};
    std::optional<Cue> cue;
    /// The node it happens to; for network kinds the sending side. A scenario may take names of
    /// roles too, here, for the peer and in a cue: who has the role is found when it matters.
    std::string node;
    /// The other side, for network kinds; empty: every peer.
    std::string peer;
    /// For disk kinds: only files whose path holds this text; empty: every file.
    std::string path;
    /// How long it lasts, or how long the node stays down; zero where neither applies.
    Duration duration{};
    /// How much, where that means something: a clock step or drift, how many operations fail.
    std::int64_t amount = 0;

    friend bool operator==(const Fault&, const Fault&) = default;
};

/// Whether a fault is one that can happen, in whatever world; the error says what to change.
[[nodiscard]] Result<void, std::string> check_fault(const Fault& fault);

/// How often each kind happened.
class FaultCounters {
public:
    void fired(FaultKind kind) { ++counts_[static_cast<std::size_t>(kind)]; }
    [[nodiscard]] std::uint64_t count(FaultKind kind) const {
        return counts_[static_cast<std::size_t>(kind)];
    }
    [[nodiscard]] std::uint64_t total() const {
        std::uint64_t total = 0;
        for (const std::uint64_t count : counts_) total += count;
        return total;
    }
    void add(const FaultCounters& other) {
        for (std::size_t i = 0; i < kFaultKinds; ++i) counts_[i] += other.counts_[i];
    }

private:
    std::array<std::uint64_t, kFaultKinds> counts_{};
};

}  // namespace gregor::simulated
