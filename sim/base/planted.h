// PLANTED(b22_sequence_wrap) reads one bit that is set before the world starts, never by gregord
// and never in a per-record loop: a historical bug brought back, to show that the checks bite.
//
// Apart from probes, so that one more bug is compiled into its own files alone.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace gregor {

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
extern std::array<bool, 256> planted;
}

[[nodiscard]] inline bool is_planted(PlantedBug bug) {
    return detail::planted[static_cast<std::size_t>(bug)];
}
/// Sets or clears one bit; before a world starts.
void plant(PlantedBug bug, bool on);

}  // namespace gregor

#define PLANTED(bug) (::gregor::is_planted(::gregor::PlantedBug::bug))
