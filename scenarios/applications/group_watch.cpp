#include "scenarios/applications/group_watch.h"

namespace gregor::scenarios::applications {

GroupWatch::GroupWatch(const ApplicationContext& context, Runtime& runtime,
                       const std::string& client_id)
    : context_(context),
      cluster_(runtime, {.bootstrap_servers = context.workload.brokers,
                         .client_id = client_id,
                         .retry_backoff = 100ms,
                         .request_timeout = 3s}),
      admin_(cluster_, /*timeout=*/5s) {}

bool GroupWatch::look_at(const std::string& group) { return look(group, Which::all); }
bool GroupWatch::look_at_stable(const std::string& group) { return look(group, Which::stable); }

bool GroupWatch::look(const std::string& group, Which which) {
    const std::vector<client::TopicPartition> partitions = context_.partitions();
    const HistoryTime began = context_.history.now();
    const bool may_be_old = context_.history.has_replaced_coordinator(group);
    const auto offsets = admin_.committed_offsets(group, which == Which::stable);
    if (!offsets || may_be_old) return false;
    for (const client::TopicPartition& each : partitions) {
        const auto offset = offsets->find(each);
        if (which == Which::stable && offset == offsets->end()) continue;
        context_.history.add(
            OffsetFetchEvent{.partition = {each.topic, each.partition.value()},
                             .group = group,
                             .offset = offset == offsets->end() ? -1 : offset->second.value(),
                             .stable = which == Which::stable},
            began);
    }
    return true;
}

}  // namespace gregor::scenarios::applications
