// RealTrace: counts events; prints a line for each to standard error if asked to.
#pragma once

#include <cstdint>
#include <string>

#include "sim/runtime/clock.h"
#include "sim/runtime/trace.h"

namespace gregor::real {

class RealTrace final : public Trace {
public:
    /// Lines carry the time since now and `node`.
    RealTrace(Clock& clock, std::string node, bool detailed);

    void set_detailed(bool on) { Trace::set_detailed(on); }
    [[nodiscard]] std::uint64_t events() const { return events_; }

private:
    void count(EventName name) override;
    void line(EventName name, std::string_view values) override;

    Clock& clock_;
    std::string node_;
    Instant start_;
    std::uint64_t events_ = 0;
};

}  // namespace gregor::real
