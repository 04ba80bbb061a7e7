// Control batches of the metadata log: the leader's first batch of its epoch, voter sets, and the
// frame of a snapshot (KIP-595, KIP-630, KIP-853).
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "broker/protocol/messages/control_records.h"
#include "broker/protocol/records/batch_reader.h"
#include "broker/raft/voter_history.h"
#include "sim/base/bytes.h"
#include "sim/base/result.h"

namespace gregor::raft {

using ControlRecord = std::variant<protocol::LeaderChangeMessage, protocol::SnapshotHeaderRecord,
                                   protocol::SnapshotFooterRecord, protocol::KRaftVersionRecord,
                                   protocol::VotersRecord>;

struct OffsetControlRecord {
    Offset offset;
    ControlRecord record;
};

struct ControlBatchPlace {
    Offset base_offset{0};
    LeaderEpoch epoch{0};
    std::int64_t timestamp_ms = 0;
};

/// One batch of these records, one offset each.
[[nodiscard]] Bytes build_control_batch(const std::vector<ControlRecord>& records,
                                        const ControlBatchPlace& place);

/// The records of a batch; none of one that is no control batch. Unknown types are left out; damage
/// gives a message.
[[nodiscard]] Result<std::vector<OffsetControlRecord>, std::string> control_records_of(
    const records::BatchView& batch);

/// Adds what they say about voters, as if all stood at `offset` (a snapshot's) or each at its own.
void add_to(VoterHistory& history, const std::vector<OffsetControlRecord>& records,
            std::optional<Offset> offset = {});

}  // namespace gregor::raft
