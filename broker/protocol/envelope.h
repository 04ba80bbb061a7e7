// Envelopes: a client's request as a broker passes it on to the active controller (KIP-590). Pure.
//
//     EnvelopeRequest | request header, body | principal: version, DefaultPrincipalData | address |
//     EnvelopeResponse | response header, body | error of the envelope itself |
//
// The principal is who the broker's listener took the client for; there is only ANONYMOUS yet.
#pragma once

#include <string>
#include <string_view>

#include "broker/protocol/header.h"
#include "broker/protocol/messages/controller.h"
#include "broker/protocol/messages/embedded.h"

namespace gregor::protocol {

/// Whether a broker may pass such a request on.
[[nodiscard]] bool is_forwardable(ApiKey key);

struct ForwardedRequest {
    ApiKey key{};
    std::int16_t version = 0;
    std::int32_t correlation_id = 0;
    /// Header and body, as they came.
    Bytes frame;
    std::string client_host;
};

[[nodiscard]] EnvelopeRequest make_envelope(const ForwardedRequest& request);

struct OpenedEnvelope {
    RequestFrame request;
    DefaultPrincipalData principal;
    std::string client_host;
};

/// PRINCIPAL_DESERIALIZATION_FAILURE, INVALID_REQUEST: no address, or no request to be passed on;
/// UNSUPPORTED_VERSION: not a request that is known.
[[nodiscard]] Result<OpenedEnvelope, ErrorCode> open_envelope(const EnvelopeRequest& envelope);

/// The body of the request's answer. NOT_CONTROLLER: to be asked elsewhere; UNSUPPORTED_VERSION:
/// what the client thinks of versions is not so; else UNKNOWN_SERVER_ERROR.
[[nodiscard]] Result<Bytes, ErrorCode> open_response(const ForwardedRequest& request,
                                                     const EnvelopeResponse& response);

/// Four bytes of an IPv4 address, sixteen of an IPv6 one; four zeros for a name.
[[nodiscard]] Bytes address_bytes(std::string_view host);

}  // namespace gregor::protocol
