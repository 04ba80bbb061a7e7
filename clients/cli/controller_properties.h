// What `quorum add-controller` tells the cluster of a controller, as its own server.properties and
// meta.properties say it. Pure.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "broker/protocol/messages/voters.h"
#include "sim/base/result.h"

namespace gregor::cli {

using Properties = std::map<std::string, std::string, std::less<>>;

/// Lines of key=value; what starts with # or ! is a comment. The last of several counts.
[[nodiscard]] Properties parse_property_lines(std::string_view text);

/// Where its meta.properties is: metadata.log.dir, else the first of log.dirs. The error names what
/// is missing.
[[nodiscard]] Result<std::string, std::string> metadata_directory(const Properties& server);

/// Its id, its directory id from `meta`, and the endpoints of controller.listener.names; a listener
/// without a host is on localhost.
[[nodiscard]] Result<protocol::AddRaftVoterRequest, std::string> described_controller(
    const Properties& server, const Properties& meta, std::string_view directory);

}  // namespace gregor::cli
