// ErrorCode: what a peer may be told, by Kafka's names and numbers (error_codes.def). A code that a
// newer peer sends and this table lacks is kept as its number; Kafka reads such a code as
// UNKNOWN_SERVER_ERROR.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <span>
#include <string_view>

namespace gregor::protocol {

enum class ErrorCode : std::int16_t {
#define GREGOR_ERROR_CODE(name, code, retriable) name = code,
#include "broker/protocol/error_codes.def"
#undef GREGOR_ERROR_CODE
};

struct ErrorCodeInfo {
    ErrorCode code;
    std::string_view name;  // Kafka's: "NOT_LEADER_OR_FOLLOWER"
    bool retriable;         // the same request may succeed later
};

/// The whole table, ordered by code.
[[nodiscard]] std::span<const ErrorCodeInfo> error_codes();

/// Kafka's name; "UNKNOWN_SERVER_ERROR" for a code outside the table.
[[nodiscard]] std::string_view name(ErrorCode code);
[[nodiscard]] bool is_retriable(ErrorCode code);

}  // namespace gregor::protocol

template <>
struct fmt::formatter<gregor::protocol::ErrorCode> : fmt::formatter<std::string_view> {
    auto format(gregor::protocol::ErrorCode code, fmt::format_context& context) const {
        return fmt::formatter<std::string_view>::format(gregor::protocol::name(code), context);
    }
};
