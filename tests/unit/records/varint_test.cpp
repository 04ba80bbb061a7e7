#include "broker/protocol/records/varint.h"

#include <limits>
#include <vector>

#include "tests/support/catch.h"

namespace gregor::records {
namespace {

TEST_CASE("small magnitudes of either sign take one byte") {
    ByteBuffer out;
    for (const std::int32_t value : {0, -1, 1, 63, -64}) append_varint(out, value);
    REQUIRE(to_hex(out.span()) == "0001027e7f");
}

TEST_CASE("varints of every length round-trip and have the size that is told") {
    std::vector<std::int64_t> values = {0, -1, std::numeric_limits<std::int64_t>::max(),
                                        std::numeric_limits<std::int64_t>::min()};
    for (int bit = 0; bit < 63; ++bit) {
        for (const std::int64_t near : {-1, 0, 1}) {
            values.push_back((std::int64_t{1} << bit) + near);
            values.push_back(-(std::int64_t{1} << bit) + near);
        }
    }
    for (const std::int64_t value : values) {
        ByteBuffer out;
        append_varlong(out, value);
        REQUIRE(out.size() == varlong_size(value));
        ByteCursor cursor(out.span());
        REQUIRE(cursor.varlong() == value);
        REQUIRE(cursor.remaining() == 0);
        REQUIRE_FALSE(cursor.failed());

        const auto narrow = static_cast<std::int32_t>(value);
        out.clear();
        append_varint(out, narrow);
        REQUIRE(out.size() == varint_size(narrow));
        ByteCursor narrow_cursor(out.span());
        REQUIRE(narrow_cursor.varint() == narrow);
        REQUIRE_FALSE(narrow_cursor.failed());
    }
}

TEST_CASE("a cursor's first failure sticks and every later read gives nothing") {
    const std::vector<std::uint8_t> bytes = {0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x02, 0x03};
    ByteCursor cursor(bytes);
    REQUIRE(cursor.varint() == 0);
    REQUIRE(cursor.failure() == CursorFailure::varint_too_long);
    REQUIRE(cursor.byte() == 0);
    REQUIRE(cursor.bytes(1).empty());
    REQUIRE(cursor.failure() == CursorFailure::varint_too_long);
}

TEST_CASE("a cursor gives no bytes beyond its end nor a negative number of them") {
    const std::vector<std::uint8_t> bytes = {1, 2, 3};
    ByteCursor cursor(bytes);
    REQUIRE(cursor.bytes(3).size() == 3);
    REQUIRE(cursor.bytes(0).empty());
    REQUIRE_FALSE(cursor.failed());
    ByteCursor beyond(bytes);
    REQUIRE(beyond.bytes(4).empty());
    REQUIRE(beyond.failure() == CursorFailure::underflow);
    ByteCursor negative(bytes);
    REQUIRE(negative.bytes(-1).empty());
    REQUIRE(negative.failure() == CursorFailure::underflow);
}

}  // namespace
}  // namespace gregor::records
