// PROBE and PLANTED: the one process-wide table. Ids are fixed when the program is linked, counts
// are reset before each run, and product decisions never read a probe.
//
// PROBE("recovery cut a torn tail") marks a rare path; a campaign prints which were reached and
// which never. It stands in functions of .cpp files (not in templates or inline functions: each
// probe is one object in a linker section).
//
// PLANTED(PlantedBug::b22_sequence_wrap) reads one bit that is set before the world starts, never
// by gregord and never in a per-record loop: a historical bug brought back, to show that the checks
// bite.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace gregor {

struct alignas(32) ProbeSite {
    const char* name;
    const char* file;
    std::uint64_t line;
    std::uint64_t hits;
};

/// Every probe of the program, in link order.
[[nodiscard]] std::span<ProbeSite> probe_sites();
void reset_probes();

enum class PlantedBug : std::uint8_t {
#define GREGOR_PLANTED_BUG(id, name, text) id,
#include "sim/base/planted_bugs.def"
#undef GREGOR_PLANTED_BUG
    count_,
};

struct PlantedBugInfo {
    PlantedBug id;
    std::string_view name;  // as on the command line: "b22-sequence-wrap"
    std::string_view text;  // what the bug does, one sentence
};

[[nodiscard]] std::span<const PlantedBugInfo> planted_bugs();
[[nodiscard]] std::optional<PlantedBug> find_planted_bug(std::string_view name);

namespace detail {
extern std::uint64_t planted_bits;
}

[[nodiscard]] inline bool is_planted(PlantedBug bug) {
    return (detail::planted_bits >> static_cast<unsigned>(bug) & 1) != 0;
}
/// Sets or clears one bit; before a world starts.
void plant(PlantedBug bug, bool on);

}  // namespace gregor

#define PROBE(text)                                                                            \
    do {                                                                                       \
        __attribute__((section("gregor_probes"), used)) static ::gregor::ProbeSite probe_site{ \
            text, __FILE__, __LINE__, 0};                                                      \
        ++probe_site.hits;                                                                     \
    } while (false)

#define PLANTED(bug) (::gregor::is_planted(::gregor::PlantedBug::bug))
