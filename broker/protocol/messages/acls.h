// Access control lists: DescribeAcls (29), CreateAcls (30), DeleteAcls (31).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// v1 pattern types (KIP-290) · v2 flexible · v3 users as resource type.
struct DescribeAclsRequest {
    static constexpr MessageInfo kMessage{.name = "DescribeAclsRequest",
                                          .kind = MessageKind::request,
                                          .id = 29,
                                          .versions = {0, 3},
                                          .first_flexible = 2};

    std::int8_t resource_type_filter = 0;
    std::optional<std::string> resource_name_filter = "";
    std::int8_t pattern_type_filter = 3;
    std::optional<std::string> principal_filter = "";
    std::optional<std::string> host_filter = "";
    std::int8_t operation = 0;
    std::int8_t permission_type = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct DescribeAclsResponse {
    static constexpr MessageInfo kMessage{.name = "DescribeAclsResponse",
                                          .kind = MessageKind::response,
                                          .id = 29,
                                          .versions = {0, 3},
                                          .first_flexible = 2};

    struct Acl {
        std::string principal;
        std::string host;
        std::int8_t operation = 0;
        std::int8_t permission_type = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Resource {
        std::int8_t resource_type = 0;
        std::string resource_name;
        std::int8_t pattern_type = 3;
        std::vector<Acl> acls;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";
    std::vector<Resource> resources;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v1 pattern types (KIP-290) · v2 flexible · v3 users as resource type.
struct CreateAclsRequest {
    static constexpr MessageInfo kMessage{.name = "CreateAclsRequest",
                                          .kind = MessageKind::request,
                                          .id = 30,
                                          .versions = {0, 3},
                                          .first_flexible = 2};

    struct Creation {
        std::int8_t resource_type = 0;
        std::string resource_name;
        std::int8_t resource_pattern_type = 3;
        std::string principal;
        std::string host;
        std::int8_t operation = 0;
        std::int8_t permission_type = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Creation> creations;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct CreateAclsResponse {
    static constexpr MessageInfo kMessage{.name = "CreateAclsResponse",
                                          .kind = MessageKind::response,
                                          .id = 30,
                                          .versions = {0, 3},
                                          .first_flexible = 2};

    struct Result {
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

/// v1 pattern types (KIP-290) · v2 flexible · v3 users as resource type.
struct DeleteAclsRequest {
    static constexpr MessageInfo kMessage{.name = "DeleteAclsRequest",
                                          .kind = MessageKind::request,
                                          .id = 31,
                                          .versions = {0, 3},
                                          .first_flexible = 2};

    struct Filter {
        std::int8_t resource_type_filter = 0;
        std::optional<std::string> resource_name_filter = "";
        std::int8_t pattern_type_filter = 3;
        std::optional<std::string> principal_filter = "";
        std::optional<std::string> host_filter = "";
        std::int8_t operation = 0;
        std::int8_t permission_type = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Filter> filters;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct DeleteAclsResponse {
    static constexpr MessageInfo kMessage{.name = "DeleteAclsResponse",
                                          .kind = MessageKind::response,
                                          .id = 31,
                                          .versions = {0, 3},
                                          .first_flexible = 2};

    struct MatchingAcl {
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> error_message = "";
        std::int8_t resource_type = 0;
        std::string resource_name;
        std::int8_t pattern_type = 3;
        std::string principal;
        std::string host;
        std::int8_t operation = 0;
        std::int8_t permission_type = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct FilterResult {
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> error_message = "";
        std::vector<MatchingAcl> matching_acls;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    std::vector<FilterResult> filter_results;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
