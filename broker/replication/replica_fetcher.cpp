#include "broker/replication/replica_fetcher.h"

#include <algorithm>
#include <utility>

#include "broker/protocol/messages/list_offsets.h"
#include "broker/replication/replica_manager.h"
#include "sim/base/probe.h"

namespace gregor::replication {

using protocol::FetchRequest;
using protocol::FetchResponse;
using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;

namespace {

constexpr std::int16_t kFetchVersion = 17;
constexpr std::int16_t kListOffsetsVersion = 8;
constexpr std::int64_t kLatest = -1;
constexpr std::int64_t kEarliest = -2;
constexpr std::int32_t kResponseHeadroom = 16 << 20;  // one batch goes whole, and what is around

}  // namespace

ReplicaFetcher::ReplicaFetcher(Runtime& runtime, ReplicaManager& replicas, NodeId source,
                               const FetcherOptions& options)
    : runtime_(runtime),
      replicas_(replicas),
      source_(source),
      options_(options),
      client_(runtime, {.client_id = fmt::format("broker-{}-fetcher-0", replicas.options().node_id),
                        .max_response_bytes = options.response_max_bytes + kResponseHeadroom}),
      changed_(runtime.scheduler()) {}

void ReplicaFetcher::set_endpoint(std::optional<Endpoint> endpoint) {
    if (endpoint == endpoint_) return;
    endpoint_ = std::move(endpoint);
    reset_connection();
    changed_.notify_all();
}

void ReplicaFetcher::add(HostedRef hosted) {
    const TopicPartition partition = hosted->partition;
    partitions_.insert_or_assign(partition, Followed{std::move(hosted), Instant::min()});
    changed_.notify_all();
}

void ReplicaFetcher::remove(const TopicPartition& partition) { partitions_.erase(partition); }

void ReplicaFetcher::shut_down() {
    shut_down_ = true;
    client_.close();
    changed_.notify_all();
}

void ReplicaFetcher::reset_connection() {
    client_.close();
    session_.lost();
}

// The round. -------------------------------------------------------------------------------------

void ReplicaFetcher::run() {
    while (!shut_down_) {
        if (partitions_.empty() || !endpoint_) {
            reset_connection();
            changed_.wait();
        } else if (next_due() > runtime_.clock().now()) {
            changed_.wait(next_due());
        } else if (client_.is_connected() || connect()) {
            fetch_once();
        } else {
            rest(deadline_after(runtime_.clock().now(), options_.backoff));
        }
    }
}

void ReplicaFetcher::rest(Instant until) {
    while (!shut_down_ && runtime_.clock().now() < until) {
        if (changed_.wait(until)) return;  // another endpoint, perhaps
    }
}

bool ReplicaFetcher::connect() {
    session_.lost();
    const Endpoint endpoint = *endpoint_;
    const auto connected =
        client_.connect(endpoint, deadline_after(runtime_.clock().now(), options_.socket_timeout));
    if (!connected) {
        runtime_.trace().event("fetch_source_unreachable", "source=n{} error={}", source_,
                               name(connected.error()));
    }
    return connected && endpoint_ == endpoint && !shut_down_;
}

Instant ReplicaFetcher::next_due() const {
    Instant due = kNever;
    for (const auto& [partition, followed] : partitions_) {
        due = std::min(due, followed.not_before);
    }
    return due;
}

ReplicaFetcher::AskedPartitions ReplicaFetcher::due_partitions() {
    const Instant now = runtime_.clock().now();
    AskedPartitions asked;
    for (auto& [partition, followed] : partitions_) {
        if (followed.not_before > now) continue;
        const HostedRef& hosted = followed.hosted;
        // One that changes comes back through add(); one whose log failed never does.
        const auto position = hosted->changing || hosted->log == nullptr
                                  ? std::nullopt
                                  : hosted->state.fetch_position(hosted->log->leader_epochs());
        if (!position) {
            followed.not_before = kNever;
            continue;
        }
        if (is_held_back(followed, now)) continue;
        const FetchSessionBuilder::Key key{hosted->topic_id,
                                           protocol::PartitionId(partition.partition)};
        asked.emplace(key, Asked{hosted, *position});
    }
    return asked;
}

/// The quota may be raised meanwhile: it is looked at again after one sample at the latest.
bool ReplicaFetcher::is_held_back(Followed& followed, Instant now) {
    if (!followed.hosted->is_throttled_follower || followed.is_caught_up) return false;
    const ReplicationQuota& quota = replicas_.follower_quota();
    if (!quota.is_exceeded(now)) return false;
    PROBE("a follower held a throttled replica back");
    followed.not_before = std::min(quota.fits_at(now), now + quota.window().sample);
    return true;
}

FetchRequest ReplicaFetcher::request_for(const AskedPartitions& asked) {
    FetchRequest request;
    request.replica_state.replica_id = replicas_.options().node_id;
    request.replica_state.replica_epoch = replicas_.broker_epoch();
    request.max_wait_ms = static_cast<std::int32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(options_.wait_max).count());
    request.min_bytes = options_.min_bytes;
    request.max_bytes = options_.response_max_bytes;
    FetchSessionBuilder::Wanted wanted;
    for (const auto& [key, each] : asked) {
        FetchRequest::Partition partition;
        partition.partition = key.second;
        partition.current_leader_epoch = each.position.leader_epoch;
        partition.fetch_offset = each.position.fetch_offset;
        partition.last_fetched_epoch = each.position.last_fetched_epoch;
        partition.log_start_offset = each.hosted->state.marks().log_start_offset;
        partition.partition_max_bytes = options_.max_bytes;
        wanted.emplace(key, std::move(partition));
    }
    session_.build(request, wanted);
    return request;
}

void ReplicaFetcher::fetch_once() {
    const AskedPartitions asked = due_partitions();
    if (asked.empty()) return;
    const Instant now = runtime_.clock().now();
    const auto response = client_.call<FetchResponse>(
        request_for(asked), kFetchVersion,
        deadline_after(now, options_.socket_timeout + options_.wait_max));
    if (shut_down_) return;
    if (!response) {
        PROBE("a follower lost the connection to its leader");
        runtime_.trace().event("fetch_failed", "source=n{} error={}", source_,
                               name(response.error()));
        reset_connection();
        return rest(deadline_after(runtime_.clock().now(), options_.backoff));
    }
    if (const auto usable = session_.answered(*response); !usable) {
        runtime_.trace().event("fetch_session_refused", "source=n{} error={}", source_,
                               usable.error());
        // The leader may have forgotten the session; that alone is no reason to wait.
        if (usable.error() == ErrorCode::fetch_session_id_not_found) return;
        return rest(deadline_after(runtime_.clock().now(), options_.backoff));
    }
    take(asked, *response);
}

// The answer. ------------------------------------------------------------------------------------

void ReplicaFetcher::take(const AskedPartitions& asked, const FetchResponse& response) {
    for (const FetchResponse::Topic& topic : response.responses) {
        for (const FetchResponse::Partition& answer : topic.partitions) {
            const auto each = asked.find({topic.topic_id, answer.partition_index});
            // Left out of this request and in the session still: the next one names it again.
            if (each == asked.end()) continue;
            take_one(each->second, answer);
            if (shut_down_) return;
        }
    }
    // The next request tells the leader of them, and whoever deleted records is answered then.
    if (std::exchange(log_starts_moved_, false)) replicas_.keep_log_starts();
}

void ReplicaFetcher::take_one(const Asked& asked, const FetchResponse::Partition& answer) {
    HostedPartition& hosted = *asked.hosted;
    bool goes_on = true;
    switch (answer.error_code) {
        case ErrorCode::none: {
            const Offset start = hosted.state.marks().log_start_offset;
            goes_on = replicas_.take_fetched(hosted, asked.position, answer) !=
                      ReplicaManager::Taken::refused;
            if (hosted.state.marks().log_start_offset > start) log_starts_moved_ = true;
            took(asked, answer);
            break;
        }
        case ErrorCode::offset_out_of_range: goes_on = recover_range(asked).has_value(); break;
        // A newer image will tell this broker or the leader: FENCED_LEADER_EPOCH,
        // UNKNOWN_LEADER_EPOCH, NOT_LEADER_OR_FOLLOWER, UNKNOWN_TOPIC_ID … or the leader's disk is
        // ill.
        default: goes_on = false; break;
    }
    if (goes_on) return;
    runtime_.trace().event("fetch_delayed", "partition={} source=n{} error={}", hosted.partition,
                           source_, answer.error_code);
    delay(asked);
}

/// What was fetched counts, whether or not the log could take it.
void ReplicaFetcher::took(const Asked& asked, const FetchResponse::Partition& answer) {
    if (asked.hosted->is_throttled_follower) {
        replicas_.follower_quota().record(runtime_.clock().now(), answer.records.size());
    }
    Followed* const followed = find_followed(asked);
    if (followed == nullptr) return;
    followed->is_caught_up = answer.high_watermark <= asked.hosted->log->log_end_offset();
}

/// A partition that was given another role meanwhile is not this request's business any more.
ReplicaFetcher::Followed* ReplicaFetcher::find_followed(const Asked& asked) {
    const auto followed = partitions_.find(asked.hosted->partition);
    if (followed == partitions_.end() || followed->second.hosted != asked.hosted) return nullptr;
    if (asked.hosted->state.leader_epoch() != asked.position.leader_epoch) return nullptr;
    return &followed->second;
}

void ReplicaFetcher::delay(const Asked& asked) {
    Followed* const followed = find_followed(asked);
    if (followed == nullptr) return;
    followed->not_before = deadline_after(runtime_.clock().now(), options_.backoff);
}

Result<void, ErrorCode> ReplicaFetcher::recover_range(const Asked& asked) {
    const Offset end = TRY(leader_offset(asked, kLatest));
    const Offset start = TRY(leader_offset(asked, kEarliest));
    const auto taken = replicas_.take_leader_range(*asked.hosted, asked.position, start, end);
    if (taken == ReplicaManager::Taken::refused) return fail(ErrorCode::offset_out_of_range);
    return {};
}

Result<Offset, ErrorCode> ReplicaFetcher::leader_offset(const Asked& asked,
                                                        std::int64_t timestamp) {
    ListOffsetsRequest request;
    request.replica_id = replicas_.options().node_id;
    ListOffsetsRequest::Topic& topic = request.topics.emplace_back();
    topic.name = asked.hosted->partition.topic;
    ListOffsetsRequest::Partition& partition = topic.partitions.emplace_back();
    partition.partition_index = protocol::PartitionId(asked.hosted->partition.partition);
    partition.current_leader_epoch = asked.position.leader_epoch;
    partition.timestamp = timestamp;
    const auto response = client_.call<ListOffsetsResponse>(
        request, kListOffsetsVersion,
        deadline_after(runtime_.clock().now(), options_.socket_timeout));
    if (!response) {
        reset_connection();
        return fail(ErrorCode::network_exception);
    }
    if (response->topics.size() != 1 || response->topics[0].partitions.size() != 1) {
        return fail(ErrorCode::unknown_server_error);
    }
    const ListOffsetsResponse::Partition& answer = response->topics[0].partitions[0];
    if (answer.error_code != ErrorCode::none) return fail(answer.error_code);
    return answer.offset;
}

}  // namespace gregor::replication
