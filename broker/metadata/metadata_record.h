// MetadataRecord: one record of __cluster_metadata, whichever it is, with the version that it is
// written in. The structs are broker/protocol's; this is their sum type, and the way to and from
// the bytes of a log record's value (metadata_frame.h).
//
// Which version a record is written in follows from the cluster's metadata.version, so that every
// node of the cluster can read it (KIP-584, KIP-778); `versioned` knows the rule of each.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "broker/protocol/messages/metadata_records.h"
#include "broker/protocol/messages/metadata_records_other.h"
#include "sim/base/bytes.h"
#include "sim/base/result.h"

namespace gregor::metadata {

/// By record id, as far as there are gaps in Kafka's numbers.
using MetadataRecord =
    std::variant<protocol::RegisterBrokerRecord, protocol::UnregisterBrokerRecord,
                 protocol::TopicRecord, protocol::PartitionRecord, protocol::ConfigRecord,
                 protocol::PartitionChangeRecord, protocol::FenceBrokerRecord,
                 protocol::UnfenceBrokerRecord, protocol::RemoveTopicRecord,
                 protocol::DelegationTokenRecord, protocol::UserScramCredentialRecord,
                 protocol::FeatureLevelRecord, protocol::ClientQuotaRecord,
                 protocol::ProducerIdsRecord, protocol::BrokerRegistrationChangeRecord,
                 protocol::AccessControlEntryRecord, protocol::RemoveAccessControlEntryRecord,
                 protocol::NoOpRecord, protocol::ZkMigrationStateRecord,
                 protocol::RemoveUserScramCredentialRecord, protocol::BeginTransactionRecord,
                 protocol::EndTransactionRecord, protocol::AbortTransactionRecord,
                 protocol::RemoveDelegationTokenRecord, protocol::RegisterControllerRecord>;

struct VersionedRecord {
    MetadataRecord record;
    std::int16_t version = 0;

    friend bool operator==(const VersionedRecord&, const VersionedRecord&) = default;
};

/// Numbers of metadata.version (KIP-778) that decide about record versions.
inline constexpr std::int16_t kMetadataVersion_3_3_IV3 = 7;  // the first that bootstraps by records
inline constexpr std::int16_t kMetadataVersion_3_4_IV0 = 8;
inline constexpr std::int16_t kMetadataVersion_3_6_IV0 = 12;  // a shrinking ISR keeps its epoch
inline constexpr std::int16_t kMetadataVersion_3_6_IV1 = 13;  // KIP-868: metadata transactions
inline constexpr std::int16_t kMetadataVersion_3_7_IV2 = 17;  // KIP-858: log directories
inline constexpr std::int16_t kMetadataVersion_3_9_IV0 = 21;
inline constexpr std::int16_t kMetadataVersion_4_0_IV0 = 22;  // group.version 1
inline constexpr std::int16_t kMetadataVersion_4_0_IV1 = 23;  // KIP-966: eligible leader replicas
inline constexpr std::int16_t kMetadataVersion_4_0_IV2 = 24;  // transaction.version 2
inline constexpr std::int16_t kMetadataVersion_4_0_IV3 = 25;

inline constexpr std::string_view kMetadataVersionFeature = "metadata.version";
inline constexpr std::string_view kElrFeature = "eligible.leader.replicas.version";

/// `record` in the version that a cluster of this metadata.version reads; a record that changes
/// nothing newer takes the lowest that holds it.
[[nodiscard]] VersionedRecord versioned(MetadataRecord record, std::int16_t metadata_version);

/// The value of the log record.
[[nodiscard]] Bytes encode_record(const VersionedRecord& record);
[[nodiscard]] std::size_t encoded_record_size(const VersionedRecord& record);

/// An unknown record id, or a version that this code does not read, is an error: what changes the
/// image must not be skipped. The message says which.
[[nodiscard]] Result<VersionedRecord, std::string> decode_record(const Bytes& value);

/// {"type":"TOPIC_RECORD","version":0,"data":{…}}: the line that Kafka's dump tool prints.
[[nodiscard]] std::string to_json_text(const VersionedRecord& record);

}  // namespace gregor::metadata
