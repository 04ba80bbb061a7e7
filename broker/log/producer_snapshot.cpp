#include "broker/log/producer_snapshot.h"

#include "broker/protocol/records/big_endian.h"
#include "broker/protocol/records/crc32c.h"

namespace gregor::log {

using records::load_big_endian;
using records::store_big_endian;

namespace {

constexpr std::int16_t kVersion = 1;
constexpr std::size_t kHeaderSize = 10;
constexpr std::size_t kChecksummedFrom = 6;
constexpr std::size_t kEntrySize = 46;

void encode_entry(std::uint8_t* to, const ProducerEntry& entry) {
    const ProducerBatch last = entry.batches.empty() ? ProducerBatch{} : entry.batches.back();
    store_big_endian(to, entry.producer_id.value());
    store_big_endian(to + 8, entry.producer_epoch.value());
    store_big_endian(to + 10, last.last_sequence);
    store_big_endian(to + 14, last.last_offset.value());
    store_big_endian(to + 22, last.offset_delta);
    store_big_endian(to + 26, entry.last_timestamp);
    store_big_endian(to + 34, entry.coordinator_epoch);
    store_big_endian(to + 38, entry.current_txn_first_offset.value_or(Offset(-1)).value());
}

ProducerEntry decode_entry(const std::uint8_t* from) {
    ProducerEntry entry;
    entry.producer_id = ProducerId(load_big_endian<std::int64_t>(from));
    entry.producer_epoch = ProducerEpoch(load_big_endian<std::int16_t>(from + 8));
    entry.last_timestamp = load_big_endian<std::int64_t>(from + 26);
    entry.coordinator_epoch = load_big_endian<std::int32_t>(from + 34);
    const ProducerBatch last{
        .last_sequence = load_big_endian<std::int32_t>(from + 10),
        .last_offset = Offset(load_big_endian<std::int64_t>(from + 14)),
        .offset_delta = load_big_endian<std::int32_t>(from + 22),
        .timestamp = entry.last_timestamp,
    };
    if (last.last_offset >= Offset(0)) {
        entry.batches.push(last);
        entry.batches.set_incomplete();
    }
    const Offset open(load_big_endian<std::int64_t>(from + 38));
    if (open >= Offset(0)) entry.current_txn_first_offset = open;
    return entry;
}

}  // namespace

Bytes encode_producer_snapshot(std::span<const ProducerEntry> entries) {
    ByteBuffer out;
    std::uint8_t* header = out.extend(kHeaderSize + entries.size() * kEntrySize);
    store_big_endian(header, kVersion);
    store_big_endian(header + 6, static_cast<std::int32_t>(entries.size()));
    std::uint8_t* to = header + kHeaderSize;
    for (const ProducerEntry& entry : entries) {
        encode_entry(to, entry);
        to += kEntrySize;
    }
    store_big_endian(header + 2, records::crc32c(ByteSpan(out.span()).subspan(kChecksummedFrom)));
    return std::move(out).freeze();
}

std::optional<std::vector<ProducerEntry>> decode_producer_snapshot(ByteSpan bytes) {
    if (bytes.size() < kHeaderSize) return std::nullopt;
    if (load_big_endian<std::int16_t>(bytes.data()) != kVersion) return std::nullopt;
    const auto crc = load_big_endian<std::uint32_t>(bytes.data() + 2);
    if (crc != records::crc32c(bytes.subspan(kChecksummedFrom))) return std::nullopt;
    const auto count = load_big_endian<std::int32_t>(bytes.data() + 6);
    if (count < 0) return std::nullopt;
    if (bytes.size() != kHeaderSize + static_cast<std::size_t>(count) * kEntrySize) {
        return std::nullopt;
    }
    std::vector<ProducerEntry> entries;
    entries.reserve(static_cast<std::size_t>(count));
    for (std::int32_t i = 0; i < count; ++i) {
        entries.push_back(
            decode_entry(bytes.data() + kHeaderSize + static_cast<std::size_t>(i) * kEntrySize));
    }
    return entries;
}

}  // namespace gregor::log
