#include "broker/replication/fetcher_manager.h"

namespace gregor::replication {

FetcherManager::FetcherManager(Runtime& runtime, ReplicaManager& replicas, FetcherOptions options)
    : runtime_(runtime), replicas_(replicas), options_(options) {}

FetcherManager::~FetcherManager() = default;

void FetcherManager::set_endpoints(std::map<NodeId, Endpoint> endpoints) {
    endpoints_ = std::move(endpoints);
    for (const auto& [source, fetcher] : fetchers_) {
        const auto known = endpoints_.find(source);
        fetcher->set_endpoint(known == endpoints_.end() ? std::nullopt
                                                        : std::optional(known->second));
    }
}

void FetcherManager::role_changed(const HostedRef& hosted) {
    const FollowerRole* following = hosted->state.follower();
    removed(hosted->partition);
    if (shut_down_ || following == nullptr || following->leader == protocol::kNoNode) return;
    sources_.emplace(hosted->partition, following->leader);
    fetcher_of(following->leader).add(hosted);
}

void FetcherManager::removed(const TopicPartition& partition) {
    const auto source = sources_.find(partition);
    if (source == sources_.end()) return;
    fetcher_of(source->second).remove(partition);
    sources_.erase(source);
}

ReplicaFetcher& FetcherManager::fetcher_of(NodeId source) {
    auto& fetcher = fetchers_[source];
    if (fetcher != nullptr) return *fetcher;
    fetcher = std::make_unique<ReplicaFetcher>(runtime_, replicas_, source, options_);
    const auto known = endpoints_.find(source);
    if (known != endpoints_.end()) fetcher->set_endpoint(known->second);
    runtime_.tasks().spawn("replica fetcher", [running = fetcher.get()] { running->run(); });
    return *fetcher;
}

void FetcherManager::shut_down() {
    shut_down_ = true;
    for (const auto& [source, fetcher] : fetchers_) fetcher->shut_down();
}

NodeId FetcherManager::source_of(const TopicPartition& partition) const {
    const auto source = sources_.find(partition);
    return source == sources_.end() ? protocol::kNoNode : source->second;
}

}  // namespace gregor::replication
