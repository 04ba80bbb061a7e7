// ReplicaManager: deleting records (KIP-107). The leader's log start goes up at once and durably;
// followers learn of it by their fetches, and tell theirs by the next ones. Whoever asked is
// answered when the lowest of them has come as far.
#include <utility>

#include "broker/replication/replica_manager.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::replication {

/// A part after the leader's log start has moved.
struct ReplicaManager::DeletedPart {
    DeletedRecords outcome;
    HostedRef hosted;
    Offset required_offset;  // the low watermark that is waited for
    bool waits = false;
};

class ReplicaManager::DelayedDeletion final : public ParkedRequest {
public:
    DelayedDeletion(ReplicaManager& manager, std::vector<DeletedPart> parts, Instant deadline,
                    DeletionDone done)
        : manager_(manager),
          parts_(std::move(parts)),
          deadline_(deadline),
          done_(std::move(done)) {}

    void complete(WakeUp why, std::unique_ptr<ParkedRequest>) override {
        if (why == WakeUp::grown || why == WakeUp::disturbed) {
            return manager_.answer_or_park(std::move(parts_), deadline_, std::move(done_));
        }
        PROBE("a replica did not follow a deletion of records in time");
        // The leader's log start stays where it is.
        for (DeletedPart& part : parts_) {
            if (part.waits) part.outcome.error = ErrorCode::request_timed_out;
        }
        done_(outcomes(std::move(parts_)));
    }

    [[nodiscard]] static std::vector<DeletedRecords> outcomes(std::vector<DeletedPart> parts) {
        std::vector<DeletedRecords> outcomes;
        outcomes.reserve(parts.size());
        for (DeletedPart& part : parts) outcomes.push_back(part.outcome);
        return outcomes;
    }

private:
    ReplicaManager& manager_;
    std::vector<DeletedPart> parts_;
    Instant deadline_;
    DeletionDone done_;
};

void ReplicaManager::delete_records(const DeletionOrder& order, DeletionDone done) {
    const Instant deadline = deadline_after(runtime_.clock().now(), order.timeout);
    std::vector<DeletedPart> parts;
    parts.reserve(order.parts.size());
    for (const DeletionOrder::Part& part : order.parts) parts.push_back(delete_part(part));
    const bool is_durable = logs_.checkpoint_log_starts().has_value();
    for (DeletedPart& part : parts) {
        if (!part.waits) continue;
        if (!is_durable) {
            part.waits = false;
            part.outcome = {.error = ErrorCode::kafka_storage_error};
        } else if (part.hosted->state.is_leader()) {
            part.outcome.low_watermark = part.hosted->state.low_watermark();
        }
    }
    answer_or_park(std::move(parts), deadline, std::move(done));
}

ReplicaManager::DeletedPart ReplicaManager::delete_part(const DeletionOrder::Part& part) {
    const auto refused = [](ErrorCode error) {
        return DeletedPart{.outcome = {.error = error}, .hosted = {}, .required_offset = {}};
    };
    if (is_internal_topic(part.partition.topic)) return refused(ErrorCode::invalid_topic_exception);
    HostedRef hosted = find(part.partition);
    while (hosted != nullptr && hosted->swapping) {
        hosted->appends_done.wait();
        hosted = find(part.partition);
    }
    if (hosted == nullptr) return refused(ErrorCode::unknown_topic_or_partition);
    const ErrorCode serving = hosted->state.check_serving(protocol::kNoLeaderEpoch);
    if (serving != ErrorCode::none) return refused(serving);
    if (!hosted->log->config().cleanup_delete) return refused(ErrorCode::policy_violation);
    constexpr Offset kHighWatermark{-1};
    const Offset high_watermark = hosted->state.marks().high_watermark;
    const Offset wanted = part.offset == kHighWatermark ? high_watermark : part.offset;
    if (wanted < Offset(0) || wanted > high_watermark) {
        return refused(ErrorCode::offset_out_of_range);
    }
    const auto deleted = hosted->log->delete_records(wanted);
    if (!deleted) {
        if (hosted->log->failure()) log_failed(*hosted);
        return refused(deleted.error());
    }
    progressed(*hosted, 0);
    return {.outcome = {}, .hosted = hosted, .required_offset = wanted, .waits = true};
}

/// Answers when nothing is left to wait for; else waits for the first partition that lags.
void ReplicaManager::answer_or_park(std::vector<DeletedPart> parts, Instant deadline,
                                    DeletionDone done) {
    HostedRef lagging;
    for (DeletedPart& part : parts) {
        if (!part.waits) continue;
        const ErrorCode serving = find(part.hosted->partition) != part.hosted
                                      ? ErrorCode::unknown_topic_or_partition
                                      : part.hosted->state.check_serving(protocol::kNoLeaderEpoch);
        if (serving != ErrorCode::none) {
            part.outcome = {.error = serving};
            part.waits = false;
            continue;
        }
        const Offset low_watermark = PLANTED(low_watermark_of_leader)
                                         ? part.hosted->log->log_start_offset()
                                         : part.hosted->state.low_watermark();
        if (low_watermark >= part.required_offset) {
            part.outcome.low_watermark = low_watermark;
            part.waits = false;
        } else if (lagging == nullptr) {
            lagging = part.hosted;
        }
    }
    if (lagging == nullptr) return done(DelayedDeletion::outcomes(std::move(parts)));
    const std::shared_ptr<Watchers> watchers = lagging->watchers;
    note_low_watermark(*lagging);
    constexpr Mark kMoves = Mark::low_watermark_moves;
    ParkOrder park{
        .marks = {{.watchers = watchers, .mark = kMoves, .base = watchers->value(kMoves)}},
        .deadline = deadline};
    park.request =
        std::make_unique<DelayedDeletion>(*this, std::move(parts), deadline, std::move(done));
    purgatory_.park(std::move(park));
}

void ReplicaManager::note_low_watermark(HostedPartition& hosted) {
    std::vector<ParkedId> due;
    hosted.watchers->low_watermark_at(hosted.state.low_watermark(), due);
    purgatory_.notify(due, WakeUp::grown);
}

void ReplicaManager::retention_applied() {
    for (const HostedRef& each : hosted()) progressed(*each, 0);
}

}  // namespace gregor::replication
