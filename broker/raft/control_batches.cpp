#include "broker/raft/control_batches.h"

#include <algorithm>

#include "broker/protocol/records/big_endian.h"
#include "broker/protocol/records/control_record.h"

namespace gregor::raft {
namespace {

using records::ControlRecordType;

constexpr std::size_t kMaxUncompressed = 1024 * 1024;

ControlRecordType type_of(const ControlRecord& record) {
    constexpr ControlRecordType kTypes[] = {
        ControlRecordType::leader_change, ControlRecordType::snapshot_header,
        ControlRecordType::snapshot_footer, ControlRecordType::kraft_version,
        ControlRecordType::kraft_voters};
    return kTypes[record.index()];
}

template <class Message>
Result<std::optional<ControlRecord>, std::string> decoded(const Bytes& value) {
    if (value.size() < sizeof(std::int16_t)) return fail(std::string("an empty control record"));
    // Each begins with its version; what is newer than this code lies behind what it knows.
    const auto version = std::min(records::load_big_endian<std::int16_t>(value.data()),
                                  Message::kMessage.versions.max);
    auto message = protocol::decode<Message>(value, version);
    if (!message) return fail(std::string("a control record that does not parse"));
    return std::optional<ControlRecord>(*std::move(message));
}

Result<std::optional<ControlRecord>, std::string> read(ControlRecordType type, const Bytes& value) {
    switch (type) {
        case ControlRecordType::leader_change: return decoded<protocol::LeaderChangeMessage>(value);
        case ControlRecordType::snapshot_header:
            return decoded<protocol::SnapshotHeaderRecord>(value);
        case ControlRecordType::snapshot_footer:
            return decoded<protocol::SnapshotFooterRecord>(value);
        case ControlRecordType::kraft_version: return decoded<protocol::KRaftVersionRecord>(value);
        case ControlRecordType::kraft_voters: return decoded<protocol::VotersRecord>(value);
        case ControlRecordType::abort:
        case ControlRecordType::commit: break;
    }
    return std::optional<ControlRecord>();
}

}  // namespace

Bytes build_control_batch(const std::vector<ControlRecord>& control,
                          const ControlBatchPlace& place) {
    records::BatchBuilder builder({.base_offset = place.base_offset.value(),
                                   .partition_leader_epoch = place.epoch.value(),
                                   .is_control = true});
    for (const ControlRecord& record : control) {
        const Bytes key = records::control_record_key(type_of(record));
        const Bytes value = std::visit(
            [](const auto& message) { return protocol::encode(message, message.version); }, record);
        builder.append({.timestamp = place.timestamp_ms, .key = key.span(), .value = value.span()});
    }
    return std::move(builder).build();
}

Result<std::vector<OffsetControlRecord>, std::string> control_records_of(
    const records::BatchView& batch) {
    std::vector<OffsetControlRecord> found;
    if (!batch.header.is_control()) return found;
    auto reader = batch.open(kMaxUncompressed);
    if (!reader) return fail(std::string(reader.error().message));
    while (true) {
        const auto view = reader->next();
        if (!view) return fail(std::string(view.error().message));
        if (*view == nullptr) return found;
        const auto type = records::control_record_type(**view);
        if (!type) return fail(std::string(type.error().message));
        if (!*type) continue;
        const Bytes value = (*view)->value ? Bytes::copy_of(*(*view)->value) : Bytes{};
        auto record = TRY(read(**type, value));
        if (record) found.push_back({Offset((*view)->offset), *std::move(record)});
    }
}

void add_to(VoterHistory& history, const std::vector<OffsetControlRecord>& records,
            std::optional<Offset> offset) {
    for (const auto& [own_offset, record] : records) {
        const Offset at = offset.value_or(own_offset);
        if (const auto* version = std::get_if<protocol::KRaftVersionRecord>(&record)) {
            history.add_kraft_version(at, version->k_raft_version);
        } else if (const auto* voters = std::get_if<protocol::VotersRecord>(&record)) {
            history.add_voters(at, VoterSet::from_record(*voters));
        }
    }
}

}  // namespace gregor::raft
