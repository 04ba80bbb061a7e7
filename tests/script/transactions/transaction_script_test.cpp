#include <memory>

#include "tests/script/transactions/transaction_commands.h"
#include "tests/support/catch.h"
#include "tests/support/scripts.h"

using gregor::coordinator::test::TransactionCommands;

TEST_CASE("the transaction coordinator's scripts lead to what they say") {
    gregor::testing::require_scripts(GREGOR_SCRIPT_DIR, 9, [] {
        auto commands = std::make_shared<TransactionCommands>();
        return [commands](const std::string& line) { return commands->run(line); };
    });
}
