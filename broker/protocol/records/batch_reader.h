// Walking the batches of a chunk of log: of a produce request, a fetch response, a piece of a
// segment.
//
// A chunk may end inside a batch, as fetches are cut by size: that ends the walk, it is no error.
// Neither checksums nor records are looked at here.
#pragma once

#include <cstddef>
#include <optional>

#include "broker/protocol/records/batch_header.h"
#include "broker/protocol/records/record_error.h"
#include "broker/protocol/records/record_reader.h"
#include "sim/base/bytes.h"
#include "sim/base/result.h"

namespace gregor::records {

struct BatchView {
    BatchHeader header;
    ByteSpan bytes;  // header and records

    [[nodiscard]] ByteSpan records() const { return bytes.subspan(kBatchHeaderSize); }
    [[nodiscard]] bool has_valid_crc() const { return records::has_valid_crc(bytes); }
    [[nodiscard]] Result<RecordReader, RecordError> open(std::size_t max_uncompressed_bytes,
                                                         CodecContexts* contexts = nullptr) const {
        return RecordReader::open(header, records(), max_uncompressed_bytes, contexts);
    }
};

class BatchReader {
public:
    /// The views that it gives point into `chunk`.
    explicit BatchReader(ByteSpan chunk) : chunk_(chunk) {}

    /// The next whole batch; empty at the end or where the rest is less than a batch.
    /// corrupt_message: a length below the smallest or an unknown magic;
    /// unsupported_for_message_format: magic 0 or 1. After an error the position stays.
    [[nodiscard]] Result<std::optional<BatchView>, RecordError> next();

    /// Bytes of the whole batches given so far: where the next one begins.
    [[nodiscard]] std::size_t position() const { return position_; }

private:
    ByteSpan chunk_;
    std::size_t position_ = 0;
};

}  // namespace gregor::records
