// FetcherManager: which broker each followed partition is fetched from, and the fetchers, one for
// each such broker.
//
// Kafka's num.replica.fetchers is one here: kFetchersPerSource. A fetcher that has nothing left to
// fetch rests until it is needed again. A role change comes here after the partition was quiesced,
// so that nothing of an older leader epoch is appended any more.
#pragma once

#include <map>
#include <memory>

#include "broker/replication/hosted_partition.h"
#include "broker/replication/replica_fetcher.h"

namespace gregor::replication {

inline constexpr int kFetchersPerSource = 1;

class FetcherManager {
public:
    FetcherManager(Runtime& runtime, ReplicaManager& replicas, FetcherOptions options);
    ~FetcherManager();
    FetcherManager(const FetcherManager&) = delete;
    FetcherManager& operator=(const FetcherManager&) = delete;

    /// Where the brokers listen for each other. Those that are not named are not reached.
    void set_endpoints(std::map<NodeId, Endpoint> endpoints);
    /// The partition has a new role: it is fetched from its leader if it follows one, and from
    /// nobody else.
    void role_changed(const HostedRef& hosted);
    void removed(const TopicPartition& partition);
    /// Ends every fetcher's fiber once its wait is over.
    void shut_down();

    /// From whom the partition is fetched; kNoNode: from nobody.
    [[nodiscard]] NodeId source_of(const TopicPartition& partition) const;

private:
    [[nodiscard]] ReplicaFetcher& fetcher_of(NodeId source);

    Runtime& runtime_;
    ReplicaManager& replicas_;
    FetcherOptions options_;
    std::map<NodeId, Endpoint> endpoints_;
    std::map<NodeId, std::unique_ptr<ReplicaFetcher>> fetchers_;
    std::map<TopicPartition, NodeId> sources_;
    bool shut_down_ = false;
};

}  // namespace gregor::replication
