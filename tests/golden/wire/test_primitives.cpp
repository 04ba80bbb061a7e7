// hashing/: varints, uuids and the table of errors.
#include <fmt/format.h>

#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/wire.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"

namespace gregor::protocol {
namespace {

using golden::Json;

void for_each_line(std::string_view file, const std::function<void(const Json&)>& use) {
    if (golden::for_each_line(golden::golden_folder() / "hashing" / file, use) == 0) {
        WARN("no golden data: " << file);
    }
}

template <class Read>
void compare_read(const Json& line, const char* field, Read read) {
    Reader reader(golden::from_hex(line["hex"].get<std::string>()));
    const std::int64_t value = read(reader);
    const Json& wanted = line[field];
    INFO(line.dump() << " " << field);
    REQUIRE(reader.ok() == !wanted.contains("exception"));
    if (!reader.ok()) return;
    REQUIRE(value == wanted["value"].get<std::int64_t>());
    REQUIRE(reader.position() == wanted["consumed"].get<std::size_t>());
}

TEST_CASE("odd varints are read as Kafka reads them") {
    for_each_line("varints-decode.jsonl", [](const Json& line) {
        compare_read(line, "readVarint", [](Reader& reader) { return reader.varint(); });
        compare_read(line, "readVarlong", [](Reader& reader) { return reader.varlong(); });
        compare_read(line, "readUnsignedVarint", [](Reader& reader) {
            return static_cast<std::int32_t>(reader.unsigned_varint());
        });
    });
}

TEST_CASE("varints are written as Kafka writes them") {
    for_each_line("varints.jsonl", [](const Json& line) {
        const auto value = line["value"].get<std::int64_t>();
        const auto written = [](auto&& write) {
            ByteBuffer buffer;
            Writer writer(buffer);
            write(writer);
            return to_hex(buffer.span());
        };
        REQUIRE(written([&](Writer& writer) { writer.varlong(value); }) == line["varlong"]);
        REQUIRE(unsigned_varlong_size(zigzag(value)) == line["sizeOfVarlong"].get<std::size_t>());
        if (!line.contains("varint")) return;
        const auto small = static_cast<std::int32_t>(value);
        REQUIRE(written([&](Writer& writer) { writer.varint(small); }) == line["varint"]);
        const auto bits = static_cast<std::uint32_t>(small);
        REQUIRE(written([&](Writer& w) { w.unsigned_varint(bits); }) == line["unsignedVarint"]);
        REQUIRE(unsigned_varint_size(bits) == line["sizeOfUnsignedVarint"].get<std::size_t>());
    });
}

TEST_CASE("uuids have Kafka's text form") {
    for_each_line("uuid.jsonl", [](const Json& line) {
        Reader reader(golden::from_hex(line["bytes"].get<std::string>()));
        const Uuid uuid = reader.uuid();
        REQUIRE(to_string(uuid) == line["base64"].get<std::string>());
        REQUIRE(parse_uuid(to_string(uuid)) == uuid);
    });
}

TEST_CASE("the text of a uuid is read as strictly as by Kafka") {
    for_each_line("uuid-parse.jsonl", [](const Json& line) {
        const std::optional<Uuid> uuid = parse_uuid(line["text"].get<std::string>());
        INFO(line.dump());
        REQUIRE(uuid.has_value() == line.contains("bytes"));
        if (uuid) REQUIRE(to_hex(uuid->bytes) == line["bytes"].get<std::string>());
    });
}

TEST_CASE("error codes have Kafka's numbers, names and retriability") {
    for_each_line("errors.jsonl", [](const Json& line) {
        const ErrorCode code{line["code"].get<std::int16_t>()};
        INFO(line.dump());
        REQUIRE(name(code) == line["name"].get<std::string>());
        REQUIRE(is_retriable(code) == line["retriable"].get<bool>());
    });
    REQUIRE(name(ErrorCode{12345}) == "UNKNOWN_SERVER_ERROR");
}

}  // namespace
}  // namespace gregor::protocol
