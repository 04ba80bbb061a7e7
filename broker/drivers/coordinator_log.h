// The log of a coordinator's partition, as its driver reads and writes it: the records of every
// batch in order, transactions as their markers end them; and a batch of records that was decided.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "broker/coordinator/coordinator.h"
#include "broker/log/log.h"

namespace gregor::drivers {

/// Where replayed records go; a text ends the replay.
struct LogReplay {
    std::function<Result<void, std::string>(const coordinator::RecordOrigin&,
                                            const coordinator::CoordinatorRecord&)>
        record;
    std::function<void(protocol::ProducerId, bool is_commit)> end_transaction;
    /// Asked between two chunks; true: the replay is of no more use.
    std::function<bool()> is_cancelled;
};

/// Reads `log` from its start to where it ends, `chunk_bytes` at a time, and gives the offset that
/// follows. May wait for the disk. A text: the log cannot be read, or its records not be taken.
[[nodiscard]] Result<protocol::Offset, std::string> replay_log(log::Log& log,
                                                               std::int32_t chunk_bytes,
                                                               const LogReplay& replay);

/// The control batch that ends a transaction.
[[nodiscard]] Bytes build_marker(const coordinator::TransactionEnd& end, std::int64_t timestamp_ms);

/// One batch, uncompressed; in a transaction, if there is one.
[[nodiscard]] Bytes build_batch(
    const std::vector<coordinator::CoordinatorRecord>& records, std::int64_t timestamp_ms,
    const std::optional<coordinator::RecordsTransaction>& transaction = std::nullopt);

}  // namespace gregor::drivers
