// Feeds the message decoder with what libFuzzer makes up: the first two bytes choose a message, the
// third a version, the rest is the body. What is read must be written and read again as the same.
#include <cstddef>
#include <cstdint>

#include "broker/protocol/any_message.h"
#include "broker/protocol/header.h"

namespace gregor::protocol {
namespace {

void check_body(const MessageType& type, std::int16_t version, const Bytes& body) {
    Reader reader(body);
    const auto message = AnyMessage::decode(type, reader, version);
    if (!message) return;
    const Bytes written = message->encode(version);
    CHECK(written.size() == message->encoded_size(version));
    Reader reader_again(written);
    const auto again = AnyMessage::decode(type, reader_again, version);
    CHECK(again.has_value());
    CHECK(reader_again.remaining() == 0);
    CHECK(again->to_json_text(version) == message->to_json_text(version));
}

}  // namespace
}  // namespace gregor::protocol

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gregor::protocol;
    if (size < 3) return 0;
    const gregor::ByteSpan input(data, size);
    const auto types = message_types();
    const MessageType& type = types[(data[0] * 256U + data[1]) % types.size()];
    const auto versions =
        static_cast<std::uint16_t>(type.info.versions.max - type.info.versions.min + 1);
    const auto version = static_cast<std::int16_t>(type.info.versions.min + data[2] % versions);
    check_body(type, version, gregor::Bytes::copy_of(input.subspan(3)));

    const auto frame = decode_request_frame(gregor::Bytes::copy_of(input));
    if (frame) {
        CHECK(find_api(frame->header.request_api_key) != nullptr ||
                  static_cast<int>(frame->header.request_api_key) == 7,
              "a header of an unknown API");
    }
    return 0;
}
