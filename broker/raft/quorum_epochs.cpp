// BeginQuorumEpoch: a new leader makes itself known to voters that do not fetch from it.
// EndQuorumEpoch: one that resigns lets its successors, the most caught up first, take over at
// once.
#include <algorithm>

#include "broker/raft/answers.h"
#include "broker/raft/raft.h"
#include "sim/base/check.h"
#include "sim/base/probe.h"

namespace gregor::raft {

Effects Raft::resign(Now now, LeaderEpoch of_epoch) {
    begin(now);
    if (is_leader() && of_epoch == epoch()) become_resigned();
    return finish();
}

// BeginQuorumEpoch. -------------------------------------------------------------------------------

Effects Raft::handle(Now now, RequestId id, const protocol::BeginQuorumEpochRequest& request) {
    begin(now);
    reply(id, take_begin(request));
    return finish();
}

protocol::BeginQuorumEpochResponse Raft::take_begin(
    const protocol::BeginQuorumEpochRequest& request) {
    using R = protocol::BeginQuorumEpochResponse;
    if (is_other_cluster(request.cluster_id)) {
        return {.error_code = ErrorCode::inconsistent_cluster_id};
    }
    const auto* partition = only_partition(request);
    if (partition == nullptr) return {.error_code = ErrorCode::invalid_request};
    const ErrorCode error = check_voter_request(partition->leader_id, partition->leader_epoch);
    if (error != ErrorCode::none) return partition_answer<R>(error);
    if (partition->leader_id == config_.node_id ||
        contradicts_leader(partition->leader_id, partition->leader_epoch)) {
        return partition_answer<R>(ErrorCode::invalid_request);
    }
    learn_leader({.leader_id = partition->leader_id,
                  .epoch = partition->leader_epoch,
                  .endpoints = endpoints_from(request.leader_endpoints),
                  .is_direct = true});
    if (!is_meant_for_us(request.voter_id, partition->voter_directory_id)) {
        return partition_answer<R>(ErrorCode::invalid_voter_key);
    }
    return partition_answer<R>(ErrorCode::none);
}

void Raft::send_begin_quorum_epochs(Leader& leader) {
    for (const NodeId id : leader.state.to_begin(now_.at)) {
        const auto endpoint = voters().endpoint_of(id, config_.listener_name);
        if (!endpoint || !connections_.is_ready(id, now_.at)) continue;
        auto request = about<protocol::BeginQuorumEpochRequest>(
            {.voter_directory_id = voters().find(id)->key.directory_id,
             .leader_id = config_.node_id,
             .leader_epoch = epoch()});
        request.cluster_id = config_.cluster_id;
        request.voter_id = id;
        request.leader_endpoints =
            endpoints_to<protocol::BeginQuorumEpochRequest::LeaderEndpoint>(leader_endpoints());
        leader.state.begun(id, now_.at);
        send(id, *endpoint, std::move(request));
    }
}

void Raft::answer(const Sent& sent, const protocol::BeginQuorumEpochResponse& response) {
    const auto* partition = only_partition(response);
    if (response.error_code != ErrorCode::none || partition == nullptr) return;
    const PeerLeader peer{
        partition->leader_id, partition->leader_epoch,
        leader_endpoint_in(response, partition->leader_id, config_.listener_name)};
    if (learn_from_answer(partition->error_code, peer) || sent.epoch != epoch()) return;
    if (auto* leader = std::get_if<Leader>(&role_)) leader->state.acknowledged(sent.node);
}

// EndQuorumEpoch. ---------------------------------------------------------------------------------

Effects Raft::handle(Now now, RequestId id, const protocol::EndQuorumEpochRequest& request) {
    begin(now);
    reply(id, take_end(request));
    return finish();
}

protocol::EndQuorumEpochResponse Raft::take_end(const protocol::EndQuorumEpochRequest& request) {
    using R = protocol::EndQuorumEpochResponse;
    if (is_other_cluster(request.cluster_id)) {
        return {.error_code = ErrorCode::inconsistent_cluster_id};
    }
    const auto* partition = only_partition(request);
    if (partition == nullptr) return {.error_code = ErrorCode::invalid_request};
    const ErrorCode error = check_voter_request(partition->leader_id, partition->leader_epoch);
    if (error != ErrorCode::none) return partition_answer<R>(error);
    if (partition->leader_id == config_.node_id ||
        contradicts_leader(partition->leader_id, partition->leader_epoch)) {
        return partition_answer<R>(ErrorCode::invalid_request);
    }
    learn_leader({.leader_id = partition->leader_id,
                  .epoch = partition->leader_epoch,
                  .endpoints = endpoints_from(request.leader_endpoints),
                  .is_direct = true});
    if (auto* follower = std::get_if<Follower>(&role_)) {
        PROBE("a follower heard of the end of its leader's epoch");
        // It has no leader any more: it asks others to elect it, and helps others to be elected.
        follower->fetch_deadline = deadline_after(now_.at, successor_backoff(*partition));
        follower->has_fetched = false;
    }
    return partition_answer<R>(ErrorCode::none);
}

// The first successor at once, the next ones later and later, others last.
Duration Raft::successor_backoff(const protocol::EndQuorumEpochRequest::Partition& partition) {
    std::vector<NodeId> successors = partition.preferred_successors;
    if (!partition.preferred_candidates.empty()) {
        successors.clear();
        for (const auto& each : partition.preferred_candidates) {
            successors.push_back(each.candidate_id);
        }
    }
    const auto self = std::ranges::find(successors, config_.node_id);
    const auto position = self - successors.begin();
    if (position == 0) return Duration(0);
    constexpr std::ptrdiff_t kMaxDoublings = 16;
    const auto doublings = std::min(position, kMaxDoublings);
    return std::min(config_.retry_backoff * (std::int64_t{1} << doublings),
                    config_.election_backoff_max);
}

void Raft::send_end_quorum_epochs(Resigned& resigned) {
    for (const NodeId id : resigned.unacknowledged) {
        const auto endpoint = voters().endpoint_of(id, config_.listener_name);
        if (!endpoint || !connections_.is_ready(id, now_.at)) continue;
        protocol::EndQuorumEpochRequest::Partition partition{.leader_id = config_.node_id,
                                                             .leader_epoch = epoch()};
        for (const ReplicaKey& each : resigned.preferred_successors) {
            partition.preferred_successors.push_back(each.id);
            partition.preferred_candidates.push_back(
                {.candidate_id = each.id, .candidate_directory_id = each.directory_id});
        }
        auto request = about<protocol::EndQuorumEpochRequest>(std::move(partition));
        request.cluster_id = config_.cluster_id;
        request.leader_endpoints =
            endpoints_to<protocol::EndQuorumEpochRequest::LeaderEndpoint>(config_.listeners);
        send(id, *endpoint, std::move(request));
    }
}

void Raft::answer(const Sent& sent, const protocol::EndQuorumEpochResponse& response) {
    const auto* partition = only_partition(response);
    if (response.error_code != ErrorCode::none || partition == nullptr) return;
    const PeerLeader peer{
        partition->leader_id, partition->leader_epoch,
        leader_endpoint_in(response, partition->leader_id, config_.listener_name)};
    if (learn_from_answer(partition->error_code, peer) || sent.epoch != epoch()) return;
    if (auto* resigned = std::get_if<Resigned>(&role_))
        std::erase(resigned->unacknowledged, sent.node);
}

}  // namespace gregor::raft
