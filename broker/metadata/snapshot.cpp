#include "broker/metadata/snapshot.h"

#include <fmt/format.h>

#include <charconv>

#include "broker/metadata/metadata_batch.h"
#include "broker/protocol/messages/control_records.h"
#include "broker/protocol/records/control_record.h"
#include "sim/base/planted.h"

namespace gregor::metadata {
namespace {

constexpr std::string_view kSuffix = ".checkpoint";
constexpr std::size_t kOffsetDigits = 20;
constexpr std::size_t kEpochDigits = 10;

template <class T>
std::optional<T> parse_digits(std::string_view text) {
    T value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

class RecordWriter {
public:
    explicit RecordWriter(const MetadataImage& image) : image_(image) {}

    std::vector<VersionedRecord> write() && {
        features();
        if (const auto state = image_.zk_migration_state()) {
            add(protocol::ZkMigrationStateRecord{.zk_migration_state = *state});
        }
        for (const auto& [id, broker] : image_.brokers()) add(broker);
        for (const auto& [id, controller] : image_.controllers()) add(controller);
        for (const auto& [id, topic] : image_.topics()) add_topic(*topic);
        for (const auto& [resource, configs] : image_.configs()) add_configs(resource, configs);
        for (const auto& [entity, values] : image_.quotas()) add_quotas(entity, values);
        if (image_.next_producer_id().value() > 0) {
            add(protocol::ProducerIdsRecord{.broker_id = protocol::kNoNode,
                                            .broker_epoch = -1,
                                            .next_producer_id = image_.next_producer_id()});
        }
        for (const auto& [id, acl] : image_.acls()) add(acl);
        for (const auto& [key, credential] : image_.scram()) add(credential);
        for (const auto& [id, token] : image_.delegation_tokens()) add(token);
        return std::move(records_);
    }

private:
    void add(MetadataRecord record) {
        records_.push_back(versioned(std::move(record), image_.metadata_version()));
    }

    /// metadata.version first: it decides how the others are read.
    void features() {
        for (const bool first : {true, false}) {
            for (const auto& [name, level] : image_.features()) {
                if ((name == kMetadataVersionFeature) != first) continue;
                add(protocol::FeatureLevelRecord{.name = name, .feature_level = level});
            }
        }
    }

    void add_topic(const TopicImage& topic) {
        add(protocol::TopicRecord{.name = topic.name, .topic_id = topic.id});
        for (const auto& [id, state] : topic.partitions) {
            protocol::PartitionRecord record{
                .partition_id = id,
                .topic_id = topic.id,
                .replicas = state.replicas,
                .isr = state.isr,
                .removing_replicas = state.removing_replicas,
                .adding_replicas = state.adding_replicas,
                .leader = state.leader,
                .leader_recovery_state = static_cast<std::int8_t>(state.leader_recovery_state),
                .leader_epoch = state.leader_epoch,
                .partition_epoch = state.partition_epoch,
                .directories = state.directories};
            if (!state.elr.empty()) record.eligible_leader_replicas = state.elr;
            if (!state.last_known_elr.empty() && !PLANTED(snapshot_without_last_known_elr))
                record.last_known_elr = state.last_known_elr;
            add(std::move(record));
        }
    }

    void add_configs(const ConfigResource& resource, const ConfigMap& configs) {
        for (const auto& [name, value] : configs) {
            add(protocol::ConfigRecord{.resource_type = static_cast<std::int8_t>(resource.type),
                                       .resource_name = resource.name,
                                       .name = name,
                                       .value = value});
        }
    }

    void add_quotas(const QuotaEntity& entity, const std::map<std::string, double>& values) {
        for (const auto& [key, value] : values) {
            protocol::ClientQuotaRecord record{.key = key, .value = value};
            for (const auto& [type, name] : entity) {
                record.entity.push_back({.entity_type = type, .entity_name = name});
            }
            add(std::move(record));
        }
    }

    const MetadataImage& image_;
    std::vector<VersionedRecord> records_;
};

struct ControlRecord {
    records::ControlRecordType type;
    Bytes value;
};

Result<ControlRecord, std::string> read_control(const records::BatchView& batch) {
    constexpr std::size_t kMaxUncompressed = 64 * 1024;
    auto reader = batch.open(kMaxUncompressed);
    if (!reader) return fail(std::string(reader.error().message));
    const auto view = reader->next();
    if (!view) return fail(std::string(view.error().message));
    if (*view == nullptr) return fail(std::string("a control batch without a record"));
    const auto type = records::control_record_type(**view);
    if (!type || !*type) return fail(std::string("an unknown control record"));
    return ControlRecord{**type, (*view)->value ? Bytes::copy_of(*(*view)->value) : Bytes{}};
}

class SnapshotReader {
public:
    Result<void, std::string> take(const records::BatchView& batch) {
        if (!batch.has_valid_crc()) return fail(std::string("wrong checksum"));
        if (ended_) return fail(std::string("a batch after the footer"));
        if (batch.header.is_control()) return take_control(batch);
        if (!begun_) return fail(std::string("no header"));
        for (const OffsetRecord& record : TRY(decode_batch(batch))) {
            if (auto applied = contents_.image.apply(record.record.record); !applied) {
                return fail(applied.error());
            }
        }
        return {};
    }

    Result<SnapshotContents, std::string> finish() && {
        if (!ended_) return fail(std::string("no footer"));
        return std::move(contents_);
    }

private:
    Result<void, std::string> take_control(const records::BatchView& batch) {
        const ControlRecord control = TRY(read_control(batch));
        if (control.type == records::ControlRecordType::snapshot_header) {
            const auto header = protocol::decode<protocol::SnapshotHeaderRecord>(control.value, 0);
            if (!header || begun_) return fail(std::string("bad header"));
            begun_ = true;
            contents_.last_contained_log_timestamp_ms = header->last_contained_log_timestamp;
        } else if (control.type == records::ControlRecordType::snapshot_footer) {
            if (!begun_) return fail(std::string("a footer without a header"));
            ended_ = true;
        }
        return {};  // kraft.version and voters (KIP-853) say nothing about the image
    }

    SnapshotContents contents_;
    bool begun_ = false;
    bool ended_ = false;
};

}  // namespace

std::string snapshot_file_name(const SnapshotId& id) {
    return fmt::format("{:020}-{:010}{}", id.end_offset.value(), id.epoch.value(), kSuffix);
}

std::optional<SnapshotId> parse_snapshot_file_name(std::string_view name) {
    if (name.size() != kOffsetDigits + 1 + kEpochDigits + kSuffix.size()) return std::nullopt;
    if (!name.ends_with(kSuffix) || name[kOffsetDigits] != '-') return std::nullopt;
    const auto offset = parse_digits<std::int64_t>(name.substr(0, kOffsetDigits));
    const auto epoch = parse_digits<std::int32_t>(name.substr(kOffsetDigits + 1, kEpochDigits));
    if (!offset || !epoch) return std::nullopt;
    return SnapshotId{protocol::Offset(*offset), protocol::LeaderEpoch(*epoch)};
}

std::vector<VersionedRecord> records_of(const MetadataImage& image) {
    return RecordWriter(image).write();
}

std::vector<Bytes> encode_snapshot(const SnapshotContents& contents, protocol::LeaderEpoch epoch,
                                   std::int64_t now_ms, std::span<const SnapshotControl> controls) {
    BatchPlace place{.base_offset = protocol::Offset(0), .epoch = epoch, .timestamp_ms = now_ms};
    const auto control = [&](records::ControlRecordType type, const Bytes& value) {
        return records::build_control_batch(
            type, value,
            {.base_offset = place.base_offset.value(), .partition_leader_epoch = epoch.value()},
            now_ms);
    };
    std::vector<Bytes> batches;
    batches.push_back(
        control(records::ControlRecordType::snapshot_header,
                protocol::encode(
                    protocol::SnapshotHeaderRecord{.last_contained_log_timestamp =
                                                       contents.last_contained_log_timestamp_ms},
                    0)));
    ++place.base_offset;
    for (const SnapshotControl& each : controls) {
        batches.push_back(control(each.type, each.value));
        ++place.base_offset;
    }
    const std::vector<VersionedRecord> records = records_of(contents.image);
    for (Bytes& batch : encode_batches(records, place)) batches.push_back(std::move(batch));
    place.base_offset += static_cast<std::int64_t>(records.size());
    batches.push_back(control(records::ControlRecordType::snapshot_footer,
                              protocol::encode(protocol::SnapshotFooterRecord{}, 0)));
    return batches;
}

Result<SnapshotContents, std::string> decode_snapshot(const Bytes& file) {
    SnapshotReader snapshot;
    records::BatchReader batches(file.span());
    while (true) {
        const auto batch = batches.next();
        if (!batch) return fail(std::string(batch.error().message));
        if (!*batch) break;
        if (auto taken = snapshot.take(**batch); !taken) {
            return fail(fmt::format("byte {}: {}", batches.position(), taken.error()));
        }
    }
    if (batches.position() != file.size()) return fail(std::string("cut inside a batch"));
    return std::move(snapshot).finish();
}

}  // namespace gregor::metadata
