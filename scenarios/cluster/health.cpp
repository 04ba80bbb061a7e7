#include "scenarios/cluster/health.h"

#include <algorithm>

#include "scenarios/platter.h"

namespace gregor::scenarios::cluster {
namespace {

using metadata::PartitionState;
using protocol::NodeId;

class Stuck {
public:
    template <class... Args>
    void add(fmt::format_string<Args...> format, Args&&... args) {
        text_ += (text_.empty() ? "" : "; ") + fmt::format(format, std::forward<Args>(args)...);
    }
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string text_;
};

void look_at_nodes(Nodes& nodes, Stuck& stuck) {
    int active = 0;
    for (const ClusterNode& each : nodes.all) {
        if (each.is_absent || each.is_cut_off) continue;
        server::Node* node = each.serving();
        if (node == nullptr) {
            stuck.add("{} does not serve", each.machine->name());
            continue;
        }
        const std::int64_t offset = node->metadata().image_offset().value();
        if (offset < nodes.image_offset()) {
            stuck.add("{} has read the metadata up to {} of {}", each.machine->name(), offset,
                      nodes.image_offset());
        }
        if (node->metadata().controller().is_active()) ++active;
        if (each.is_broker && !nodes.image()->is_active(NodeId(each.id))) {
            stuck.add("broker {} is fenced", each.id);
        }
    }
    if (active != 1) stuck.add("{} controllers are active", active);
}

void look_at_replica(const ClusterNode& node, const std::string& name,
                     const replication::TopicPartition& partition, std::int64_t leader_end,
                     Stuck& stuck) {
    if (node.serving() == nullptr) return;
    const auto hosted = node.serving()->replicas().find(partition);
    if (hosted == nullptr || hosted->log == nullptr || hosted->state.is_offline()) {
        stuck.add("{} is offline on {}", name, node.machine->name());
        return;
    }
    const auto marks = hosted->state.marks();
    if (marks.high_watermark.value() != leader_end || marks.log_end_offset.value() != leader_end) {
        stuck.add("{} on {} ends at {} with high watermark {}, the leader at {}", name,
                  node.machine->name(), marks.log_end_offset.value(), marks.high_watermark.value(),
                  leader_end);
    }
}

void look_at_partition(const Nodes& nodes, const std::string& topic, std::int32_t index,
                       const PartitionState& state, Stuck& stuck) {
    const std::string name = fmt::format("{}-{}", topic, index);
    if (!state.has_leader()) {
        stuck.add("{} has no leader", name);
        return;
    }
    if (state.is_reassigning()) stuck.add("{} is being reassigned", name);
    if (state.isr.size() != state.replicas.size()) {
        stuck.add("{} has {} of {} replicas in sync", name, state.isr.size(),
                  state.replicas.size());
    }
    const server::Node* leading = nodes.node(state.leader).serving();
    if (leading == nullptr) return;
    const auto hosted = nodes.node(state.leader).serving()->replicas().find({topic, index});
    if (hosted == nullptr || !hosted->state.is_leader()) {
        stuck.add("broker {} does not lead {}", state.leader.value(), name);
        return;
    }
    const std::int64_t end = hosted->state.marks().log_end_offset.value();
    for (const NodeId replica : state.replicas) {
        look_at_replica(nodes.node(replica), name, {topic, index}, end, stuck);
    }
    for (const ClusterNode& each : nodes.all) {
        if (!each.is_broker || each.serving() == nullptr || state.is_replica(NodeId(each.id))) {
            continue;
        }
        if (each.serving()->replicas().find({topic, index}) != nullptr) {
            stuck.add("{} holds {} although it is no replica", each.machine->name(), name);
        }
    }
}

}  // namespace

std::string what_is_stuck(Nodes& nodes) {
    nodes.look_at_images();
    if (nodes.image() == nullptr) return "no node has any metadata";
    Stuck stuck;
    look_at_nodes(nodes, stuck);
    for (const auto& [id, topic] : nodes.image()->topics()) {
        for (const auto& [index, state] : topic->partitions) {
            look_at_partition(nodes, topic->name, index.value(), state, stuck);
        }
    }
    return stuck.text();
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
                if (other.batches == first.batches) continue;
                const auto [ours, theirs] =
                    std::mismatch(first.batches.begin(), first.batches.end(), other.batches.begin(),
                                  other.batches.end());
                judge.violated(
                    "R3", "{}: n{} and n{} hold different bytes from offset {} on", name,
                    state.replicas.front().value(), replica.value(),
                    ours != first.batches.end() ? ours->base_offset : theirs->base_offset);
            }
        }
    }
}

}  // namespace gregor::scenarios::cluster
