// The records of __cluster_metadata: brokers, topics and partitions. What they do to the image is
// in broker/metadata; how a value is framed is in metadata_frame.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// v1 controlled shutdown · v2 migration off ZooKeeper · v3 log directories (KIP-858).
struct RegisterBrokerRecord {
    static constexpr MessageInfo kMessage{.name = "RegisterBrokerRecord",
                                          .kind = MessageKind::metadata_record,
                                          .id = 0,
                                          .versions = {0, 3},
                                          .first_flexible = 0};

    struct EndPoint {
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
    bool is_migrating_zk_broker = false;
    Uuid incarnation_id;
    std::int64_t broker_epoch = 0;
    std::vector<EndPoint> end_points;
    std::vector<Feature> features;
    std::optional<std::string> rack = "";
    bool fenced = true;
    bool in_controlled_shutdown = false;
    std::vector<Uuid> log_dirs;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct UnregisterBrokerRecord {
    static constexpr MessageInfo kMessage{.name = "UnregisterBrokerRecord",
                                          .kind = MessageKind::metadata_record,
                                          .id = 1,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    NodeId broker_id;
    std::int64_t broker_epoch = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// Clients see no leader there until it is unfenced.
struct FenceBrokerRecord {
    static constexpr MessageInfo kMessage{.name = "FenceBrokerRecord",
                                          .kind = MessageKind::metadata_record,
                                          .id = 7,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    NodeId id;
    std::int64_t epoch = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct UnfenceBrokerRecord {
    static constexpr MessageInfo kMessage{.name = "UnfenceBrokerRecord",
                                          .kind = MessageKind::metadata_record,
                                          .id = 8,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    NodeId id;
    std::int64_t epoch = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// Fields that changed; the default value means unchanged. v1 controlled shutdown · v2 log
/// directories.
struct BrokerRegistrationChangeRecord {
    static constexpr MessageInfo kMessage{.name = "BrokerRegistrationChangeRecord",
                                          .kind = MessageKind::metadata_record,
                                          .id = 17,
                                          .versions = {0, 2},
                                          .first_flexible = 0};

    NodeId broker_id;
    std::int64_t broker_epoch = 0;
    std::int8_t fenced = 0;
    std::int8_t in_controlled_shutdown = 0;
    std::vector<Uuid> log_dirs;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// KIP-919.
struct RegisterControllerRecord {
    static constexpr MessageInfo kMessage{.name = "RegisterControllerRecord",
                                          .kind = MessageKind::metadata_record,
                                          .id = 27,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct EndPoint {
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
    std::vector<EndPoint> end_points;
    std::vector<Feature> features;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct TopicRecord {
    static constexpr MessageInfo kMessage{.name = "TopicRecord",
                                          .kind = MessageKind::metadata_record,
                                          .id = 2,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::string name;
    TopicId topic_id;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// v1 log directories (KIP-858) · v2 eligible leader replicas (KIP-966).
struct PartitionRecord {
    static constexpr MessageInfo kMessage{.name = "PartitionRecord",
                                          .kind = MessageKind::metadata_record,
                                          .id = 3,
                                          .versions = {0, 2},
                                          .first_flexible = 0};

    PartitionId partition_id{-1};
    TopicId topic_id;
    std::vector<NodeId> replicas;
    std::vector<NodeId> isr;
    std::vector<NodeId> removing_replicas;
    std::vector<NodeId> adding_replicas;
    NodeId leader = kNoNode;
    std::int8_t leader_recovery_state = 0;
    LeaderEpoch leader_epoch = kNoLeaderEpoch;
    std::int32_t partition_epoch = -1;
    std::vector<Uuid> directories;
    std::optional<std::vector<NodeId>> eligible_leader_replicas;
    std::optional<std::vector<NodeId>> last_known_elr;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// Null or default means unchanged; a leader of -2 too. Applying one bumps the partition epoch, and
/// the leader epoch when the leader changes. v1 log directories (KIP-858) · v2 eligible leader
/// replicas (KIP-966).
struct PartitionChangeRecord {
    static constexpr MessageInfo kMessage{.name = "PartitionChangeRecord",
                                          .kind = MessageKind::metadata_record,
                                          .id = 5,
                                          .versions = {0, 2},
                                          .first_flexible = 0};

    PartitionId partition_id{-1};
    TopicId topic_id;
    std::optional<std::vector<NodeId>> isr;
    NodeId leader{-2};
    std::optional<std::vector<NodeId>> replicas;
    std::optional<std::vector<NodeId>> removing_replicas;
    std::optional<std::vector<NodeId>> adding_replicas;
    std::int8_t leader_recovery_state = -1;
    std::optional<std::vector<Uuid>> directories;
    std::optional<std::vector<NodeId>> eligible_leader_replicas;
    std::optional<std::vector<NodeId>> last_known_elr;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// Its partitions and configs go with it.
struct RemoveTopicRecord {
    static constexpr MessageInfo kMessage{.name = "RemoveTopicRecord",
                                          .kind = MessageKind::metadata_record,
                                          .id = 9,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    TopicId topic_id;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
