// Graph: nodes and edges of several kinds; what can reach each other in both directions, and the
// shortest way. Nothing recurses: a history may have one component of a million nodes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "scenarios/checkers/anomalies/interner.h"

namespace gregor::scenarios {

/// Sets of them are masks.
using EdgeKinds = std::uint8_t;

struct Edge {
    Id from = kNone;
    Id to = kNone;
    EdgeKinds kind = 0;
    Id why = kNone;  // the caller's
};

class Graph {
public:
    Graph(std::size_t nodes, std::vector<Edge> edges);

    struct Components {
        /// Of each node; kNone for one that is alone.
        std::vector<Id> of;
        std::vector<std::vector<Id>> members;

        [[nodiscard]] bool are_together(Id a, Id b) const {
            return of[a] != kNone && of[a] == of[b];
        }
    };
    /// The strongly connected components of two nodes or more, by edges of these kinds (Tarjan,
    /// 1972).
    [[nodiscard]] Components components(EdgeKinds kinds) const;
    /// The edges of a shortest way inside a component; empty if there is none.
    [[nodiscard]] std::vector<Edge> way(Id from, Id to, EdgeKinds kinds,
                                        const Components& inside) const;
    [[nodiscard]] std::span<const Edge> edges_from(Id node) const {
        return std::span(edges_).subspan(first_[node], first_[node + 1] - first_[node]);
    }

private:
    std::vector<Edge> edges_;  // by where they start
    std::vector<std::size_t> first_;
};

}  // namespace gregor::scenarios
