// Properties of every message at every version: what is written reads back equal, and no damage to
// it does harm.
#include <rapidcheck.h>

#include <sstream>

#include "broker/protocol/any_message.h"
#include "tests/support/catch.h"

namespace gregor::protocol {
namespace {

/// Holds `property(type, version)` for random messages of every type at every version.
template <class Property>
void check_every_version(const Property& property) {
    std::size_t versions = 0;
    for (const MessageType& type : message_types()) {
        const VersionRange range = type.info.versions;
        const rc::detail::TestResult result = rc::detail::checkTestable([&] {
            for (std::int16_t version = range.min; version <= range.max; ++version) {
                property(type, version);
            }
        });
        std::ostringstream text;
        rc::detail::printResultMessage(result, text);
        INFO(type.info.name << ": " << text.str());
        REQUIRE(result.is<rc::detail::SuccessResult>());
        versions += static_cast<std::size_t>(range.max - range.min + 1);
    }
    REQUIRE(versions > 500);
}

AnyMessage drawn_message(const MessageType& type, std::int16_t version) {
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    const auto size = *rc::gen::inRange<std::size_t>(0, 5);
    Random random(seed);
    return AnyMessage::random(type, version, random, size);
}

TEST_CASE("every message reads back equal at every version") {
    check_every_version([](const MessageType& type, std::int16_t version) {
        const AnyMessage message = drawn_message(type, version);
        const Bytes bytes = message.encode(version);
        RC_ASSERT(message.encoded_size(version) == bytes.size());
        Reader reader(bytes);
        const auto again = AnyMessage::decode(type, reader, version);
        RC_ASSERT(again.has_value());
        RC_ASSERT(reader.remaining() == 0U);
        RC_ASSERT(*again == message);
        RC_ASSERT(again->encode(version) == bytes);
    });
}

TEST_CASE("a message cut short is an error") {
    check_every_version([](const MessageType& type, std::int16_t version) {
        const Bytes bytes = drawn_message(type, version).encode(version);
        if (bytes.empty()) return;
        Reader reader(bytes.slice(0, *rc::gen::inRange<std::size_t>(0, bytes.size())));
        RC_ASSERT(!AnyMessage::decode(type, reader, version).has_value());
    });
}

TEST_CASE("what damaged bytes read as is written and read again as the same") {
    check_every_version([](const MessageType& type, std::int16_t version) {
        const Bytes bytes = drawn_message(type, version).encode(version);
        ByteBuffer damaged;
        damaged.append(bytes.span());
        for (int i = *rc::gen::inRange(1, 4); i > 0 && !damaged.empty(); --i) {
            const auto at = *rc::gen::inRange<std::size_t>(0, damaged.size());
            damaged.span()[at] = *rc::gen::arbitrary<std::uint8_t>();
        }
        Reader reader(std::move(damaged).freeze());
        const auto message = AnyMessage::decode(type, reader, version);
        if (!message) return;
        Reader reader_again(message->encode(version));
        const auto again = AnyMessage::decode(type, reader_again, version);
        RC_ASSERT(again.has_value());
        RC_ASSERT(again->to_json_text(version) == message->to_json_text(version));
    });
}

}  // namespace
}  // namespace gregor::protocol
