#include "sim/simulated/fault.h"

#include <fmt/format.h>

#include "sim/base/check.h"

namespace gregor::simulated {
namespace {

// The words of fault_kinds.def.
constexpr unsigned kPeer = 1;
constexpr unsigned kPath = 2;
constexpr unsigned kAmount = 4;
constexpr unsigned kMayLast = 8;
constexpr unsigned kLasts = 16 | kMayLast;

struct KindInfo {
    std::string_view name;
    unsigned shape;
    std::string_view text;
};

constexpr std::array<KindInfo, kFaultKinds> kKinds{{
#define GREGOR_FAULT(id, name, shape, text) {name, shape, text},
#include "sim/simulated/fault_kinds.def"
#undef GREGOR_FAULT
}};

/// "path, amount": for messages.
std::string parameters(FaultShape shape) {
    std::string names;
    for (const auto& [taken, name] :
         {std::pair{shape.peer, "peer"}, std::pair{shape.path, "path"},
          std::pair{shape.duration, "duration"}, std::pair{shape.amount, "amount"}}) {
        if (taken) names += (names.empty() ? "" : ", ") + std::string(name);
    }
    return names.empty() ? "nothing" : names;
}

Result<void, std::string> check_cue(const Fault& fault) {
    if (!fault.cue) return {};
    if (fault.cue->event.empty() || fault.cue->node.empty()) {
        return fail("its cue names no event or no node; write { event = …, node = … }");
    }
    if (fault.cue->occurrence == 0) return fail("occurrences count from 1");
    if (fault.cue->node == kTeller) return fail("its cue's node is who tells; write anyone");
    return {};
}

Result<void, std::string> check_teller(const Fault& fault) {
    if (fault.cue || (fault.node != kTeller && fault.peer != kTeller)) return {};
    return fail("who tells is known at a cue only; write cue = …");
}

Result<void, std::string> check_amount(const Fault& fault) {
    constexpr std::int64_t kMillion = 1'000'000;
    if (fault.kind == FaultKind::clock_step) return {};
    if (fault.kind == FaultKind::clock_drift) {
        if (fault.amount > -kMillion && fault.amount <= 10 * kMillion) return {};
        return fail(
            "the amount of a drift is in parts per million, above -1000000 and at most "
            "10000000");
    }
    if (fault.amount < 0) return fail("its amount is negative");
    return {};
}

}  // namespace

Result<void, std::string> check_fault(const Fault& fault) {
    const FaultShape shape = shape_of(fault.kind);
    if (fault.node.empty()) return fail("it names no node; write node = …");
    if (fault.peer == fault.node) return fail(fmt::format("{} is its own peer", fault.node));
    const bool takes_more = (!shape.peer && !fault.peer.empty()) ||
                            (!shape.path && !fault.path.empty()) ||
                            (!shape.amount && fault.amount != 0) ||
                            (!shape.duration && fault.duration != Duration::zero());
    if (takes_more) {
        return fail(fmt::format("besides node and at or cue it takes {}", parameters(shape)));
    }
    if (shape.lasts && fault.duration <= Duration::zero()) {
        return fail("it needs a duration; write duration = \"500ms\"");
    }
    if (fault.at < Duration::zero() || fault.duration < Duration::zero()) {
        return fail("times are not negative");
    }
    TRY(check_cue(fault));
    TRY(check_teller(fault));
    return check_amount(fault);
}

FaultShape shape_of(FaultKind kind) {
    CHECK(kind < FaultKind::count_);
    const unsigned shape = kKinds[static_cast<std::size_t>(kind)].shape;
    return {.peer = (shape & kPeer) != 0,
            .path = (shape & kPath) != 0,
            .amount = (shape & kAmount) != 0,
            .duration = (shape & kMayLast) != 0,
            .lasts = (shape & kLasts) == kLasts};
}

std::string_view name(FaultKind kind) {
    CHECK(kind < FaultKind::count_);
    return kKinds[static_cast<std::size_t>(kind)].name;
}

std::string_view describe(FaultKind kind) {
    CHECK(kind < FaultKind::count_);
    return kKinds[static_cast<std::size_t>(kind)].text;
}

std::optional<FaultKind> find_fault_kind(std::string_view wanted) {
    for (std::size_t i = 0; i < kFaultKinds; ++i) {
        if (kKinds[i].name == wanted) return static_cast<FaultKind>(i);
    }
    return std::nullopt;
}

}  // namespace gregor::simulated
