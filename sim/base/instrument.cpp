#include "sim/base/instrument.h"

#include <array>

#include "sim/base/check.h"

// The bounds that the linker gives to the section of the probes.
extern "C" {
extern gregor::ProbeSite __start_gregor_probes[];
extern gregor::ProbeSite __stop_gregor_probes[];
}

namespace gregor {
namespace detail {
std::uint64_t planted_bits = 0;
}

namespace {

// Keeps the section from being empty in programs that reach no other probe.
__attribute__((section("gregor_probes"), used)) ProbeSite first_site{nullptr, nullptr, 0, 0};

constexpr std::array kPlantedBugs{
#define GREGOR_PLANTED_BUG(id, name, text) PlantedBugInfo{PlantedBug::id, name, text},
#include "sim/base/planted_bugs.def"
#undef GREGOR_PLANTED_BUG
};
static_assert(kPlantedBugs.size() <= 64);

}  // namespace

std::span<ProbeSite> probe_sites() {
    return {__start_gregor_probes,
            static_cast<std::size_t>(__stop_gregor_probes - __start_gregor_probes)};
}

void reset_probes() {
    for (ProbeSite& site : probe_sites()) site.hits = 0;
}

std::span<const PlantedBugInfo> planted_bugs() { return kPlantedBugs; }

std::optional<PlantedBug> find_planted_bug(std::string_view name) {
    for (const PlantedBugInfo& bug : kPlantedBugs) {
        if (bug.name == name) return bug.id;
    }
    return std::nullopt;
}

void plant(PlantedBug bug, bool on) {
    CHECK(bug < PlantedBug::count_);
    const std::uint64_t bit = std::uint64_t{1} << static_cast<unsigned>(bug);
    detail::planted_bits = on ? detail::planted_bits | bit : detail::planted_bits & ~bit;
}

}  // namespace gregor
