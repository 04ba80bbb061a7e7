#include "broker/log/control_batch.h"

#include "broker/protocol/records/big_endian.h"
#include "broker/protocol/records/record_reader.h"

namespace gregor::log {

Result<std::optional<EndTransactionMarker>, ErrorCode> read_end_transaction_marker(
    const BatchHeader& header, ByteSpan records) {
    using Marker = std::optional<EndTransactionMarker>;
    constexpr std::size_t kMaxBytes = 1 << 20;
    constexpr std::int16_t kAbort = 0;
    constexpr std::int16_t kCommit = 1;
    if (!header.is_control() || !header.has_producer_id() || header.record_count == 0) {
        return Marker();
    }
    auto reader = records::RecordReader::open(header, records, kMaxBytes);
    if (!reader) return fail(ErrorCode::corrupt_message);
    const auto record = reader->next();
    if (!record || *record == nullptr) return fail(ErrorCode::corrupt_message);
    const std::optional<ByteSpan>& key = (*record)->key;
    if (!key || key->size() < 4) return fail(ErrorCode::corrupt_message);
    const auto type = records::load_big_endian<std::int16_t>(key->data() + 2);
    if (type != kAbort && type != kCommit) return Marker();
    const std::optional<ByteSpan>& value = (*record)->value;
    if (!value || value->size() < 6) return fail(ErrorCode::corrupt_message);
    return Marker(EndTransactionMarker{
        .type = type == kAbort ? MarkerType::abort : MarkerType::commit,
        .coordinator_epoch = records::load_big_endian<std::int32_t>(value->data() + 2),
    });
}

}  // namespace gregor::log
