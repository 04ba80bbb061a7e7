// The file format of server.properties, as Java reads it.
#include "broker/server/properties.h"

#include "tests/support/catch.h"

using namespace gregor::server;

namespace {

Properties parsed(std::string_view text) {
    auto properties = parse_properties(text);
    REQUIRE(properties.has_value());
    return *std::move(properties);
}

}  // namespace

TEST_CASE("a key ends at '=', ':' or a blank, and blanks around the separator do not count") {
    const Properties properties = parsed("a=1\nb:2\nc 3\n  d =  4  \ne\t:\t5\nf\n");
    REQUIRE(properties ==
            Properties{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4  "}, {"e", "5"}, {"f", ""}});
}

TEST_CASE("only the first separator counts") {
    REQUIRE(parsed("listeners=PLAINTEXT://:9092\n")["listeners"] == "PLAINTEXT://:9092");
    REQUIRE(parsed("a b=c")["a"] == "b=c");
    REQUIRE(parsed("a==b")["a"] == "=b");
}

TEST_CASE("comments begin with # or !, only at the beginning of a line") {
    REQUIRE(parsed("# a=1\n  ! b=2\nc=3 # not a comment\n") ==
            Properties{{"c", "3 # not a comment"}});
}

TEST_CASE("a line goes on after an odd number of backslashes") {
    REQUIRE(parsed("a=1,\\\n    2\nb=3\\\\\nc=4") ==
            Properties{{"a", "1,2"}, {"b", "3\\"}, {"c", "4"}});
    REQUIRE(parsed("a=1\\") == Properties{{"a", "1"}});
}

TEST_CASE("escapes stand for characters, in keys too") {
    REQUIRE(parsed("a\\ b\\=c=x\\ty\\u00e9\\ud83d\\ude00\\q") ==
            Properties{{"a b=c", "x\ty\xc3\xa9\xf0\x9f\x98\x80q"}});
    const auto bad = parse_properties("a=1\n\nb=\\u12");
    REQUIRE(!bad.has_value());
    REQUIRE(bad.error() == "line 3: \\u wants four hex digits");
}

TEST_CASE("any line end will do, and the last value of a key counts") {
    REQUIRE(parsed("a=1\r\nb=2\ra=3") == Properties{{"a", "3"}, {"b", "2"}});
    REQUIRE(parsed("").empty());
}

TEST_CASE("variables name keys as Kafka's container images do") {
    REQUIRE(key_of_variable("KAFKA_LOG_DIRS") == "log.dirs");
    REQUIRE(key_of_variable("KAFKA_A__B") == "a_b");
    REQUIRE(key_of_variable("KAFKA_A___B") == "a-b");
    REQUIRE(key_of_variable("KAFKA_HEAP_OPTS").empty());
    REQUIRE(key_of_variable("KAFKA_OPTS").empty());
    REQUIRE(key_of_variable("PATH").empty());
}
