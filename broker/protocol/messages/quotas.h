// Client quotas (KIP-546): DescribeClientQuotas (48), AlterClientQuotas (49).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// v1 flexible.
struct DescribeClientQuotasRequest {
    static constexpr MessageInfo kMessage{.name = "DescribeClientQuotasRequest",
                                          .kind = MessageKind::request,
                                          .id = 48,
                                          .versions = {0, 1},
                                          .first_flexible = 1};

    struct Component {
        std::string entity_type;
        std::int8_t match_type = 0;
        std::optional<std::string> match = "";
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Component> components;
    bool strict = false;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct DescribeClientQuotasResponse {
    static constexpr MessageInfo kMessage{.name = "DescribeClientQuotasResponse",
                                          .kind = MessageKind::response,
                                          .id = 48,
                                          .versions = {0, 1},
                                          .first_flexible = 1};

    struct Entity {
        std::string entity_type;
        std::optional<std::string> entity_name = "";
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Value {
        std::string key;
        double value = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Entry {
        std::vector<Entity> entity;
        std::vector<Value> values;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";
    std::optional<std::vector<Entry>> entries{std::in_place};
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v1 flexible.
struct AlterClientQuotasRequest {
    static constexpr MessageInfo kMessage{.name = "AlterClientQuotasRequest",
                                          .kind = MessageKind::request,
                                          .id = 49,
                                          .versions = {0, 1},
                                          .first_flexible = 1};

    struct Entity {
        std::string entity_type;
        std::optional<std::string> entity_name = "";
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Op {
        std::string key;
        double value = 0;
        bool remove = false;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Entry {
        std::vector<Entity> entity;
        std::vector<Op> ops;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Entry> entries;
    bool validate_only = false;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct AlterClientQuotasResponse {
    static constexpr MessageInfo kMessage{.name = "AlterClientQuotasResponse",
                                          .kind = MessageKind::response,
                                          .id = 49,
                                          .versions = {0, 1},
                                          .first_flexible = 1};

    struct Entity {
        std::string entity_type;
        std::optional<std::string> entity_name = "";
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Entry {
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> error_message = "";
        std::vector<Entity> entity;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    std::vector<Entry> entries;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
