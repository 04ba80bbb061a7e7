// Draw: what an application draws of a plan, each part from a stream of its own, so that one more
// draw in one of them changes nothing elsewhere.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "sim/base/random.h"
#include "sim/simulated/plan.h"

namespace gregor::scenarios::applications {

class Draw {
public:
    Draw(simulated::Plan& plan, std::string_view what)
        : plan_(plan),
          random_(Random::stream(plan.seed, fmt::format("{} {}", plan.scenario, what))) {}

    std::int64_t number(std::int64_t low, std::int64_t high) { return random_.between(low, high); }
    bool coin() { return random_.below(2) == 0; }
    bool one_in(std::uint64_t chances) { return random_.below(chances) == 0; }
    std::int64_t& workload(const std::string& key) { return plan_.workload[key]; }
    void set(const std::string& key, std::int64_t value) {
        plan_.broker[key] = std::to_string(value);
    }
    [[nodiscard]] std::int64_t setting(const std::string& key) const {
        return std::stoll(plan_.broker.at(key));
    }
    simulated::Plan& plan() { return plan_; }

private:
    simulated::Plan& plan_;
    Random random_;
};

}  // namespace gregor::scenarios::applications
