#include "broker/controller/topic_names.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"

using namespace gregor::controller;

TEST_CASE("topic names are legal exactly when Kafka says so, and faults are told in its words") {
    for (const auto& golden : gregor::golden::golden_lines("hashing/topic-names.jsonl")) {
        if (golden.contains("collide")) {
            const bool collide = unify_collision_chars(golden["a"].get<std::string>()) ==
                                 unify_collision_chars(golden["b"].get<std::string>());
            REQUIRE(collide == golden["collide"].get<bool>());
            continue;
        }
        const auto name = golden["topic"].get<std::string>();
        INFO(name);
        const auto fault = find_topic_name_fault(name);
        REQUIRE(!fault.has_value() == golden["valid"].get<bool>());
        if (fault) REQUIRE(*fault == golden["message"].get<std::string>());
        REQUIRE(has_collision_chars(name) == golden["hasCollisionChars"].get<bool>());
    }
}
