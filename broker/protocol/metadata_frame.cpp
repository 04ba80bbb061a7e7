#include "broker/protocol/metadata_frame.h"

#include <limits>

namespace gregor::protocol {

Result<MetadataFrame, DecodeError> decode_metadata_frame(const Bytes& value) {
    constexpr std::uint32_t kLargest = std::numeric_limits<std::int16_t>::max();
    Reader reader(value);
    const std::uint32_t frame_version = reader.unsigned_varint();
    const std::uint32_t id = reader.unsigned_varint();
    const std::uint32_t version = reader.unsigned_varint();
    if (!reader.ok()) return fail(reader.error());
    if (frame_version != kMetadataFrameVersion) return fail(DecodeError::unsupported_version);
    if (id > kLargest || version > kLargest) return fail(DecodeError::bad_length);
    return MetadataFrame{static_cast<std::int16_t>(id), static_cast<std::int16_t>(version),
                         value.suffix(reader.position())};
}

namespace detail {

void begin_metadata_frame(ByteBuffer& out, std::int16_t id, std::int16_t version) {
    Writer writer(out);
    writer.unsigned_varint(kMetadataFrameVersion);
    writer.unsigned_varint(static_cast<std::uint32_t>(id));
    writer.unsigned_varint(static_cast<std::uint32_t>(version));
}

}  // namespace detail
}  // namespace gregor::protocol
