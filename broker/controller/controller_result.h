// ControllerResult: what the controller has decided: records to be appended, and the answer that
// may be given once they are durable. Nothing has changed yet; apply() of the records does that.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/metadata/metadata_record.h"
#include "broker/protocol/error_code.h"

namespace gregor::controller {

using metadata::versioned;
using metadata::VersionedRecord;
using protocol::ErrorCode;

template <class Response>
struct ControllerResult {
    std::vector<metadata::VersionedRecord> records;
    Response response;
    /// All records or none may ever count: they go into one batch (invariant M7).
    bool atomic = false;
    /// The quorum is to raise kraft.version to this, behind the records (KIP-853).
    std::optional<std::int16_t> kraft_version = std::nullopt;
};

/// What a client is told about one thing that it asked for.
struct ApiError {
    ErrorCode code = ErrorCode::none;
    std::string message;
};

}  // namespace gregor::controller
