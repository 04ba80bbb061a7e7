#include "broker/metadata/metadata_batch.h"

#include <fmt/format.h>

#include "broker/protocol/records/batch_builder.h"
#include "sim/base/check.h"

namespace gregor::metadata {
namespace {

/// How many records from the front go into one batch.
std::size_t batch_length(std::span<const VersionedRecord> records) {
    std::size_t bytes = 0;
    std::size_t count = 0;
    for (const VersionedRecord& record : records) {
        bytes += encoded_record_size(record);
        if (count == kMaxRecordsPerBatch || (count > 0 && bytes > kMaxBatchBytes)) break;
        ++count;
    }
    return count;
}

}  // namespace

Bytes encode_batch(std::span<const VersionedRecord> records, const BatchPlace& place) {
    CHECK(!records.empty());
    records::BatchBuilder builder(
        {.base_offset = place.base_offset.value(), .partition_leader_epoch = place.epoch.value()});
    for (const VersionedRecord& record : records) {
        const Bytes value = encode_record(record);
        builder.append({.timestamp = place.timestamp_ms, .value = value.span()});
    }
    return std::move(builder).build();
}

std::vector<Bytes> encode_batches(std::span<const VersionedRecord> records, BatchPlace place) {
    std::vector<Bytes> batches;
    while (!records.empty()) {
        const std::size_t count = batch_length(records);
        batches.push_back(encode_batch(records.first(count), place));
        place.base_offset += static_cast<std::int64_t>(count);
        records = records.subspan(count);
    }
    return batches;
}

bool fits_one_batch(std::span<const VersionedRecord> records) {
    return batch_length(records) == records.size();
}

Result<std::vector<OffsetRecord>, std::string> decode_batch(const records::BatchView& batch) {
    const std::int64_t base_offset = batch.header.base_offset;
    if (!batch.has_valid_crc()) return fail(fmt::format("batch {}: wrong checksum", base_offset));
    constexpr std::size_t kMaxUncompressed = 64 * 1024 * 1024;
    auto reader = batch.open(kMaxUncompressed);
    if (!reader) return fail(fmt::format("batch {}: {}", base_offset, reader.error().message));
    std::vector<OffsetRecord> decoded;
    while (true) {
        const auto view = reader->next();
        if (!view) return fail(fmt::format("batch {}: {}", base_offset, view.error().message));
        if (*view == nullptr) return decoded;
        const records::RecordView& record = **view;
        if (!record.value) return fail(fmt::format("offset {}: no value", record.offset));
        auto value = decode_record(Bytes::copy_of(*record.value));
        if (!value) return fail(fmt::format("offset {}: {}", record.offset, value.error()));
        decoded.push_back({protocol::Offset(record.offset), *std::move(value)});
    }
}

}  // namespace gregor::metadata
