#include "scenarios/clients/router.h"

#include <algorithm>

#include "broker/protocol/messages/metadata.h"

namespace gregor::scenarios::clients {

Router::Router(Workload& workload, Runtime& runtime, std::string name)
    : workload_(workload),
      runtime_(runtime),
      name_(std::move(name)),
      leaders_(workload.partitions.size()),
      asking_(runtime.scheduler()) {
    for (const Endpoint& broker : workload.brokers) {
        links_.push_back(std::make_unique<Link>(workload, runtime, name_, broker));
    }
    any_ = runtime.random().below(links_.size());
    if (links_.size() == 1) std::fill(leaders_.begin(), leaders_.end(), Leader{.broker = 0});
}

Link& Router::wait_for_leader(std::size_t partition) {
    while (!leader_of(partition)) find_leaders();
    return link(*leader_of(partition));
}

void Router::moved(std::size_t partition) {
    if (links_.size() > 1) leaders_[partition].broker.reset();
}

void Router::unreachable(std::size_t broker) {
    if (links_.size() == 1) return;
    for (Leader& leader : leaders_) {
        if (leader.broker == broker) leader.broker.reset();
    }
}

void Router::find_leaders() {
    const std::lock_guard one_at_a_time(asking_);
    if (all_known()) return;
    protocol::MetadataRequest request;
    request.topics = std::nullopt;
    Workload::MetadataAnswered answered;
    if (workload_.metadata_asked) answered = workload_.metadata_asked(any_);
    const auto response = ask<protocol::MetadataResponse>(request, 12);
    if (response && answered) answered(*response);
    for (std::size_t i = 0; response && i < leaders_.size(); ++i) {
        const PartitionUnderTest& partition = workload_.partitions[i];
        for (const auto& topic : response->topics) {
            if (topic.name != partition.topic) continue;
            for (const auto& found : topic.partitions) {
                if (found.partition_index.value() != partition.index) continue;
                // An answer that is older than what we know is of no use.
                if (found.leader_epoch.value() < leaders_[i].epoch) continue;
                const std::int32_t leader = found.leader_id.value();
                if (leader < 1 || leader > static_cast<std::int32_t>(links_.size())) continue;
                leaders_[i] = {.broker = static_cast<std::size_t>(leader - 1),
                               .epoch = found.leader_epoch.value()};
            }
        }
    }
    // Who has just been told of a leader by a broker that lags asks another one next.
    any_ = (any_ + 1) % links_.size();
    runtime_.clock().sleep_for(runtime_.random().between(Duration(5ms), Duration(50ms)));
}

bool Router::all_known() const {
    return std::all_of(leaders_.begin(), leaders_.end(),
                       [](const Leader& leader) { return leader.broker.has_value(); });
}

}  // namespace gregor::scenarios::clients
