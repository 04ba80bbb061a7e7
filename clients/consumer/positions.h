// Positions: where a consumer is in each of the partitions that it has. Pure: it says what there is
// to ask of whom, and is told what was answered.
//
//     awaiting_committed ──> validating (KIP-320: is the log still the one that was read?)
//            │ none               │        ^
//            v                    v        │ a new leader epoch
//      awaiting_reset ────────> fetching ──┘
//            ^    OFFSET_OUT_OF_RANGE │
//            └────────────────────────┘
//
//     committed        position                     fetch_offset
//         v                v                             v
//     ────────────────────────[ fetched, not returned yet )──────────────────> log end
//
// Partitions are fetched ahead, so that one that has been drained is in the next request already
// and waits for no other. An answer counts only while the question still stands: a seek, a reset
// or a loss gives the partition a new `version`. What must hold: position <= fetch_offset; a
// position moves back only by seek or reset.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "clients/client/fetch_session.h"
#include "clients/client/offsets.h"
#include "clients/consumer/fetched_records.h"
#include "sim/base/time.h"

namespace gregor::consumer {

using client::PartitionLeader;
using client::TopicPartition;

using client::OffsetAndMetadata;
using client::Offsets;

/// The timestamps of ListOffsets that are no time.
inline constexpr std::int64_t kLatest = -1;
inline constexpr std::int64_t kEarliest = -2;

struct PositionsOptions {
    bool has_group = false;
    OffsetReset auto_offset_reset = OffsetReset::latest;
    IsolationLevel isolation_level = IsolationLevel::read_uncommitted;
    std::int32_t max_partition_fetch_bytes = 1024 * 1024;
    bool check_crcs = true;
    Duration retry_backoff = 100ms;
};

/// A question about one partition: `version` tells whether it still stands.
struct PositionQuestion {
    TopicPartition partition;
    std::uint64_t version = 0;
    protocol::LeaderEpoch leader_epoch;  // as the consumer knows it
    std::int64_t timestamp = 0;          // of a reset
    protocol::LeaderEpoch offset_epoch;  // of what was read last, to be validated
    protocol::Offset offset;             // of a fetch
};

/// What is to be done after an answer.
struct AnswerOutcome {
    bool needs_metadata = false;
    std::optional<protocol::ErrorCode> error = {};  // for the application
};

class Positions {
public:
    explicit Positions(PositionsOptions options) : options_(options) {}

    /// These and no others; what was there already stays as it is.
    void assign(const std::set<TopicPartition>& partitions);
    void add(const std::set<TopicPartition>& partitions);
    void remove(const std::set<TopicPartition>& partitions);
    [[nodiscard]] bool contains(const TopicPartition& partition) const {
        return partitions_.contains(partition);
    }
    [[nodiscard]] std::set<TopicPartition> assigned() const;

    // The application; CHECKs that it has the partition.

    void seek(const TopicPartition& partition, const OffsetAndMetadata& to);
    void reset(const TopicPartition& partition, std::int64_t timestamp);
    void pause(const TopicPartition& partition) { at(partition).is_paused = true; }
    void resume(const TopicPartition& partition) { at(partition).is_paused = false; }
    [[nodiscard]] std::set<TopicPartition> paused() const;
    /// Of the next record to be returned; nothing while it is not known.
    [[nodiscard]] std::optional<protocol::Offset> position(const TopicPartition& partition) const;
    /// Records between the position and what can be read; nothing before the first fetch.
    [[nodiscard]] std::optional<std::int64_t> lag(const TopicPartition& partition) const;
    /// All known positions, to be committed.
    [[nodiscard]] Offsets consumed() const;

    struct Taken {
        std::vector<ConsumerRecord> records;
        std::optional<TopicPartition> damaged;  // its next batch cannot be read
    };
    /// At most so many records, of one partition after the other, beginning with the one that has
    /// not been served for longest.
    [[nodiscard]] Taken take(std::size_t max_records);

    // What is to be asked. `now` leaves out what has just failed.

    [[nodiscard]] std::vector<PositionQuestion> awaiting_committed(Instant now) const;
    [[nodiscard]] std::vector<PositionQuestion> awaiting_reset(protocol::NodeId leader,
                                                               Instant now) const;
    [[nodiscard]] std::vector<PositionQuestion> awaiting_validation(protocol::NodeId leader,
                                                                    Instant now) const;
    [[nodiscard]] std::vector<PositionQuestion> fetchable(protocol::NodeId leader,
                                                          Instant now) const;
    /// A partition of this leader has as much as it may hold: a fetch must not wait for long.
    [[nodiscard]] bool has_full(protocol::NodeId leader) const;
    /// When something that failed is to be tried again; kNever if nothing is.
    [[nodiscard]] Instant next_retry(Instant now) const;

    // What was answered.

    void set_leader(const TopicPartition& partition, PartitionLeader leader);
    /// kNoOffset: nothing is committed. NO_OFFSET_FOR_PARTITION is what Kafka calls the error.
    [[nodiscard]] AnswerOutcome committed_found(const PositionQuestion& question,
                                                const OffsetAndMetadata& committed);
    void reset_found(const PositionQuestion& question, protocol::Offset offset,
                     protocol::LeaderEpoch epoch);
    [[nodiscard]] AnswerOutcome validated(const PositionQuestion& question,
                                          protocol::LeaderEpoch epoch, protocol::Offset end_offset);
    [[nodiscard]] AnswerOutcome fetched(const PositionQuestion& question,
                                        const protocol::FetchResponse::Partition& answer,
                                        Instant now);
    /// No answer, or an error that passes.
    void failed(const PositionQuestion& question, Instant now);

    void check_invariants() const;

private:
    enum class Stage : std::uint8_t { awaiting_committed, awaiting_reset, validating, fetching };

    struct Partition {
        explicit Partition(FetchedRecords records) : fetched(std::move(records)) {}

        Stage stage = Stage::awaiting_committed;
        std::uint64_t version = 0;
        PartitionLeader leader;
        protocol::Offset position = protocol::kNoOffset;
        protocol::LeaderEpoch offset_epoch = protocol::kNoLeaderEpoch;
        protocol::Offset fetch_offset = protocol::kNoOffset;
        std::int64_t reset_timestamp = kLatest;
        bool is_paused = false;
        Instant not_before{};
        std::uint64_t last_served = 0;
        protocol::Offset end_offset = protocol::kNoOffset;  // that can be read
        FetchedRecords fetched;
    };

    [[nodiscard]] Partition& at(const TopicPartition& partition);
    /// Null: the question no longer stands.
    [[nodiscard]] Partition* find(const PositionQuestion& question, Stage stage);
    template <class Accept>
    [[nodiscard]] std::vector<PositionQuestion> questions(Accept accept) const;
    [[nodiscard]] bool is_full(const Partition& partition) const;
    void move_to(Partition& partition, const OffsetAndMetadata& to);
    /// As auto.offset.reset says; the error if it says none.
    [[nodiscard]] AnswerOutcome reset_or_fail(Partition& partition, protocol::ErrorCode error);
    void drop_fetched(Partition& partition);
    [[nodiscard]] AnswerOutcome fetch_failed(Partition& partition, protocol::ErrorCode error,
                                             Instant now);

    PositionsOptions options_;
    std::map<TopicPartition, Partition> partitions_;
    std::uint64_t next_version_ = 1;
    std::uint64_t next_turn_ = 1;
};

}  // namespace gregor::consumer
