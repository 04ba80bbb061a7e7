// What decides about the leaders of a topic's partitions: the settings in effect for the topic and
// the features of the cluster.
#pragma once

#include <cstdint>
#include <string_view>

#include "broker/controller/controller_config.h"
#include "broker/metadata/image.h"

namespace gregor::controller {

struct ElectionRules {
    bool elr_enabled = false;      // eligible.leader.replicas.version (KIP-966)
    bool unclean_enabled = false;  // unclean.leader.election.enable
    std::int32_t min_isr = 1;      // min.insync.replicas
    std::int16_t metadata_version = 0;
};

[[nodiscard]] ElectionRules election_rules(const metadata::MetadataImage& image,
                                           const ControllerConfig& config, std::string_view topic);

}  // namespace gregor::controller
