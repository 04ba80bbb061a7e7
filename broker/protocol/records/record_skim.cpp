#include "broker/protocol/records/record_skim.h"

#include <algorithm>
#include <limits>

#include "broker/protocol/records/compression.h"
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

class Skim {
public:
    explicit Skim(const BatchHeader& header)
        : base_timestamp_(header.base_timestamp), count_(header.record_count) {}

    /// Goes over the whole records at the front of `bytes`; how many bytes they are.
    [[nodiscard]] std::optional<std::size_t> pass(ByteSpan bytes) {
        ByteSpan rest = bytes;
        while (!rest.empty()) {
            ByteCursor cursor(rest);
            const std::int32_t size = cursor.varint();
            if (size < 0 || cursor.failure() == CursorFailure::varint_too_long) return std::nullopt;
            if (cursor.failed() || static_cast<std::size_t>(size) > cursor.remaining()) break;
            if (index_ == count_ || !pass_record(cursor.bytes(size))) return std::nullopt;
            rest = cursor.rest();
        }
        return bytes.size() - rest.size();
    }

    [[nodiscard]] std::optional<SkimmedRecords> result() const {
        if (index_ < count_ || skimmed_.min_timestamp < 0) return std::nullopt;
        return skimmed_;
    }

private:
    /// A record without the length in front.
    [[nodiscard]] bool pass_record(ByteSpan record) {
        ByteCursor body(record);
        (void)body.byte();  // attributes
        std::int64_t timestamp = 0;
        if (__builtin_add_overflow(base_timestamp_, body.varlong(), &timestamp)) return false;
        if (body.varint() != index_) return false;
        if (!skip_nullable(body)) skimmed_.all_have_keys = false;
        (void)skip_nullable(body);
        skip_headers(body);
        if (body.failed() || body.remaining() > 0) return false;

        skimmed_.min_timestamp = std::min(skimmed_.min_timestamp, timestamp);
        if (timestamp > skimmed_.max_timestamp) {
            skimmed_.max_timestamp = timestamp;
            skimmed_.delta_of_max = index_;
        }
        ++index_;
        return true;
    }

    std::int64_t base_timestamp_;
    std::int32_t count_;
    std::int32_t index_ = 0;
    SkimmedRecords skimmed_{.min_timestamp = std::numeric_limits<std::int64_t>::max(),
                            .max_timestamp = -1};
};

/// Chunk by chunk; what a record straddling chunks needs is kept. False: nothing to say.
bool pass_stream(Skim& skim, Decompressor& source) {
    ByteBuffer kept;
    while (true) {
        const auto chunk = source.next();
        if (!chunk) return false;
        if (chunk->empty()) return kept.empty();
        const bool straddles = !kept.empty();
        if (straddles) kept.append(*chunk);
        const ByteSpan window = straddles ? ByteSpan(kept.span()) : *chunk;
        const std::optional<std::size_t> passed = skim.pass(window);
        if (!passed) return false;
        if (straddles && *passed == 0) continue;
        ByteBuffer rest;
        rest.append(window.subspan(*passed));
        kept = std::move(rest);
    }
}

}  // namespace

std::optional<SkimmedRecords> skim_records(const BatchHeader& header, ByteSpan records,
                                           std::size_t max_uncompressed_bytes,
                                           CodecContexts* contexts) {
    const std::optional<CompressionCodec> codec = header.codec();
    if (!codec) return std::nullopt;
    Skim skim(header);
    if (*codec == CompressionCodec::none) {
        if (skim.pass(records) != records.size()) return std::nullopt;
        return skim.result();
    }
    const auto source = open_decompressor(*codec, records, max_uncompressed_bytes, contexts);
    if (!pass_stream(skim, *source)) return std::nullopt;
    return skim.result();
}

}  // namespace gregor::records
