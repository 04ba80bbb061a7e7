#include <memory>

#include "tests/script/coordinator/group_commands.h"
#include "tests/support/catch.h"
#include "tests/support/scripts.h"

using gregor::coordinator::test::GroupCommands;

TEST_CASE("the group coordinator's scripts lead to what they say") {
    gregor::testing::require_scripts(GREGOR_SCRIPT_DIR, 10, [] {
        auto commands = std::make_shared<GroupCommands>();
        return [commands](const std::string& line) { return commands->run(line); };
    });
}
