// MetadataLog: __cluster_metadata-0 of a quorum with one voter, this node. Its own vote is a
// majority, so that what it has made durable is committed.
//
//     snapshot X             log
//     [everything below X] | batch | batch | … | batch |  end      epoch = of this leadership
//
// Opening it is winning an election: the epoch in quorum-state rises and is durable before the
// first batch of the new epoch, a leader-change record, is written (KIP-595).
//
// Every failure of the disk is final: after one nothing can be appended, and what was not
// acknowledged may or may not be there when the node starts again.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "broker/drivers/snapshot_store.h"
#include "broker/log/log.h"
#include "broker/metadata/metadata_batch.h"
#include "broker/metadata/metadata_loader.h"
#include "sim/runtime/runtime.h"

namespace gregor::drivers {

struct MetadataLogOptions {
    /// "<metadata.log.dir>/__cluster_metadata-0"; made if missing.
    std::string folder;
    protocol::NodeId node_id{0};
    /// metadata.log.segment.bytes
    std::int32_t segment_bytes = 1024 * 1024 * 1024;
    /// metadata.log.max.record.bytes.between.snapshots
    std::int64_t max_bytes_between_snapshots = 20 * 1024 * 1024;
    /// metadata.max.retention.bytes: above it the oldest snapshot goes, if there is a newer one,
    /// and the log below the next one.
    std::int64_t max_retention_bytes = 100 * 1024 * 1024;
};

class MetadataLog {
public:
    MetadataLog(Runtime& runtime, MetadataLogOptions options);

    /// Opens the log and begins a new epoch. Gives what the latest snapshot and the log say.
    [[nodiscard]] Result<metadata::MetadataLoader, log::StorageError> open();

    /// Appends the records and makes them durable; gives the first one's offset.
    /// KAFKA_STORAGE_ERROR: see above. An atomic append CHECKs that its records fit into one batch.
    [[nodiscard]] Result<protocol::Offset, protocol::ErrorCode> append(
        std::span<const metadata::VersionedRecord> records, bool atomic);

    /// Writes a snapshot and drops what retention allows, if enough was appended since the last
    /// one. A failure is left for the next time: the log still has everything.
    void snapshot_if_due(const metadata::MetadataImage& image);

    [[nodiscard]] protocol::LeaderEpoch epoch() const { return epoch_; }
    [[nodiscard]] protocol::Offset end_offset() const { return log_->log_end_offset(); }
    [[nodiscard]] protocol::Offset start_offset() const { return log_->log_start_offset(); }
    [[nodiscard]] const std::vector<metadata::SnapshotId>& snapshots() const {
        return snapshots_.ids();
    }
    /// Why nothing can be appended any more.
    [[nodiscard]] std::optional<IoError> failure() const;

    /// Syncs what a clean stop may leave; no more appends.
    [[nodiscard]] Result<void, protocol::ErrorCode> close() { return log_->close(); }

private:
    [[nodiscard]] Result<void, log::StorageError> open_log();
    [[nodiscard]] Result<metadata::MetadataLoader, log::StorageError> replay();
    [[nodiscard]] Result<void, log::StorageError> replay_batches(const Bytes& chunk,
                                                                 metadata::MetadataLoader& loader);
    [[nodiscard]] Result<void, log::StorageError> begin_epoch();
    [[nodiscard]] Result<protocol::Offset, protocol::ErrorCode> append_batches(
        std::vector<Bytes> batches);
    [[nodiscard]] Result<void, IoError> take_snapshot(const metadata::MetadataImage& image);
    void drop_old();
    [[nodiscard]] std::int64_t now_ms() const;

    Runtime& runtime_;
    MetadataLogOptions options_;
    SnapshotStore snapshots_;
    std::unique_ptr<log::Log> log_;
    protocol::LeaderEpoch epoch_{0};
    std::int64_t last_timestamp_ms_ = 0;  // of the last batch
    std::int64_t bytes_since_snapshot_ = 0;
    bool failed_ = false;
};

}  // namespace gregor::drivers
