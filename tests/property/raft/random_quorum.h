// RandomQuorum: a quorum to which everything happens: messages lost, repeated and overtaken,
// partitions, stops with and without power, late syncs, snapshots, voters that change. Then all is
// healed, and it must come to rest with one leader and equal logs.
#pragma once

#include <string>

#include "tests/support/raft_cluster.h"

namespace gregor::raft::test {

struct QuorumRun {
    std::uint64_t seed = 1;
    int steps = 400;
    bool verbose = false;
};

struct QuorumVerdict {
    std::string violation;  // empty: none
    std::size_t commits_checked = 0;
    std::int64_t committed = 0;
    std::string tail;  // the last lines of what happened
};

/// A pure function of the seed.
[[nodiscard]] QuorumVerdict run_random_quorum(const QuorumRun& run);

}  // namespace gregor::raft::test
