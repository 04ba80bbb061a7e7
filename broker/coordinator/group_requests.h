// What a group coordinator is asked, one group (or all that it has) at a time: Kafka's requests
// with what their frame says beside them. Requests about several groups are taken apart before.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "broker/protocol/messages/consumer_groups.h"
#include "broker/protocol/messages/group_admin.h"
#include "broker/protocol/messages/group_membership.h"
#include "broker/protocol/messages/group_offsets.h"
#include "broker/protocol/messages/transactions.h"

namespace gregor::coordinator {

struct JoinGroup {
    protocol::JoinGroupRequest request;
    std::int16_t version = 0;
    std::string client_id;
    std::string client_host;  // as Java prints an address: "/127.0.0.1"
};

struct SyncGroup {
    protocol::SyncGroupRequest request;
};

struct Heartbeat {
    protocol::HeartbeatRequest request;
};

/// Versions below 3, too, name their one member in `members`.
struct LeaveGroup {
    protocol::LeaveGroupRequest request;
};

/// A member of the consumer protocol (KIP-848): it joins, lives and leaves by this.
struct ConsumerGroupHeartbeat {
    protocol::ConsumerGroupHeartbeatRequest request;
    std::int16_t version = 0;
    std::string client_id;
    std::string client_host;  // as Java prints an address: "/127.0.0.1"
};

struct CommitOffsets {
    protocol::OffsetCommitRequest request;
    std::int16_t version = 0;
};

/// TxnOffsetCommit, once the transaction's coordinator has said that the partition is in it.
struct CommitTransactionOffsets {
    protocol::TxnOffsetCommitRequest request;
    std::uint64_t verification_guard = 0;
};

struct FetchOffsets {
    protocol::OffsetFetchRequest::Group group;
    bool require_stable = false;
};

struct DeleteOffsets {
    protocol::OffsetDeleteRequest request;
};

struct DescribeGroup {
    std::string group_id;
    std::int16_t version = 0;
};

struct DescribeConsumerGroup {
    std::string group_id;
};

struct ListGroups {
    protocol::ListGroupsRequest request;
};

struct DeleteGroup {
    std::string group_id;
};

/// A topic was deleted: offsets of topics that are gone go soon, and at once.
struct TopicsDeleted {};

using GroupRequest =
    std::variant<JoinGroup, SyncGroup, Heartbeat, LeaveGroup, ConsumerGroupHeartbeat, CommitOffsets,
                 CommitTransactionOffsets, FetchOffsets, DeleteOffsets, DescribeGroup,
                 DescribeConsumerGroup, ListGroups, DeleteGroup, TopicsDeleted>;

/// In the order of the requests.
using GroupResponse =
    std::variant<protocol::JoinGroupResponse, protocol::SyncGroupResponse,
                 protocol::HeartbeatResponse, protocol::LeaveGroupResponse,
                 protocol::ConsumerGroupHeartbeatResponse, protocol::OffsetCommitResponse,
                 protocol::TxnOffsetCommitResponse, protocol::OffsetFetchResponse::Group,
                 protocol::OffsetDeleteResponse, protocol::DescribeGroupsResponse::Group,
                 protocol::ConsumerGroupDescribeResponse::Group, protocol::ListGroupsResponse,
                 protocol::DeleteGroupsResponse::Result, std::monostate>;

}  // namespace gregor::coordinator
