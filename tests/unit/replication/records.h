// Batches as producers send them, and what comes back of them.
#pragma once

#include <string>
#include <vector>

#include "broker/protocol/records/batch_builder.h"
#include "broker/protocol/records/batch_reader.h"
#include "tests/support/catch.h"

namespace gregor::replication_test {

struct ProducerOptions {
    std::int64_t producer_id = records::kNoProducerId;
    std::int16_t producer_epoch = records::kNoProducerEpoch;
    std::int32_t base_sequence = records::kNoSequence;
    bool is_transactional = false;
    records::CompressionCodec codec = records::CompressionCodec::none;
    std::int64_t timestamp = 1'700'000'000'000;
    bool with_key = true;
};

inline Bytes batch_of(const std::vector<std::string>& values, const ProducerOptions& options = {}) {
    records::BatchBuilder builder({.codec = options.codec,
                                   .producer_id = options.producer_id,
                                   .producer_epoch = options.producer_epoch,
                                   .base_sequence = options.base_sequence,
                                   .is_transactional = options.is_transactional});
    for (const std::string& value : values) {
        records::RecordInput record{.timestamp = options.timestamp, .value = as_bytes(value)};
        if (options.with_key) record.key = as_bytes("key");
        builder.append(record);
    }
    return std::move(builder).build();
}

struct ReadRecord {
    std::int64_t offset = 0;
    std::string value;

    friend bool operator==(const ReadRecord&, const ReadRecord&) = default;
};

/// The whole records in `chunk` from `from` on; control batches are skipped.
inline std::vector<ReadRecord> records_in(const Bytes& chunk, std::int64_t from = 0) {
    std::vector<ReadRecord> all;
    records::BatchReader batches(chunk);
    while (true) {
        const auto batch = batches.next();
        REQUIRE(batch.has_value());
        if (!*batch) return all;
        REQUIRE((*batch)->has_valid_crc());
        if ((*batch)->header.is_control()) continue;
        auto reader = (*batch)->open(1 << 24);
        REQUIRE(reader.has_value());
        while (true) {
            const auto record = reader->next();
            REQUIRE(record.has_value());
            if (*record == nullptr) break;
            if ((*record)->offset < from) continue;
            const ByteSpan value = *(*record)->value;
            all.push_back({(*record)->offset,
                           std::string(reinterpret_cast<const char*>(value.data()), value.size())});
        }
    }
}

}  // namespace gregor::replication_test
