// The page's section about this node's part in the metadata quorum.
#include <variant>

#include "broker/server/metrics/sections.h"

namespace gregor::server {
namespace {

using metrics::MetricType;

/// Kafka's names of what a member of the quorum may be.
std::string_view state_name(const raft::Raft& core) {
    struct Name {
        std::string_view operator()(const raft::Unattached& role) const {
            return role.voted ? "unattached-voted" : "unattached";
        }
        std::string_view operator()(const raft::Prospective&) const { return "prospective"; }
        std::string_view operator()(const raft::Candidate&) const { return "candidate"; }
        std::string_view operator()(const raft::Follower&) const {
            return is_voter ? "follower" : "observer";
        }
        std::string_view operator()(const raft::Leader&) const { return "leader"; }
        std::string_view operator()(const raft::Resigned&) const { return "resigned"; }
        bool is_voter;
    };
    return std::visit(Name{.is_voter = core.is_voter()}, core.role());
}

}  // namespace

void show_quorum(metrics::Exposition& page, const drivers::ClusterMetadata& metadata) {
    const drivers::RaftDriver& driver = metadata.raft();
    if (!driver.has_started()) return;
    const raft::Raft& core = driver.core();
    page.begin("kafka_server_raftmetrics_current_state", MetricType::gauge,
               "1, with this node's part in the metadata quorum as the label.");
    page.sample({{"current_state", state_name(core)}}, std::int64_t{1});
    const std::optional<raft::ReplicaKey>& voted = core.quorum_state().voted;
    page.gauge("kafka_server_raftmetrics_current_leader", "The leader's id, -1 if it is not known.",
               core.leader_id().value());
    page.gauge("kafka_server_raftmetrics_current_vote",
               "Whom this node voted for in the epoch, or -1.", voted ? voted->id.value() : -1);
    page.gauge("kafka_server_raftmetrics_current_epoch", "The quorum's epoch.",
               core.epoch().value());
    page.gauge("kafka_server_raftmetrics_high_watermark",
               "Below it the metadata log is committed, as far as this node's log holds it.",
               driver.high_watermark().value());
    page.gauge("kafka_server_raftmetrics_log_end_offset", "Where this node's metadata log ends.",
               core.end_offset().value());
    page.gauge("kafka_server_brokermetadatametrics_last_applied_record_offset",
               "Of the newest record in the published image.", metadata.image_offset().value() - 1);
}

}  // namespace gregor::server
