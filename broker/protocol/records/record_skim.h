// A quick look over the records of a batch, for the producers' every day: well-formed records with
// offset deltas 0, 1, 2 …, and times. It says yes or nothing: what it does not recognise may be
// right or wrong, and RecordReader, which judges each record as Kafka does, tells which. All that
// it says yes to, RecordReader accepts.
#pragma once

#include <cstdint>
#include <optional>

#include "broker/protocol/records/batch_header.h"
#include "sim/base/bytes.h"

namespace gregor::records {

class CodecContexts;

struct SkimmedRecords {
    std::int64_t min_timestamp = 0;  // ms, never negative
    std::int64_t max_timestamp = 0;
    std::int32_t delta_of_max = 0;  // of the first record with max_timestamp
    bool all_have_keys = true;

    friend bool operator==(const SkimmedRecords&, const SkimmedRecords&) = default;
};

/// `records`: what follows the header. That the timestamps are of type CreateTime, and that there
/// is a record, is the caller's to see to.
[[nodiscard]] std::optional<SkimmedRecords> skim_records(const BatchHeader& header,
                                                         ByteSpan records,
                                                         std::size_t max_uncompressed_bytes,
                                                         CodecContexts* contexts = nullptr);

}  // namespace gregor::records
