#include "sim/simulated/fault.h"

#include "sim/base/check.h"

namespace gregor::simulated {
namespace {

struct FaultText {
    std::string_view name;
    std::string_view text;
};

constexpr std::array<FaultText, kFaultKinds> kTexts{{
#define GREGOR_FAULT(id, name, text) {name, text},
#include "sim/simulated/fault_kinds.def"
#undef GREGOR_FAULT
}};

}  // namespace

std::string_view name(FaultKind kind) {
    CHECK(kind < FaultKind::count_);
    return kTexts[static_cast<std::size_t>(kind)].name;
}

std::string_view describe(FaultKind kind) {
    CHECK(kind < FaultKind::count_);
    return kTexts[static_cast<std::size_t>(kind)].text;
}

std::optional<FaultKind> find_fault_kind(std::string_view wanted) {
    for (std::size_t i = 0; i < kFaultKinds; ++i) {
        if (kTexts[i].name == wanted) return static_cast<FaultKind>(i);
    }
    return std::nullopt;
}

}  // namespace gregor::simulated
