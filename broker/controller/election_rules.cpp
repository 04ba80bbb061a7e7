#include "broker/controller/election_rules.h"

#include <charconv>

#include "broker/controller/topic_configs.h"

namespace gregor::controller {

ElectionRules election_rules(const metadata::MetadataImage& image, const ControllerConfig& config,
                             std::string_view topic) {
    const ConfigLayers layers = layers_of(image, config, topic);
    ElectionRules rules{.elr_enabled = image.is_elr_enabled(),
                        .metadata_version = image.metadata_version()};
    rules.unclean_enabled =
        effective_topic_value(layers, "unclean.leader.election.enable") == "true";
    const std::string min_isr = effective_topic_value(layers, "min.insync.replicas");
    std::from_chars(min_isr.data(), min_isr.data() + min_isr.size(), rules.min_isr);
    return rules;
}

}  // namespace gregor::controller
