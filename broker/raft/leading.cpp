// What a leader does: it appends, answers fetches, and raises the high watermark.
//
//     fetch at      | the log agrees, and is longer   records at once
//     (offset,      | … and ends there                when records come or the high watermark rises
//      last epoch)  | the log has left that history   where their last shared epoch ends
//                   | the log begins later            the snapshot to begin with
#include <algorithm>

#include "broker/protocol/records/batch_header.h"
#include "broker/raft/answers.h"
#include "broker/raft/raft.h"
#include "sim/base/check.h"

namespace gregor::raft {
namespace {

ReplicaKey replica_of(const protocol::FetchRequest& request,
                      const protocol::FetchRequest::Partition& fetch) {
    const NodeId id =
        request.replica_id != kNoNode ? request.replica_id : request.replica_state.replica_id;
    return {id, fetch.replica_directory_id};
}

}  // namespace

// Appends. ----------------------------------------------------------------------------------------

Result<Effects, ErrorCode> Raft::append(Now now, LeaderEpoch in_epoch,
                                        std::span<const Bytes> batches,
                                        std::optional<std::int16_t> kraft_version) {
    begin(now);
    if (!is_leader() || in_epoch != epoch()) return fail(ErrorCode::not_leader_or_follower);
    for (const Bytes& batch : batches) {
        const auto header = records::parse_batch_header(batch.span());
        CHECK(header.has_value());
        CHECK(Offset(header->base_offset) == log_.end_offset(), "a batch at {} for the end {}",
              header->base_offset, log_.end_offset());
        CHECK(LeaderEpoch(header->partition_leader_epoch) == epoch());
        append_batch(batch, epoch(), Offset(header->next_offset()));
    }
    if (kraft_version) raise_kraft_version(*kraft_version);
    return finish();
}

void Raft::append_batch(const Bytes& batch, LeaderEpoch of_epoch, Offset next_offset) {
    log_.append(next_offset, of_epoch);
    effects_.append.push_back(batch);
}

/// Gives the first record's offset.
Offset Raft::append_control(const std::vector<ControlRecord>& records) {
    const Offset base = log_.end_offset();
    const Bytes batch = build_control_batch(
        records, {.base_offset = base, .epoch = epoch(), .timestamp_ms = to_epoch_ms(now_.wall)});
    append_batch(batch, epoch(), base + static_cast<std::int64_t>(records.size()));
    return base;
}

// The first batch of an epoch. The voters that formatting has left are only now in the log, for
// all.
void Raft::append_leader_change(const std::vector<NodeId>& granted) {
    protocol::LeaderChangeMessage message{.leader_id = config_.node_id};
    const std::int16_t kraft_version = voters_.kraft_version();
    message.version = kraft_version >= 1 ? 1 : 0;
    const auto named = [&](NodeId id) {
        return protocol::LeaderChangeMessage::Voter{
            .voter_id = id, .voter_directory_id = voters().find(id)->key.directory_id};
    };
    for (const auto& [id, voter] : voters().voters()) message.voters.push_back(named(id));
    for (const NodeId id : granted) message.granting_voters.push_back(named(id));
    std::vector<ControlRecord> records{message};
    const bool is_from_format = voters_.latest_offset() == kBeforeLog;
    if (is_from_format) {
        records.push_back(protocol::KRaftVersionRecord{.k_raft_version = kraft_version});
        records.push_back(voters().to_record());
    }
    const Offset base = append_control(records);
    if (!is_from_format) return;
    voters_.add_kraft_version(base + 1, kraft_version);
    voters_.add_voters(base + 2, VoterSet(voters()));
}

// Fetch. ------------------------------------------------------------------------------------------

Effects Raft::handle(Now now, RequestId id, const protocol::FetchRequest& request) {
    begin(now);
    const ErrorCode error = check_fetch(request);
    if (error != ErrorCode::none) {
        reply(id, fetch_answer(error));
    } else {
        take_fetch(id, request);
    }
    return finish();
}

ErrorCode Raft::check_fetch(const protocol::FetchRequest& request) const {
    if (is_other_cluster(request.cluster_id)) return ErrorCode::inconsistent_cluster_id;
    const auto* fetch = only_partition(request);
    if (fetch == nullptr) return ErrorCode::unknown_topic_or_partition;
    if (request.max_wait_ms < 0 || fetch->fetch_offset < Offset(0) ||
        fetch->last_fetched_epoch < LeaderEpoch(0) ||
        fetch->current_leader_epoch < LeaderEpoch(0)) {
        return ErrorCode::invalid_request;
    }
    return check_leader_request(fetch->current_leader_epoch);
}

void Raft::take_fetch(RequestId id, const protocol::FetchRequest& request) {
    const auto& fetch = *only_partition(request);
    const ReplicaKey replica = replica_of(request, fetch);
    auto& state = std::get<Leader>(role_).state;
    const OffsetAndEpoch end{fetch.last_fetched_epoch, fetch.fetch_offset};
    const bool is_valid = log_.validate(end).fit == LogState::Fit::valid;
    if (replica.id != kNoNode) {
        state.heard_from(replica, now_.at);
        if (is_valid &&
            state.update_replica(replica, fetch.fetch_offset, log_.end_offset(), now_.at)) {
            leader_high_watermark_rose();
        }
    }
    // The high watermark may have shown this leader that it is no voter any more.
    if (!is_leader()) return reply(id, fetch_answer(ErrorCode::not_leader_or_follower));
    const Duration wait = std::chrono::milliseconds(request.max_wait_ms);
    const bool waits = is_valid && wait > Duration(0) && request.min_bytes > 0 &&
                       may_wait(fetch, replica) &&
                       parked_fetches_.size() < config_.max_parked_fetches;
    if (!waits) return answer_fetch(id, fetch, replica);
    park(id, {.fetch = fetch, .replica = replica, .deadline = deadline_after(now_.at, wait)});
}

/// Whether it holds all that there is and knows of all that is committed.
bool Raft::may_wait(const protocol::FetchRequest::Partition& fetch,
                    const ReplicaKey& replica) const {
    const auto& state = std::get<Leader>(role_).state;
    return fetch.fetch_offset == log_.end_offset() && state.knows_high_watermark(replica);
}

// A replica waits once: its new fetch is the end of an older one.
void Raft::park(RequestId id, ParkedFetch fetch) {
    for (auto it = parked_fetches_.begin(); it != parked_fetches_.end();) {
        const auto each = it++;
        if (each->second.replica != fetch.replica || fetch.replica.id == kNoNode) continue;
        answer_fetch(each->first, each->second.fetch, each->second.replica);
        parked_fetches_.erase(each);
    }
    parked_fetches_.emplace(id, std::move(fetch));
}

void Raft::serve_parked_fetches() {
    for (auto it = parked_fetches_.begin(); it != parked_fetches_.end();) {
        const auto each = it++;
        const ParkedFetch& parked = each->second;
        if (now_.at < parked.deadline && may_wait(parked.fetch, parked.replica)) {
            wake_at(parked.deadline);
            continue;
        }
        answer_fetch(each->first, parked.fetch, parked.replica);
        parked_fetches_.erase(each);
    }
}

void Raft::answer_fetch(RequestId id, const protocol::FetchRequest::Partition& fetch,
                        const ReplicaKey& replica) {
    auto& state = std::get<Leader>(role_).state;
    protocol::FetchResponse::Partition partition{
        .high_watermark = state.high_watermark().value_or(protocol::kNoOffset),
        .log_start_offset = log_.start_offset()};
    state.told_high_watermark(replica);
    Reply answer{.id = id};
    const auto validation = log_.validate({fetch.last_fetched_epoch, fetch.fetch_offset});
    switch (validation.fit) {
        case LogState::Fit::diverging:
            partition.diverging_epoch = {.epoch = validation.where.epoch,
                                         .end_offset = validation.where.offset};
            break;
        case LogState::Fit::snapshot:
            partition.snapshot_id = {.end_offset = validation.where.offset,
                                     .epoch = validation.where.epoch};
            break;
        case LogState::Fit::valid:
            if (fetch.fetch_offset == log_.end_offset()) break;
            answer.read =
                LogRead{.offset = fetch.fetch_offset,
                        .end_offset = log_.end_offset(),
                        .max_bytes = std::min(fetch.partition_max_bytes, config_.fetch_max_bytes)};
    }
    answer.response = fetch_answer(ErrorCode::none, std::move(partition));
    effects_.replies.push_back(std::move(answer));
}

protocol::FetchResponse Raft::fetch_answer(ErrorCode error,
                                           protocol::FetchResponse::Partition partition) const {
    if (error == ErrorCode::inconsistent_cluster_id) return {.error_code = error};
    partition.error_code = error;
    if (error != ErrorCode::none) partition.high_watermark = protocol::kNoOffset;
    partition.current_leader = {.leader_id = leader_id(), .leader_epoch = epoch()};
    protocol::FetchResponse response = about(std::move(partition));
    add_leader_endpoint(response);
    return response;
}

// The high watermark. -----------------------------------------------------------------------------

void Raft::leader_high_watermark_rose() {
    raise_high_watermark(*std::get<Leader>(role_).state.high_watermark());
    if (established_ != epoch()) {
        established_ = epoch();
        effects_.leadership_established = epoch();
    }
    committed_voters();
}

void Raft::raise_high_watermark(Offset offset) {
    if (offset <= high_watermark_) return;
    high_watermark_ = offset;
    effects_.high_watermark = offset;
}

}  // namespace gregor::raft
