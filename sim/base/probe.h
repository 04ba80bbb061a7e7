// PROBE: the one process-wide table of rare paths. Ids are fixed when the program is linked, counts
// are reset before each run, and product decisions never read a probe.
//
// PROBE("recovery cut a torn tail") marks a rare path; a campaign prints which were reached and
// which never. It stands in functions of .cpp files (not in templates or inline functions: each
// probe is one object in a linker section).
#pragma once

#include <cstdint>
#include <span>

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

}  // namespace gregor

#define PROBE(text)                                                                            \
    do {                                                                                       \
        __attribute__((section("gregor_probes"), used)) static ::gregor::ProbeSite probe_site{ \
            text, __FILE__, __LINE__, 0};                                                      \
        ++probe_site.hits;                                                                     \
    } while (false)
