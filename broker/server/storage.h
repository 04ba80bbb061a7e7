// Formatting of log directories, as Kafka's storage tool does it: whose they are (meta.properties)
// and what the cluster begins with (bootstrap.checkpoint).
#pragma once

#include <optional>
#include <string>

#include "broker/raft/voter_set.h"
#include "broker/server/config.h"
#include "sim/runtime/runtime.h"

namespace gregor::server {

/// Where the metadata log is.
[[nodiscard]] std::string_view metadata_directory(const Config& config);
[[nodiscard]] std::string metadata_folder(const Config& config);

/// A new cluster's id: 22 characters.
[[nodiscard]] std::string random_cluster_id(Random& random);

/// The cluster.id that the configured log directories were formatted with; nothing if none is. An
/// error if meta.properties is damaged or cannot be read, or if only the metadata's has none.
[[nodiscard]] Result<std::optional<std::string>, std::string> formatted_cluster_id(
    Runtime& runtime, const Config& config);

struct Formatting {
    std::string cluster_id;
    /// Written as the metadata log's first snapshot; the node among them takes its directory id
    /// from there. Empty: the quorum's voters are configured, or found later (KIP-853).
    raft::VoterSet initial_voters;
};

/// Formats every configured log directory, making it if need be; durable when it returns. An error
/// if one is formatted already, or in use by a running node.
[[nodiscard]] Result<void, std::string> format_storage(Runtime& runtime, const Config& config,
                                                       const Formatting& formatting);

}  // namespace gregor::server
