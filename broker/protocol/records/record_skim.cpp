#include "broker/protocol/records/record_skim.h"

#include <algorithm>
#include <limits>

#include "broker/protocol/records/varint.h"

namespace gregor::records {
namespace {

/// Bytes with their varint length in front. False if they are null.
bool skip_nullable(ByteCursor& cursor) {
    const std::int32_t size = cursor.varint();
    if (size < 0) return false;
    (void)cursor.bytes(size);
    return true;
}

void skip_headers(ByteCursor& cursor) {
    const std::int32_t count = cursor.varint();
    if (count < 0) (void)cursor.bytes(count);  // fails
    for (std::int32_t i = 0; i < count && !cursor.failed(); ++i) {
        (void)cursor.bytes(cursor.varint());
        (void)skip_nullable(cursor);
    }
}

}  // namespace

std::optional<SkimmedRecords> skim_records(const BatchHeader& header, ByteSpan records) {
    SkimmedRecords skimmed{.min_timestamp = std::numeric_limits<std::int64_t>::max(),
                           .max_timestamp = -1};
    ByteCursor cursor(records);
    for (std::int32_t i = 0; i < header.record_count; ++i) {
        const std::int32_t size = cursor.varint();
        // What follows the record. A field that is too long for it takes some of that, for good.
        const std::size_t rest = cursor.remaining() - static_cast<std::size_t>(size);
        (void)cursor.byte();  // attributes
        std::int64_t timestamp = 0;
        const std::int64_t delta = cursor.varlong();
        if (__builtin_add_overflow(header.base_timestamp, delta, &timestamp)) return std::nullopt;
        if (cursor.varint() != i) return std::nullopt;
        if (!skip_nullable(cursor)) skimmed.all_have_keys = false;
        (void)skip_nullable(cursor);
        skip_headers(cursor);
        if (cursor.remaining() != rest) return std::nullopt;

        skimmed.min_timestamp = std::min(skimmed.min_timestamp, timestamp);
        if (timestamp > skimmed.max_timestamp) {
            skimmed.max_timestamp = timestamp;
            skimmed.delta_of_max = i;
        }
    }
    if (cursor.failed() || cursor.remaining() > 0 || skimmed.min_timestamp < 0) return std::nullopt;
    return skimmed;
}

}  // namespace gregor::records
