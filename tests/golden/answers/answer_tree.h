// An answer as a tree that can be compared: the message's JSON with its records in hex, topics and
// partitions in one order whatever the order on the wire, and without the address of the broker.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "broker/protocol/api_key.h"
#include "sim/base/bytes.h"

namespace gregor::tests {

/// Of a whole frame, size included; nothing if it cannot be read or has bytes left over.
[[nodiscard]] std::optional<nlohmann::json> answer_tree(const Bytes& frame, protocol::ApiKey key,
                                                        std::int16_t version);

/// The first place where the two differ, "topics/partitions/offset: 3, not 5"; empty if nowhere.
/// Indexes are left out, so that one kind of difference gives one path.
[[nodiscard]] std::string first_difference(const nlohmann::json& ours,
                                           const nlohmann::json& theirs);

}  // namespace gregor::tests
