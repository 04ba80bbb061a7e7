// The frame around a record of __cluster_metadata: what the value of such a log record is.
//
//     | frame version = 1 | record id | record version | body |      each number an unsigned varint
//
// The record's key is null.
#pragma once

#include <cstdint>

#include "broker/protocol/message.h"

namespace gregor::protocol {

inline constexpr std::uint32_t kMetadataFrameVersion = 1;

struct MetadataFrame {
    std::int16_t id;
    std::int16_t version;
    Bytes body;
};

/// An unknown frame version is DecodeError::unsupported_version; ids and versions are the caller's
/// to judge.
[[nodiscard]] Result<MetadataFrame, DecodeError> decode_metadata_frame(const Bytes& value);

namespace detail {
void begin_metadata_frame(ByteBuffer& out, std::int16_t id, std::int16_t version);
}

/// The value of a log record.
template <Message T>
[[nodiscard]] Bytes encode_metadata_record(const T& record, std::int16_t version) {
    static_assert(T::kMessage.kind == MessageKind::metadata_record);
    ByteBuffer out(detail::kFirstCapacity);
    detail::begin_metadata_frame(out, T::kMessage.id, version);
    encode(record, version, out);
    return std::move(out).freeze();
}

}  // namespace gregor::protocol
