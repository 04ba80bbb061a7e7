#include "sim/base/probe.h"

// The bounds that the linker gives to the section of the probes.
extern "C" {
extern gregor::ProbeSite __start_gregor_probes[];
extern gregor::ProbeSite __stop_gregor_probes[];
}

namespace gregor {

namespace {

// Keeps the section from being empty in programs that reach no other probe.
__attribute__((section("gregor_probes"), used)) ProbeSite first_site{nullptr, nullptr, 0, 0};

}  // namespace

std::span<ProbeSite> probe_sites() {
    return {__start_gregor_probes,
            static_cast<std::size_t>(__stop_gregor_probes - __start_gregor_probes)};
}

void reset_probes() {
    for (ProbeSite& site : probe_sites()) site.hits = 0;
}

}  // namespace gregor
