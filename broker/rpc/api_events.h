// The trace events of requests, one name for each API, so that a plan can say "the third
// fetch_received on n1".
#pragma once

#include "broker/protocol/api_key.h"
#include "sim/runtime/trace.h"

namespace gregor::rpc {

/// "list_offsets_received"; "unknown_api_received" for a key without a name.
[[nodiscard]] EventName received_event(protocol::ApiKey key);
/// "list_offsets_answered", when the answer is handed to the network.
[[nodiscard]] EventName answered_event(protocol::ApiKey key);

}  // namespace gregor::rpc
