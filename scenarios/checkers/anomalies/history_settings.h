// What a history's head and its `config` lines say of the cluster and its clients, and what Kafka
// promises under it: all excuses that do not depend on single records are decided here.
//
//     a record that was read stays        unless leaders are elected uncleanly, or more replicas
//                                         lost data at once than min.insync.replicas - 1
//     an acknowledged one stays           if besides acks=all
//     a record stands once, in order      if besides its producer is idempotent
//
// One set of settings serves all: the head gives the defaults, a topic, producer, consumer, group
// or pipeline has a copy in which its own lines have changed something.
#pragma once

#include <cstdint>

#include "scenarios/checkers/anomalies/anomaly.h"

namespace gregor::scenarios {

/// When a consumer commits its offsets: what is promised of the work done for each record.
enum class CommitMode : std::uint8_t {
    before,       // at most once
    after,        // at least once; so does enable.auto.commit
    transaction,  // with sendOffsetsToTransaction: exactly once
};

struct HistorySettings {
    bool acks_all = true;
    bool idempotence = true;
    bool read_committed = false;
    bool unclean_elections = false;
    /// Retention or DeleteRecords may take the logs' beginnings.
    bool retention = false;
    bool compaction = false;
    /// Some offsets hold no record: there are markers of transactions that the history does not
    /// tell of.
    bool has_foreign_markers = false;
    bool log_append_time = false;
    /// flush.messages=1: what is acknowledged is on the disks of all replicas in sync.
    bool flushes_every_message = false;
    /// The consumer protocol (KIP-848) has member epochs, no generations.
    bool consumer_protocol = false;
    CommitMode commit = CommitMode::after;
    std::int64_t min_insync_replicas = 1;
    /// Replicas that lost at once what they had not synced, or all that they had.
    std::int64_t power_losses = 0;
    std::int64_t disk_losses = 0;
    /// A client's producer_byte_rate; 0: none.
    std::int64_t producer_byte_rate = 0;

    friend bool operator==(const HistorySettings&, const HistorySettings&) = default;
};

/// Of a topic: why what somebody has read may be gone; none: it may not.
[[nodiscard]] Excuse excuse_of_loss(const HistorySettings& topic);
/// Why what the producer was told of may be gone.
[[nodiscard]] Excuse excuse_of_loss(const HistorySettings& topic, const HistorySettings& producer);
/// Why a record may stand twice, or before one that was sent earlier.
[[nodiscard]] Excuse excuse_of_repeat(const HistorySettings& topic,
                                      const HistorySettings& producer);

}  // namespace gregor::scenarios
