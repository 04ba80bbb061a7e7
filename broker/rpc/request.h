// Request: one framed request as its handler sees it. The body still has to be decoded; bytes and
// records of the decoded message are slices of it, so that it keeps the frame alive.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/protocol/api_key.h"
#include "sim/base/bytes.h"
#include "sim/base/time.h"
#include "sim/runtime/network.h"

namespace gregor::rpc {

struct Request {
    protocol::ApiKey key{};
    std::int16_t version = 0;
    std::int32_t correlation_id = 0;
    std::optional<std::string> client_id;
    /// All of it, without its size.
    Bytes frame;
    /// What follows the header.
    Bytes body;
    Endpoint client;
    /// The name of the listener it came in by, "PLAINTEXT" say; lives as long as the server.
    std::string_view listener;
    /// When its last byte had been read, on the node's clock.
    Instant received{};
};

}  // namespace gregor::rpc
