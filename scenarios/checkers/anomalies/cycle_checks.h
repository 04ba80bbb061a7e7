// CycleChecks: transactions that depend on each other in a circle (Adya 1999, Elle 2020). The
// version order of a partition is the order of its offsets.
//
//     ww  B's record stands behind A's in a partition    A ──> B
//     wr  B polled a record of A                         A ──> B
//     rw  behind what A polled last stands B's record    A ──> B
//
//     G0        ww only                  legal: transactions' records interleave
//     G1c       wr only                  wrong: each would have been committed before the other;
//                                        under read_uncommitted it may be
//     G1c       ww and wr                legal, for the same reason as G0
//     G-single  one rw                   legal: polls of several partitions are no snapshot
//     G2        several rw               legal, for the same reason
//
// Of each circle of transactions (a strongly connected component) one shortest cycle is told. What
// a transaction polls of its own records is no edge but a precommitted-read.
#pragma once

#include <span>
#include <vector>

#include "scenarios/checkers/anomalies/findings.h"
#include "scenarios/checkers/anomalies/graph.h"
#include "scenarios/checkers/anomalies/history_tables.h"

namespace gregor::scenarios {

class CycleChecks {
public:
    CycleChecks(HistoryTables& tables, Findings& findings) : tables_(tables), findings_(findings) {}

    /// Of a poll that is a part of a transaction.
    void polled(Line line, const PollEvent& poll);

    /// The end pass; the fates of transactions are known.
    void judge();

private:
    struct Read {
        std::int64_t offset = 0;
        Id transaction = kNone;
        Id partition = kNone;
        Id value = kNone;
        Line line = 0;
        bool is_committed = false;  // the consumer's isolation
    };
    struct Version {
        std::int64_t offset = 0;
        Id transaction = kNone;
        Id value = kNone;
    };

    void judge_own_reads();
    [[nodiscard]] std::vector<Edge> edges() const;
    [[nodiscard]] std::vector<Read> last_reads() const;
    static void add_versions(std::vector<Edge>& edges, const std::vector<Version>& versions,
                             std::span<const Read> last_reads);
    void judge_write_cycles(const Graph& graph);
    void judge_information_cycles(const Graph& graph);
    void judge_anti_dependencies(const Graph& graph);
    void judge_anti_dependency(const Graph& graph, const Graph::Components& all,
                               const std::vector<Id>& members);
    [[nodiscard]] std::vector<Edge> cycle_through(const Graph& graph, const Edge& edge,
                                                  EdgeKinds kinds,
                                                  const Graph::Components& inside) const;
    void tell(Anomaly anomaly, Excuse excuse, const std::vector<Edge>& cycle);

    HistoryTables& tables_;
    Findings& findings_;
    std::vector<Read> reads_;
};

}  // namespace gregor::scenarios
