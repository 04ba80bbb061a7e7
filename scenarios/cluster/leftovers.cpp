#include "scenarios/cluster/leftovers.h"

#include <algorithm>
#include <array>
#include <optional>

#include "broker/protocol/records/batch_header.h"
#include "scenarios/platter.h"

namespace gregor::scenarios::cluster {
namespace {

/// What the attributes of a client's batch must say; nothing: whatever its client has chosen.
struct Formats {
    std::optional<std::int16_t> codec;
    std::optional<bool> is_append_time;
};

Formats formats_of(const simulated::Plan& plan) {
    Formats formats;
    constexpr std::array<std::string_view, 5> kCodecs{"uncompressed", "gzip", "snappy", "lz4",
                                                      "zstd"};
    if (const auto set = plan.broker.find("compression.type"); set != plan.broker.end()) {
        const auto place = std::ranges::find(kCodecs, set->second);
        if (place != kCodecs.end()) {
            formats.codec = static_cast<std::int16_t>(place - kCodecs.begin());
        }
    }
    if (const auto set = plan.broker.find("log.message.timestamp.type"); set != plan.broker.end()) {
        formats.is_append_time = set->second == "LogAppendTime";
    }
    return formats;
}

void check_partition(const ClusterNode& node, const std::string& name, const PartitionOnDisk& disk,
                     const Formats& formats, Judge& judge) {
    constexpr std::int16_t kCodecBits = 7;
    constexpr std::int16_t kAppendTimeBit = 1 << 3;
    constexpr std::int16_t kControlBit = 1 << 5;
    for (const PartitionOnDisk::Batch& batch : disk.batches) {
        if ((batch.attributes & kControlBit) != 0) continue;
        const std::int16_t codec = batch.attributes & kCodecBits;
        const bool is_append_time = (batch.attributes & kAppendTimeBit) != 0;
        judge.compared();
        if (codec == formats.codec.value_or(codec) &&
            is_append_time == formats.is_append_time.value_or(is_append_time)) {
            continue;
        }
        judge.violated("L7",
                       "{} on {}: the batch at {} has the codec {} and {} time, unlike what "
                       "the topic's settings say",
                       name, node.machine->name(), batch.base_offset, codec,
                       is_append_time ? "the log's" : "its producer's");
        return;
    }
}

/// The metadata log has a delay of its own, longer than runs are; strays are the operator's.
bool is_left_on_purpose(std::string_view path) {
    return path.find("/__cluster_metadata-0/") != std::string_view::npos ||
           path.find("-stray/") != std::string_view::npos;
}

}  // namespace

Stuck what_is_left_of_the_deleted(const Nodes& nodes) {
    for (const ClusterNode& each : nodes.all) {
        if (each.is_absent) continue;
        for (const auto& [path, file] : each.machine->disk().store->files()) {
            if (is_left_on_purpose(path)) continue;
            if (path.ends_with(".deleted") || path.find("-delete/") != std::string::npos) {
                return {"V7", fmt::format("{} still has {}", each.machine->name(), path)};
            }
        }
    }
    return {};
}

Stuck what_nobody_hosts(const Nodes& nodes) {
    for (const ClusterNode& each : nodes.all) {
        server::Node* node = each.is_broker ? each.serving() : nullptr;
        if (node == nullptr) continue;
        for (const log::TopicPartition& partition : node->replicas().logs().partitions()) {
            if (node->replicas().find(partition) != nullptr) continue;
            return {"V7", fmt::format("{} has the log of {}, and does not host it",
                                      each.machine->name(), partition)};
        }
    }
    return {};
}

void check_formats(const Nodes& nodes, const simulated::Plan& plan, Judge& judge) {
    const Formats formats = formats_of(plan);
    if (!formats.codec && !formats.is_append_time) return;
    for (const ClusterNode& each : nodes.all) {
        for (const auto& [name, disk] : read_partitions(*each.machine->disk().store)) {
            if (name.starts_with("__")) continue;
            check_partition(each, name, disk, formats, judge);
        }
    }
}

}  // namespace gregor::scenarios::cluster
