// Who leads when brokers come and go: the walks over the partitions that a broker's fate concerns.
// What becomes of each partition is partition_change.h's business.
//
//     broker 1 leaves:   isr 1 2 3, leader 1   →   isr 2 3, leader 2
//                        isr 1,     leader 1   →   isr 1,   leader none     (the last one stays in
//                        the ISR; with eligible leader replicas: isr -, elr 1)
//     broker 1 returns:  isr 1,     no leader  →   isr 1,   leader 1
//
// So a restart of a single node raises every leader epoch by two.
#pragma once

#include <vector>

#include "broker/controller/controller_config.h"
#include "broker/controller/draft.h"
#include "broker/metadata/image.h"

namespace gregor::controller {

/// `broker` may no longer lead and is no copy that counts: it was fenced, is shutting down or is
/// gone.
void take_from_partitions(Draft& draft, const ControllerConfig& config, protocol::NodeId broker);

/// `broker` may lead again, as the draft says already: partitions without a leader may get one.
void return_to_partitions(Draft& draft, const ControllerConfig& config, protocol::NodeId broker);

/// `broker` has lost the ends of its logs: it leaves ISR and ELR of all its partitions (KIP-966).
void take_after_unclean_shutdown(Draft& draft, const ControllerConfig& config,
                                 protocol::NodeId broker);

/// The directories `failed` of `broker` are gone, with the replicas in them (KIP-858).
void take_from_directories(Draft& draft, const ControllerConfig& config, protocol::NodeId broker,
                           const std::vector<protocol::Uuid>& failed);

/// Settings or features that decide about ISR and ELR have changed. `topic` alone, or all if empty.
void review_partitions(Draft& draft, const ControllerConfig& config, std::string_view topic = "");

/// Whether any partition is led by it.
[[nodiscard]] bool leads_any_partition(const metadata::MetadataImage& image,
                                       protocol::NodeId broker);

}  // namespace gregor::controller
