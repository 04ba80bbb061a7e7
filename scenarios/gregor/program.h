// GregorProgram: the command line around a set of scenarios. `gregor` has those of this project; a
// program of somebody else's has its own (scenarios/testing).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scenarios/scenario.h"

namespace gregor::scenarios {

struct GregorProgram {
    /// How it is called in the lines that run something again.
    std::string name = "gregor";
    std::vector<const Scenario*> scenarios;

    /// nullptr if there is none of that name.
    [[nodiscard]] const Scenario* find(std::string_view scenario) const;
};

/// Parses the command line and does what it says. Exit codes: 0 pass, 1 property violated,
/// 2 undecided or vacuous, 3 nondeterminism, 254 usage, 255 internal.
[[nodiscard]] int run_program(const GregorProgram& program, int argc, char** argv);

}  // namespace gregor::scenarios
