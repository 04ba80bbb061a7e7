#include "sim/base/planted.h"

#include "sim/base/check.h"

namespace gregor {

namespace detail {
std::array<bool, 256> planted{};
}

namespace {

constexpr std::array kPlantedBugs{
#define GREGOR_PLANTED_BUG(id, name, text) PlantedBugInfo{PlantedBug::id, name, text},
#include "sim/base/planted_bugs.def"
#undef GREGOR_PLANTED_BUG
};
static_assert(kPlantedBugs.size() <= std::tuple_size_v<decltype(detail::planted)>);

}  // namespace

std::span<const PlantedBugInfo> planted_bugs() { return kPlantedBugs; }

std::optional<PlantedBug> find_planted_bug(std::string_view name) {
    for (const PlantedBugInfo& bug : kPlantedBugs) {
        if (bug.name == name) return bug.id;
    }
    return std::nullopt;
}

void plant(PlantedBug bug, bool on) {
    CHECK(bug < PlantedBug::count_);
    detail::planted[static_cast<std::size_t>(bug)] = on;
}

}  // namespace gregor
