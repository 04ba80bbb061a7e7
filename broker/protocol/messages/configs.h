// Dynamic configuration: DescribeConfigs (32), AlterConfigs (33), IncrementalAlterConfigs (44).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// v1 sources and synonyms in place of is-default · v3 type and documentation · v4 flexible.
struct DescribeConfigsRequest {
    static constexpr MessageInfo kMessage{.name = "DescribeConfigsRequest",
                                          .kind = MessageKind::request,
                                          .id = 32,
                                          .versions = {0, 4},
                                          .first_flexible = 4};

    struct Resource {
        std::int8_t resource_type = 0;
        std::string resource_name;
        std::optional<std::vector<std::string>> configuration_keys{std::in_place};
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Resource> resources;
    bool include_synonyms = false;
    bool include_documentation = false;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct DescribeConfigsResponse {
    static constexpr MessageInfo kMessage{.name = "DescribeConfigsResponse",
                                          .kind = MessageKind::response,
                                          .id = 32,
                                          .versions = {0, 4},
                                          .first_flexible = 4};

    struct Synonym {
        std::string name;
        std::optional<std::string> value = "";
        std::int8_t source = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Config {
        std::string name;
        std::optional<std::string> value = "";
        bool read_only = false;
        bool is_default = false;
        std::int8_t config_source = -1;
        bool is_sensitive = false;
        std::vector<Synonym> synonyms;
        std::int8_t config_type = 0;
        std::optional<std::string> documentation = "";
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Result {
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> error_message = "";
        std::int8_t resource_type = 0;
        std::string resource_name;
        std::vector<Config> configs;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    std::vector<Result> results;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// Replaces all dynamic configs of a resource. v2 flexible.
struct AlterConfigsRequest {
    static constexpr MessageInfo kMessage{.name = "AlterConfigsRequest",
                                          .kind = MessageKind::request,
                                          .id = 33,
                                          .versions = {0, 2},
                                          .first_flexible = 2};

    struct Config {
        std::string name;
        std::optional<std::string> value = "";
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Resource {
        std::int8_t resource_type = 0;
        std::string resource_name;
        std::vector<Config> configs;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Resource> resources;
    bool validate_only = false;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct AlterConfigsResponse {
    static constexpr MessageInfo kMessage{.name = "AlterConfigsResponse",
                                          .kind = MessageKind::response,
                                          .id = 33,
                                          .versions = {0, 2},
                                          .first_flexible = 2};

    struct Result {
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> error_message = "";
        std::int8_t resource_type = 0;
        std::string resource_name;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    std::vector<Result> responses;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// Sets, deletes, appends or subtracts single configs (KIP-339). v1 flexible.
struct IncrementalAlterConfigsRequest {
    static constexpr MessageInfo kMessage{.name = "IncrementalAlterConfigsRequest",
                                          .kind = MessageKind::request,
                                          .id = 44,
                                          .versions = {0, 1},
                                          .first_flexible = 1};

    struct Config {
        std::string name;
        std::int8_t config_operation = 0;
        std::optional<std::string> value = "";
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Resource {
        std::int8_t resource_type = 0;
        std::string resource_name;
        std::vector<Config> configs;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Resource> resources;
    bool validate_only = false;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct IncrementalAlterConfigsResponse {
    static constexpr MessageInfo kMessage{.name = "IncrementalAlterConfigsResponse",
                                          .kind = MessageKind::response,
                                          .id = 44,
                                          .versions = {0, 1},
                                          .first_flexible = 1};

    struct Result {
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> error_message = "";
        std::int8_t resource_type = 0;
        std::string resource_name;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    std::vector<Result> responses;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
