#include "broker/protocol/records/control_record.h"

#include <array>

#include "broker/protocol/records/big_endian.h"

namespace gregor::records {
namespace {

constexpr std::size_t kKeySize = 4;
constexpr std::size_t kMarkerValueSize = 6;
constexpr std::int16_t kVersion = 0;
constexpr std::int16_t kHighestType = static_cast<std::int16_t>(ControlRecordType::kraft_voters);

bool is_end_of_transaction(ControlRecordType type) {
    return type == ControlRecordType::abort || type == ControlRecordType::commit;
}

}  // namespace

Result<std::optional<ControlRecordType>, RecordError> control_record_type(
    const RecordView& record) {
    if (!record.key || record.key->size() < kKeySize) {
        return fail(RecordError{RecordErrorCode::invalid_record,
                                "the key of a control record has fewer than 4 bytes"});
    }
    if (load_big_endian<std::int16_t>(record.key->data()) < 0) {
        return fail(RecordError{RecordErrorCode::invalid_record,
                                "the key of a control record has a negative version"});
    }
    const auto type = load_big_endian<std::int16_t>(record.key->data() + sizeof(std::int16_t));
    if (type < 0 || type > kHighestType) return std::nullopt;
    return static_cast<ControlRecordType>(type);
}

Bytes control_record_key(ControlRecordType type) {
    ByteBuffer key(kKeySize);
    store_big_endian(key.extend(sizeof(std::int16_t)), kVersion);
    store_big_endian(key.extend(sizeof(std::int16_t)), static_cast<std::int16_t>(type));
    return std::move(key).freeze();
}

Result<EndTransactionMarker, RecordError> read_end_transaction_marker(const RecordView& record) {
    const std::optional<ControlRecordType> type = TRY(control_record_type(record));
    if (!type || !is_end_of_transaction(*type)) {
        return fail(RecordError{RecordErrorCode::invalid_record,
                                "a control record that ends no transaction"});
    }
    if (!record.value || record.value->size() < kMarkerValueSize ||
        load_big_endian<std::int16_t>(record.value->data()) < 0) {
        return fail(RecordError{RecordErrorCode::invalid_record,
                                "the value of a transaction marker is invalid"});
    }
    return EndTransactionMarker{.type = *type,
                                .coordinator_epoch = load_big_endian<std::int32_t>(
                                    record.value->data() + sizeof(std::int16_t))};
}

Bytes build_marker_batch(const MarkerBatch& batch) {
    CHECK(is_end_of_transaction(batch.marker.type));
    CHECK(batch.producer_id >= 0, "producer id {}", batch.producer_id);
    std::array<std::uint8_t, kMarkerValueSize> value;
    store_big_endian(value.data(), kVersion);
    store_big_endian(value.data() + sizeof kVersion, batch.marker.coordinator_epoch);
    return build_control_batch(batch.marker.type, value,
                               {.base_offset = batch.base_offset,
                                .partition_leader_epoch = batch.partition_leader_epoch,
                                .producer_id = batch.producer_id,
                                .producer_epoch = batch.producer_epoch,
                                .is_transactional = true},
                               batch.timestamp);
}

Bytes build_control_batch(ControlRecordType type, ByteSpan value, BatchOptions options,
                          std::int64_t timestamp_ms) {
    options.is_control = true;
    BatchBuilder builder(options);
    const Bytes key = control_record_key(type);
    builder.append({.timestamp = timestamp_ms, .key = key.span(), .value = value});
    return std::move(builder).build();
}

}  // namespace gregor::records
