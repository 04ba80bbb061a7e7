// Groups seen from outside: DescribeGroups (15), ListGroups (16), DeleteGroups (42), OffsetDelete
// (47).
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// v3 authorized operations · v4 static members · v5 flexible · v6 error message.
struct DescribeGroupsRequest {
    static constexpr MessageInfo kMessage{.name = "DescribeGroupsRequest",
                                          .kind = MessageKind::request,
                                          .id = 15,
                                          .versions = {0, 6},
                                          .first_flexible = 5};

    std::vector<std::string> groups;
    bool include_authorized_operations = false;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct DescribeGroupsResponse {
    static constexpr MessageInfo kMessage{.name = "DescribeGroupsResponse",
                                          .kind = MessageKind::response,
                                          .id = 15,
                                          .versions = {0, 6},
                                          .first_flexible = 5};

    struct Member {
        std::string member_id;
        std::optional<std::string> group_instance_id;
        std::string client_id;
        std::string client_host;
        Bytes member_metadata;
        Bytes member_assignment;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Group {
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> error_message;
        std::string group_id;
        std::string group_state;
        std::string protocol_type;
        std::string protocol_data;
        std::vector<Member> members;
        std::int32_t authorized_operations = std::numeric_limits<std::int32_t>::min();
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    std::vector<Group> groups;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v3 flexible · v4 filter by state (KIP-518) · v5 filter by type (KIP-848).
struct ListGroupsRequest {
    static constexpr MessageInfo kMessage{.name = "ListGroupsRequest",
                                          .kind = MessageKind::request,
                                          .id = 16,
                                          .versions = {0, 5},
                                          .first_flexible = 3};

    std::vector<std::string> states_filter;
    std::vector<std::string> types_filter;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ListGroupsResponse {
    static constexpr MessageInfo kMessage{.name = "ListGroupsResponse",
                                          .kind = MessageKind::response,
                                          .id = 16,
                                          .versions = {0, 5},
                                          .first_flexible = 3};

    struct Group {
        std::string group_id;
        std::string protocol_type;
        std::string group_state;
        std::string group_type;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::vector<Group> groups;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v2 flexible.
struct DeleteGroupsRequest {
    static constexpr MessageInfo kMessage{.name = "DeleteGroupsRequest",
                                          .kind = MessageKind::request,
                                          .id = 42,
                                          .versions = {0, 2},
                                          .first_flexible = 2};

    std::vector<std::string> groups_names;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct DeleteGroupsResponse {
    static constexpr MessageInfo kMessage{.name = "DeleteGroupsResponse",
                                          .kind = MessageKind::response,
                                          .id = 42,
                                          .versions = {0, 2},
                                          .first_flexible = 2};

    struct Result {
        std::string group_id;
        ErrorCode error_code = ErrorCode::none;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    std::vector<Result> results;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// Removes committed offsets of topics that the group no longer reads (KIP-496). Never flexible.
struct OffsetDeleteRequest {
    static constexpr MessageInfo kMessage{
        .name = "OffsetDeleteRequest", .kind = MessageKind::request, .id = 47, .versions = {0, 0}};

    struct Partition {
        PartitionId partition_index;

        static const Fields& fields();
    };

    struct Topic {
        std::string name;
        std::vector<Partition> partitions;

        static const Fields& fields();
    };

    std::string group_id;
    std::vector<Topic> topics;

    static const Fields& fields();
};

struct OffsetDeleteResponse {
    static constexpr MessageInfo kMessage{.name = "OffsetDeleteResponse",
                                          .kind = MessageKind::response,
                                          .id = 47,
                                          .versions = {0, 0}};

    struct Partition {
        PartitionId partition_index;
        ErrorCode error_code = ErrorCode::none;

        static const Fields& fields();
    };

    struct Topic {
        std::string name;
        std::vector<Partition> partitions;

        static const Fields& fields();
    };

    ErrorCode error_code = ErrorCode::none;
    std::int32_t throttle_time_ms = 0;
    std::vector<Topic> topics;

    static const Fields& fields();
};

}  // namespace gregor::protocol
