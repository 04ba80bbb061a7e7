#include <memory>

#include "tests/script/raft/raft_commands.h"
#include "tests/support/catch.h"
#include "tests/support/scripts.h"

using gregor::raft::test::RaftCommands;

TEST_CASE("the quorum's scripts lead to what they say") {
    gregor::testing::require_scripts(GREGOR_SCRIPT_DIR, 20, [] {
        auto commands = std::make_shared<RaftCommands>();
        return [commands](const std::string& line) { return commands->run(line); };
    });
}
