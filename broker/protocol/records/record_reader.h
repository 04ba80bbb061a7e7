// Reading the records of a batch one by one, without copying them.
//
//     varint length | int8 attributes | varlong timestamp delta | varint offset delta
//     | varint key length, key | varint value length, value | varint count, headers {key, value}
//
// A length of −1 is null. Compressed batches are read through a window onto the decompressed
// stream: at most one chunk and one record are in memory at a time, and what a record claims to be
// long is believed only as its bytes arrive. Accepted and refused is what Kafka's reader accepts
// and refuses.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "broker/protocol/records/batch_header.h"
#include "broker/protocol/records/compression.h"
#include "broker/protocol/records/record_error.h"
#include "broker/protocol/records/varint.h"
#include "sim/base/bytes.h"
#include "sim/base/result.h"

namespace gregor::records {

struct RecordHeader {
    std::string_view key;  // UTF-8, by convention
    std::optional<ByteSpan> value;
};

/// The headers of a record, parsed when they are asked for. They were checked when the record was
/// read.
class RecordHeaders {
public:
    RecordHeaders() = default;
    RecordHeaders(std::int32_t count, ByteSpan bytes) : count_(count), bytes_(bytes) {}

    [[nodiscard]] std::int32_t count() const { return count_; }
    /// As they stand in the record, without their count.
    [[nodiscard]] ByteSpan bytes() const { return bytes_; }

    /// Calls `visit(RecordHeader)` for each, in their order.
    template <class Visit>
    void for_each(Visit&& visit) const {
        ByteCursor cursor(bytes_);
        for (std::int32_t i = 0; i < count_; ++i) visit(read_one(cursor));
    }

private:
    [[nodiscard]] static RecordHeader read_one(ByteCursor& cursor);

    std::int32_t count_ = 0;
    ByteSpan bytes_;
};

struct RecordView {
    std::int32_t size_in_bytes = 0;  // with the length in front
    std::int8_t attributes = 0;      // unused by Kafka
    std::int32_t offset_delta = 0;
    std::int64_t offset = 0;
    std::int64_t timestamp = kNoTimestamp;  // ms; the append time under LogAppendTime
    std::int32_t sequence = kNoSequence;
    std::optional<ByteSpan> key;
    std::optional<ByteSpan> value;
    RecordHeaders headers;
};

class RecordReader {
public:
    /// The records of a batch with this header; `records` (what follows the header) must outlive
    /// the reader. invalid_record: a negative count; unsupported_compression_type: codec 5 to 7.
    [[nodiscard]] static Result<RecordReader, RecordError> open(const BatchHeader& header,
                                                                ByteSpan records,
                                                                std::size_t max_uncompressed_bytes,
                                                                CodecContexts* contexts = nullptr);

    /// The next record, or nullptr after the last. The view lives until the next call. After an
    /// error the reader is done. A batch whose count is 0 ends at once, whatever its bytes are.
    [[nodiscard]] Result<const RecordView*, RecordError> next();

private:
    RecordReader(const BatchHeader& header, ByteSpan records, std::unique_ptr<Decompressor> source);

    [[nodiscard]] Result<const RecordView*, RecordError> read_record();
    /// Makes the window `wanted` bytes long, unless the stream ends before that.
    [[nodiscard]] Result<std::size_t, RecordError> fill(std::size_t wanted);
    void keep_window();

    BatchHeader header_;
    std::int32_t remaining_;
    ByteSpan window_;  // what has not been read yet: of the batch, of a chunk, or of kept_
    std::unique_ptr<Decompressor> source_;  // none for uncompressed batches
    bool source_ended_;
    ByteBuffer kept_;  // what a record straddling chunks needs
    RecordView view_;
};

}  // namespace gregor::records
