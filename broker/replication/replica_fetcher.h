// ReplicaFetcher: the fiber that follows one other broker. It asks for all partitions that this
// broker follows there, in one request at a time, and hands each answer on to the replicas.
//
//     add(), remove() ──> positions ──Fetch v17, one session──> leader
//                             ^                                    |
//                             └── ReplicaManager::take_fetched <───┘
//
// Bounded: one request in flight, of at most replica.fetch.response.max.bytes. Where a partition
// stands is asked of its Partition when the request is built, and its answer counts only if it
// still stands there: a role change in between makes it worth nothing. A partition whose fetch
// failed is left out for replica.fetch.backoff.ms, the broker as a whole when it cannot be reached.
//
// So is a throttled replica that has not caught up with its leader, while the quota of followers is
// used up (KIP-73).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "broker/replication/fetch_session_builder.h"
#include "broker/replication/hosted_partition.h"
#include "broker/rpc/client.h"

namespace gregor::replication {

class ReplicaManager;

struct FetcherOptions {
    Duration wait_max = 500ms;                     // replica.fetch.wait.max.ms
    std::int32_t min_bytes = 1;                    // replica.fetch.min.bytes
    std::int32_t max_bytes = 1'048'576;            // replica.fetch.max.bytes, of one partition
    std::int32_t response_max_bytes = 10'485'760;  // replica.fetch.response.max.bytes
    Duration backoff = 1s;                         // replica.fetch.backoff.ms
    Duration socket_timeout = 30s;                 // replica.socket.timeout.ms
};

class ReplicaFetcher {
public:
    ReplicaFetcher(Runtime& runtime, ReplicaManager& replicas, NodeId source,
                   const FetcherOptions& options);
    ReplicaFetcher(const ReplicaFetcher&) = delete;
    ReplicaFetcher& operator=(const ReplicaFetcher&) = delete;

    /// Where the broker listens for others; nothing: not known at present.
    void set_endpoint(std::optional<Endpoint> endpoint);
    /// From the next request on, without a delay left from before.
    void add(HostedRef hosted);
    void remove(const TopicPartition& partition);
    [[nodiscard]] bool empty() const { return partitions_.empty(); }

    /// The body of its fiber: until shut_down().
    void run();
    void shut_down();

private:
    struct Followed {
        HostedRef hosted;
        Instant not_before;
        /// Came up to the high watermark that the leader told last.
        bool is_caught_up = false;
    };
    struct Asked {
        HostedRef hosted;
        FetchPosition position;
    };
    using AskedPartitions = std::map<FetchSessionBuilder::Key, Asked>;

    void fetch_once();
    void rest(Instant until);
    [[nodiscard]] bool connect();
    [[nodiscard]] AskedPartitions due_partitions();
    [[nodiscard]] Instant next_due() const;
    [[nodiscard]] protocol::FetchRequest request_for(const AskedPartitions& asked);
    void take(const AskedPartitions& asked, const protocol::FetchResponse& response);
    [[nodiscard]] bool is_held_back(Followed& followed, Instant now);
    /// The partition as it is followed, if it still is as it was when it was asked for.
    [[nodiscard]] Followed* find_followed(const Asked& asked);
    void took(const Asked& asked, const protocol::FetchResponse::Partition& answer);
    void take_one(const Asked& asked, const protocol::FetchResponse::Partition& answer);
    /// Where this replica goes on after OFFSET_OUT_OF_RANGE: asks for the leader's offsets.
    [[nodiscard]] Result<void, ErrorCode> recover_range(const Asked& asked);
    [[nodiscard]] Result<Offset, ErrorCode> leader_offset(const Asked& asked,
                                                          std::int64_t timestamp);
    void delay(const Asked& asked);
    void reset_connection();

    Runtime& runtime_;
    ReplicaManager& replicas_;
    NodeId source_;
    FetcherOptions options_;
    rpc::Client client_;
    FetchSessionBuilder session_;
    std::optional<Endpoint> endpoint_;
    std::map<TopicPartition, Followed> partitions_;
    WaitQueue changed_;
    bool log_starts_moved_ = false;
    bool shut_down_ = false;
};

}  // namespace gregor::replication
