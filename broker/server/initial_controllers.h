// The voters that a formatted quorum begins with (KIP-853), as Kafka's storage tool takes them:
//
//     --initial-controllers 1@host1:9093:JEXY6aqzQY-32P5TStzaFg,2@host2:9093:MvDxzVmcRsaTz33bUuRU6A
//     --standalone           this controller alone
//
// Each is id@host:port:directory id; the host may be a bracketed IPv6 address. The same value is
// given to every controller of the list: each takes its directory id from it.
#pragma once

#include <string>
#include <string_view>

#include "broker/raft/voter_set.h"
#include "broker/server/config.h"
#include "sim/base/random.h"

namespace gregor::server {

/// Under the listener that `config` has for the quorum. An error says what is wrong with the text.
[[nodiscard]] Result<raft::VoterSet, std::string> parse_initial_controllers(const Config& config,
                                                                            std::string_view text);

/// The node of `config` under a new directory id; an error if it is no controller.
[[nodiscard]] Result<raft::VoterSet, std::string> standalone_controller(const Config& config,
                                                                        Random& random);

}  // namespace gregor::server
