// What a client makes of a fetch answer's records, and one question that several clients ask.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenarios/clients/router.h"

namespace gregor::scenarios::clients {

struct FetchedRecord {
    std::int64_t offset = 0;
    std::int64_t timestamp_ms = 0;
    ValueId value;
    std::int32_t leader_epoch = -1;  // of the leader that wrote it
};

struct Fetched {
    /// From `position` on; what a batch holds before it is left out, as clients do.
    std::vector<FetchedRecord> records;
    /// What is wrong with the bytes: a checksum, a record, a value; empty if nothing.
    std::string damage;
};

[[nodiscard]] Fetched read_fetched(const Bytes& bytes, std::int64_t position,
                                   records::CodecContexts& contexts);

/// ListOffsets of one partition, from its leader: -2 earliest, -1 latest, else by time (-1 for
/// none), in the leader epoch that the client knows of. The end is held against what was told
/// before. Nothing when the broker did not answer or answered with an error.
[[nodiscard]] std::optional<std::int64_t> ask_offset(Workload& workload, Router& router,
                                                     std::size_t partition, std::int64_t timestamp);

}  // namespace gregor::scenarios::clients
