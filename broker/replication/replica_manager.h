// ReplicaManager: the partitions that this broker hosts, and what clients and other brokers do with
// them: append, fetch, list offsets, delete records, follow.
//
//     MetadataPublisher ── assign(), remove(), set_config(), brokers_changed() ──> HostedPartition
//     handlers ── append(), fetch(), list_offsets() … ──> { Partition, Log, Watchers }; what waits
//                                                            goes to the purgatory
//     followers' Fetch ──> fetch() ──proposals──> AlterPartitionManager ──> controller
//     leaders' answers <── ReplicaFetcher ──> take_fetched()
//
// An append runs on the caller's fiber until the records are in the log (and synced, where the
// topic's flush settings ask for it). What then waits for replication, or a fetch for data, is
// parked: `done` is called later from another fiber. So `done` is called exactly once, at once or
// later, unless the node is killed first.
//
// A partition changes its role only between appends: assign() turns new ones away and waits for
// those that run, so that no batch of an old leader epoch follows one of a newer epoch in the log.
// That goes for what is fetched from a leader as well.
//
// When a log fails its partition is offline: KAFKA_STORAGE_ERROR from then on.
//
// replica_manager.cpp: hosting · append.cpp · fetch.cpp · offsets.cpp · deletion.cpp · isr.cpp:
// what followers tell, and in-sync sets · follow.cpp: what leaders tell · moving.cpp: between
// directories.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/log/log.h"
#include "broker/log/log_manager.h"
#include "broker/metrics/counter.h"
#include "broker/metrics/topic_metrics.h"
#include "broker/protocol/records/batch_validator.h"
#include "broker/protocol/records/codec_contexts.h"
#include "broker/replication/alter_partition_manager.h"
#include "broker/replication/fetch_session.h"
#include "broker/replication/fetcher_manager.h"
#include "broker/replication/hosted_partition.h"
#include "broker/replication/partition.h"
#include "broker/replication/purgatory.h"
#include "broker/replication/replication_quota.h"
#include "broker/replication/watchers.h"
#include "sim/runtime/runtime.h"

namespace gregor::replication {

using protocol::LeaderEpoch;

/// Topics that only the broker itself writes to.
[[nodiscard]] bool is_internal_topic(const std::string& topic);

struct ReplicaManagerOptions {
    NodeId node_id{0};
    /// fetch.max.bytes: the most that one Fetch gives, whatever it asks for.
    std::int32_t fetch_max_bytes = 57'671'680;
    /// Compressed batches of at least this size are checked away from the loop.
    std::size_t offload_bytes = std::size_t{64} << 10;
    /// Whether compressed batches are decompressed to check their records on topics that do not
    /// need it (compacted ones and a compression.type of their own always do).
    bool walk_compressed = true;
    /// max.incremental.fetch.session.cache.slots
    std::size_t fetch_session_slots = 1000;
    Purgatory::Limits purgatory;
    /// replica.lag.time.max.ms; lagging replicas are looked for every half of it.
    Duration replica_lag_time_max = 30s;
    /// replica.selector.class = RackAwareReplicaSelector (KIP-392)
    bool select_by_rack = false;
    /// transaction.partition.verification.enable: whether a client's batch begins a transaction
    /// only once its coordinator was asked (KIP-890).
    bool verify_transactions = false;
    QuotaWindow quota_window;
    FetcherOptions fetcher;
};

/// Of throttled replicas, in bytes per second (KIP-73); none: no limit.
struct ReplicationRates {
    std::optional<std::int64_t> leader;    // leader.replication.throttled.rate
    std::optional<std::int64_t> follower;  // follower.replication.throttled.rate

    friend bool operator==(const ReplicationRates&, const ReplicationRates&) = default;
};

/// What an image says of a broker that others need.
struct BrokerView {
    std::int64_t broker_epoch = kNoBrokerEpoch;
    bool is_eligible = false;          // unfenced and not shutting down: may join in-sync sets
    std::optional<Endpoint> endpoint;  // of the listener between brokers
    std::string rack;                  // empty: none
};

// ---- Appending ----

struct AppendPart {
    TopicPartition partition;
    Bytes records;  // one batch
    /// From begin_verification(), where that gave one.
    log::VerificationGuard guard = 0;
    /// Set: this is what becomes of it, as its verification has failed.
    ErrorCode refusal = ErrorCode::none;
    /// Of a marker: its producer has an epoch for each transaction.
    bool has_epoch_per_transaction = false;
};

struct AppendOrder {
    std::int16_t acks = -1;  // -1: all in-sync replicas, 1: the leader, 0: nobody waits
    Duration timeout{};
    records::AppendOrigin origin = records::AppendOrigin::client;
    /// Whether a client may write to internal topics (Kafka lets only its admin client).
    bool internal_topics_allowed = false;
    /// Set: a partition that is led in another epoch refuses with NOT_LEADER_OR_FOLLOWER.
    LeaderEpoch required_epoch = protocol::kNoLeaderEpoch;
    std::vector<AppendPart> parts;
};

struct AppendOutcome {
    TopicPartition partition;
    ErrorCode error = ErrorCode::none;
    Offset base_offset{-1};
    std::int64_t log_append_time_ms =
        -1;  // LogAppendTime only, and of a retry: the batch's timestamp
    Offset log_start_offset{-1};
    std::vector<records::BatchRecordError> record_errors;
    std::optional<std::string> error_message;
};
using AppendDone = std::move_only_function<void(std::vector<AppendOutcome>)>;

/// What this broker wrote itself, as the leader of `epoch`: everything below `end`.
struct OwnAppend {
    TopicPartition partition;
    LeaderEpoch epoch;
    Offset end;
};
using CommitDone = std::move_only_function<void(ErrorCode)>;

// ---- Fetching ----

struct FetchParams {
    bool read_committed = false;
    /// A follower's id; none: a consumer.
    NodeId replica_id = protocol::kNoNode;
    /// The epoch of the follower's registration (KIP-903).
    std::int64_t replica_epoch = kNoBrokerEpoch;
    /// Where the consumer is; empty: it did not say.
    std::string rack;
    /// Whether a replica that does not lead may answer (a consumer since version 11, KIP-392).
    bool any_replica = false;
    /// An old client cannot read what a topic with compression.type=zstd holds:
    /// UNSUPPORTED_COMPRESSION_TYPE.
    bool refuse_zstd = false;
    Duration max_wait{};
    std::int32_t min_bytes = 0;
    std::int32_t max_bytes = 0;
};

/// One entry for each target, in their order.
struct FetchResult {
    std::vector<FetchResponse::Partition> partitions;
    std::vector<FileSlice> records;  // where partitions[i].records is a gap
};
using FetchDone = std::move_only_function<void(FetchResult)>;

// ---- Offsets ----

struct ListedOffset {
    ErrorCode error = ErrorCode::none;
    std::int64_t timestamp = -1;
    Offset offset{-1};
    LeaderEpoch leader_epoch = protocol::kNoLeaderEpoch;
};

struct ListOffsetQuery {
    TopicPartition partition;
    std::int64_t timestamp =
        0;  // -1 latest, -2 earliest, -3 largest timestamp, -4, -5: tiered storage
    LeaderEpoch current_leader_epoch = protocol::kNoLeaderEpoch;
    /// None: a follower's or a debugger's question, which sees the whole log.
    std::optional<bool> read_committed = false;
    bool any_replica = false;
};

/// How often in-sync sets that this broker leads have changed.
struct IsrMetrics {
    metrics::Counter shrinks;
    metrics::Counter expands;
    metrics::Counter failed_updates;  // refused by the controller
};

// ---- Deleting ----

struct DeletionOrder {
    struct Part {
        TopicPartition partition;
        Offset offset;  // -1: the high watermark
    };
    Duration timeout{};
    std::vector<Part> parts;
};

/// One for each part, in their order.
struct DeletedRecords {
    ErrorCode error = ErrorCode::none;
    /// The lowest log start of the live replicas.
    Offset low_watermark{-1};
};
using DeletionDone = std::move_only_function<void(std::vector<DeletedRecords>)>;

class ReplicaManager {
public:
    ReplicaManager(Runtime& runtime, log::LogManager& logs, ReplicaManagerOptions options);
    ReplicaManager(const ReplicaManager&) = delete;
    ReplicaManager& operator=(const ReplicaManager&) = delete;

    // Hosting: called by one fiber, in the order of the images. Each may wait for the disk. -------

    /// Takes up the partition if it is not hosted yet (opening or making its log) and gives it the
    /// role that the assignment says. A partition of the same name and another topic id is removed
    /// first. KAFKA_STORAGE_ERROR: it is hosted, but offline.
    Result<void, ErrorCode> assign(const TopicPartition& partition, const TopicId& topic_id,
                                   const PartitionAssignment& assignment, LogConfigRef config);
    /// Gives the partition up and deletes its log; nothing if it is not hosted.
    void remove(const TopicPartition& partition);
    /// Logs that are on disk and not hosted, once all that is to be is: what was given up while
    /// this node was away. As by Kafka they are renamed, for whoever runs the node to look at.
    void set_aside_strays();
    /// Every hosted partition of the topic follows the new settings.
    void set_config(const std::string& topic, LogConfigRef config);
    /// From now on throttled replicas are replicated no faster than this.
    void set_replication_rates(const ReplicationRates& rates);
    /// The cluster's brokers, this one too, as of the newest image.
    void brokers_changed(const std::map<NodeId, BrokerView>& brokers);
    /// From now on leaders propose changes of their in-sync sets, in the name of this registration
    /// of the broker. Again after each registration. `channel` must outlive this node's fibers.
    void start_proposing(IsrChannel& channel, std::int64_t broker_epoch);
    /// The directory of these logs has failed: what is hosted of them is offline. Never waits.
    void logs_failed(const std::vector<TopicPartition>& partitions);
    /// Answers everything that waits, now and from now on; follows nobody any more.
    void shut_down();

    /// nullptr: not hosted here.
    [[nodiscard]] HostedRef find(const TopicPartition& partition) const;
    /// Every hosted partition, by name.
    [[nodiscard]] std::vector<HostedRef> hosted() const;
    [[nodiscard]] FetchSessionCache& fetch_sessions() { return fetch_sessions_; }
    [[nodiscard]] Purgatory& purgatory() { return purgatory_; }
    [[nodiscard]] const Purgatory& purgatory() const { return purgatory_; }
    [[nodiscard]] const log::LogManager& logs() const { return logs_; }
    [[nodiscard]] const ReplicaManagerOptions& options() const { return options_; }
    /// The epoch of this broker's registration, -1 before start_proposing().
    [[nodiscard]] std::int64_t broker_epoch() const { return broker_epoch_; }
    [[nodiscard]] const FetcherManager& fetchers() const { return fetchers_; }
    [[nodiscard]] const metrics::BrokerTopicMetrics& topic_metrics() const {
        return topic_metrics_;
    }
    [[nodiscard]] const IsrMetrics& isr_metrics() const { return isr_metrics_; }
    /// What this broker fetches for throttled replicas counts here.
    [[nodiscard]] ReplicationQuota& follower_quota() { return follower_quota_; }

    // Clients. -----------------------------------------------------------------------------------

    /// Appends to each partition; errors are per partition. A partition that is not hosted here:
    /// UNKNOWN_TOPIC_OR_PARTITION.
    void append(AppendOrder order, AppendDone done);
    /// Whether the coordinator is to be asked before this part is appended, as its batch would
    /// begin a transaction on a partition that is led here; if so the part has its guard then.
    /// `joins`: its producer has not added the partition itself (KIP-890, part 2).
    [[nodiscard]] bool begin_verification(AppendPart& part, bool joins);

    /// Reads each target, at most max_bytes together but at least one batch. Answers at once when
    /// min_bytes are there, something is to be told (an error, a diverging epoch) or max_wait is
    /// zero; else when data has come or max_wait has passed.
    void fetch(FetchParams params, std::vector<FetchTarget> targets, FetchDone done);

    [[nodiscard]] ListedOffset list_offset(const ListOffsetQuery& query);
    /// Where `epoch` ends (KIP-101); epoch and offset -1 when that is not known.
    [[nodiscard]] Result<log::EpochEnd, ErrorCode> offset_for_leader_epoch(
        const TopicPartition& partition, LeaderEpoch current_leader_epoch, LeaderEpoch epoch);
    /// The logs start at these offsets from now on. POLICY_VIOLATION without cleanup.policy=delete,
    /// OFFSET_OUT_OF_RANGE above the high watermark, INVALID_TOPIC_EXCEPTION for internal topics.
    /// Durable here when it returns; done when it is on every live replica, or REQUEST_TIMED_OUT.
    void delete_records(const DeletionOrder& order, DeletionDone done);
    /// From now on the replica moves to that log directory of this broker, or will be made there
    /// (KIP-113). INVALID_TOPIC_EXCEPTION: its name is too long for that; LOG_DIR_NOT_FOUND,
    /// KAFKA_STORAGE_ERROR; UNKNOWN_TOPIC_OR_PARTITION: not hosted, yet.
    [[nodiscard]] ErrorCode move_to_directory(const TopicPartition& partition,
                                              const std::string& path);
    /// Log starts may have moved.
    void retention_applied();

    // This broker's own coordinators. ------------------------------------------------------------

    /// Appends one batch as acks=all would, and gives its base offset as soon as it is in this log.
    [[nodiscard]] Result<Offset, ErrorCode> append_own(const AppendPart& part, LeaderEpoch epoch);
    /// As begin_verification(), of records that this broker's coordinator is to append.
    [[nodiscard]] std::optional<log::VerificationGuard> begin_own_verification(
        const TopicPartition& partition, protocol::ProducerId id, protocol::ProducerEpoch epoch,
        bool joins);
    /// Whether the partition is still led in that epoch and its high watermark has come to the end.
    [[nodiscard]] bool is_committed(const OwnAppend& own) const;
    /// Tells once, later from another fiber or at once, that it is committed; an error, as to a
    /// produce request with acks=all, when that is not known at the deadline or cannot happen any
    /// more.
    void await_commit(const OwnAppend& own, Instant deadline, CommitDone done);

    // Following: what a fetcher has brought. ------------------------------------------------------

    enum class Taken : std::uint8_t {
        advanced,  // in the log, or cut as told: ask on
        passed,    // the partition does not stand where it was asked from any more
        refused,   // damaged, or the log failed: ask again after a while
    };
    /// Where the logs start now, they start after a crash, too.
    void keep_log_starts();
    /// Takes the answer to a fetch from `asked`, an error-free one. May wait for the disk.
    Taken take_fetched(HostedPartition& hosted, const FetchPosition& asked,
                       const FetchResponse::Partition& answer);
    /// The leader's log does not hold the offset that was asked for: cuts this log to `leader_end`
    /// if it goes beyond, begins it anew at `leader_start` if it ends before.
    Taken take_leader_range(HostedPartition& hosted, const FetchPosition& asked,
                            Offset leader_start, Offset leader_end);

    /// L3, L5, R5 and R6 for every hosted partition; CHECKs.
    void check_invariants() const;

private:
    class DelayedProduce;
    class DelayedFetch;
    class DelayedDeletion;
    struct AppendedPart;
    struct DeletedPart;
    struct FetchRound;

    // replica_manager.cpp
    [[nodiscard]] HostedRef take_up(const TopicPartition& partition, const TopicId& topic_id,
                                    const LogConfigRef& config);
    void quiesce(HostedPartition& hosted);
    void progressed(HostedPartition& hosted, std::uint64_t bytes);
    void disturb(HostedPartition& hosted);
    void log_failed(HostedPartition& hosted);
    [[nodiscard]] bool hosts_topic(const std::string& topic) const;

    [[nodiscard]] Result<void, ErrorCode> prepare_role(HostedPartition& hosted,
                                                       const RolePlan& plan);
    void give_up(const TopicPartition& partition);

    // moving.cpp
    void move_replicas();
    void look_for_moves();
    void call_off(const HostedPartition& hosted);
    [[nodiscard]] HostedRef next_to_move() const;
    [[nodiscard]] bool is_moving(const HostedPartition& hosted, const log::LogRef& copy) const;
    [[nodiscard]] Result<void, ErrorCode> move_one(const HostedRef& hosted);
    [[nodiscard]] Result<void, ErrorCode> catch_up(const HostedPartition& hosted,
                                                   const log::LogRef& copy);
    [[nodiscard]] Result<void, ErrorCode> swap(HostedPartition& hosted, const log::LogRef& copy);

    // isr.cpp
    void propose(const HostedRef& hosted, std::optional<IsrProposal> proposal);
    void note_follower(const HostedRef& hosted, const FetchParams& params,
                       const FetchRequest::Partition& wanted);
    [[nodiscard]] IsrOutcome isr_answered(HostedPartition& hosted, const IsrProposal& proposal,
                                          const Result<IsrDecision, ErrorCode>& answer);
    void count_isr_change(std::size_t before, const HostedPartition& hosted);
    void watch_lag();

    // follow.cpp
    Taken cut(HostedPartition& hosted, const FollowStep& step);
    Taken append_fetched(HostedPartition& hosted, const FetchPosition& asked,
                         const FetchResponse::Partition& answer);

    // append.cpp
    [[nodiscard]] bool verifies() const;
    [[nodiscard]] AppendedPart append_part(const AppendOrder& order, const AppendPart& part);
    [[nodiscard]] Result<records::ValidatedBatch, records::Refusal> validate(
        const HostedPartition& hosted, const AppendOrder& order, const Bytes& chunk);
    void answer_or_park(std::vector<AppendedPart> parts, Instant deadline, AppendDone done);
    [[nodiscard]] std::vector<AppendOutcome> predict(const AppendOrder& order) const;

    // deletion.cpp
    [[nodiscard]] DeletedPart delete_part(const DeletionOrder::Part& part);
    void answer_or_park(std::vector<DeletedPart> parts, Instant deadline, DeletionDone done);
    void note_low_watermark(HostedPartition& hosted);

    // fetch.cpp
    [[nodiscard]] bool holds_back(const FetchParams& params, const HostedPartition& hosted) const;
    /// `first`: not parked before, so that what a follower asks for says where it is now.
    [[nodiscard]] FetchRound read(const FetchParams& params,
                                  const std::vector<FetchTarget>& targets, bool first);
    [[nodiscard]] FetchResponse::Partition read_one(const FetchParams& params,
                                                    const FetchTarget& target,
                                                    const HostedRef& hosted, std::int64_t max_bytes,
                                                    bool at_least_one_batch, bool first,
                                                    FileSlice& records);
    static void count_bytes_out(const FetchParams& params, const FetchRound& round);

    Runtime& runtime_;
    log::LogManager& logs_;
    ReplicaManagerOptions options_;
    std::map<TopicPartition, HostedRef> hosted_;
    Mutex hosting_;  // held while partitions come, go, change their roles or their logs
    FetchSessionCache fetch_sessions_;
    Purgatory purgatory_;
    records::CodecContexts codec_contexts_;
    ReplicationQuota leader_quota_;
    ReplicationQuota follower_quota_;
    EligibleBrokersRef eligible_;
    std::map<NodeId, std::string> racks_;
    FetcherManager fetchers_;
    AlterPartitionManager alter_partition_;
    std::int64_t broker_epoch_ = kNoBrokerEpoch;
    metrics::BrokerTopicMetrics topic_metrics_;
    IsrMetrics isr_metrics_;
    bool is_moving_ = false;  // there is a fiber for it
    bool watching_lag_ = false;
    WaitQueue lag_watch_;
    bool shut_down_ = false;
};

}  // namespace gregor::replication
