// What a client's call may fail with: a code of Kafka's table, and a sentence for people.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>

#include "broker/protocol/error_code.h"
#include "sim/base/result.h"
#include "sim/runtime/io_error.h"

namespace gregor::client {

struct Error {
    protocol::ErrorCode code = protocol::ErrorCode::unknown_server_error;
    std::string message;
};

/// A failed exchange with `peer`: REQUEST_TIMED_OUT or NETWORK_EXCEPTION.
[[nodiscard]] inline Error error_of(IoError error, std::string_view peer) {
    return {error == IoError::timed_out ? protocol::ErrorCode::request_timed_out
                                        : protocol::ErrorCode::network_exception,
            fmt::format("no answer from {}: {}", peer, name(error))};
}

/// What a broker answered: its own message, or the code's name.
[[nodiscard]] inline Error error_of(protocol::ErrorCode code,
                                    const std::optional<std::string>& message = {}) {
    const bool has_message = message && !message->empty();
    return {code, has_message ? *message : std::string(protocol::name(code))};
}

}  // namespace gregor::client
