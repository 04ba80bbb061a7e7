// What brokers ask of the active controller: AlterPartition (56), Envelope (58), BrokerRegistration
// (62), BrokerHeartbeat (63), UnregisterBroker (64), AllocateProducerIds (67),
// ControllerRegistration (70).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// v1 leader recovery state · v2 topic ids · v3 broker epochs in the ISR (KIP-903).
struct AlterPartitionRequest {
    static constexpr MessageInfo kMessage{.name = "AlterPartitionRequest",
                                          .kind = MessageKind::request,
                                          .id = 56,
                                          .versions = {0, 3},
                                          .first_flexible = 0};

    struct NewIsrWithEpoch {
        NodeId broker_id;
        std::int64_t broker_epoch = -1;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Partition {
        PartitionId partition_index;
        LeaderEpoch leader_epoch;
        std::vector<NodeId> new_isr;
        std::vector<NewIsrWithEpoch> new_isr_with_epochs;
        std::int8_t leader_recovery_state = 0;
        std::int32_t partition_epoch = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string topic_name;
        TopicId topic_id;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    NodeId broker_id;
    std::int64_t broker_epoch = -1;
    std::vector<Topic> topics;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct AlterPartitionResponse {
    static constexpr MessageInfo kMessage{.name = "AlterPartitionResponse",
                                          .kind = MessageKind::response,
                                          .id = 56,
                                          .versions = {0, 3},
                                          .first_flexible = 0};

    struct Partition {
        PartitionId partition_index;
        ErrorCode error_code = ErrorCode::none;
        NodeId leader_id;
        LeaderEpoch leader_epoch;
        std::vector<NodeId> isr;
        std::int8_t leader_recovery_state = 0;
        std::int32_t partition_epoch = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string topic_name;
        TopicId topic_id;
        std::vector<Partition> partitions;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::vector<Topic> topics;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// A client's request, whole, and on whose behalf a broker forwards it (KIP-590).
struct EnvelopeRequest {
    static constexpr MessageInfo kMessage{.name = "EnvelopeRequest",
                                          .kind = MessageKind::request,
                                          .id = 58,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    Bytes request_data;
    std::optional<Bytes> request_principal{std::in_place};
    Bytes client_host_address;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct EnvelopeResponse {
    static constexpr MessageInfo kMessage{.name = "EnvelopeResponse",
                                          .kind = MessageKind::response,
                                          .id = 58,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::optional<Bytes> response_data;
    ErrorCode error_code = ErrorCode::none;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v1 ZooKeeper migration · v2 log directories (KIP-858) · v3 the epoch before, to notice unclean
/// restarts (KIP-966) · v4 a feature range may start at 0.
struct BrokerRegistrationRequest {
    static constexpr MessageInfo kMessage{.name = "BrokerRegistrationRequest",
                                          .kind = MessageKind::request,
                                          .id = 62,
                                          .versions = {0, 4},
                                          .first_flexible = 0};

    struct Listener {
        std::string name;
        std::string host;
        std::uint16_t port = 0;
        std::int16_t security_protocol = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Feature {
        std::string name;
        std::int16_t min_supported_version = 0;
        std::int16_t max_supported_version = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    NodeId broker_id;
    std::string cluster_id;
    Uuid incarnation_id;
    std::vector<Listener> listeners;
    std::vector<Feature> features;
    std::optional<std::string> rack = "";
    bool is_migrating_zk_broker = false;
    std::vector<Uuid> log_dirs;
    std::int64_t previous_broker_epoch = -1;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct BrokerRegistrationResponse {
    static constexpr MessageInfo kMessage{.name = "BrokerRegistrationResponse",
                                          .kind = MessageKind::response,
                                          .id = 62,
                                          .versions = {0, 4},
                                          .first_flexible = 0};

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::int64_t broker_epoch = -1;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v1 offline log directories (KIP-858).
struct BrokerHeartbeatRequest {
    static constexpr MessageInfo kMessage{.name = "BrokerHeartbeatRequest",
                                          .kind = MessageKind::request,
                                          .id = 63,
                                          .versions = {0, 1},
                                          .first_flexible = 0};

    NodeId broker_id;
    std::int64_t broker_epoch = -1;
    Offset current_metadata_offset;
    bool want_fence = false;
    bool want_shut_down = false;
    std::vector<Uuid> offline_log_dirs;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct BrokerHeartbeatResponse {
    static constexpr MessageInfo kMessage{.name = "BrokerHeartbeatResponse",
                                          .kind = MessageKind::response,
                                          .id = 63,
                                          .versions = {0, 1},
                                          .first_flexible = 0};

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    bool is_caught_up = false;
    bool is_fenced = true;
    bool should_shut_down = false;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// Forgets a broker that is gone for good.
struct UnregisterBrokerRequest {
    static constexpr MessageInfo kMessage{.name = "UnregisterBrokerRequest",
                                          .kind = MessageKind::request,
                                          .id = 64,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    NodeId broker_id;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct UnregisterBrokerResponse {
    static constexpr MessageInfo kMessage{.name = "UnregisterBrokerResponse",
                                          .kind = MessageKind::response,
                                          .id = 64,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// A block of producer ids for a broker (KIP-730).
struct AllocateProducerIdsRequest {
    static constexpr MessageInfo kMessage{.name = "AllocateProducerIdsRequest",
                                          .kind = MessageKind::request,
                                          .id = 67,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    NodeId broker_id;
    std::int64_t broker_epoch = -1;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct AllocateProducerIdsResponse {
    static constexpr MessageInfo kMessage{.name = "AllocateProducerIdsResponse",
                                          .kind = MessageKind::response,
                                          .id = 67,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    ProducerId producer_id_start;
    std::int32_t producer_id_len = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// KIP-919.
struct ControllerRegistrationRequest {
    static constexpr MessageInfo kMessage{.name = "ControllerRegistrationRequest",
                                          .kind = MessageKind::request,
                                          .id = 70,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct Listener {
        std::string name;
        std::string host;
        std::uint16_t port = 0;
        std::int16_t security_protocol = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Feature {
        std::string name;
        std::int16_t min_supported_version = 0;
        std::int16_t max_supported_version = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    NodeId controller_id;
    Uuid incarnation_id;
    bool zk_migration_ready = false;
    std::vector<Listener> listeners;
    std::vector<Feature> features;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ControllerRegistrationResponse {
    static constexpr MessageInfo kMessage{.name = "ControllerRegistrationResponse",
                                          .kind = MessageKind::response,
                                          .id = 70,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::int32_t throttle_time_ms = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
