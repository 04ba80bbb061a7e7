// Records that are deleted: what an answer to DeleteRecords promises of the replicas (KIP-107), and
// what retention takes.
#pragma once

#include <cstdint>

#include "scenarios/clients/workload.h"
#include "scenarios/cluster/nodes.h"

namespace gregor::scenarios::cluster {

/// L6: somebody was just told that this partition's low watermark is at least `low_watermark`:
/// every replica that follows its leader and could be elected has nothing below it any more.
void check_low_watermark(Nodes& nodes, Judge& judge, const clients::PartitionUnderTest& partition,
                         std::int64_t low_watermark);

/// Retention takes records without a word to anybody: the histories learn here what may be gone.
/// That it was due is held against each log's start by PartitionInvariants (C7).
void note_log_starts(Nodes& nodes, clients::Workload& workload);

}  // namespace gregor::scenarios::cluster
