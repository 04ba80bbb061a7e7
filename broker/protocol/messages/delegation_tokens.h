// Delegation tokens (KIP-48): create (38), renew (39), expire (40), describe (41).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// v2 flexible · v3 a token for another owner (KIP-373).
struct CreateDelegationTokenRequest {
    static constexpr MessageInfo kMessage{.name = "CreateDelegationTokenRequest",
                                          .kind = MessageKind::request,
                                          .id = 38,
                                          .versions = {0, 3},
                                          .first_flexible = 2};

    struct Renewer {
        std::string principal_type;
        std::string principal_name;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::optional<std::string> owner_principal_type = "";
    std::optional<std::string> owner_principal_name = "";
    std::vector<Renewer> renewers;
    std::int64_t max_lifetime_ms = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct CreateDelegationTokenResponse {
    static constexpr MessageInfo kMessage{.name = "CreateDelegationTokenResponse",
                                          .kind = MessageKind::response,
                                          .id = 38,
                                          .versions = {0, 3},
                                          .first_flexible = 2};

    ErrorCode error_code = ErrorCode::none;
    std::string principal_type;
    std::string principal_name;
    std::string token_requester_principal_type;
    std::string token_requester_principal_name;
    std::int64_t issue_timestamp_ms = 0;
    std::int64_t expiry_timestamp_ms = 0;
    std::int64_t max_timestamp_ms = 0;
    std::string token_id;
    Bytes hmac;
    std::int32_t throttle_time_ms = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v2 flexible.
struct RenewDelegationTokenRequest {
    static constexpr MessageInfo kMessage{.name = "RenewDelegationTokenRequest",
                                          .kind = MessageKind::request,
                                          .id = 39,
                                          .versions = {0, 2},
                                          .first_flexible = 2};

    Bytes hmac;
    std::int64_t renew_period_ms = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct RenewDelegationTokenResponse {
    static constexpr MessageInfo kMessage{.name = "RenewDelegationTokenResponse",
                                          .kind = MessageKind::response,
                                          .id = 39,
                                          .versions = {0, 2},
                                          .first_flexible = 2};

    ErrorCode error_code = ErrorCode::none;
    std::int64_t expiry_timestamp_ms = 0;
    std::int32_t throttle_time_ms = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v2 flexible.
struct ExpireDelegationTokenRequest {
    static constexpr MessageInfo kMessage{.name = "ExpireDelegationTokenRequest",
                                          .kind = MessageKind::request,
                                          .id = 40,
                                          .versions = {0, 2},
                                          .first_flexible = 2};

    Bytes hmac;
    std::int64_t expiry_time_period_ms = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ExpireDelegationTokenResponse {
    static constexpr MessageInfo kMessage{.name = "ExpireDelegationTokenResponse",
                                          .kind = MessageKind::response,
                                          .id = 40,
                                          .versions = {0, 2},
                                          .first_flexible = 2};

    ErrorCode error_code = ErrorCode::none;
    std::int64_t expiry_timestamp_ms = 0;
    std::int32_t throttle_time_ms = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v2 flexible · v3 requester of the token (KIP-373).
struct DescribeDelegationTokenRequest {
    static constexpr MessageInfo kMessage{.name = "DescribeDelegationTokenRequest",
                                          .kind = MessageKind::request,
                                          .id = 41,
                                          .versions = {0, 3},
                                          .first_flexible = 2};

    struct Owner {
        std::string principal_type;
        std::string principal_name;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::optional<std::vector<Owner>> owners{std::in_place};
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct DescribeDelegationTokenResponse {
    static constexpr MessageInfo kMessage{.name = "DescribeDelegationTokenResponse",
                                          .kind = MessageKind::response,
                                          .id = 41,
                                          .versions = {0, 3},
                                          .first_flexible = 2};

    struct Renewer {
        std::string principal_type;
        std::string principal_name;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Token {
        std::string principal_type;
        std::string principal_name;
        std::string token_requester_principal_type;
        std::string token_requester_principal_name;
        std::int64_t issue_timestamp = 0;
        std::int64_t expiry_timestamp = 0;
        std::int64_t max_timestamp = 0;
        std::string token_id;
        Bytes hmac;
        std::vector<Renewer> renewers;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    ErrorCode error_code = ErrorCode::none;
    std::vector<Token> tokens;
    std::int32_t throttle_time_ms = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
