#include "broker/metadata/metadata_record.h"

#include <fmt/format.h>

#include <optional>
#include <type_traits>
#include <utility>

#include "broker/protocol/metadata_frame.h"

namespace gregor::metadata {
namespace {

std::int16_t version_of(const protocol::RegisterBrokerRecord&, std::int16_t metadata_version) {
    if (metadata_version >= kMetadataVersion_3_7_IV2) return 3;
    if (metadata_version >= kMetadataVersion_3_4_IV0) return 2;
    return metadata_version >= kMetadataVersion_3_3_IV3 ? 1 : 0;
}

std::int16_t version_of(const protocol::PartitionRecord& record, std::int16_t metadata_version) {
    if (record.eligible_leader_replicas || record.last_known_elr) return 2;
    return metadata_version >= kMetadataVersion_3_7_IV2 ? 1 : 0;
}

std::int16_t version_of(const protocol::PartitionChangeRecord& record,
                        std::int16_t metadata_version) {
    if (record.eligible_leader_replicas || record.last_known_elr) return 2;
    return metadata_version >= kMetadataVersion_3_7_IV2 ? 1 : 0;
}

std::int16_t version_of(const protocol::BrokerRegistrationChangeRecord& record, std::int16_t) {
    if (!record.log_dirs.empty()) return 2;
    return record.in_controlled_shutdown != 0 ? 1 : 0;
}

template <class T>
std::int16_t version_of(const T&, std::int16_t) {
    static_assert(T::kMessage.versions.min == 0 && T::kMessage.versions.max == 0);
    return 0;
}

/// "NoOpRecord" → "NO_OP_RECORD".
std::string dump_name(std::string_view name) {
    std::string text;
    for (const char c : name) {
        const bool upper = c >= 'A' && c <= 'Z';
        if (upper && !text.empty()) text += '_';
        text += upper ? c : static_cast<char>(c - 'a' + 'A');
    }
    return text;
}

using Decoded = Result<VersionedRecord, std::string>;

template <class T>
std::optional<Decoded> decode_as(const protocol::MetadataFrame& frame) {
    if (T::kMessage.id != frame.id) return std::nullopt;
    auto record = protocol::decode<T>(frame.body, frame.version);
    if (!record) {
        return Decoded(fail(fmt::format("{} version {}: {}", T::kMessage.name, frame.version,
                                        to_string(record.error()))));
    }
    return Decoded(VersionedRecord{MetadataRecord(*std::move(record)), frame.version});
}

template <std::size_t... kIndices>
Decoded decode_any(const protocol::MetadataFrame& frame, std::index_sequence<kIndices...>) {
    std::optional<Decoded> decoded;
    const bool known =
        ((decoded = decode_as<std::variant_alternative_t<kIndices, MetadataRecord>>(frame),
          decoded.has_value()) ||
         ...);
    if (!known) return fail(fmt::format("unknown metadata record id {}", frame.id));
    return *std::move(decoded);
}

}  // namespace

VersionedRecord versioned(MetadataRecord record, std::int16_t metadata_version) {
    const std::int16_t version = std::visit(
        [&](const auto& alternative) { return version_of(alternative, metadata_version); }, record);
    return {.record = std::move(record), .version = version};
}

Bytes encode_record(const VersionedRecord& record) {
    return std::visit(
        [&](const auto& alternative) {
            return protocol::encode_metadata_record(alternative, record.version);
        },
        record.record);
}

std::size_t encoded_record_size(const VersionedRecord& record) {
    constexpr std::size_t kFrame = 3;  // ids and versions below 128
    return std::visit(
        [&](const auto& alternative) {
            return kFrame + protocol::encoded_size(alternative, record.version);
        },
        record.record);
}

Result<VersionedRecord, std::string> decode_record(const Bytes& value) {
    const auto frame = protocol::decode_metadata_frame(value);
    if (!frame) return fail(fmt::format("metadata frame: {}", to_string(frame.error())));
    return decode_any(*frame, std::make_index_sequence<std::variant_size_v<MetadataRecord>>());
}

std::string to_json_text(const VersionedRecord& record) {
    return std::visit(
        [&](const auto& alternative) {
            using T = std::decay_t<decltype(alternative)>;
            return fmt::format(R"({{"type":"{}","version":{},"data":{}}})",
                               dump_name(T::kMessage.name), record.version,
                               protocol::to_json_text(alternative, record.version));
        },
        record.record);
}

}  // namespace gregor::metadata
