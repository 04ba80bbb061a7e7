// Authentication: SaslHandshake (17) picks the mechanism, SaslAuthenticate (36) carries its tokens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// v0 is followed by bare tokens, v1 by SaslAuthenticate. Never flexible.
struct SaslHandshakeRequest {
    static constexpr MessageInfo kMessage{
        .name = "SaslHandshakeRequest", .kind = MessageKind::request, .id = 17, .versions = {0, 1}};

    std::string mechanism;

    static const Fields& fields();
};

struct SaslHandshakeResponse {
    static constexpr MessageInfo kMessage{.name = "SaslHandshakeResponse",
                                          .kind = MessageKind::response,
                                          .id = 17,
                                          .versions = {0, 1}};

    ErrorCode error_code = ErrorCode::none;
    std::vector<std::string> mechanisms;

    static const Fields& fields();
};

/// v1 session lifetime (KIP-368) · v2 flexible.
struct SaslAuthenticateRequest {
    static constexpr MessageInfo kMessage{.name = "SaslAuthenticateRequest",
                                          .kind = MessageKind::request,
                                          .id = 36,
                                          .versions = {0, 2},
                                          .first_flexible = 2};

    Bytes auth_bytes;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct SaslAuthenticateResponse {
    static constexpr MessageInfo kMessage{.name = "SaslAuthenticateResponse",
                                          .kind = MessageKind::response,
                                          .id = 36,
                                          .versions = {0, 2},
                                          .first_flexible = 2};

    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";
    Bytes auth_bytes;
    std::int64_t session_lifetime_ms = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
