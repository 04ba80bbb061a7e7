// ReplicaManager: the partitions that this broker hosts, and what clients do with them: append,
// fetch, list offsets, delete records.
//
//     MetadataPublisher ── assign(), remove(), set_config() ──> HostedPartition { Partition, Log,
//     Watchers } handlers ── append(), fetch(), list_offsets() … ────────> the same; what waits
//     goes to the purgatory
//
// An append runs on the caller's fiber until the records are in the log (and synced, where the
// topic's flush settings ask for it). What then waits for replication, or a fetch for data, is
// parked: `done` is called later from another fiber. So `done` is called exactly once, at once or
// later, unless the node is killed first.
//
// A partition changes its role only between appends: assign() turns new ones away and waits for
// those that run, so that no batch of an old leader epoch follows one of a newer epoch in the log.
//
// When a log fails its partition is offline: KAFKA_STORAGE_ERROR from then on.
//
// replica_manager.cpp: hosting · append.cpp · fetch.cpp · offsets.cpp.
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
#include "broker/protocol/records/batch_validator.h"
#include "broker/protocol/records/codec_contexts.h"
#include "broker/replication/fetch_session.h"
#include "broker/replication/partition.h"
#include "broker/replication/purgatory.h"
#include "broker/replication/watchers.h"
#include "sim/runtime/runtime.h"

namespace gregor::replication {

using log::LogConfigRef;
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
};

struct HostedPartition {
    HostedPartition(Runtime& runtime, TopicPartition name, TopicId id, log::LogRef hosted_log,
                    LogConfigRef topic_config, NodeId self);

    [[nodiscard]] LogMarks log_marks() const;

    TopicPartition partition;
    TopicId topic_id;
    log::LogRef log;  // none: it could not be opened
    LogConfigRef config;
    Partition state;
    std::shared_ptr<Watchers> watchers;
    std::int32_t appends_running = 0;
    bool changing = false;  // a role change waits for the appends
    WaitQueue appends_done;
};
using HostedRef = std::shared_ptr<HostedPartition>;

// ---- Appending ----

struct AppendPart {
    TopicPartition partition;
    Bytes records;  // one batch
};

struct AppendOrder {
    std::int16_t acks = -1;  // -1: all in-sync replicas, 1: the leader, 0: nobody waits
    Duration timeout{};
    records::AppendOrigin origin = records::AppendOrigin::client;
    /// Whether a client may write to internal topics (Kafka lets only its admin client).
    bool internal_topics_allowed = false;
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

// ---- Fetching ----

struct FetchParams {
    bool read_committed = false;
    /// A follower's id; none: a consumer.
    NodeId replica_id = protocol::kNoNode;
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

struct DeletedRecords {
    ErrorCode error = ErrorCode::none;
    Offset low_watermark{-1};
};

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
    /// Every hosted partition of the topic follows the new settings.
    void set_config(const std::string& topic, LogConfigRef config);
    /// Answers everything that waits, now and from now on.
    void shut_down();

    /// nullptr: not hosted here.
    [[nodiscard]] HostedRef find(const TopicPartition& partition) const;
    /// Every hosted partition, by name.
    [[nodiscard]] std::vector<HostedRef> hosted() const;
    [[nodiscard]] FetchSessionCache& fetch_sessions() { return fetch_sessions_; }
    [[nodiscard]] Purgatory& purgatory() { return purgatory_; }
    [[nodiscard]] const ReplicaManagerOptions& options() const { return options_; }

    // Clients. -----------------------------------------------------------------------------------

    /// Appends to each partition; errors are per partition. A partition that is not hosted here:
    /// UNKNOWN_TOPIC_OR_PARTITION.
    void append(AppendOrder order, AppendDone done);

    /// Reads each target, at most max_bytes together but at least one batch. Answers at once when
    /// min_bytes are there, something is to be told (an error, a diverging epoch) or max_wait is
    /// zero; else when data has come or max_wait has passed.
    void fetch(FetchParams params, std::vector<FetchTarget> targets, FetchDone done);

    [[nodiscard]] ListedOffset list_offset(const ListOffsetQuery& query);
    /// Where `epoch` ends (KIP-101); epoch and offset -1 when that is not known.
    [[nodiscard]] Result<log::EpochEnd, ErrorCode> offset_for_leader_epoch(
        const TopicPartition& partition, LeaderEpoch current_leader_epoch, LeaderEpoch epoch);
    /// The log starts at `offset` from now on (-1: at the high watermark). POLICY_VIOLATION without
    /// cleanup.policy=delete, OFFSET_OUT_OF_RANGE above the high watermark, INVALID_TOPIC_EXCEPTION
    /// for internal topics. Durable when it returns.
    [[nodiscard]] DeletedRecords delete_records(const TopicPartition& partition, Offset offset);

    /// L3, L5 and R5 for every hosted partition; CHECKs.
    void check_invariants() const;

private:
    class DelayedProduce;
    class DelayedFetch;
    class AppendGuard;
    struct AppendedPart;
    struct FetchRound;

    // replica_manager.cpp
    [[nodiscard]] HostedRef take_up(const TopicPartition& partition, const TopicId& topic_id,
                                    const LogConfigRef& config);
    void quiesce(HostedPartition& hosted);
    void progressed(HostedPartition& hosted, std::uint64_t bytes);
    void disturb(HostedPartition& hosted);
    void log_failed(HostedPartition& hosted);

    // append.cpp
    [[nodiscard]] AppendedPart append_part(const AppendOrder& order, const AppendPart& part);
    [[nodiscard]] Result<records::ValidatedBatch, records::Refusal> validate(
        const HostedPartition& hosted, const AppendOrder& order, const Bytes& chunk);
    void answer_or_park(std::vector<AppendedPart> parts, Instant deadline, AppendDone done);
    [[nodiscard]] std::vector<AppendOutcome> predict(const AppendOrder& order) const;

    // fetch.cpp
    [[nodiscard]] FetchRound read(const FetchParams& params,
                                  const std::vector<FetchTarget>& targets);
    [[nodiscard]] FetchResponse::Partition read_one(const FetchParams& params,
                                                    const FetchTarget& target,
                                                    const HostedRef& hosted, std::int64_t max_bytes,
                                                    bool at_least_one_batch, FileSlice& records);

    Runtime& runtime_;
    log::LogManager& logs_;
    ReplicaManagerOptions options_;
    std::map<TopicPartition, HostedRef> hosted_;
    FetchSessionCache fetch_sessions_;
    Purgatory purgatory_;
    records::CodecContexts codec_contexts_;
};

}  // namespace gregor::replication
