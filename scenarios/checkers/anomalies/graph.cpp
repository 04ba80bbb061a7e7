#include "scenarios/checkers/anomalies/graph.h"

#include <algorithm>
#include <map>

namespace gregor::scenarios {
namespace {

/// Tarjan's algorithm with a stack of its own.
class Tarjan {
public:
    Tarjan(const Graph& graph, std::size_t nodes, EdgeKinds kinds)
        : graph_(graph), kinds_(kinds), index_(nodes, kNone), low_(nodes), on_stack_(nodes) {
        found_.of.assign(nodes, kNone);
        for (Id node = 0; node < nodes; ++node) {
            if (index_[node] == kNone) visit(node);
        }
    }

    Graph::Components take() { return std::move(found_); }

private:
    struct Frame {
        Id node = kNone;
        std::size_t next = 0;  // of its edges
    };

    void enter(Id node) {
        index_[node] = low_[node] = counter_++;
        stack_.push_back(node);
        on_stack_[node] = true;
        frames_.push_back({node});
    }

    void visit(Id root) {
        enter(root);
        while (!frames_.empty()) {
            Frame& frame = frames_.back();
            const Id node = frame.node;
            const auto edges = graph_.edges_from(node);
            if (frame.next < edges.size()) {
                const Edge& edge = edges[frame.next++];
                if ((edge.kind & kinds_) != 0) follow(node, edge.to);
                continue;
            }
            frames_.pop_back();
            if (!frames_.empty()) {
                const Id above = frames_.back().node;
                low_[above] = std::min(low_[above], low_[node]);
            }
            if (low_[node] == index_[node]) close(node);
        }
    }

    void follow(Id node, Id to) {
        if (index_[to] == kNone) {
            enter(to);
        } else if (on_stack_[to]) {
            low_[node] = std::min(low_[node], index_[to]);
        }
    }

    void close(Id root) {
        std::vector<Id> members;
        for (Id node = kNone; node != root;) {
            node = stack_.back();
            stack_.pop_back();
            on_stack_[node] = false;
            members.push_back(node);
        }
        if (members.size() < 2) return;
        std::ranges::sort(members);
        for (const Id node : members) found_.of[node] = static_cast<Id>(found_.members.size());
        found_.members.push_back(std::move(members));
    }

    const Graph& graph_;
    EdgeKinds kinds_;
    std::vector<Id> index_;
    std::vector<Id> low_;
    std::vector<bool> on_stack_;
    std::vector<Id> stack_;
    std::vector<Frame> frames_;
    Id counter_ = 0;
    Graph::Components found_;
};

}  // namespace

Graph::Graph(std::size_t nodes, std::vector<Edge> edges) : edges_(std::move(edges)) {
    std::ranges::stable_sort(edges_, {}, &Edge::from);
    first_.assign(nodes + 1, 0);
    for (const Edge& edge : edges_) ++first_[edge.from + 1];
    for (std::size_t i = 0; i < nodes; ++i) first_[i + 1] += first_[i];
}

Graph::Components Graph::components(EdgeKinds kinds) const {
    return Tarjan(*this, first_.size() - 1, kinds).take();
}

std::vector<Edge> Graph::way(Id from, Id to, EdgeKinds kinds, const Components& inside) const {
    std::map<Id, Edge> reached_by;
    std::vector<Id> queue{from};
    for (std::size_t i = 0; i < queue.size() && !reached_by.contains(to); ++i) {
        for (const Edge& edge : edges_from(queue[i])) {
            if ((edge.kind & kinds) == 0 || !inside.are_together(edge.from, edge.to)) continue;
            if (edge.to == from && edge.to != to) continue;
            if (reached_by.try_emplace(edge.to, edge).second) queue.push_back(edge.to);
        }
    }
    std::vector<Edge> way;
    for (Id at = to; reached_by.contains(at);) {
        way.push_back(reached_by.at(at));
        at = way.back().from;
        if (at == from) break;
    }
    std::ranges::reverse(way);
    return way;
}

}  // namespace gregor::scenarios
