#include "broker/protocol/header.h"

namespace gregor::protocol {
namespace {

/// An API of Kafka's ZooKeeper days that the table no longer has, but whose header was odd.
constexpr ApiKey kControlledShutdown{7};

constexpr std::size_t kKeyVersionSize = 4;

template <Message T>
ByteBuffer begin(const T& header, std::int16_t header_version) {
    ByteBuffer frame(detail::kFirstCapacity);
    frame.resize(kFrameSizeBytes);
    encode(header, header_version, frame);
    return frame;
}

}  // namespace

const Fields& RequestHeader::fields() {
    using M = RequestHeader;
    static const Fields fields = describe<M>({
        field("request_api_key", &M::request_api_key),
        field("request_api_version", &M::request_api_version),
        field("correlation_id", &M::correlation_id),
        field("client_id", &M::client_id).since(1).nullable().never_compact(),
    });
    return fields;
}

const Fields& ResponseHeader::fields() {
    using M = ResponseHeader;
    static const Fields fields = describe<M>({
        field("correlation_id", &M::correlation_id),
    });
    return fields;
}

std::optional<std::int16_t> request_header_version(ApiKey key, std::int16_t version) {
    if (key == kControlledShutdown) return version == 0 ? 0 : version < 3 ? 1 : 2;
    const ApiInfo* api = find_api(key);
    if (api == nullptr) return std::nullopt;
    return version >= api->first_flexible ? 2 : 1;
}

std::int16_t response_header_version(ApiKey key, std::int16_t version) {
    if (key == ApiKey::api_versions) return 0;
    if (key == kControlledShutdown) return version < 3 ? 0 : 1;
    const ApiInfo* api = find_api(key);
    return api != nullptr && version >= api->first_flexible ? 1 : 0;
}

Result<RequestFrame, DecodeError> decode_request_frame(const Bytes& frame) {
    if (frame.size() < kKeyVersionSize) return fail(DecodeError::truncated);
    const ApiKey key{detail::load_big_endian<std::int16_t>(frame.data())};
    const auto version = detail::load_big_endian<std::int16_t>(frame.data() + 2);
    const std::optional<std::int16_t> header_version = request_header_version(key, version);
    if (!header_version) return fail(DecodeError::unsupported_version);

    Reader reader(frame);
    RequestHeader header = TRY(decode<RequestHeader>(reader, *header_version));
    return RequestFrame{std::move(header), frame.suffix(reader.position())};
}

Result<ResponseFrame, DecodeError> decode_response_frame(const Bytes& frame, ApiKey key,
                                                         std::int16_t version) {
    Reader reader(frame);
    ResponseHeader header =
        TRY(decode<ResponseHeader>(reader, response_header_version(key, version)));
    return ResponseFrame{std::move(header), frame.suffix(reader.position())};
}

namespace detail {

ByteBuffer begin_request(const RequestHeader& header) {
    const std::optional<std::int16_t> header_version =
        request_header_version(header.request_api_key, header.request_api_version);
    CHECK(header_version.has_value());
    return begin(header, *header_version);
}

ByteBuffer begin_response(std::int32_t correlation_id, ApiKey key, std::int16_t version) {
    return begin(ResponseHeader{.correlation_id = correlation_id},
                 response_header_version(key, version));
}

void end_frame(ByteBuffer& frame, std::size_t elsewhere) {
    const std::size_t size = frame.size() - kFrameSizeBytes + elsewhere;
    CHECK(size <= 0x7fffffff, "a frame of {} bytes", size);
    store_big_endian(frame.data(), static_cast<std::int32_t>(size));
}

}  // namespace detail
}  // namespace gregor::protocol
