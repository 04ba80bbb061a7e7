// The classic group protocol: find the coordinator (10), join (11), sync (14), heartbeat (12),
// leave (13).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// v1 key type: group or transaction · v3 flexible · v4 a batch of keys · v5 TRANSACTION_ABORTABLE
/// · v6 share groups.
struct FindCoordinatorRequest {
    static constexpr MessageInfo kMessage{.name = "FindCoordinatorRequest",
                                          .kind = MessageKind::request,
                                          .id = 10,
                                          .versions = {0, 6},
                                          .first_flexible = 3};

    std::string key;
    std::int8_t key_type = 0;
    std::vector<std::string> coordinator_keys;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct FindCoordinatorResponse {
    static constexpr MessageInfo kMessage{.name = "FindCoordinatorResponse",
                                          .kind = MessageKind::response,
                                          .id = 10,
                                          .versions = {0, 6},
                                          .first_flexible = 3};

    struct Coordinator {
        std::string key;
        NodeId node_id;
        std::string host;
        std::int32_t port = 0;
        ErrorCode error_code = ErrorCode::none;
        std::optional<std::string> error_message = "";
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";
    NodeId node_id;
    std::string host;
    std::int32_t port = 0;
    std::vector<Coordinator> coordinators;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v1 rebalance timeout · v4 MEMBER_ID_REQUIRED, then join again (KIP-394) · v5 static members
/// (KIP-345) · v6 flexible · v7 protocol type · v8 reason · v9 skip assignment (KIP-814).
struct JoinGroupRequest {
    static constexpr MessageInfo kMessage{.name = "JoinGroupRequest",
                                          .kind = MessageKind::request,
                                          .id = 11,
                                          .versions = {0, 9},
                                          .first_flexible = 6};

    struct Protocol {
        std::string name;
        Bytes metadata;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::string group_id;
    std::int32_t session_timeout_ms = 0;
    std::int32_t rebalance_timeout_ms = -1;
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::string protocol_type;
    std::vector<Protocol> protocols;
    std::optional<std::string> reason;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct JoinGroupResponse {
    static constexpr MessageInfo kMessage{.name = "JoinGroupResponse",
                                          .kind = MessageKind::response,
                                          .id = 11,
                                          .versions = {0, 9},
                                          .first_flexible = 6};

    struct Member {
        std::string member_id;
        std::optional<std::string> group_instance_id;
        Bytes metadata;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::int32_t generation_id = -1;
    std::optional<std::string> protocol_type;
    std::optional<std::string> protocol_name = "";
    std::string leader;
    bool skip_assignment = false;
    std::string member_id;
    std::vector<Member> members;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v3 static members · v4 flexible · v5 protocol type and name are compared.
struct SyncGroupRequest {
    static constexpr MessageInfo kMessage{.name = "SyncGroupRequest",
                                          .kind = MessageKind::request,
                                          .id = 14,
                                          .versions = {0, 5},
                                          .first_flexible = 4};

    struct Assignment {
        std::string member_id;
        Bytes assignment;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::string group_id;
    std::int32_t generation_id = 0;
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::optional<std::string> protocol_type;
    std::optional<std::string> protocol_name;
    std::vector<Assignment> assignments;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct SyncGroupResponse {
    static constexpr MessageInfo kMessage{.name = "SyncGroupResponse",
                                          .kind = MessageKind::response,
                                          .id = 14,
                                          .versions = {0, 5},
                                          .first_flexible = 4};

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> protocol_type;
    std::optional<std::string> protocol_name;
    Bytes assignment;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v1 throttle time · v3 static members · v4 flexible.
struct HeartbeatRequest {
    static constexpr MessageInfo kMessage{.name = "HeartbeatRequest",
                                          .kind = MessageKind::request,
                                          .id = 12,
                                          .versions = {0, 4},
                                          .first_flexible = 4};

    std::string group_id;
    std::int32_t generation_id = 0;
    std::string member_id;
    std::optional<std::string> group_instance_id;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct HeartbeatResponse {
    static constexpr MessageInfo kMessage{.name = "HeartbeatResponse",
                                          .kind = MessageKind::response,
                                          .id = 12,
                                          .versions = {0, 4},
                                          .first_flexible = 4};

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v3 several members, static ones too (KIP-345) · v4 flexible · v5 reason.
struct LeaveGroupRequest {
    static constexpr MessageInfo kMessage{.name = "LeaveGroupRequest",
                                          .kind = MessageKind::request,
                                          .id = 13,
                                          .versions = {0, 5},
                                          .first_flexible = 4};

    struct Member {
        std::string member_id;
        std::optional<std::string> group_instance_id;
        std::optional<std::string> reason;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::string group_id;
    std::string member_id;
    std::vector<Member> members;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct LeaveGroupResponse {
    static constexpr MessageInfo kMessage{.name = "LeaveGroupResponse",
                                          .kind = MessageKind::response,
                                          .id = 13,
                                          .versions = {0, 5},
                                          .first_flexible = 4};

    struct Member {
        std::string member_id;
        std::optional<std::string> group_instance_id = "";
        ErrorCode error_code = ErrorCode::none;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::vector<Member> members;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
