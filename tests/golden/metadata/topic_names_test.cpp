#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "broker/controller/topic_names.h"
#include "tests/support/catch.h"

using namespace gregor::controller;

TEST_CASE("topic names are legal exactly when Kafka says so, and faults are told in its words") {
    const char* folder = std::getenv("GREGOR_GOLDEN");
    const std::string path = folder != nullptr ? folder : GREGOR_SOURCE_DIR "/tests/data/golden";
    std::ifstream file(path + "/hashing/topic-names.jsonl");
    for (std::string line; std::getline(file, line);) {
        const auto golden = nlohmann::json::parse(line);
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
