#include "broker/controller/elr_feature.h"

#include <fmt/format.h>

#include "broker/controller/partition_leadership.h"
#include "broker/controller/topic_configs.h"

namespace gregor::controller {
namespace {

using metadata::ConfigResource;
using metadata::ConfigResourceType;
using metadata::MetadataImage;
using metadata::PartitionState;

constexpr std::string_view kMinIsr = "min.insync.replicas";

void set_min_isr(Draft& draft, const std::string& broker, std::optional<std::string> value) {
    draft.add(protocol::ConfigRecord{
        .resource_type = static_cast<std::int8_t>(ConfigResourceType::broker),
        .resource_name = broker,
        .name = std::string(kMinIsr),
        .value = std::move(value)});
}

/// The ISR without a feature that knows more.
protocol::PartitionChangeRecord without_elr(const PartitionState& state) {
    protocol::PartitionChangeRecord record;
    if (state.isr.empty()) record.isr = state.elr;
    if (!state.elr.empty()) record.eligible_leader_replicas.emplace();
    if (!state.last_known_elr.empty()) record.last_known_elr.emplace();
    return record;
}

}  // namespace

void prepare_elr(Draft& draft, const ControllerConfig& config) {
    const MetadataImage base = draft.image();
    const metadata::ConfigMap no_topic;
    const metadata::ConfigMap& cluster =
        base.configs_of({ConfigResourceType::broker, std::string()});
    if (!cluster.contains(std::string(kMinIsr))) {
        const ConfigLayers layers{.topic = no_topic,
                                  .broker = no_topic,
                                  .default_broker = no_topic,
                                  .static_broker = config.static_configs};
        set_min_isr(draft, "", effective_topic_value(layers, kMinIsr));
    }
    for (const auto& [resource, values] : base.configs()) {
        if (resource.type != ConfigResourceType::broker || resource.name.empty()) continue;
        if (values.contains(std::string(kMinIsr))) set_min_isr(draft, resource.name, std::nullopt);
    }
    review_partitions(draft, config);
}

std::optional<ApiError> give_up_elr(Draft& draft) {
    const MetadataImage base = draft.image();
    for (const auto& [id, topic] : base.topics()) {
        for (const auto& [partition, state] : topic->partitions) {
            if (state.isr.empty() && state.elr.empty()) {
                return ApiError{ErrorCode::feature_update_failed,
                                fmt::format("Nobody in ISR or ELR of {}-{}: elect a leader first.",
                                            topic->name, partition)};
            }
            if (state.elr.empty() && state.last_known_elr.empty()) continue;
            protocol::PartitionChangeRecord record = without_elr(state);
            record.topic_id = id;
            record.partition_id = partition;
            draft.add(std::move(record));
        }
    }
    draft.add(protocol::FeatureLevelRecord{.name = std::string(metadata::kElrFeature),
                                           .feature_level = 0});
    return std::nullopt;
}

}  // namespace gregor::controller
