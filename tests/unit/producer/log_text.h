// The values of a chunk of log as text, as tests read it back.
#pragma once

#include <string>
#include <vector>

#include "broker/protocol/records/batch_reader.h"
#include "sim/base/check.h"

namespace gregor::producer::test {

inline std::vector<std::string> values_of(ByteSpan chunk) {
    std::vector<std::string> values;
    records::BatchReader batches(chunk);
    for (;;) {
        const auto batch = batches.next();
        CHECK(batch.has_value(), "a damaged chunk");
        if (!*batch) return values;
        CHECK((*batch)->has_valid_crc());
        auto records = (*batch)->open(std::size_t{64} << 20);
        CHECK(records.has_value());
        for (;;) {
            const auto record = records->next();
            CHECK(record.has_value());
            if (*record == nullptr) break;
            const ByteSpan value = (*record)->value.value();
            values.emplace_back(reinterpret_cast<const char*>(value.data()), value.size());
        }
    }
}

}  // namespace gregor::producer::test
