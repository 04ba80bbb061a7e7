// gregor: the simulator, with the scenarios of this project.
#include "scenarios/gregor/program.h"

int main(int argc, char** argv) {
    gregor::scenarios::GregorProgram program;
    for (const auto& scenario : gregor::scenarios::scenarios()) {
        program.scenarios.push_back(scenario.get());
    }
    return gregor::scenarios::run_program(program, argc, argv);
}
