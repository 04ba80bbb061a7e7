#include "scenarios/cluster/tuning.h"

#include <array>
#include <charconv>

#include "broker/protocol/messages/configs.h"
#include "scenarios/clients/router.h"

namespace gregor::scenarios::cluster {
namespace {

using protocol::IncrementalAlterConfigsRequest;
using protocol::IncrementalAlterConfigsResponse;

constexpr std::string_view kMinIsr = "min.insync.replicas";

/// Nothing promises more with fewer replicas; with the ELR what was promised depends on when.
std::int64_t highest_min_isr(const clients::Workload& workload) {
    const auto set = workload.plan.broker.find(std::string(kMinIsr));
    std::int64_t highest = 1;
    if (workload.optional_setting("elr") != 0 || set == workload.plan.broker.end()) return highest;
    std::from_chars(set->second.data(), set->second.data() + set->second.size(), highest);
    return highest;
}

struct Change {
    std::string key;
    std::string value;
};

Change draw_change(const clients::Workload& workload, Random& random) {
    const std::int64_t min_isr = highest_min_isr(workload);
    switch (random.below(min_isr > 1 ? 3 : 2)) {
        case 0: return {"segment.bytes", std::to_string(random.between(16'384, 262'144))};
        case 1: return {"index.interval.bytes", std::to_string(random.between(64, 4'096))};
        default: return {std::string(kMinIsr), std::to_string(random.between(1L, min_isr))};
    }
}

}  // namespace

void run_tuning(clients::Workload& workload, Runtime& runtime) {
    while (!workload.topics_made) runtime.clock().sleep_for(50ms);
    Random& random = runtime.random();
    clients::Router router(workload, runtime, "tuning");
    while (workload.phase == clients::Phase::faults) {
        runtime.clock().sleep_for(random.between(Duration(1s), Duration(5s)));
        constexpr std::int8_t kTopic = 2;
        constexpr std::int8_t kSet = 0;
        constexpr std::int8_t kDelete = 1;
        Change change = draw_change(workload, random);
        const std::int64_t topic = random.between(std::int64_t{0}, workload.setting("topics") - 1);
        const bool is_taken_back = random.below(4) == 0;
        IncrementalAlterConfigsRequest request;
        request.resources.push_back(
            {.resource_type = kTopic, .resource_name = fmt::format("t{}", topic)});
        request.resources[0].configs.push_back(
            {.name = std::move(change.key),
             .config_operation = is_taken_back ? kDelete : kSet,
             .value = is_taken_back ? std::nullopt : std::optional(std::move(change.value))});
        static_cast<void>(router.ask<IncrementalAlterConfigsResponse>(request, 1));
    }
    router.done();
}

namespace {

void check_topic(const ClusterNode& node, const replication::HostedPartition& hosted,
                 const metadata::MetadataImage& image, Judge& judge) {
    const log::LogConfigRef defaults = node.serving()->config().topic_defaults();
    const metadata::ConfigMap& own = image.topic_configs(hosted.partition.topic);
    const auto expected = log::LogConfig::with(*defaults, {own.begin(), own.end()});
    if (!expected || hosted.log == nullptr) return;
    judge.compared();
    if (hosted.log->config() == *expected && *hosted.config == *expected &&
        hosted.state.settings().min_insync_replicas == expected->min_insync_replicas) {
        return;
    }
    judge.violated("M2", "{} on {} goes by other settings than those that the broker has read",
                   hosted.partition, node.machine->name());
}

}  // namespace

void check_settings(const Nodes& nodes, Judge& judge) {
    for (const ClusterNode& each : nodes.all) {
        server::Node* const node = each.serving();
        if (node == nullptr || !each.is_broker) continue;
        if (node->metadata().feed().is_publishing()) continue;
        const metadata::ImageRef image = node->metadata().image();
        for (const replication::HostedRef& hosted : node->replicas().hosted()) {
            // One that is on its way out is named by no image any more.
            if (image->find_topic(hosted->topic_id) == nullptr || hosted->swapping) continue;
            check_topic(each, *hosted, *image, judge);
        }
    }
}

}  // namespace gregor::scenarios::cluster
