// Snapshots (KIP-630): taken and dropped here, and carried from the leader to a follower that needs
// what the leader's log has dropped, piece by piece.
#include <algorithm>

#include "broker/raft/answers.h"
#include "broker/raft/raft.h"
#include "sim/base/check.h"
#include "sim/base/probe.h"

namespace gregor::raft {

// Own snapshots. ----------------------------------------------------------------------------------

Effects Raft::snapshot_taken(Now now, const Snapshot& snapshot) {
    begin(now);
    CHECK(snapshot.id.offset <= high_watermark_, "a snapshot of {}, but hw {}", snapshot.id.offset,
          high_watermark_);
    CHECK(log_.contains(snapshot.id));
    log_.add_snapshot(snapshot);
    return finish();
}

Effects Raft::log_start_moved(Now now, Offset start_offset) {
    begin(now);
    CHECK(start_offset <= high_watermark_);
    log_.move_start(start_offset);
    voters_.trim_below(start_offset);
    return finish();
}

std::vector<ControlRecord> Raft::snapshot_records(Offset end_offset) const {
    const std::int16_t version = voters_.kraft_version_below(end_offset);
    if (version == 0) return {};
    return {protocol::KRaftVersionRecord{.k_raft_version = version},
            voters_.voters_below(end_offset).to_record()};
}

// FetchSnapshot, as the leader answers it. --------------------------------------------------------

Effects Raft::handle(Now now, RequestId id, const protocol::FetchSnapshotRequest& request) {
    begin(now);
    serve_snapshot(id, request);
    return finish();
}

void Raft::serve_snapshot(RequestId id, const protocol::FetchSnapshotRequest& request) {
    if (is_other_cluster(request.cluster_id)) {
        return reply(id, snapshot_answer(ErrorCode::inconsistent_cluster_id));
    }
    const auto* wanted = only_partition(request);
    if (wanted == nullptr) {
        return reply(id, snapshot_answer(ErrorCode::unknown_topic_or_partition));
    }
    const ErrorCode error = check_leader_request(wanted->current_leader_epoch);
    if (error != ErrorCode::none) return reply(id, snapshot_answer(error));
    const OffsetAndEpoch snapshot_id{wanted->snapshot_id.epoch, wanted->snapshot_id.end_offset};
    const auto snapshot = log_.find_snapshot(snapshot_id);
    if (!snapshot || snapshot_id == kBootstrapSnapshot) {
        return reply(id, snapshot_answer(ErrorCode::snapshot_not_found));
    }
    if (wanted->position < 0 || wanted->position >= snapshot->size) {
        return reply(id, snapshot_answer(ErrorCode::position_out_of_range));
    }
    std::get<Leader>(role_).state.heard_from({request.replica_id, wanted->replica_directory_id},
                                             now_.at);
    const std::int64_t most =
        std::max(1, std::min(request.max_bytes, config_.snapshot_chunk_bytes));
    const SnapshotRead read{.id = snapshot_id,
                            .position = wanted->position,
                            .size = std::min(most, snapshot->size - wanted->position)};
    effects_.replies.push_back(
        {.id = id,
         .response = snapshot_answer(
             ErrorCode::none,
             {.snapshot_id = {.end_offset = snapshot_id.offset, .epoch = snapshot_id.epoch},
              .size = snapshot->size,
              .position = wanted->position}),
         .read = read});
}

protocol::FetchSnapshotResponse Raft::snapshot_answer(
    ErrorCode error, protocol::FetchSnapshotResponse::Partition partition) const {
    if (error == ErrorCode::inconsistent_cluster_id) return {.error_code = error};
    partition.error_code = error;
    partition.current_leader = {.leader_id = leader_id(), .leader_epoch = epoch()};
    protocol::FetchSnapshotResponse response = about(std::move(partition));
    add_leader_endpoint(response);
    return response;
}

// FetchSnapshot, as a follower asks it. -----------------------------------------------------------

void Raft::begin_snapshot_fetch(const OffsetAndEpoch& id) {
    if (id.offset < high_watermark_) {
        return fault(
            fmt::format("the leader of epoch {} begins at a snapshot of {}, but {} is "
                        "committed and not in its log",
                        epoch(), id.offset, high_watermark_));
    }
    auto& fetch = std::get<Follower>(role_).snapshot;
    if (fetch && fetch->id == id) return;
    PROBE("a follower of the quorum fetches a snapshot");
    fetch = SnapshotFetch{.id = id};
}

void Raft::send_snapshot_fetch(NodeId node, const Endpoint& endpoint, const SnapshotFetch& fetch) {
    protocol::FetchSnapshotRequest request{.cluster_id = config_.cluster_id,
                                           .replica_id = config_.node_id,
                                           .max_bytes = config_.snapshot_chunk_bytes};
    protocol::FetchSnapshotRequest::Topic topic{.name = std::string(kMetadataTopic)};
    topic.partitions.push_back(
        {.partition = kMetadataPartition,
         .current_leader_epoch = epoch(),
         .snapshot_id = {.end_offset = fetch.id.offset, .epoch = fetch.id.epoch},
         .position = fetch.position,
         .replica_directory_id = config_.directory_id});
    request.topics.push_back(std::move(topic));
    send(node, endpoint, std::move(request));
}

void Raft::answer(const Sent& sent, const protocol::FetchSnapshotResponse& response) {
    const auto* partition = only_partition(response);
    auto* follower = std::get_if<Follower>(&role_);
    if (response.error_code != ErrorCode::none || partition == nullptr) {
        if (follower != nullptr) follower->snapshot.reset();
        return;
    }
    const NodeId leader = partition->current_leader.leader_id;
    const PeerLeader peer{leader, partition->current_leader.leader_epoch,
                          leader_endpoint_in(response, leader, config_.listener_name)};
    const bool is_done = learn_from_answer(partition->error_code, peer);
    follower = std::get_if<Follower>(&role_);
    if (follower == nullptr || sent.epoch != epoch()) return;
    if (is_done) {
        // Not found any more, or otherwise refused: the next fetch says what there is.
        follower->snapshot.reset();
        return;
    }
    heard_from_leader();
    take_snapshot_chunk(*follower, *partition);
}

void Raft::take_snapshot_chunk(Follower& follower,
                               const protocol::FetchSnapshotResponse::Partition& partition) {
    auto& fetch = follower.snapshot;
    if (!fetch || fetch->whole) return;
    const OffsetAndEpoch id{partition.snapshot_id.epoch, partition.snapshot_id.end_offset};
    const Bytes& bytes = partition.unaligned_records.bytes();
    const auto size = static_cast<std::int64_t>(bytes.size());
    if (id != fetch->id || partition.position != fetch->position || size == 0 ||
        size > partition.size - fetch->position) {
        PROBE("a piece of a snapshot does not fit");
        fetch.reset();
        return;
    }
    const std::int64_t position = fetch->position;
    fetch->position += size;
    fetch->whole = fetch->position == partition.size;
    effects_.snapshot_chunk =
        SnapshotChunk{.id = id, .position = position, .bytes = bytes, .is_last = fetch->whole};
}

Effects Raft::snapshot_fetched(Now now, const OffsetAndEpoch& id,
                               const std::optional<VoterHistory>& voters) {
    begin(now);
    auto* follower = std::get_if<Follower>(&role_);
    const bool is_wanted = follower != nullptr && follower->snapshot &&
                           follower->snapshot->id == id && follower->snapshot->whole &&
                           id.offset >= high_watermark_;
    if (!is_wanted) return finish();
    const std::int64_t size = follower->snapshot->position;
    follower->snapshot.reset();
    if (!voters) return finish();
    log_.restart_at({id, size});
    effects_.start_log_at = id;
    voters_.replace_with(*voters);
    voters_changed();
    raise_high_watermark(id.offset);
    return finish();
}

}  // namespace gregor::raft
