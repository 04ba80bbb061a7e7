// DescribeQuorum: what the leader knows of everybody, for tools.
#include "broker/raft/answers.h"
#include "broker/raft/raft.h"
#include "sim/base/check.h"
#include "sim/base/planted.h"

namespace gregor::raft {
namespace {

using protocol::DescribeQuorumResponse;

/// A monotonic time as milliseconds since 1970; -1 for never.
std::int64_t wall_ms(const std::optional<Instant>& time, Now now) {
    return time ? to_epoch_ms(now.wall - (now.at - *time)) : -1;
}

DescribeQuorumResponse::ReplicaState describe(const ReplicaState& replica, Now now) {
    return {.replica_id = replica.key.id,
            .replica_directory_id = replica.key.directory_id,
            .log_end_offset = replica.end_offset.value_or(protocol::kNoOffset),
            .last_fetch_timestamp = wall_ms(replica.last_fetch, now),
            .last_caught_up_timestamp = wall_ms(replica.last_caught_up, now)};
}

}  // namespace

Effects Raft::handle(Now now, RequestId id, const protocol::DescribeQuorumRequest& request) {
    begin(now);
    const auto* leader = std::get_if<Leader>(&role_);
    if (only_partition(request) == nullptr) {
        reply(id, DescribeQuorumResponse{.error_code = ErrorCode::unknown_topic_or_partition,
                                         .error_message = std::nullopt});
    } else if (leader == nullptr) {
        reply(id, DescribeQuorumResponse{.error_code = ErrorCode::not_leader_or_follower,
                                         .error_message = std::nullopt});
    } else {
        reply(id, describe_quorum(leader->state));
    }
    return finish();
}

protocol::DescribeQuorumResponse Raft::describe_quorum(const LeaderState& state) const {
    DescribeQuorumResponse::Partition partition{
        .error_message = std::nullopt,
        .leader_id = config_.node_id,
        .leader_epoch = epoch(),
        .high_watermark = state.high_watermark().value_or(protocol::kNoOffset)};
    for (const auto& [id, voter] : state.voters()) {
        auto described = describe(voter, now_);
        if (PLANTED(quorum_lag_not_told)) described.log_end_offset = log_.end_offset();
        if (id == config_.node_id) {
            described.log_end_offset = log_.end_offset();
            described.last_fetch_timestamp = described.last_caught_up_timestamp =
                to_epoch_ms(now_.wall);
        }
        partition.current_voters.push_back(std::move(described));
    }
    for (const auto& [key, observer] : state.observers()) {
        partition.observers.push_back(describe(observer, now_));
    }
    auto response = about<DescribeQuorumResponse>(std::move(partition));
    response.error_message = std::nullopt;
    for (const auto& [id, voter] : voters().voters()) {
        response.nodes.push_back(
            {.node_id = id,
             .listeners = endpoints_to<DescribeQuorumResponse::Listener>(voter.endpoints)});
    }
    return response;
}

}  // namespace gregor::raft
