// GroupAdmin: groups seen from outside, as typed calls: which there are, who is in them, what they
// have committed. Each call asks the group's coordinator, and the next one when it moves.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/messages/consumer_groups.h"
#include "broker/protocol/messages/group_admin.h"
#include "clients/client/cluster.h"
#include "clients/client/coordinator_link.h"

namespace gregor::admin {

class GroupAdmin {
public:
    using Error = client::Error;
    using Offsets = std::map<client::TopicPartition, protocol::Offset>;

    explicit GroupAdmin(client::Cluster& cluster, Duration timeout = 60s);

    /// Of all brokers, sorted by id.
    [[nodiscard]] Result<std::vector<protocol::ListGroupsResponse::Group>, Error> list_groups();
    /// The state of one that does not exist is "Dead".
    [[nodiscard]] Result<protocol::DescribeGroupsResponse::Group, Error> describe_group(
        const std::string& group);
    /// Of the consumer protocol (KIP-848); nothing: there is no such group, or it is classic.
    [[nodiscard]] Result<std::optional<protocol::ConsumerGroupDescribeResponse::Group>, Error>
    describe_consumer_group(const std::string& group);
    /// NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND.
    [[nodiscard]] Result<void, Error> delete_group(const std::string& group);
    /// All that the group has committed; `stable`: but for what a transaction may yet change.
    [[nodiscard]] Result<Offsets, Error> committed_offsets(const std::string& group,
                                                           bool stable = false);
    /// Of a group without members. UNKNOWN_MEMBER_ID: it has some.
    [[nodiscard]] Result<void, Error> commit_offsets(const std::string& group,
                                                     const Offsets& offsets);

private:
    /// `error_in` says what is wrong with an answer; an error that passes is asked again.
    template <class Response, class Request, class ErrorIn>
    [[nodiscard]] Result<Response, Error> ask_coordinator(const std::string& group,
                                                          const Request& request, ErrorIn error_in);
    [[nodiscard]] Instant deadline();

    client::Cluster& cluster_;
    Duration timeout_;
};

}  // namespace gregor::admin
