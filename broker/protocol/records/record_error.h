// Why record batches are refused. The numbers are Kafka's error codes, so that a handler puts them
// into its response as they are; the messages are our own words.
#pragma once

#include <cstdint>
#include <string_view>

namespace gregor::records {

enum class RecordErrorCode : std::int16_t {
    corrupt_message = 2,
    message_too_large = 10,
    invalid_timestamp = 32,
    unsupported_for_message_format = 43,
    unsupported_compression_type = 76,
    invalid_record = 87,
};

struct RecordError {
    RecordErrorCode code;
    std::string_view message;  // of static storage

    friend bool operator==(const RecordError&, const RecordError&) = default;
};

}  // namespace gregor::records
