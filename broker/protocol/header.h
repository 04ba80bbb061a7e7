// Frames: what stands around a message on a connection.
//
//     request:   | size | api key | version | correlation id | client id | [tags] | body |
//     response:  | size | correlation id | [tags] | body |
//
// The header's own version follows from the API and its version: 2 (response: 1), with tags, for a
// flexible body, else 1 (0). Two exceptions: the response header of ApiVersions is always 0, so
// that a client which guessed the version wrong can still read it (KIP-511); ControlledShutdown 0
// had request header 0, without a client id.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/api_key.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// v1 client id · v2 tags; the client id keeps its 2-byte length.
struct RequestHeader {
    static constexpr MessageInfo kMessage{.name = "RequestHeader",
                                          .kind = MessageKind::header,
                                          .versions = {0, 2},
                                          .first_flexible = 2};

    ApiKey request_api_key{};
    std::int16_t request_api_version = 0;
    std::int32_t correlation_id = 0;
    std::optional<std::string> client_id = "";
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v1 tags.
struct ResponseHeader {
    static constexpr MessageInfo kMessage{.name = "ResponseHeader",
                                          .kind = MessageKind::header,
                                          .versions = {0, 1},
                                          .first_flexible = 1};

    std::int32_t correlation_id = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// Bytes of the size in front of a frame; the size does not count them.
inline constexpr std::size_t kFrameSizeBytes = 4;

/// The header's version, also for versions that are not served; none for an unknown API.
[[nodiscard]] std::optional<std::int16_t> request_header_version(ApiKey key, std::int16_t version);
[[nodiscard]] std::int16_t response_header_version(ApiKey key, std::int16_t version);

struct RequestFrame {
    RequestHeader header;
    Bytes body;
};

struct ResponseFrame {
    ResponseHeader header;
    Bytes body;
};

/// Splits a request frame, without its size, into header and body. An unknown API is
/// DecodeError::unsupported_version; an unknown version of a known API is not an error here, since
/// ApiVersions must still be answered.
[[nodiscard]] Result<RequestFrame, DecodeError> decode_request_frame(const Bytes& frame);

/// Splits the frame of a response to (key, version), without its size.
[[nodiscard]] Result<ResponseFrame, DecodeError> decode_response_frame(const Bytes& frame,
                                                                       ApiKey key,
                                                                       std::int16_t version);

namespace detail {

/// Room for the size, and the header.
[[nodiscard]] ByteBuffer begin_request(const RequestHeader& header);
[[nodiscard]] ByteBuffer begin_response(std::int32_t correlation_id, ApiKey key,
                                        std::int16_t version);
/// Fills in the size: what follows it in `frame`, and `elsewhere` bytes beside it.
void end_frame(ByteBuffer& frame, std::size_t elsewhere);

}  // namespace detail

/// The whole frame, size included. The header's key and version are those of `request`.
template <Message T>
[[nodiscard]] Bytes encode_request_frame(const RequestHeader& header, const T& request) {
    static_assert(T::kMessage.kind == MessageKind::request);
    CHECK(static_cast<std::int16_t>(header.request_api_key) == T::kMessage.id);
    ByteBuffer frame = detail::begin_request(header);
    encode(request, header.request_api_version, frame);
    detail::end_frame(frame, 0);
    return std::move(frame).freeze();
}

/// The whole frame of a response to a request of this version.
template <Message T>
[[nodiscard]] Bytes encode_response_frame(std::int32_t correlation_id, const T& response,
                                          std::int16_t version) {
    static_assert(T::kMessage.kind == MessageKind::response);
    ByteBuffer frame = detail::begin_response(correlation_id, ApiKey{T::kMessage.id}, version);
    encode(response, version, frame);
    detail::end_frame(frame, 0);
    return std::move(frame).freeze();
}

/// The request's frame in pieces, see PieceBuffer.
template <Message T>
[[nodiscard]] std::vector<Piece> encode_request_pieces(const RequestHeader& header,
                                                       const T& request) {
    static_assert(T::kMessage.kind == MessageKind::request);
    PieceBuffer pieces(detail::begin_request(header));
    encode(request, header.request_api_version, pieces);
    detail::end_frame(pieces.buffer(), pieces.size_elsewhere());
    return std::move(pieces).freeze();
}

/// The response's frame in pieces. The frame's size counts the gaps.
template <Message T>
[[nodiscard]] std::vector<Piece> encode_response_pieces(std::int32_t correlation_id,
                                                        const T& response, std::int16_t version) {
    static_assert(T::kMessage.kind == MessageKind::response);
    PieceBuffer pieces(detail::begin_response(correlation_id, ApiKey{T::kMessage.id}, version));
    encode(response, version, pieces);
    detail::end_frame(pieces.buffer(), pieces.size_elsewhere());
    return std::move(pieces).freeze();
}

}  // namespace gregor::protocol
