// What a follower does: it fetches behind the end of its log, once all of that is durable: its
// fetch is its acknowledgement. The answer appends, cuts, or names a snapshot.
//
//     leader     1 1 1 1 | 3 3 3 | 4 4
//     follower   1 1 1 1 | 2 2 2         fetch(end 7, epoch 2) -> diverging(epoch 1, end 4)
//                        ^ cut here
//
// A replica without a leader asks any bootstrap server for one, with the same request.
#include <algorithm>

#include "broker/protocol/records/batch_reader.h"
#include "broker/raft/answers.h"
#include "broker/raft/raft.h"
#include "sim/base/check.h"
#include "sim/base/probe.h"

namespace gregor::raft {
namespace {

/// Bootstrap servers have no known ids; as Kafka does, they are counted down from -2.
NodeId bootstrap_id(std::size_t index) { return NodeId(-2 - static_cast<std::int32_t>(index)); }

}  // namespace

void Raft::fetch_from_leader(Follower& follower) {
    const bool is_troubled = connections_.is_troubled(follower.leader_id, now_.at);
    if (is_troubled && !follower.snapshot) fetch_from_bootstrap();
    if (!connections_.is_ready(follower.leader_id, now_.at)) return;
    const auto endpoint = find_endpoint(follower.leader_endpoints, config_.listener_name);
    if (!endpoint) return;
    if (must_update_voter(follower) && now_.at >= follower.update_voter_at) {
        send_update_voter(follower, *endpoint);
    } else if (follower.snapshot) {
        if (!follower.snapshot->whole) {
            send_snapshot_fetch(follower.leader_id, *endpoint, *follower.snapshot);
        }
    } else {
        send_fetch(follower.leader_id, *endpoint);
    }
}

/// The configured servers, and the voters that this log names: of the first none may be left.
std::vector<Endpoint> Raft::bootstrap_servers() const {
    std::vector<Endpoint> servers = config_.bootstrap_servers;
    for (const auto& [id, voter] : voters().voters()) {
        const auto endpoint = find_endpoint(voter.endpoints, config_.listener_name);
        if (endpoint && std::ranges::find(servers, *endpoint) == servers.end()) {
            servers.push_back(*endpoint);
        }
    }
    std::erase_if(servers, [this](const Endpoint& server) {
        const auto& own = config_.listeners;
        return std::ranges::find(own, server) != own.end();
    });
    return servers;
}

void Raft::fetch_from_bootstrap() {
    const std::vector<Endpoint> servers = bootstrap_servers();
    std::vector<std::size_t> ready;
    for (std::size_t i = 0; i < servers.size(); ++i) {
        if (connections_.is_awaiting(bootstrap_id(i), now_.at)) return;
        if (connections_.is_ready(bootstrap_id(i), now_.at)) ready.push_back(i);
    }
    if (ready.empty()) return;
    const std::size_t picked = random_.pick(ready);
    send_fetch(bootstrap_id(picked), servers[picked]);
}

void Raft::send_fetch(NodeId node, const Endpoint& endpoint) {
    if (log_.flushed() < log_.end_offset()) return;  // the sync's end brings it up again
    protocol::FetchRequest request{
        .cluster_id = config_.cluster_id,
        .replica_id = config_.node_id,
        .replica_state = {.replica_id = config_.node_id},
        .max_wait_ms = static_cast<std::int32_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(config_.fetch_max_wait).count()),
        .min_bytes = 1,
        .max_bytes = config_.fetch_max_bytes};
    protocol::FetchRequest::Topic topic{.topic = std::string(kMetadataTopic),
                                        .topic_id = protocol::kMetadataTopicId};
    topic.partitions.push_back({.partition = kMetadataPartition,
                                .current_leader_epoch = epoch(),
                                .fetch_offset = log_.end_offset(),
                                .last_fetched_epoch = log_.last_epoch(),
                                .log_start_offset = log_.start_offset(),
                                .partition_max_bytes = config_.fetch_max_bytes,
                                .replica_directory_id = config_.directory_id});
    request.topics.push_back(std::move(topic));
    send(node, endpoint, std::move(request));
}

void Raft::answer(const Sent& sent, const protocol::FetchResponse& response) {
    const auto* partition = only_partition(response);
    if (response.error_code != ErrorCode::none || partition == nullptr) return;
    const NodeId leader = partition->current_leader.leader_id;
    const PeerLeader peer{leader, partition->current_leader.leader_epoch,
                          leader_endpoint_in(response, leader, config_.listener_name)};
    if (learn_from_answer(partition->error_code, peer) || sent.epoch != epoch()) return;
    if (!std::holds_alternative<Follower>(role_)) return;
    heard_from_leader();
    if (sent.end != log_.end()) {
        PROBE("a fetch's answer came when another had moved the log's end");
        return;
    }
    const Offset old_end = log_.end_offset();
    follow(*partition);
    const bool is_stuck = partition->records.size() > 0 && log_.end_offset() == old_end;
    if (is_stuck && !faulted_) connections_.back_off(sent.node, now_.at);
}

void Raft::heard_from_leader() {
    auto& follower = std::get<Follower>(role_);
    follower.fetch_deadline = deadline_after(now_.at, patience());
    follower.has_fetched = true;
    leaderless_since_ = now_.at;
    lost_elections_ = 0;
}

void Raft::follow(const protocol::FetchResponse::Partition& partition) {
    const auto& diverging = partition.diverging_epoch;
    const auto& snapshot = partition.snapshot_id;
    if (diverging.epoch >= LeaderEpoch(0) && diverging.end_offset >= Offset(0)) {
        truncate_to_shared({diverging.epoch, diverging.end_offset});
    } else if (snapshot.epoch >= LeaderEpoch(0) && snapshot.end_offset >= Offset(0)) {
        begin_snapshot_fetch({snapshot.epoch, snapshot.end_offset});
    } else {
        // The leader's log has what comes next: an earlier answer that named a snapshot is
        // outdated.
        std::get<Follower>(role_).snapshot.reset();
        append_fetched(partition.records.bytes());
        raise_high_watermark(std::min(partition.high_watermark, log_.end_offset()));
    }
}

// KIP-595: to where the leader's and the own history of their last shared epoch both reach.
void Raft::truncate_to_shared(const OffsetAndEpoch& shared) {
    const OffsetAndEpoch own = log_.end_offset_for(shared.epoch);
    const Offset target =
        own.epoch == shared.epoch ? std::min(own.offset, shared.offset) : own.offset;
    if (target < high_watermark_) {
        return fault(
            fmt::format("the leader of epoch {} shares the log up to {} only, but {} is "
                        "committed",
                        epoch(), target, high_watermark_));
    }
    if (target >= log_.end_offset()) return;
    PROBE("a follower of the quorum truncated its log");
    log_.truncate_to(target);
    effects_.truncate_to = target;
    if (voters_.truncate_to(target)) voters_changed();
}

void Raft::append_fetched(const Bytes& records) {
    records::BatchReader batches(records.span());
    while (true) {
        const auto batch = batches.next();
        if (!batch || !*batch || !append_fetched_batch(**batch, records)) return;
    }
}

// False for a batch that does not belong behind the log's end: it and the rest are left.
bool Raft::append_fetched_batch(const records::BatchView& batch, const Bytes& records) {
    const LeaderEpoch batch_epoch(batch.header.partition_leader_epoch);
    const bool fits = Offset(batch.header.base_offset) == log_.end_offset() &&
                      batch.header.last_offset_delta >= 0 && batch_epoch >= log_.last_epoch() &&
                      batch_epoch <= epoch() && batch.has_valid_crc();
    if (!fits) {
        PROBE("a follower of the quorum got a batch that does not fit");
        return false;
    }
    const auto control = control_records_of(batch);
    if (!control) return false;
    append_batch(records.slice_of(batch.bytes), batch_epoch, Offset(batch.header.next_offset()));
    if (!control->empty()) {
        add_to(voters_, *control);
        voters_changed();
    }
    return true;
}

}  // namespace gregor::raft
