// Hashes, checksums and varints, held against what Kafka's own code gave.
#include <zlib.h>

#include "broker/protocol/records/crc32c.h"
#include "broker/protocol/records/java_hash.h"
#include "broker/protocol/records/murmur2.h"
#include "broker/protocol/records/varint.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"

namespace gregor::records {
namespace {

using golden::from_hex;
using golden::golden_lines;
using golden::Json;
using golden::print_compared;

void compare_java_hashes(const std::string& path, const char* id_field) {
    const std::vector<Json> lines = golden_lines(path);
    for (const Json& line : lines) {
        INFO(line.dump());
        const Bytes utf8 = from_hex(line["utf8"]);
        REQUIRE(line[id_field].get<std::string>() == utf8.text());
        const std::int32_t hash = java_string_hash(utf8.text());
        REQUIRE(hash == line["hashCode"].get<std::int32_t>());
        REQUIRE(java_abs(hash) == line["abs"].get<std::int32_t>());
        for (const auto& [count, partition] : line["partition"].items()) {
            REQUIRE(group_partition(utf8.text(), std::stoi(count)) ==
                    partition.get<std::int32_t>());
        }
    }
    print_compared(path, lines.size());
}

TEST_CASE("murmur2 and the partitions of keys are Kafka's") {
    const std::vector<Json> lines = golden_lines("hashing/murmur2.jsonl");
    for (const Json& line : lines) {
        INFO(line.dump());
        const Bytes key = from_hex(line["key"]);
        REQUIRE(murmur2(key) == line["murmur2"].get<std::int32_t>());
        REQUIRE(to_positive(murmur2(key)) == line["positive"].get<std::int32_t>());
        for (const auto& [count, partition] : line["partition"].items()) {
            REQUIRE(partition_for_key(key, std::stoi(count)) == partition.get<std::int32_t>());
        }
    }
    print_compared("hashing/murmur2.jsonl", lines.size());
}

TEST_CASE("groups live on Kafka's partitions") {
    compare_java_hashes("hashing/group-partition.jsonl", "group");
}

TEST_CASE("transactional ids live on Kafka's partitions") {
    compare_java_hashes("hashing/txnid-partition.jsonl", "transactionalId");
}

TEST_CASE("checksums are Kafka's") {
    const std::vector<Json> lines = golden_lines("hashing/crc.jsonl");
    for (const Json& line : lines) {
        INFO(line.dump());
        const Bytes data = from_hex(line["data"]);
        REQUIRE(crc32c(data) == line["crc32c"].get<std::uint32_t>());
        REQUIRE(::crc32(0, data.data(), static_cast<uInt>(data.size())) ==
                line["crc32"].get<std::uint32_t>());
    }
    print_compared("hashing/crc.jsonl", lines.size());
}

TEST_CASE("varints are written and read as Kafka does") {
    const std::vector<Json> lines = golden_lines("hashing/varints.jsonl");
    std::size_t compared = 0;
    for (const Json& line : lines) {
        INFO(line.dump());
        const auto value = line["value"].get<std::int64_t>();
        const auto narrow = static_cast<std::int32_t>(value);
        const auto check = [&](const char* field, const char* size_field, auto&& write, auto&& read,
                               std::size_t size) {
            if (!line.contains(field)) return;
            ByteBuffer out;
            write(out);
            REQUIRE(to_hex(out.span()) == line[field].get<std::string>());
            REQUIRE(size == line[size_field].get<std::size_t>());
            ByteCursor cursor(out.span());
            REQUIRE(read(cursor));
            REQUIRE(cursor.remaining() == 0);
            ++compared;
        };
        check(
            "varlong", "sizeOfVarlong", [&](ByteBuffer& out) { append_varlong(out, value); },
            [&](ByteCursor& cursor) { return cursor.varlong() == value; }, varlong_size(value));
        const auto raw = static_cast<std::uint64_t>(value);
        check(
            "unsignedVarlong", "sizeOfUnsignedVarlong",
            [&](ByteBuffer& out) { append_unsigned_varlong(out, raw); },
            [&](ByteCursor& cursor) { return cursor.unsigned_varlong() == raw; },
            unsigned_varint_size(raw));
        check(
            "varint", "sizeOfVarint", [&](ByteBuffer& out) { append_varint(out, narrow); },
            [&](ByteCursor& cursor) { return cursor.varint() == narrow; }, varint_size(narrow));
        const auto narrow_raw = static_cast<std::uint32_t>(narrow);
        check(
            "unsignedVarint", "sizeOfUnsignedVarint",
            [&](ByteBuffer& out) { append_unsigned_varint(out, narrow_raw); },
            [&](ByteCursor& cursor) { return cursor.unsigned_varint() == narrow_raw; },
            unsigned_varint_size(narrow_raw));
    }
    REQUIRE(compared >= 2 * lines.size());
    print_compared("hashing/varints.jsonl", lines.size());
}

void compare_reading(const Json& expected, const Bytes& bytes, auto&& read) {
    ByteCursor cursor(bytes);
    const std::int64_t value = read(cursor);
    if (expected.contains("exception")) {
        const bool is_underflow = expected["exception"] == "BufferUnderflowException";
        REQUIRE(cursor.failure() ==
                (is_underflow ? CursorFailure::underflow : CursorFailure::varint_too_long));
        return;
    }
    REQUIRE_FALSE(cursor.failed());
    REQUIRE(value == expected["value"].get<std::int64_t>());
    REQUIRE(bytes.size() - cursor.remaining() == expected["consumed"].get<std::size_t>());
}

TEST_CASE("odd encodings of varints are accepted and refused as Kafka does") {
    const std::vector<Json> lines = golden_lines("hashing/varints-decode.jsonl");
    for (const Json& line : lines) {
        INFO(line.dump());
        const Bytes bytes = from_hex(line["hex"]);
        compare_reading(line["readVarint"], bytes,
                        [](ByteCursor& cursor) { return std::int64_t{cursor.varint()}; });
        compare_reading(line["readUnsignedVarint"], bytes, [](ByteCursor& cursor) {
            return std::int64_t{static_cast<std::int32_t>(cursor.unsigned_varint())};
        });
        compare_reading(line["readVarlong"], bytes,
                        [](ByteCursor& cursor) { return cursor.varlong(); });
    }
    print_compared("hashing/varints-decode.jsonl", lines.size());
}

}  // namespace
}  // namespace gregor::records
