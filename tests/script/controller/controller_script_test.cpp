#include <memory>

#include "tests/script/controller/controller_commands.h"
#include "tests/support/catch.h"
#include "tests/support/scripts.h"

using gregor::controller::test::ControllerCommands;

TEST_CASE("the controller's scripts lead to what they say") {
    gregor::testing::require_scripts(GREGOR_SCRIPT_DIR, 9, [] {
        auto commands = std::make_shared<ControllerCommands>();
        return [commands](const std::string& line) { return commands->run(line); };
    });
}
