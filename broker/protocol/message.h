// Messages are plain structs. Each says once, in `fields()`, what it is made of: a name, a member
// and the versions that carry it. From that one description come decode, encode, size, print,
// equality and random values (generate.h); there is no code per message.
//
//     struct UnregisterBrokerRequest {
//         static constexpr MessageInfo kMessage{...};   // top-level messages only
//         NodeId broker_id;                             // its initial value is Kafka's default
//         UnknownTags unknown_tags;                     // last, in structs with flexible versions
//         static const Fields& fields();                // in the .cpp, versions beside each field
//     };
//
// The descriptions are data, walked by one interpreter (message.cpp), not templates stamped out for
// 600 structs: headers stay light, the build stays quick, and the code that reads hostile bytes is
// one screenful. A Produce request of one partition decodes in well under a microsecond.
//
// What decoding promises: any bytes give a value or a DecodeError; a length is believed only as far
// as the bytes that are left could hold it; bytes and records are slices of the frame, without a
// copy, which keep the whole frame alive (copy what is stored for long). Strings are std::string,
// not views into the frame: messages outlive frames, wait in queues and cross fibers, and topic
// names mostly fit into the string itself. Like Kafka, a decoder does not mind bytes after the
// message, and believes a tag it knows whatever size is given for it.
//
// What encoding promises: a field that a version does not have is left out, and null is written as
// empty where a version has no null. Tagged fields with their default value are left out. A string
// of more than 32767 bytes, the longest that the wire has, is cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "broker/protocol/fields.h"
#include "broker/protocol/pieces.h"
#include "broker/protocol/version_range.h"
#include "broker/protocol/wire.h"
#include "sim/base/bytes.h"
#include "sim/base/result.h"

namespace gregor::protocol {

enum class MessageKind : std::uint8_t {
    request,
    response,
    header,
    data,               // embedded in other messages or in control records
    metadata_record,    // in __cluster_metadata, framed by metadata_frame.h
    coordinator_key,    // in __consumer_offsets and __transaction_state, after a 2-byte type
    coordinator_value,  // there too, after a 2-byte version
};

struct MessageInfo {
    /// Kafka's name of the schema: "FetchRequest".
    std::string_view name;
    MessageKind kind;
    /// The API key of a request or response, the record id of a metadata record, else -1.
    std::int16_t id = -1;
    /// The versions that this code can read and write; what a broker serves is in api_key.h.
    VersionRange versions;
    /// First version with compact lengths and tagged fields; kOpen if there is none.
    std::int16_t first_flexible = VersionRange::kOpen;

    [[nodiscard]] constexpr bool is_flexible(std::int16_t version) const {
        return version >= first_flexible;
    }
};

/// A described struct that stands alone.
template <class T>
concept Message = Described<T> && requires { T::kMessage.versions; };

namespace detail {

/// Room that an encoder starts with: growing is cheaper than measuring first.
inline constexpr std::size_t kFirstCapacity = 256;

/// How a version is laid out.
struct Layout {
    std::int16_t version;
    bool flexible;
};

void decode(Reader& reader, const Fields& fields, void* object, Layout layout);
void encode(ByteBuffer& out, const Fields& fields, const void* object, Layout layout);
void encode(PieceBuffer& out, const Fields& fields, const void* object, Layout layout);
[[nodiscard]] std::size_t encoded_size(const Fields& fields, const void* object, Layout layout);
[[nodiscard]] std::string to_json_text(const Fields& fields, const void* object, Layout layout);
[[nodiscard]] bool equal(const Fields& fields, const void* a, const void* b);
[[nodiscard]] bool equal_values(const FieldType& type, const void* a, const void* b);

template <Message T>
[[nodiscard]] Layout layout_of(std::int16_t version) {
    return {version, T::kMessage.is_flexible(version)};
}

template <Message T>
[[nodiscard]] Layout checked_layout_of(std::int16_t version) {
    CHECK(T::kMessage.versions.contains(version), "{} has no version {}", T::kMessage.name,
          version);
    return layout_of<T>(version);
}

}  // namespace detail

/// Reads a message and leaves the reader behind it.
template <Message T>
[[nodiscard]] Result<T, DecodeError> decode(Reader& reader, std::int16_t version) {
    if (!T::kMessage.versions.contains(version)) return fail(DecodeError::unsupported_version);
    Result<T, DecodeError> message;
    detail::decode(reader, T::fields(), &*message, detail::layout_of<T>(version));
    if (!reader.ok()) return fail(reader.error());
    return message;
}

/// Reads a message; bytes after it are ignored, as Kafka does.
template <Message T>
[[nodiscard]] Result<T, DecodeError> decode(const Bytes& body, std::int16_t version) {
    Reader reader(body);
    return decode<T>(reader, version);
}

/// Appends the message. The version is one of T's; no records field is a gap.
template <Message T>
void encode(const T& message, std::int16_t version, ByteBuffer& out) {
    detail::encode(out, T::fields(), &message, detail::checked_layout_of<T>(version));
}

/// Bytes that encode() appends; gaps count.
template <Message T>
[[nodiscard]] std::size_t encoded_size(const T& message, std::int16_t version) {
    return detail::encoded_size(T::fields(), &message, detail::checked_layout_of<T>(version));
}

template <Message T>
[[nodiscard]] Bytes encode(const T& message, std::int16_t version) {
    ByteBuffer out(detail::kFirstCapacity);
    encode(message, version, out);
    return std::move(out).freeze();
}

/// Appends the message in pieces, to be sent one after the other: large records are not copied,
/// gaps stand for bytes that the caller sends.
///
///     [head, fields ... size] [RecordsGap 0] [fields ... size] [Bytes of the log] [fields ...]
template <Message T>
void encode(const T& message, std::int16_t version, PieceBuffer& out) {
    detail::encode(out, T::fields(), &message, detail::checked_layout_of<T>(version));
}

/// JSON with Kafka's field names, of the fields that the version has: one line. Bytes are base64,
/// uuids their text, records `<field>SizeInBytes` or null; a tagged field that has its default is
/// left out.
template <Message T>
[[nodiscard]] std::string to_json_text(const T& message, std::int16_t version) {
    return detail::to_json_text(T::fields(), &message, detail::layout_of<T>(version));
}

/// Every field of every version, and the unknown tags.
template <Described T>
[[nodiscard]] bool operator==(const T& a, const T& b) {
    return detail::equal(T::fields(), &a, &b);
}

}  // namespace gregor::protocol
