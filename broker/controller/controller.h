// Controller: the pure state machine of the cluster's metadata. handle() reads the state and
// decides; apply() of the records is the only thing that changes it. The driver appends what was
// decided, makes it durable, applies it and only then lets the answer go; a replayed log takes the
// same apply().
//
//     request ──handle──> {records, response} ──append, sync──> apply(offset, record) ──> answer
//
// Requests are handled one at a time: each sees the state after the records of the one before.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/controller/controller_config.h"
#include "broker/controller/controller_result.h"
#include "broker/metadata/metadata_loader.h"
#include "broker/protocol/messages/configs.h"
#include "broker/protocol/messages/controller.h"
#include "broker/protocol/messages/topics.h"
#include "sim/base/random.h"

namespace gregor::controller {

/// A request as the controller handles it, with what it cannot know by itself.
struct ControllerContext {
    std::int64_t now_ms = 0;          // wall time
    protocol::Offset next_offset{0};  // that the first record will get
    std::int16_t request_version = 0;
};

class Controller {
public:
    /// `random` gives topic ids and places replicas; it must outlive the controller.
    Controller(ControllerConfig config, Random& random)
        : config_(std::move(config)), random_(random) {}

    /// From a snapshot, before the log's tail is applied.
    void restore(metadata::MetadataLoader loader) { loader_ = std::move(loader); }

    /// See MetadataLoader::apply.
    [[nodiscard]] Result<void, std::string> apply(protocol::Offset offset,
                                                  const metadata::MetadataRecord& record) {
        return loader_.apply(offset, record);
    }
    void skip_to(protocol::Offset next_offset) { loader_.skip_to(next_offset); }

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
    /// A broker that is not heard of any more.
    [[nodiscard]] std::vector<metadata::VersionedRecord> fence(protocol::NodeId broker) const;

    [[nodiscard]] const metadata::MetadataImage& image() const { return loader_.image(); }
    [[nodiscard]] const metadata::MetadataLoader& loader() const { return loader_; }
    [[nodiscard]] const ControllerConfig& config() const { return config_; }

private:
    ControllerConfig config_;
    Random& random_;
    metadata::MetadataLoader loader_;
};

}  // namespace gregor::controller
