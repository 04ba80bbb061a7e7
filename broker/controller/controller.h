// Controller: the pure state machine of the cluster's metadata. handle() reads the state and
// decides; apply() of the records is the only thing that changes it. The driver appends what was
// decided, makes it durable, applies it and only then lets the answer go; a replayed log takes the
// same apply().
//
//     request ──handle──> {records, response} ──append, sync──> apply(offset, record) ──> answer
//
// Requests are handled one at a time: each sees the state after the records of the one before. What
// is replicated lives in the loader alone, so a controller may run ahead of what is committed: who
// loses the leadership gives it the committed loader back by restore(). The rest, the sessions of
// brokers, is the active controller's own; become_leader() starts it afresh.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/controller/broker_sessions.h"
#include "broker/controller/controller_config.h"
#include "broker/controller/controller_result.h"
#include "broker/controller/kraft_version.h"
#include "broker/metadata/metadata_loader.h"
#include "broker/protocol/messages/api_versions.h"
#include "broker/protocol/messages/configs.h"
#include "broker/protocol/messages/controller.h"
#include "broker/protocol/messages/log_dirs.h"
#include "broker/protocol/messages/reassignments.h"
#include "broker/protocol/messages/topics.h"
#include "sim/base/random.h"

namespace gregor::controller {

/// A request as the controller handles it, with what it cannot know by itself.
struct ControllerContext {
    std::int64_t now_ms = 0;          // of a clock that never jumps: sessions are measured by it
    protocol::Offset next_offset{0};  // that the first record will get
    std::int16_t request_version = 0;
    /// Of the quorum that this controller leads; nullptr: there is none, as in tests of the core.
    const KRaftVersionView* kraft_version = nullptr;
};

class Controller {
public:
    /// `random` gives topic ids and places replicas; it must outlive the controller.
    Controller(ControllerConfig config, Random& random)
        : config_(std::move(config)),
          random_(random),
          sessions_(config_.broker_session_timeout_ms) {}

    /// From a snapshot, before the log's tail is applied, or back to what is committed.
    void restore(metadata::MetadataLoader loader) { loader_ = std::move(loader); }

    /// See MetadataLoader::apply.
    [[nodiscard]] Result<void, std::string> apply(protocol::Offset offset,
                                                  const metadata::MetadataRecord& record) {
        return loader_.apply(offset, record);
    }
    void skip_to(protocol::Offset next_offset) { loader_.skip_to(next_offset); }

    /// From now on this is the active controller, for which every unfenced broker lives.
    void become_leader(const LeadershipStart& start) { sessions_.start(image(), start); }

    /// What a new cluster begins with, in one metadata transaction: its features (KIP-868).
    [[nodiscard]] std::vector<metadata::VersionedRecord> bootstrap_records() const;
    /// What whoever begins to lead writes first: an end to a transaction that was left open.
    [[nodiscard]] std::vector<metadata::VersionedRecord> activation_records() const;

    [[nodiscard]] ControllerResult<protocol::CreateTopicsResponse> handle(
        const ControllerContext& context, const protocol::CreateTopicsRequest& request);
    [[nodiscard]] ControllerResult<protocol::DeleteTopicsResponse> handle(
        const ControllerContext& context, const protocol::DeleteTopicsRequest& request);
    [[nodiscard]] ControllerResult<protocol::CreatePartitionsResponse> handle(
        const ControllerContext& context, const protocol::CreatePartitionsRequest& request);
    [[nodiscard]] ControllerResult<protocol::IncrementalAlterConfigsResponse> handle(
        const ControllerContext& context, const protocol::IncrementalAlterConfigsRequest& request);
    [[nodiscard]] ControllerResult<protocol::AlterConfigsResponse> handle(
        const ControllerContext& context, const protocol::AlterConfigsRequest& request);
    [[nodiscard]] ControllerResult<protocol::AllocateProducerIdsResponse> handle(
        const ControllerContext& context, const protocol::AllocateProducerIdsRequest& request);
    [[nodiscard]] ControllerResult<protocol::BrokerRegistrationResponse> handle(
        const ControllerContext& context, const protocol::BrokerRegistrationRequest& request);
    [[nodiscard]] ControllerResult<protocol::BrokerHeartbeatResponse> handle(
        const ControllerContext& context, const protocol::BrokerHeartbeatRequest& request);
    [[nodiscard]] ControllerResult<protocol::ControllerRegistrationResponse> handle(
        const ControllerContext& context, const protocol::ControllerRegistrationRequest& request);
    [[nodiscard]] ControllerResult<protocol::UnregisterBrokerResponse> handle(
        const ControllerContext& context, const protocol::UnregisterBrokerRequest& request);
    [[nodiscard]] ControllerResult<protocol::AlterPartitionResponse> handle(
        const ControllerContext& context, const protocol::AlterPartitionRequest& request);
    [[nodiscard]] ControllerResult<protocol::ElectLeadersResponse> handle(
        const ControllerContext& context, const protocol::ElectLeadersRequest& request);
    [[nodiscard]] ControllerResult<protocol::AssignReplicasToDirsResponse> handle(
        const ControllerContext& context, const protocol::AssignReplicasToDirsRequest& request);
    [[nodiscard]] ControllerResult<protocol::AlterPartitionReassignmentsResponse> handle(
        const ControllerContext& context,
        const protocol::AlterPartitionReassignmentsRequest& request);
    [[nodiscard]] ControllerResult<protocol::ListPartitionReassignmentsResponse> handle(
        const ControllerContext& context,
        const protocol::ListPartitionReassignmentsRequest& request);
    [[nodiscard]] ControllerResult<protocol::UpdateFeaturesResponse> handle(
        const ControllerContext& context, const protocol::UpdateFeaturesRequest& request);
    // What the active controller decides by itself. All records of one decision go into one batch,
    // or are a metadata transaction already.

    /// A broker that is known to be gone; nothing if it is fenced.
    [[nodiscard]] std::vector<metadata::VersionedRecord> fence(protocol::NodeId broker) const;
    /// One broker that was not heard of for broker.session.timeout.ms. Apply, and ask again until
    /// there is none: each is decided on the state after the one before.
    [[nodiscard]] std::vector<metadata::VersionedRecord> fence_expired(std::int64_t now_ms) const;
    /// When fence_expired() may next have something to do; nothing: no broker is unfenced.
    [[nodiscard]] std::optional<std::int64_t> next_expiry_ms() const {
        return sessions_.next_expiry_ms(image());
    }
    /// Every leader.imbalance.check.interval.seconds, where auto.leader.rebalance.enable is on.
    [[nodiscard]] std::vector<metadata::VersionedRecord> balance_leaders() const;
    /// Now and then: partitions whose topic has allowed unclean elections since.
    [[nodiscard]] std::vector<metadata::VersionedRecord> elect_unclean_leaders() const;

    /// CHECKs what must hold between two decisions (M4, M8), with the settings in effect.
    void check_invariants() const;

    [[nodiscard]] const metadata::MetadataImage& image() const { return loader_.image(); }
    [[nodiscard]] const metadata::MetadataLoader& loader() const { return loader_; }
    [[nodiscard]] const ControllerConfig& config() const { return config_; }
    [[nodiscard]] const BrokerSessions& sessions() const { return sessions_; }

private:
    /// An atomic result too large for one batch becomes a metadata transaction (M7).
    [[nodiscard]] std::vector<metadata::VersionedRecord> kept_together(
        std::vector<metadata::VersionedRecord> records) const;
    template <class Response>
    [[nodiscard]] ControllerResult<Response> kept_together(ControllerResult<Response> result) const;

    ControllerConfig config_;
    Random& random_;
    metadata::MetadataLoader loader_;
    BrokerSessions sessions_;  // not replicated
};

}  // namespace gregor::controller
