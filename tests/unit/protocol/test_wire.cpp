#include "broker/protocol/wire.h"
#include "tests/support/catch.h"

namespace gregor::protocol {
namespace {

Bytes bytes_of(std::initializer_list<std::uint8_t> values) {
    return Bytes::copy_of(ByteSpan(values.begin(), values.size()));
}

TEST_CASE("integers are big-endian, both ways") {
    ByteBuffer buffer;
    Writer writer(buffer);
    writer.integer(std::int16_t{-2});
    writer.integer(std::uint32_t{0x01020304});
    writer.integer(std::int64_t{1});
    writer.float64(1.5);
    REQUIRE(to_hex(buffer.span()) ==
            "fffe01020304"
            "0000000000000001"
            "3ff8000000000000");

    Reader reader(std::move(buffer).freeze());
    REQUIRE(reader.integer<std::int16_t>() == -2);
    REQUIRE(reader.integer<std::uint32_t>() == 0x01020304);
    REQUIRE(reader.integer<std::int64_t>() == 1);
    REQUIRE(reader.float64() == 1.5);
    REQUIRE(reader.ok());
    REQUIRE(reader.remaining() == 0);
}

TEST_CASE("the first failure of a reader sticks and what follows reads as nothing") {
    Reader reader(bytes_of({0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 0x07}));
    REQUIRE(reader.unsigned_varint() == 0);
    REQUIRE(reader.error() == DecodeError::bad_varint);
    REQUIRE(reader.integer<std::int32_t>() == 0);
    REQUIRE(reader.slice(1).empty());
    REQUIRE(reader.error() == DecodeError::bad_varint);
    REQUIRE(reader.remaining() == 0);
}

TEST_CASE("a slice past the end is an error and takes nothing") {
    Reader reader(bytes_of({1, 2, 3}));
    REQUIRE(reader.slice(4).empty());
    REQUIRE(reader.error() == DecodeError::truncated);
}

TEST_CASE("slices share the block of what is read") {
    const Bytes frame = bytes_of({1, 2, 3, 4});
    Reader reader(frame);
    REQUIRE(reader.integer<std::int8_t>() == 1);
    const Bytes slice = reader.slice(2);
    REQUIRE(slice.data() == frame.data() + 1);
    REQUIRE(reader.position() == 3);
}

TEST_CASE("a varint longer than needed is read, as by Kafka") {
    Reader reader(bytes_of({0x81, 0x80, 0x00}));
    REQUIRE(reader.unsigned_varint() == 1);
    REQUIRE(reader.ok());
}

TEST_CASE("sizes of varints are what is written") {
    for (const std::uint64_t value :
         {0ULL, 127ULL, 128ULL, 16383ULL, 16384ULL, 0xffffffffULL, 0xffffffffffffffffULL}) {
        ByteBuffer buffer;
        Writer(buffer).unsigned_varlong(value);
        REQUIRE(buffer.size() == unsigned_varlong_size(value));
        Reader reader(std::move(buffer).freeze());
        REQUIRE(reader.unsigned_varlong() == value);
    }
}

TEST_CASE("the metadata topic's id has Kafka's text") {
    REQUIRE(to_string(kMetadataTopicId) == "AAAAAAAAAAAAAAAAAAAAAQ");
    REQUIRE(parse_uuid("AAAAAAAAAAAAAAAAAAAAAQ") == kMetadataTopicId);
    REQUIRE(Uuid{}.is_zero());
}

}  // namespace
}  // namespace gregor::protocol
