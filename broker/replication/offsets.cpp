// ReplicaManager: questions about offsets, and the cutting of a log's start.
#include "broker/replication/replica_manager.h"
#include "sim/base/planted.h"

namespace gregor::replication {

namespace {

constexpr std::int64_t kLatest = -1;
constexpr std::int64_t kEarliest = -2;
constexpr std::int64_t kMaxTimestamp = -3;
constexpr std::int64_t kEarliestLocal = -4;
constexpr std::int64_t kLatestTiered = -5;

ListedOffset failed(ErrorCode error) { return {.error = error}; }

}  // namespace

ListedOffset ReplicaManager::list_offset(const ListOffsetQuery& query) {
    const HostedRef hosted = find(query.partition);
    if (hosted == nullptr) return failed(ErrorCode::unknown_topic_or_partition);
    const ErrorCode serving =
        hosted->state.check_serving(query.current_leader_epoch, query.any_replica);
    if (serving != ErrorCode::none) return failed(serving);

    const LogMarks marks = hosted->state.marks();
    Offset last_fetchable = marks.log_end_offset;
    if (query.read_committed && !PLANTED(latest_above_high_watermark)) {
        last_fetchable = *query.read_committed ? marks.last_stable_offset : marks.high_watermark;
    }
    // A new leader whose high watermark has not reached its own epoch yet knows less than its
    // predecessor told (KIP-207).
    const LeaderRole* leading = hosted->state.leader();
    const bool lags = query.read_committed && leading != nullptr &&
                      leading->epoch_start_offset > marks.high_watermark;
    switch (query.timestamp) {
        case kLatest:
            if (lags && !PLANTED(latest_before_epoch_start))
                return failed(ErrorCode::offset_not_available);
            return {
                .offset = last_fetchable,
                .leader_epoch = hosted->state.leader_epoch().value_or(protocol::kNoLeaderEpoch)};
        case kEarliest:
        case kEarliestLocal: {
            // The log's own: retention has moved it before `state` learns of that.
            const Offset start = hosted->log->log_start_offset();
            const auto epoch = hosted->log->leader_epochs().epoch_for_offset(start);
            return {.offset = start, .leader_epoch = epoch.value_or(protocol::kNoLeaderEpoch)};
        }
        case kLatestTiered: return {};
        default: break;
    }
    const log::LogRef log = hosted->log;  // another may take its place
    const auto lookup = query.timestamp == kMaxTimestamp ? log->offset_of_max_timestamp()
                                                         : log->offset_for_time(query.timestamp);
    if (!lookup) return failed(lookup.error());
    if (!*lookup || (*lookup)->found.offset >= last_fetchable) {
        return lags ? failed(ErrorCode::offset_not_available) : ListedOffset{};
    }
    return {.timestamp = (*lookup)->found.timestamp,
            .offset = (*lookup)->found.offset,
            .leader_epoch = (*lookup)->leader_epoch};
}

Result<log::EpochEnd, ErrorCode> ReplicaManager::offset_for_leader_epoch(
    const TopicPartition& partition, LeaderEpoch current_leader_epoch, LeaderEpoch epoch) {
    const HostedRef hosted = find(partition);
    if (hosted == nullptr) return fail(ErrorCode::unknown_topic_or_partition);
    const ErrorCode serving = hosted->state.check_serving(current_leader_epoch);
    if (serving != ErrorCode::none) return fail(serving);
    return hosted->log->end_offset_for_epoch(epoch);
}

}  // namespace gregor::replication
