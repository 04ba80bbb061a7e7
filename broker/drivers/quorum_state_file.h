// quorum-state: what a voter must not forget: the epoch that it has seen, and who leads or got its
// vote in it (KIP-595). JSON, one line, as Kafka writes it; replaced atomically and durable before
// anything that follows from it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "broker/log/storage_error.h"
#include "broker/protocol/messages/control_records.h"
#include "sim/runtime/disk.h"

namespace gregor::drivers {

inline constexpr std::string_view kQuorumStateName = "quorum-state";

/// {"clusterId":"","leaderId":1,…,"data_version":0}. Version 0 lists the voters that the
/// configuration names; version 1 holds the directory of whoever got the vote (KIP-853).
[[nodiscard]] std::string format_quorum_state(const protocol::QuorumStateData& state,
                                              std::int16_t version);
/// Leader, epoch and vote; voters come from the configuration. Nothing if a number is missing.
[[nodiscard]] std::optional<protocol::QuorumStateData> parse_quorum_state(std::string_view text);

/// Nothing if there is no file yet; a file that does not parse is damage.
[[nodiscard]] Result<std::optional<protocol::QuorumStateData>, log::StorageError> read_quorum_state(
    Disk& disk, const std::string& folder);
/// Durable when it returns.
[[nodiscard]] Result<void, IoError> write_quorum_state(Disk& disk, const std::string& folder,
                                                       const protocol::QuorumStateData& state,
                                                       std::int16_t version);

}  // namespace gregor::drivers
