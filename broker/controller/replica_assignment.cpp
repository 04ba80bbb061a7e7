#include "broker/controller/replica_assignment.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/base/planted.h"

namespace gregor::controller {
namespace {

using metadata::MetadataImage;
using protocol::NodeId;

ApiError bad_assignment(std::string what) {
    return {ErrorCode::invalid_replica_assignment,
            "The manual partition assignment includes " + std::move(what)};
}

}  // namespace

protocol::Uuid default_directory(const MetadataImage& image, NodeId broker) {
    const metadata::BrokerImage* registration = image.find_broker(broker);
    if (registration == nullptr) return metadata::kMigratingDirectory;
    if (registration->log_dirs.empty()) return metadata::kMigratingDirectory;
    if (registration->log_dirs.size() == 1) return registration->log_dirs.front();
    return metadata::kUnassignedDirectory;
}

std::vector<UsableBroker> usable_brokers(const MetadataImage& image) {
    std::vector<UsableBroker> brokers;
    for (const auto& [id, registration] : image.brokers()) {
        brokers.push_back({.id = id, .rack = registration.rack, .fenced = !image.is_active(id)});
    }
    return brokers;
}

std::optional<ApiError> find_assignment_fault(const MetadataImage& image, const Replicas& replicas,
                                              std::optional<std::size_t> expected) {
    if (replicas.empty()) return bad_assignment("an empty replica list.");
    Replicas sorted = replicas;
    std::ranges::sort(sorted);
    if (const auto twice = std::ranges::adjacent_find(sorted); twice != sorted.end()) {
        return bad_assignment(fmt::format("the broker {} more than once.", *twice));
    }
    for (const NodeId broker : sorted) {
        if (image.find_broker(broker) != nullptr) continue;
        return bad_assignment(fmt::format("broker {}, but no such broker is registered.", broker));
    }
    if (expected && replicas.size() != *expected) {
        return bad_assignment(
            fmt::format("a partition with {} replica(s), but this is not consistent "
                        "with previous partitions, which have {} replica(s).",
                        replicas.size(), *expected));
    }
    return std::nullopt;
}

std::optional<protocol::PartitionRecord> new_partition(const MetadataImage& image,
                                                       const protocol::TopicId& topic,
                                                       protocol::PartitionId partition,
                                                       const Replicas& replicas) {
    Replicas isr;
    std::ranges::copy_if(replicas, std::back_inserter(isr), [&](NodeId broker) {
        return image.is_active(broker) || PLANTED(b12_fenced_broker_in_isr);
    });
    if (isr.empty()) return std::nullopt;
    protocol::PartitionRecord record{.partition_id = partition,
                                     .topic_id = topic,
                                     .replicas = replicas,
                                     .isr = isr,
                                     .leader = isr.front(),
                                     .leader_epoch = protocol::LeaderEpoch(0),
                                     .partition_epoch = 0};
    for (const NodeId broker : replicas) {
        record.directories.push_back(default_directory(image, broker));
    }
    return record;
}

}  // namespace gregor::controller
