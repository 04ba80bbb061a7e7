// Any bytes as the records of a produce request. The first byte chooses the options; the checksum
// is set right first, or nothing would come further than that. What is accepted must be readable,
// with the offsets that the header promises.
#include <cstddef>
#include <cstdint>

#include "broker/protocol/records/batch_header.h"
#include "broker/protocol/records/batch_reader.h"
#include "broker/protocol/records/batch_validator.h"

namespace gregor::records {
namespace {

constexpr std::size_t kLimit = std::size_t{1} << 20;

ValidationOptions options_of(std::uint8_t choice) {
    ValidationOptions options{.base_offset = 1000, .now_ms = 1'700'000'000'000};
    options.timestamp_after_max_ms = std::numeric_limits<std::int64_t>::max();
    options.max_uncompressed_bytes = kLimit;
    options.is_compacted = (choice & 1) != 0;
    if ((choice & 2) != 0) options.timestamp_type = TimestampType::log_append_time;
    if ((choice & 4) != 0) options.walk_compressed = false;
    if ((choice & 8) != 0) options.origin = AppendOrigin::coordinator;
    if ((choice & 16) != 0) options.compression_type = CompressionCodec::none;
    return options;
}

Bytes with_valid_crc(ByteSpan input) {
    ByteBuffer chunk;
    chunk.append(input);
    const auto batch = BatchReader(input).next();
    if (batch && *batch) {
        BatchHeader header = (*batch)->header;
        header.crc = compute_crc(header, (*batch)->records());
        write_batch_header(header, chunk.span().first<kBatchHeaderSize>());
    }
    return std::move(chunk).freeze();
}

void read_accepted(const ValidatedBatch& batch) {
    CHECK(*parse_batch_header(batch.header_bytes) == batch.header);
    CHECK(compute_crc(batch.header, batch.records) == batch.header.crc);
    auto reader = RecordReader::open(batch.header, batch.records, kLimit);
    CHECK(reader.has_value());
    std::int64_t last = batch.header.base_offset - 1;
    while (true) {
        const auto record = reader->next();
        CHECK(record.has_value());
        if (*record == nullptr) break;
        CHECK((*record)->offset > last);
        last = (*record)->offset;
        std::int32_t headers = 0;
        (*record)->headers.for_each([&](const RecordHeader&) { ++headers; });
        CHECK(headers == (*record)->headers.count());
    }
    CHECK(last <= batch.header.last_offset());
}

}  // namespace
}  // namespace gregor::records

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gregor;
    using namespace gregor::records;
    if (size == 0) return 0;
    const ValidationOptions options = options_of(data[0]);
    const Bytes chunk = with_valid_crc({data + 1, size - 1});
    const auto batch = validate_batch(chunk, options);
    if (batch && options.walk_compressed) read_accepted(*batch);
    return 0;
}
