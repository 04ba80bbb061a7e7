// Users of SCRAM: DescribeUserScramCredentials (50), AlterUserScramCredentials (51).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// Null or no users: all.
struct DescribeUserScramCredentialsRequest {
    static constexpr MessageInfo kMessage{.name = "DescribeUserScramCredentialsRequest",
                                          .kind = MessageKind::request,
                                          .id = 50,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct User {
        std::string name;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::optional<std::vector<User>> users{std::in_place};
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct DescribeUserScramCredentialsResponse {
    static constexpr MessageInfo kMessage{.name = "DescribeUserScramCredentialsResponse",
                                          .kind = MessageKind::response,
                                          .id = 50,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct CredentialInfo {
        std::int8_t mechanism = 0;
        std::int32_t iterations = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Result {
        std::string user;
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> error_message = "";
        std::vector<CredentialInfo> credential_infos;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";
    std::vector<Result> results;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// Carries salted passwords, never passwords.
struct AlterUserScramCredentialsRequest {
    static constexpr MessageInfo kMessage{.name = "AlterUserScramCredentialsRequest",
                                          .kind = MessageKind::request,
                                          .id = 51,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct Deletion {
        std::string name;
        std::int8_t mechanism = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Upsertion {
        std::string name;
        std::int8_t mechanism = 0;
        std::int32_t iterations = 0;
        Bytes salt;
        Bytes salted_password;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Deletion> deletions;
    std::vector<Upsertion> upsertions;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct AlterUserScramCredentialsResponse {
    static constexpr MessageInfo kMessage{.name = "AlterUserScramCredentialsResponse",
                                          .kind = MessageKind::response,
                                          .id = 51,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct Result {
        std::string user;
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> error_message = "";
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    std::vector<Result> results;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
