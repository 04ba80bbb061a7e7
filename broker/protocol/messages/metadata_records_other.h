// The other records of __cluster_metadata: configs, features, producer ids, security, quotas, and
// the markers of metadata transactions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// A null value deletes the config.
struct ConfigRecord {
    static constexpr MessageInfo kMessage{.name = "ConfigRecord",
                                          .kind = MessageKind::metadata_record,
                                          .id = 4,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::int8_t resource_type = 0;
    std::string resource_name;
    std::string name;
    std::optional<std::string> value = "";
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// Level 0 removes the feature.
struct FeatureLevelRecord {
    static constexpr MessageInfo kMessage{.name = "FeatureLevelRecord",
                                          .kind = MessageKind::metadata_record,
                                          .id = 12,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::string name;
    std::int16_t feature_level = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// The next block of producer ids starts at next_producer_id.
struct ProducerIdsRecord {
    static constexpr MessageInfo kMessage{.name = "ProducerIdsRecord",
                                          .kind = MessageKind::metadata_record,
                                          .id = 15,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    NodeId broker_id;
    std::int64_t broker_epoch = -1;
    ProducerId next_producer_id;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ClientQuotaRecord {
    static constexpr MessageInfo kMessage{.name = "ClientQuotaRecord",
                                          .kind = MessageKind::metadata_record,
                                          .id = 14,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    struct Entity {
        std::string entity_type;
        std::optional<std::string> entity_name = "";
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Entity> entity;
    std::string key;
    double value = 0;
    bool remove = false;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct AccessControlEntryRecord {
    static constexpr MessageInfo kMessage{.name = "AccessControlEntryRecord",
                                          .kind = MessageKind::metadata_record,
                                          .id = 18,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    Uuid id;
    std::int8_t resource_type = 0;
    std::string resource_name;
    std::int8_t pattern_type = 0;
    std::string principal;
    std::string host;
    std::int8_t operation = 0;
    std::int8_t permission_type = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct RemoveAccessControlEntryRecord {
    static constexpr MessageInfo kMessage{.name = "RemoveAccessControlEntryRecord",
                                          .kind = MessageKind::metadata_record,
                                          .id = 19,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    Uuid id;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct UserScramCredentialRecord {
    static constexpr MessageInfo kMessage{.name = "UserScramCredentialRecord",
                                          .kind = MessageKind::metadata_record,
                                          .id = 11,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::string name;
    std::int8_t mechanism = 0;
    Bytes salt;
    Bytes stored_key;
    Bytes server_key;
    std::int32_t iterations = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct RemoveUserScramCredentialRecord {
    static constexpr MessageInfo kMessage{.name = "RemoveUserScramCredentialRecord",
                                          .kind = MessageKind::metadata_record,
                                          .id = 22,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::string name;
    std::int8_t mechanism = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct DelegationTokenRecord {
    static constexpr MessageInfo kMessage{.name = "DelegationTokenRecord",
                                          .kind = MessageKind::metadata_record,
                                          .id = 10,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::string owner;
    std::string requester;
    std::vector<std::string> renewers;
    std::int64_t issue_timestamp = 0;
    std::int64_t max_timestamp = 0;
    std::int64_t expiration_timestamp = 0;
    std::string token_id;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct RemoveDelegationTokenRecord {
    static constexpr MessageInfo kMessage{.name = "RemoveDelegationTokenRecord",
                                          .kind = MessageKind::metadata_record,
                                          .id = 26,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::string token_id;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// What follows takes effect at the end marker, or never (KIP-868).
struct BeginTransactionRecord {
    static constexpr MessageInfo kMessage{.name = "BeginTransactionRecord",
                                          .kind = MessageKind::metadata_record,
                                          .id = 23,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::optional<std::string> name;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct EndTransactionRecord {
    static constexpr MessageInfo kMessage{.name = "EndTransactionRecord",
                                          .kind = MessageKind::metadata_record,
                                          .id = 24,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct AbortTransactionRecord {
    static constexpr MessageInfo kMessage{.name = "AbortTransactionRecord",
                                          .kind = MessageKind::metadata_record,
                                          .id = 25,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::optional<std::string> reason;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// Keeps the log moving when nothing happens (KIP-835).
struct NoOpRecord {
    static constexpr MessageInfo kMessage{.name = "NoOpRecord",
                                          .kind = MessageKind::metadata_record,
                                          .id = 20,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// Left over from migrations off ZooKeeper; read, never written.
struct ZkMigrationStateRecord {
    static constexpr MessageInfo kMessage{.name = "ZkMigrationStateRecord",
                                          .kind = MessageKind::metadata_record,
                                          .id = 21,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::int8_t zk_migration_state = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
