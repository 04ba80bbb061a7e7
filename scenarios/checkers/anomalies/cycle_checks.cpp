#include "scenarios/checkers/anomalies/cycle_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

namespace gregor::scenarios {
namespace {

constexpr EdgeKinds kWriteWrite = 1;
constexpr EdgeKinds kWriteRead = 2;  // by a read_committed consumer
constexpr EdgeKinds kDirtyRead = 4;  // write-read, by a read_uncommitted one
constexpr EdgeKinds kReadWrite = 8;
constexpr EdgeKinds kAnyRead = kWriteRead | kDirtyRead;
constexpr EdgeKinds kInformation = kWriteWrite | kAnyRead;
constexpr EdgeKinds kAll = kInformation | kReadWrite;
/// A cycle with one anti-dependency is searched from so many of a component's, of a large one's
/// from one; it is legal anyway.
constexpr std::size_t kTried = 64;
constexpr std::size_t kLarge = 10'000;

std::string_view name_of_kind(EdgeKinds kind) {
    if (kind == kWriteWrite) return "ww";
    return kind == kReadWrite ? "rw" : "wr";
}

/// The first edge of these kinds inside a component.
std::optional<Edge> edge_inside(const Graph& graph, const Graph::Components& all,
                                const std::vector<Id>& members, EdgeKinds kinds) {
    for (const Id node : members) {
        for (const Edge& edge : graph.edges_from(node)) {
            if ((edge.kind & kinds) != 0 && all.are_together(edge.from, edge.to)) return edge;
        }
    }
    return std::nullopt;
}

}  // namespace

void CycleChecks::polled(Line line, const PollEvent& poll) {
    const Id partition = tables_.partition(poll.partition);
    const Id transaction = tables_.transaction(tables_.producer(poll.producer), *poll.transaction);
    const bool is_committed = tables_.of_consumer(tables_.consumer(poll.consumer)).read_committed;
    for (const PolledRecord& record : poll.records) {
        reads_.push_back({.offset = record.offset,
                          .transaction = transaction,
                          .partition = partition,
                          .value = tables_.value(record.value),
                          .line = line,
                          .is_committed = is_committed});
    }
}

void CycleChecks::judge() {
    judge_own_reads();
    if (tables_.transactions.size() < 2) return;
    const Graph graph(tables_.transactions.size(), edges());
    judge_write_cycles(graph);
    judge_information_cycles(graph);
    judge_anti_dependencies(graph);
}

void CycleChecks::judge_own_reads() {
    for (const Read& read : reads_) {
        findings_.compared();
        const ValueState& value = tables_.values[read.value];
        if (value.transaction != read.transaction) continue;
        findings_.add(Anomaly::precommitted_read,
                      read.is_committed ? Excuse::none : Excuse::read_uncommitted,
                      {value.send_line, read.line}, [&] {
                          return fmt::format("{} polled {}, which it had sent itself",
                                             tables_.text_of_transaction(read.transaction),
                                             tables_.text_of(read.value));
                      });
    }
}

std::vector<Edge> CycleChecks::edges() const {
    std::vector<Edge> edges;
    const auto is_aborted = [&](Id transaction) {
        return tables_.transactions[transaction].fate == Fate::aborted;
    };
    for (const Read& read : reads_) {
        const Id writer = tables_.values[read.value].transaction;
        if (writer == kNone || writer == read.transaction) continue;
        if (is_aborted(writer) || is_aborted(read.transaction)) continue;
        edges.push_back({.from = writer,
                         .to = read.transaction,
                         .kind = read.is_committed ? kWriteRead : kDirtyRead,
                         .why = read.value});
    }
    std::vector<Read> last = last_reads();
    std::erase_if(last, [&](const Read& read) { return is_aborted(read.transaction); });
    for (Id partition = 0; partition < tables_.partitions.size(); ++partition) {
        if (!tables_.partitions[partition]->has_transactions) continue;
        const auto here = std::ranges::equal_range(last, partition, {}, &Read::partition);
        std::vector<Version> versions;
        tables_.partitions[partition]->slots.each([&](std::int64_t offset, const Slot& slot) {
            const Id transaction = tables_.values[slot.value].transaction;
            if (transaction == kNone || is_aborted(transaction)) return;
            if (tables_.transactions[transaction].fate == Fate::unknown) return;
            versions.push_back({offset, transaction, slot.value});
        });
        add_versions(edges, versions, here);
    }
    return edges;
}

void CycleChecks::add_versions(std::vector<Edge>& edges, const std::vector<Version>& versions,
                               std::span<const Read> last_reads) {
    for (std::size_t i = 1; i < versions.size(); ++i) {
        if (versions[i].transaction == versions[i - 1].transaction) continue;
        edges.push_back({.from = versions[i - 1].transaction,
                         .to = versions[i].transaction,
                         .kind = kWriteWrite,
                         .why = versions[i].value});
    }
    for (const Read& read : last_reads) {
        const auto next = std::ranges::upper_bound(versions, read.offset, {}, &Version::offset);
        if (next == versions.end() || next->transaction == read.transaction) continue;
        edges.push_back({.from = read.transaction,
                         .to = next->transaction,
                         .kind = kReadWrite,
                         .why = next->value});
    }
}

/// What each transaction polled last of each partition, by partitions.
std::vector<CycleChecks::Read> CycleChecks::last_reads() const {
    std::vector<Read> last = reads_;
    const auto place = [](const Read& read) {
        return std::tuple(read.partition, read.transaction, -read.offset);
    };
    std::ranges::sort(last, {}, place);
    const auto repeated = std::ranges::unique(
        last, {}, [](const Read& read) { return std::pair(read.partition, read.transaction); });
    last.erase(repeated.begin(), repeated.end());
    return last;
}

void CycleChecks::judge_write_cycles(const Graph& graph) {
    const auto components = graph.components(kWriteWrite);
    for (const std::vector<Id>& members : components.members) {
        const auto edge = edge_inside(graph, components, members, kWriteWrite);
        tell(Anomaly::write_cycle, Excuse::never_promised,
             cycle_through(graph, *edge, kWriteWrite, components));
    }
}

void CycleChecks::judge_information_cycles(const Graph& graph) {
    std::vector<bool> is_told(tables_.transactions.size());
    const auto judge_kinds = [&](EdgeKinds kinds, EdgeKinds has, Excuse excuse) {
        const auto components = graph.components(kinds);
        for (const std::vector<Id>& members : components.members) {
            const bool was_told = std::ranges::any_of(members, [&](Id id) { return is_told[id]; });
            const auto edge = edge_inside(graph, components, members, has);
            if (was_told || !edge) continue;
            tell(Anomaly::information_cycle, excuse,
                 cycle_through(graph, *edge, kinds, components));
            for (const Id id : members) is_told[id] = true;
        }
    };
    judge_kinds(kWriteRead, kWriteRead, Excuse::none);
    judge_kinds(kAnyRead, kDirtyRead, Excuse::read_uncommitted);
    judge_kinds(kInformation, kAnyRead, Excuse::never_promised);
}

void CycleChecks::judge_anti_dependencies(const Graph& graph) {
    const auto all = graph.components(kAll);
    for (const std::vector<Id>& members : all.members) judge_anti_dependency(graph, all, members);
}

void CycleChecks::judge_anti_dependency(const Graph& graph, const Graph::Components& all,
                                        const std::vector<Id>& members) {
    std::optional<Edge> first;
    const std::size_t most = members.size() > kLarge ? 1 : kTried;
    std::size_t tried = 0;
    for (const Id node : members) {
        for (const Edge& edge : graph.edges_from(node)) {
            if (edge.kind != kReadWrite || !all.are_together(edge.from, edge.to)) continue;
            if (!first) first = edge;
            if (tried++ >= most) break;
            const auto cycle = cycle_through(graph, edge, kInformation, all);
            if (cycle.empty()) continue;
            tell(Anomaly::single_anti_dependency, Excuse::never_promised, cycle);
            return;
        }
    }
    if (!first) return;
    tell(Anomaly::anti_dependency_cycle, Excuse::never_promised,
         cycle_through(graph, *first, kAll, all));
}

/// The edge, and the shortest way back by these kinds; empty if there is none.
std::vector<Edge> CycleChecks::cycle_through(const Graph& graph, const Edge& edge, EdgeKinds kinds,
                                             const Graph::Components& inside) const {
    std::vector<Edge> cycle = graph.way(edge.to, edge.from, kinds, inside);
    if (!cycle.empty()) cycle.insert(cycle.begin(), edge);
    return cycle;
}

void CycleChecks::tell(Anomaly anomaly, Excuse excuse, const std::vector<Edge>& cycle) {
    findings_.compared(cycle.size());
    std::vector<Line> evidence;
    for (const Edge& edge : cycle) {
        const ValueState& value = tables_.values[edge.why];
        evidence.push_back(value.send_line);
        if ((edge.kind & kAnyRead) != 0) evidence.push_back(value.read_line);
    }
    findings_.add(anomaly, excuse, std::move(evidence), [&] {
        std::string text = tables_.text_of_transaction(cycle.front().from);
        for (const Edge& edge : cycle) {
            text += fmt::format(" -{} {}-> {}", name_of_kind(edge.kind), tables_.text_of(edge.why),
                                tables_.text_of_transaction(edge.to));
        }
        return text;
    });
}

}  // namespace gregor::scenarios
