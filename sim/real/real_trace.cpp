#include "sim/real/real_trace.h"

#include <cstdio>

namespace gregor::real {

RealTrace::RealTrace(Clock& clock, std::string node, bool detailed)
    : clock_(clock), node_(std::move(node)), start_(clock.now()) {
    set_detailed(detailed);
}

void RealTrace::count(EventName) { ++events_; }

void RealTrace::line(EventName name, std::string_view values) {
    const Instant time(clock_.now() - start_);
    const std::string text = trace_line(to_string(time), node_, name, values) + "\n";
    std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace gregor::real
