// NumberRange: a workload number of a scenario's plans, and what it may be.
#pragma once

#include <cstdint>
#include <string_view>

namespace gregor::scenarios {

struct NumberRange {
    std::string_view key;
    std::int64_t lowest = 0;
    std::int64_t highest = 0;
    /// A plan may leave it out.
    bool optional = false;
};

}  // namespace gregor::scenarios
