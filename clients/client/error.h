// What a client's call may fail with: a code of Kafka's table, and a sentence for people. Pure.
#pragma once

#include <optional>
#include <string>

#include "broker/protocol/error_code.h"
#include "sim/base/result.h"

namespace gregor::client {

struct Error {
    protocol::ErrorCode code = protocol::ErrorCode::unknown_server_error;
    std::string message;
};

/// What a broker answered: its own message, or the code's name.
[[nodiscard]] inline Error error_of(protocol::ErrorCode code,
                                    const std::optional<std::string>& message = {}) {
    const bool has_message = message && !message->empty();
    return {code, has_message ? *message : std::string(protocol::name(code))};
}

}  // namespace gregor::client
