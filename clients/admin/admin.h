// Admin: a cluster's administration as typed calls. Each asks any broker, which passes it to the
// controller if need be, and gives the answer of the protocol with its errors for single topics or
// resources; what is wrong with the whole of it is an Error.
#pragma once

#include <string>
#include <vector>

#include "broker/protocol/messages/api_versions.h"
#include "broker/protocol/messages/configs.h"
#include "broker/protocol/messages/controller.h"
#include "broker/protocol/messages/list_offsets.h"
#include "broker/protocol/messages/reassignments.h"
#include "broker/protocol/messages/topics.h"
#include "broker/protocol/messages/voters.h"
#include "clients/client/cluster.h"

namespace gregor::admin {

using client::Error;

/// DescribeConfigs and its relatives: what a resource is.
enum class ResourceType : std::int8_t { topic = 2, broker = 4 };

enum class ConfigOperation : std::int8_t { set = 0, remove = 1, append = 2, subtract = 3 };

/// The timestamps of ListOffsets that are no time.
inline constexpr std::int64_t kLatest = -1;
inline constexpr std::int64_t kEarliest = -2;
inline constexpr std::int64_t kMaxTimestamp = -3;

class Admin {
public:
    explicit Admin(client::Cluster& cluster, Duration timeout = 60s);

    [[nodiscard]] Result<void, Error> create_topic(protocol::CreateTopicsRequest::Topic topic);
    [[nodiscard]] Result<void, Error> delete_topic(const std::string& topic);
    [[nodiscard]] Result<void, Error> create_partitions(
        protocol::CreatePartitionsRequest::Topic topic);
    /// Sorted by name; all topics if none are named.
    [[nodiscard]] Result<std::vector<protocol::MetadataResponse::Topic>, Error> describe_topics(
        const std::vector<std::string>& topics);

    [[nodiscard]] Result<std::vector<protocol::DescribeConfigsResponse::Config>, Error>
    describe_configs(ResourceType type, const std::string& name);
    [[nodiscard]] Result<void, Error> alter_configs(
        ResourceType type, const std::string& name,
        std::vector<protocol::IncrementalAlterConfigsRequest::Config> configs);

    /// -1 where no record has such a time. Asks the leader, and the next one when it moves.
    [[nodiscard]] Result<protocol::Offset, Error> list_offset(const std::string& topic,
                                                              protocol::PartitionId partition,
                                                              std::int64_t timestamp);

    /// The metadata quorum, as its leader sees it.
    [[nodiscard]] Result<protocol::DescribeQuorumResponse, Error> describe_quorum();
    [[nodiscard]] Result<protocol::DescribeClusterResponse, Error> describe_cluster();
    /// KIP-853: a controller that follows the quorum becomes one of its voters, or ceases to be
    /// one. DUPLICATE_VOTER and VOTER_NOT_FOUND may also mean that an earlier try was done.
    [[nodiscard]] Result<void, Error> add_raft_voter(protocol::AddRaftVoterRequest request);
    [[nodiscard]] Result<void, Error> remove_raft_voter(protocol::NodeId voter,
                                                        const protocol::Uuid& directory_id);
    /// Which features there are, and their finalized levels, as some node knows them.
    [[nodiscard]] Result<protocol::ApiVersionsResponse, Error> describe_features();
    /// All or none.
    [[nodiscard]] Result<void, Error> update_features(protocol::UpdateFeaturesRequest request);
    /// Forgets a broker that is gone for good. BROKER_ID_NOT_REGISTERED.
    [[nodiscard]] Result<void, Error> unregister_broker(protocol::NodeId broker);

    [[nodiscard]] Result<protocol::AlterPartitionReassignmentsResponse, Error>
    alter_partition_reassignments(protocol::AlterPartitionReassignmentsRequest request);
    [[nodiscard]] Result<protocol::ListPartitionReassignmentsResponse, Error>
    list_partition_reassignments();

private:
    /// Of whoever leads, until the deadline: on a controller's listener only the leader answers.
    template <class Response, class Request>
    [[nodiscard]] Result<Response, Error> ask_leader(const Request& request);
    [[nodiscard]] Instant deadline();
    [[nodiscard]] std::int32_t timeout_ms() const;

    client::Cluster& cluster_;
    Duration timeout_;
};

}  // namespace gregor::admin
