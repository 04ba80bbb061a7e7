// ReplicaManager: fetching. One round reads every target; a round that found too little is parked
// with the growth that it lacks and repeated when that may be there.
#include <algorithm>
#include <utility>

#include "broker/replication/replica_manager.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::replication {

namespace {

FetchResponse::Partition refused(const FetchTarget& target, ErrorCode error) {
    FetchResponse::Partition answer;
    answer.partition_index = target.wanted.partition;
    answer.error_code = error;
    answer.high_watermark = protocol::kNoOffset;
    answer.aborted_transactions = std::nullopt;
    answer.records = Bytes();
    return answer;
}

/// What is below it is decided, and the decisions replicated.
Offset read_committed_bound(const HostedPartition& hosted) {
    const LogMarks marks = hosted.state.marks();
    if (PLANTED(b28_lso_off_by_one)) {
        return std::min(marks.last_stable_offset + 1, marks.high_watermark);
    }
    const LeaderRole* leader = hosted.state.leader();
    if (leader != nullptr && marks.last_stable_offset < leader->epoch_start_offset &&
        PLANTED(b29_lso_from_partial_state)) {
        return marks.high_watermark;
    }
    return marks.last_stable_offset;
}

Mark mark_of(const FetchParams& params) {
    if (params.replica_id != protocol::kNoNode) return Mark::log_end_bytes;
    return params.read_committed ? Mark::last_stable_offset_bytes : Mark::high_watermark_bytes;
}

}  // namespace

struct ReplicaManager::FetchRound {
    FetchResult result;
    std::int64_t bytes = 0;
    std::int64_t throttled_bytes = 0;               // of replicas whose leader is throttled
    bool has_news = false;                          // something to tell that is no records
    std::vector<WatchedMark> marks;                 // as they were before the read
    std::vector<metrics::TopicMetricsRef> counted;  // of each target; null: not hosted
};

class ReplicaManager::DelayedFetch final : public ParkedRequest {
public:
    DelayedFetch(ReplicaManager& manager, FetchParams params, std::vector<FetchTarget> targets,
                 FetchDone done)
        : manager_(manager),
          params_(params),
          targets_(std::move(targets)),
          deadline_(deadline_after(manager.runtime_.clock().now(), params.max_wait)),
          done_(std::move(done)) {}

    void complete(WakeUp why, std::unique_ptr<ParkedRequest> self) override {
        const bool may_wait = why == WakeUp::grown || why == WakeUp::disturbed;
        read_and_answer(may_wait, false, std::move(self));
    }

    void read_and_answer(bool may_wait, bool first, std::unique_ptr<ParkedRequest> self) {
        FetchRound round = manager_.read(params_, targets_, first);
        const std::int64_t lacking = std::int64_t{params_.min_bytes} - round.bytes;
        if (!may_wait || lacking <= 0 || round.has_news || targets_.empty() ||
            params_.max_wait <= Duration::zero()) {
            count_bytes_out(params_, round);
            manager_.leader_quota_.record(manager_.runtime_.clock().now(),
                                          static_cast<std::uint64_t>(round.throttled_bytes));
            return done_(std::move(round.result));
        }
        manager_.purgatory_.park({.request = std::move(self),
                                  .need = static_cast<std::uint64_t>(lacking),
                                  .marks = std::move(round.marks),
                                  .deadline = deadline_});
    }

private:
    ReplicaManager& manager_;
    FetchParams params_;
    std::vector<FetchTarget> targets_;
    Instant deadline_;
    FetchDone done_;
};

void ReplicaManager::fetch(FetchParams params, std::vector<FetchTarget> targets, FetchDone done) {
    params.max_bytes = std::clamp(params.max_bytes, 0, options_.fetch_max_bytes);
    params.min_bytes = std::min(params.min_bytes, params.max_bytes);
    auto request =
        std::make_unique<DelayedFetch>(*this, params, std::move(targets), std::move(done));
    DelayedFetch& self = *request;
    self.read_and_answer(true, true, std::move(request));
}

ReplicaManager::FetchRound ReplicaManager::read(const FetchParams& params,
                                                const std::vector<FetchTarget>& targets,
                                                bool first) {
    FetchRound round;
    round.result.partitions.reserve(targets.size());
    round.result.records.resize(targets.size());
    round.marks.reserve(targets.size());
    round.counted.resize(targets.size());
    std::int64_t left = params.max_bytes;
    bool at_least_one_batch = true;
    const bool is_follower = params.replica_id != protocol::kNoNode;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        const FetchTarget& target = targets[i];
        const HostedRef hosted = find({target.topic, target.wanted.partition.value()});
        const bool is_held_back = hosted != nullptr && holds_back(params, *hosted);
        const std::int64_t most = is_held_back ? 0 : std::max(target.wanted.partition_max_bytes, 0);
        if (hosted != nullptr) {
            const Mark mark = mark_of(params);
            round.marks.push_back({.watchers = hosted->watchers,
                                   .mark = mark,
                                   .base = hosted->watchers->value(mark)});
            round.counted[i] = hosted->topic_metrics;
        }
        metrics::TopicMetrics& counted =
            hosted != nullptr ? *hosted->topic_metrics : topic_metrics_.others();
        if (first) counted.fetch_requests.add();
        FetchResponse::Partition answer =
            read_one(params, target, hosted, std::min(left, most),
                     at_least_one_batch && !is_held_back, first, round.result.records[i]);
        const auto bytes = static_cast<std::int64_t>(answer.records.size());
        if (bytes > 0) at_least_one_batch = false;
        // More than its own maximum a partition cannot add to the answer.
        if (hosted != nullptr) {
            round.marks.back().cap =
                static_cast<std::uint64_t>(std::max<std::int64_t>(most - bytes, 0));
            if (is_follower && hosted->is_throttled_leader) round.throttled_bytes += bytes;
        }
        left = std::max<std::int64_t>(left - bytes, 0);
        round.bytes += bytes;
        if (answer.error_code != ErrorCode::none ||
            answer.diverging_epoch.epoch != protocol::kNoLeaderEpoch ||
            answer.preferred_read_replica != protocol::kNoNode) {
            round.has_news = true;
        }
        if (answer.error_code != ErrorCode::none) counted.failed_fetch_requests.add();
        round.result.partitions.push_back(std::move(answer));
    }
    return round;
}

/// Of a round that is answered.
void ReplicaManager::count_bytes_out(const FetchParams& params, const FetchRound& round) {
    const bool is_follower = params.replica_id != protocol::kNoNode;
    for (std::size_t i = 0; i < round.counted.size(); ++i) {
        if (round.counted[i] == nullptr) continue;
        metrics::Counter& bytes =
            is_follower ? round.counted[i]->replication_bytes_out : round.counted[i]->bytes_out;
        bytes.add(round.result.partitions[i].records.size());
    }
}

/// KIP-73: a throttled replica that is out of sync waits while the quota is used up; its leader
/// learns where it stands all the same.
bool ReplicaManager::holds_back(const FetchParams& params, const HostedPartition& hosted) const {
    if (params.replica_id == protocol::kNoNode || !hosted.is_throttled_leader) return false;
    const LeaderRole* leader = hosted.state.leader();
    if (leader == nullptr || leader->isr.contains(params.replica_id)) return false;
    if (!leader_quota_.is_exceeded(runtime_.clock().now())) return false;
    PROBE("a leader held a throttled replica back");
    return true;
}

FetchResponse::Partition ReplicaManager::read_one(const FetchParams& params,
                                                  const FetchTarget& target,
                                                  const HostedRef& hosted, std::int64_t max_bytes,
                                                  bool at_least_one_batch, bool first,
                                                  FileSlice& records) {
    const FetchRequest::Partition& wanted = target.wanted;
    if (target.topic.empty()) return refused(target, ErrorCode::unknown_topic_id);
    if (hosted == nullptr) return refused(target, ErrorCode::unknown_topic_or_partition);
    if (!target.topic_id.is_zero() && target.topic_id != hosted->topic_id) {
        return refused(target, ErrorCode::inconsistent_topic_id);
    }
    const ErrorCode serving =
        hosted->state.check_serving(wanted.current_leader_epoch, params.any_replica);
    if (serving != ErrorCode::none) return refused(target, serving);
    if (params.replica_id != protocol::kNoNode && !hosted->state.leads_replica(params.replica_id)) {
        // The follower may know of a reassignment that has not reached this node.
        return refused(target, wanted.current_leader_epoch != protocol::kNoLeaderEpoch
                                   ? ErrorCode::unknown_leader_epoch
                                   : ErrorCode::not_leader_or_follower);
    }
    if (params.refuse_zstd && hosted->config->compression_type == "zstd") {
        return refused(target, ErrorCode::unsupported_compression_type);
    }

    const LogMarks marks = hosted->state.marks();
    FetchResponse::Partition answer;
    answer.partition_index = wanted.partition;
    answer.high_watermark = marks.high_watermark;
    answer.last_stable_offset = marks.last_stable_offset;
    answer.log_start_offset = marks.log_start_offset;
    answer.records = Bytes();
    if (!params.read_committed) answer.aborted_transactions = std::nullopt;

    if (wanted.last_fetched_epoch != protocol::kNoLeaderEpoch) {
        const auto diverging = compare_history(hosted->log->leader_epochs(), marks.log_start_offset,
                                               hosted->log->log_end_offset(),
                                               wanted.last_fetched_epoch, wanted.fetch_offset);
        if (!diverging) return refused(target, diverging.error());
        if (*diverging) {
            answer.diverging_epoch.epoch = (*diverging)->epoch;
            answer.diverging_epoch.end_offset = (*diverging)->end_offset;
            return answer;
        }
    }
    if (params.replica_id == protocol::kNoNode && options_.select_by_rack) {
        answer.preferred_read_replica =
            hosted->state.preferred_read_replica(params.rack, wanted.fetch_offset, racks_);
        if (answer.preferred_read_replica != protocol::kNoNode) return answer;
    }

    Offset upper_bound = marks.high_watermark;
    if (params.replica_id != protocol::kNoNode) upper_bound = marks.log_end_offset;
    else if (params.read_committed) upper_bound = read_committed_bound(*hosted);
    const log::LogRef log = hosted->log;  // another may take its place
    auto read = log->read({.offset = wanted.fetch_offset,
                           .max_bytes = max_bytes,
                           .upper_bound = upper_bound,
                           .at_least_one_batch = at_least_one_batch,
                           .with_aborted = params.read_committed});
    if (!read) return refused(target, read.error());
    if (params.replica_id != protocol::kNoNode && first) note_follower(hosted, params, wanted);
    if (read->records.size > 0) {
        answer.records = protocol::RecordsField::gap(read->records.size);
        records = std::move(read->records);
    }
    for (const log::AbortedTransaction& aborted : read->aborted) {
        FetchResponse::AbortedTransaction entry;
        entry.producer_id = aborted.producer_id;
        entry.first_offset = aborted.first_offset;
        answer.aborted_transactions->push_back(entry);
    }
    return answer;
}

}  // namespace gregor::replication
