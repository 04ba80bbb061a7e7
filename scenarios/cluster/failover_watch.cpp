#include "scenarios/cluster/failover_watch.h"

#include <algorithm>

namespace gregor::scenarios::cluster {
namespace {

using clients::PartitionUnderTest;
using metadata::PartitionState;
using protocol::NodeId;
using simulated::Fault;
using simulated::FaultKind;
using simulated::Plan;

/// For all that takes no timeout; clients ask the dead broker, too, each time its turn comes.
constexpr Duration kWork = 1500ms;

/// Faults that end when their duration has passed, twice for those that begin late; a disk may fail
/// at any time later, and clocks stretch the timeouts.
bool is_of_known_length(FaultKind kind) {
    return !simulated::shape_of(kind).path && kind != FaultKind::clock_drift &&
           kind != FaultKind::clock_step;
}

std::int64_t min_isr_of(const Plan& plan) {
    const auto it = plan.broker.find("min.insync.replicas");
    return it == plan.broker.end() ? 1 : std::stoll(it->second);
}

/// What an administrator does may take leaders away, too.
bool can_be_judged(const Plan& plan) {
    return plan.operations.empty() && std::ranges::all_of(plan.faults, [](const Fault& fault) {
               return is_of_known_length(fault.kind);
           });
}

}  // namespace

FailoverWatch::FailoverWatch(clients::Workload& workload, Nodes& nodes,
                             const server::Config& config)
    : workload_(workload),
      nodes_(nodes),
      is_judged_(can_be_judged(workload.plan)),
      session_(config.milliseconds("broker.session.timeout.ms")),
      fetch_timeout_(config.milliseconds("controller.quorum.fetch.timeout.ms")),
      election_(config.milliseconds("controller.quorum.election.timeout.ms") +
                config.milliseconds("controller.quorum.election.backoff.max.ms")),
      min_isr_(min_isr_of(workload.plan)) {}

void FailoverWatch::before(const Fault& fault, const ClusterNode* node) {
    if (!is_judged_) return;
    const Instant now = workload_.judge.now();
    give_up();
    if (fault.kind == FaultKind::kill && node != nullptr && is_whole(*node, now)) begin(*node, now);
    // Connections that a cut has swallowed are noticed by their own timeouts.
    const auto& network = workload_.plan.network;
    troubled_until_ = std::max(
        troubled_until_, now + 2 * fault.duration + network.tcp_timeout + network.connect_timeout);
}

bool FailoverWatch::is_whole(const ClusterNode& node, Instant now) {
    if (now < troubled_until_ || !workload_.topics_made || node.serving() == nullptr) return false;
    nodes_.look_at_images();
    if (nodes_.image() == nullptr || !is_controller_whole()) return false;
    for (const ClusterNode& each : nodes_.all) {
        if (each.serving() == nullptr) return false;
        if (each.is_broker && !nodes_.image()->is_active(NodeId(each.id))) return false;
    }
    for (const PartitionUnderTest& partition : workload_.partitions) {
        const PartitionState* state = nodes_.partition(partition.topic, partition.index);
        if (state == nullptr || !state->has_leader()) return false;
        if (state->isr.size() != state->replicas.size()) return false;
        if (std::ssize(state->isr) <= min_isr_) return false;
    }
    return true;
}

/// One is active, and the quorum can lose a voter.
bool FailoverWatch::is_controller_whole() const {
    std::int64_t active = 0;
    std::int64_t voters = 0;
    for (const ClusterNode& each : nodes_.all) {
        if (!each.is_controller || each.serving() == nullptr) continue;
        ++voters;
        if (each.serving()->metadata().controller().is_active()) ++active;
    }
    return active == 1 && voters >= 3;
}

std::int64_t FailoverWatch::quorum_epoch() const {
    std::int64_t epoch = 0;
    for (const ClusterNode& each : nodes_.all) {
        if (each.serving() == nullptr) continue;
        epoch =
            std::max<std::int64_t>(epoch, each.serving()->metadata().raft().leader().epoch.value());
    }
    return epoch;
}

Duration FailoverWatch::lost_elections() const {
    return std::max<std::int64_t>(quorum_epoch() - first_epoch_ - 1, 0) * election_;
}

void FailoverWatch::begin(const ClusterNode& node, Instant now) {
    first_epoch_ = quorum_epoch();
    const bool has_controller =
        node.is_controller && node.serving()->metadata().controller().is_active();
    bound_ = session_;
    if (has_controller) {
        bound_ = std::max(session_, fetch_timeout_ * 21 / 20 + session_ / 3);
    }
    bound_ += kWork;
    who_ =
        fmt::format("{}{}", node.machine->name(), has_controller ? ", the active controller" : "");
    for (PartitionUnderTest& partition : workload_.partitions) {
        const PartitionState* state = nodes_.partition(partition.topic, partition.index);
        if (state->leader != NodeId(node.id)) continue;
        partition.outage = clients::Outage{.since = now};
        is_timing_ = true;
    }
}

void FailoverWatch::give_up() {
    if (!is_timing_) return;
    is_timing_ = false;
    for (PartitionUnderTest& partition : workload_.partitions) partition.outage.reset();
}

void FailoverWatch::look() {
    if (!is_timing_) return;
    const Instant now = workload_.judge.now();
    bool are_over = true;
    for (PartitionUnderTest& partition : workload_.partitions) {
        if (!partition.outage) continue;
        if (is_over(partition, now)) {
            partition.outage.reset();
        } else {
            are_over = false;
        }
    }
    if (are_over) is_timing_ = false;
}

bool FailoverWatch::is_over(PartitionUnderTest& partition, Instant now) {
    const clients::Outage& outage = *partition.outage;
    if (!outage.wanted) return false;
    const Instant bound =
        std::max(outage.since + bound_ + lost_elections(), *outage.wanted + kWork);
    const Instant end = outage.acknowledged.value_or(now);
    if (end > bound) {
        const auto after = [&](Instant instant) {
            return std::chrono::floor<std::chrono::milliseconds>(instant - outage.since).count();
        };
        workload_.judge.violated(
            "V1",
            "{}: no send with acks=all was acknowledged within {} ms after the end of {}, which "
            "led it; {}",
            partition.history->name(), after(bound), who_,
            outage.acknowledged ? fmt::format("the first one after {} ms", after(end))
                                : "none yet");
        return true;
    }
    if (!outage.acknowledged) return false;
    workload_.judge.compared();
    if (*outage.wanted <= outage.since + session_ / 2) {
        ++timed_;
        taken_ += end - outage.since;
    }
    return true;
}

}  // namespace gregor::scenarios::cluster
