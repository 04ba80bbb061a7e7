#include "scenarios/cluster/watches.h"

#include "scenarios/cluster/deletions.h"
#include "scenarios/cluster/health.h"
#include "scenarios/cluster/tuning.h"

namespace gregor::scenarios::cluster {

using simulated::Fault;
using simulated::FaultKind;
using simulated::Machine;

namespace {

/// A page of metrics costs more than all else that is looked at.
constexpr std::uint64_t kLooksBetweenPages = 8;

ClusterInvariants::Options invariant_options(const simulated::Plan& plan,
                                             const clients::Workload& workload,
                                             const server::Config& config) {
    const log::LogConfig& defaults = *config.topic_defaults();
    ClusterInvariants::Options options;
    if (workload.optional_setting("delete_records") == 0) {
        options.retention =
            Retention{.ms = defaults.retention_ms, .bytes = defaults.retention_bytes};
    }
    // Half of it passes between two looks of a leader, and clocks drift.
    options.lag_bound = 2 * config.milliseconds("replica.lag.time.max.ms") + 1s;
    options.do_producers_expire = plan.broker.contains("producer.id.expiration.ms");
    return options;
}

}  // namespace

Watches::Watches(const simulated::Plan& plan, simulated::World& world, clients::Workload& workload,
                 Nodes& nodes, const server::Config& config)
    : judge_(workload.judge),
      world_(world),
      workload_(workload),
      nodes_(nodes),
      atlas_(workload, nodes),
      observer_(judge_, invariant_options(plan, workload, config)),
      interview_(workload, nodes, observer_),
      inquiry_(workload, nodes),
      running_metrics_(judge_, nodes),
      acknowledgements_(judge_, nodes, observer_),
      groups_(judge_),
      transactions_(judge_),
      reassignments_(workload, nodes),
      livelocks_(world, judge_, nodes),
      orderly_stops_(plan, judge_, nodes),
      metadata_answers_(judge_, nodes),
      failovers_(workload, nodes, config) {}

void Watches::begin() {
    world_.watch("image_published", [this] {
        atlas_.image_published();
        reassignments_.image_published();
        livelocks_.image_published();
        metadata_answers_.image_published();
    });
    world_.watch("role_changed", [this] { ++elections_; });
    world_.watch("replica_moved", [this] { ++moves_; });
    world_.watch("log_directory_failed", [this] { ++failed_directories_; });
    world_.watch("metadata_leader_elected", [this] { ++elections_; });
    world_.watch("log_start_advanced", [this] { note_log_starts(nodes_, workload_); });
    world_.watch("segment_deleted", [this] { ++segments_deleted_; });
    workload_.metadata_asked = [this](std::size_t broker) {
        const protocol::NodeId id(static_cast<std::int32_t>(broker + 1));
        return [this, question = metadata_answers_.ask(id)](const auto& answer) {
            metadata_answers_.judge(question, answer);
        };
    };
    workload_.send_asked = [this](const clients::PartitionUnderTest& partition,
                                  std::size_t broker) {
        return [this, question = acknowledgements_.ask(partition, broker)](
                   std::int16_t acks, std::int64_t last_offset) {
            acknowledgements_.judge(question, acks, last_offset);
        };
    };
    workload_.low_watermark_answered = [this](const clients::PartitionUnderTest& partition,
                                              std::int64_t low_watermark) {
        check_low_watermark(nodes_, judge_, partition, low_watermark);
    };
    observer_.watch(world_, [this](Machine& machine) -> server::Node* {
        const ClusterNode* node = nodes_.find(machine);
        return node == nullptr ? nullptr : node->running();
    });
}

void Watches::look() {
    observer_.observe();
    failovers_.look();
    nodes_.look_at_images();
    orderly_stops_.look();
    std::vector<WatchedNode> watched;
    for (const ClusterNode& each : nodes_.all) {
        server::Node* node = each.serving();
        if (node == nullptr) continue;
        simulated::SimClock& clock = each.machine->clock();
        watched.push_back({.node = node,
                           .now = clock.now(),
                           .starts = each.machine->starts(),
                           .wall_ms = to_epoch_ms(clock.wall())});
        if (!each.is_broker) continue;
        node->replicas().check_invariants();
        judge_.compared();
    }
    check_waiting_sends(nodes_, judge_);
    check_settings(nodes_, judge_);
    if (++looks_ % kLooksBetweenPages == 0) running_metrics_.look();
    groups_.observe(watched);
    transactions_.observe(watched, observer_.view());
}

void Watches::before(const Fault& fault, const ClusterNode* node) {
    failovers_.before(fault, node);
    if (fault.kind == FaultKind::power_loss) atlas_.losing_power(*node);
}

void Watches::after(const Fault& fault, const ClusterNode* node) {
    if (fault.kind != FaultKind::power_loss) return;
    atlas_.lost_power(*node);
    observer_.observe();  // what a second loss takes is another excuse
}

void Watches::add_counts(std::map<std::string, std::uint64_t>& counts) const {
    counts["observations"] = observer_.observations();
    counts["elections"] = elections_;
    counts["reassignments_completed"] = reassignments_.completed();
    counts["reassignments_cancelled"] = reassignments_.cancelled();
    counts["replicas_moved"] = moves_;
    counts["log_directories_failed"] = failed_directories_;
    counts["segments_deleted"] = segments_deleted_;
    counts["controllers_elected_after_heal"] = livelocks_.counts().controller_elections;
    counts["leaders_elected_after_heal"] = livelocks_.counts().partition_elections;
    counts["truncations_after_heal"] = livelocks_.counts().truncations;
    counts["failovers_timed"] = failovers_.timed();
    counts["failovers_ms"] = static_cast<std::uint64_t>(failovers_.taken() / 1ms);
}

}  // namespace gregor::scenarios::cluster
