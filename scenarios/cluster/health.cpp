#include "scenarios/cluster/health.h"

#include <algorithm>
#include <array>

#include "scenarios/platter.h"

namespace gregor::scenarios::cluster {
namespace {

using metadata::PartitionState;
using protocol::NodeId;

class Findings {
public:
    template <class... Args>
    void add(std::string_view invariant, fmt::format_string<Args...> format, Args&&... args) {
        stuck_.text +=
            (stuck_.text.empty() ? "" : "; ") + fmt::format(format, std::forward<Args>(args)...);
        const auto place = std::ranges::find(kOrder, invariant);
        first_ = std::min(first_, static_cast<std::size_t>(place - kOrder.begin()));
    }
    [[nodiscard]] Stuck result() && {
        if (!stuck_.text.empty()) stuck_.invariant = kOrder.at(first_);
        return std::move(stuck_);
    }

private:
    /// What the one after waits for.
    static constexpr std::array<std::string_view, 4> kOrder{"V4", "V1", "V2", "V7"};

    Stuck stuck_;
    std::size_t first_ = kOrder.size();
};

void look_at_nodes(Nodes& nodes, Findings& stuck) {
    int active = 0;
    for (const ClusterNode& each : nodes.all) {
        if (each.is_absent || each.is_cut_off) continue;
        server::Node* node = each.serving();
        if (node == nullptr) {
            stuck.add("V4", "{} does not serve", each.machine->name());
            continue;
        }
        const std::int64_t offset = node->metadata().image_offset().value();
        if (offset < nodes.image_offset()) {
            stuck.add("V4", "{} has read the metadata up to {} of {}", each.machine->name(), offset,
                      nodes.image_offset());
        }
        if (node->metadata().controller().is_active()) ++active;
        if (each.is_broker && !nodes.image()->is_active(NodeId(each.id))) {
            stuck.add("V4", "broker {} is fenced", each.id);
        }
    }
    if (active != 1) stuck.add("V4", "{} controllers are active", active);
}

void look_at_replica(const ClusterNode& node, const std::string& name,
                     const replication::TopicPartition& partition, std::int64_t leader_end,
                     Findings& stuck) {
    if (node.serving() == nullptr) return;
    const auto hosted = node.serving()->replicas().find(partition);
    if (hosted == nullptr || hosted->log == nullptr || hosted->state.is_offline()) {
        stuck.add("V2", "{} is offline on {}", name, node.machine->name());
        return;
    }
    const auto marks = hosted->state.marks();
    // What waits for its sync is on the disk already, and nowhere else yet.
    if (hosted->log->next_offset() > marks.log_end_offset) {
        stuck.add("V2", "{} on {} is being written to", name, node.machine->name());
    }
    if (marks.high_watermark.value() != leader_end || marks.log_end_offset.value() != leader_end) {
        stuck.add("V2", "{} on {} ends at {} with high watermark {}, the leader at {}", name,
                  node.machine->name(), marks.log_end_offset.value(), marks.high_watermark.value(),
                  leader_end);
    }
}

/// KIP-858: the controller knows in which of a broker's log directories a replica lies, or it could
/// not tell what fails with one of them.
void look_at_directory(const ClusterNode& node, const std::string& name,
                       const replication::TopicPartition& partition, const PartitionState& state,
                       Findings& stuck) {
    if (node.serving() == nullptr) return;
    const log::LogManager& logs = node.serving()->replicas().logs();
    if (logs.folders().size() == 1 || logs.find(partition) == nullptr) return;
    const std::size_t folder = logs.folder_of(partition);
    if (state.directory_of(NodeId(node.id)) == logs.directory_id(folder)) return;
    stuck.add("V7", "the controller does not know that {} on {} lies in {}", name,
              node.machine->name(), logs.folders()[folder]);
}

void look_at_partition(const Nodes& nodes, const std::string& topic, std::int32_t index,
                       const PartitionState& state, Findings& stuck) {
    const std::string name = fmt::format("{}-{}", topic, index);
    if (!state.has_leader()) {
        stuck.add("V1", "{} has no leader", name);
        return;
    }
    if (state.is_reassigning()) stuck.add("V2", "{} is being reassigned", name);
    if (state.isr.size() != state.replicas.size()) {
        stuck.add("V2", "{} has {} of {} replicas in sync", name, state.isr.size(),
                  state.replicas.size());
    }
    const server::Node* leading = nodes.node(state.leader).serving();
    if (leading == nullptr) return;
    const auto hosted = nodes.node(state.leader).serving()->replicas().find({topic, index});
    if (hosted == nullptr || !hosted->state.is_leader()) {
        stuck.add("V1", "broker {} does not lead {}", state.leader.value(), name);
        return;
    }
    const std::int64_t end = hosted->state.marks().log_end_offset.value();
    for (const NodeId replica : state.replicas) {
        look_at_replica(nodes.node(replica), name, {topic, index}, end, stuck);
        look_at_directory(nodes.node(replica), name, {topic, index}, state, stuck);
    }
    for (const ClusterNode& each : nodes.all) {
        if (!each.is_broker || each.serving() == nullptr || state.is_replica(NodeId(each.id))) {
            continue;
        }
        if (each.serving()->replicas().find({topic, index}) != nullptr) {
            stuck.add("V2", "{} holds {} although it is no replica", each.machine->name(), name);
        }
    }
}

}  // namespace

Stuck what_is_stuck(Nodes& nodes) {
    nodes.look_at_images();
    if (nodes.image() == nullptr) return {"V4", "no node has any metadata"};
    Findings stuck;
    look_at_nodes(nodes, stuck);
    for (const auto& [id, topic] : nodes.image()->topics()) {
        for (const auto& [index, state] : topic->partitions) {
            look_at_partition(nodes, topic->name, index.value(), state, stuck);
        }
    }
    return std::move(stuck).result();
}

void check_waiting_sends(const Nodes& nodes, Judge& judge) {
    for (const ClusterNode& each : nodes.all) {
        server::Node* const node = each.serving();
        if (node == nullptr || !each.is_broker) continue;
        for (const replication::HostedRef& hosted : node->replicas().hosted()) {
            if (hosted->state.is_leader() ||
                !hosted->watchers->is_watched(replication::Mark::high_watermark)) {
                continue;
            }
            judge.violated("V3", "{} on {}: a send waits, and another broker leads",
                           hosted->partition, each.machine->name());
        }
    }
}

Stuck who_does_not_lead_again(Nodes& nodes) {
    nodes.look_at_images();
    Findings stuck;
    for (const auto& [id, topic] : nodes.image()->topics()) {
        for (const auto& [index, state] : topic->partitions) {
            if (state.leader == state.replicas.front()) continue;
            stuck.add("V1", "{}-{} is led by broker {}, and {} is the preferred one", topic->name,
                      index, state.leader, state.replicas.front());
        }
    }
    return std::move(stuck).result();
}

Stuck what_is_undecided(const Nodes& nodes) {
    std::string text;
    const auto add = [&text](std::string what) {
        text += (text.empty() ? "" : "; ") + std::move(what);
    };
    for (const auto& [id, topic] : nodes.image()->topics()) {
        for (const auto& [index, state] : topic->partitions) {
            server::Node* const leading =
                state.has_leader() ? nodes.node(state.leader).serving() : nullptr;
            const auto hosted = leading == nullptr
                                    ? nullptr
                                    : leading->replicas().find({topic->name, index.value()});
            if (hosted == nullptr || hosted->log == nullptr) continue;
            const auto marks = hosted->log_marks();
            if (marks.last_stable_offset >= marks.high_watermark) continue;
            add(fmt::format("{}-{} is stable up to {} of {}", topic->name, index,
                            marks.last_stable_offset, marks.high_watermark));
        }
    }
    for (const ClusterNode& each : nodes.all) {
        server::Node* const node = each.serving();
        if (node == nullptr || node->find_transactions() == nullptr) continue;
        const auto& driver = node->find_transactions()->driver();
        for (const auto partition : driver.partitions()) {
            const auto* const machine = driver.find_machine(partition);
            if (machine == nullptr) continue;
            for (const auto& [id, metadata] : machine->transactions()) {
                if (metadata.partitions.empty()) continue;
                add(fmt::format("the transaction of {} is {} on {}", id, name(metadata.state),
                                each.machine->name()));
            }
        }
    }
    return {"T4", text};
}

void compare_disks(const Nodes& nodes, Judge& judge) {
    std::map<std::int32_t, std::map<std::string, PartitionOnDisk>> disks;
    for (const ClusterNode& each : nodes.all) {
        disks[each.id] = read_partitions(*each.machine->disk().store);
    }
    for (const auto& [id, topic] : nodes.image()->topics()) {
        for (const auto& [index, state] : topic->partitions) {
            const std::string name = fmt::format("{}-{}", topic->name, index.value());
            const PartitionOnDisk& first = disks[state.replicas.front().value()][name];
            for (const NodeId replica : state.replicas) {
                const PartitionOnDisk& other = disks[replica.value()][name];
                judge.compared();
                if (!other.damage.empty()) {
                    judge.violated("L1", "{} on n{}: {}", name, replica.value(), other.damage);
                }
                if (!other.epoch_fall.empty()) {
                    judge.violated("L2", "{} on n{}: {}", name, replica.value(), other.epoch_fall);
                }
                // What was deleted need not be gone from every file.
                const std::int64_t start = std::max(first.log_start, other.log_start);
                const auto ours = first.from(start);
                const auto theirs = other.from(start);
                const auto [at, there] = std::ranges::mismatch(ours, theirs);
                if (at == ours.end() && there == theirs.end()) continue;
                judge.violated("R3", "{}: n{} and n{} hold different bytes from offset {} on", name,
                               state.replicas.front().value(), replica.value(),
                               at != ours.end() ? at->base_offset : there->base_offset);
            }
        }
    }
}

}  // namespace gregor::scenarios::cluster
