#include "broker/drivers/metadata_log.h"

#include <fmt/format.h>

#include <algorithm>

#include "broker/drivers/quorum_state_file.h"
#include "broker/log/checkpoint_file.h"
#include "broker/protocol/records/control_record.h"
#include "sim/base/check.h"
#include "sim/base/instrument.h"

namespace gregor::drivers {
namespace {

using log::StorageError;
using metadata::MetadataLoader;
using protocol::ErrorCode;
using protocol::LeaderEpoch;
using protocol::Offset;

constexpr std::int64_t kReplayBytes = 4 * 1024 * 1024;

log::LogConfigRef metadata_log_config(const MetadataLogOptions& options) {
    log::LogConfig config;
    config.cleanup_delete = true;
    config.max_message_bytes = std::numeric_limits<std::int32_t>::max();
    config.retention_bytes = -1;
    config.retention_ms = -1;
    config.segment_bytes = options.segment_bytes;
    return std::make_shared<const log::LogConfig>(std::move(config));
}

/// Makes the folder such that it and those above it outlive a power loss.
Result<void, IoError> make_folder(Disk& disk, const std::string& folder) {
    TRY(disk.create_directories(folder));
    for (std::string_view above = folder; !above.empty();) {
        const std::size_t slash = above.rfind('/');
        above = slash == std::string_view::npos ? std::string_view() : above.substr(0, slash);
        TRY(disk.sync_dir(above));
    }
    return {};
}

}  // namespace

MetadataLog::MetadataLog(Runtime& runtime, MetadataLogOptions options)
    : runtime_(runtime),
      options_(std::move(options)),
      snapshots_(runtime.disk(), options_.folder) {}

Result<MetadataLoader, StorageError> MetadataLog::open() {
    TRY(make_folder(runtime_.disk(), options_.folder));
    TRY(snapshots_.open());
    TRY(open_log());
    MetadataLoader loader = TRY(replay());
    TRY(begin_epoch());
    loader.skip_to(end_offset());
    return loader;
}

Result<Offset, ErrorCode> MetadataLog::append(std::span<const metadata::VersionedRecord> records,
                                              bool atomic) {
    CHECK(!records.empty());
    CHECK(!atomic || metadata::fits_one_batch(records));
    return append_batches(metadata::encode_batches(
        records, {.base_offset = end_offset(), .epoch = epoch_, .timestamp_ms = now_ms()}));
}

void MetadataLog::snapshot_if_due(const metadata::MetadataImage& image) {
    if (bytes_since_snapshot_ < options_.max_bytes_between_snapshots) return;
    bytes_since_snapshot_ = 0;
    const auto taken = take_snapshot(image);
    if (!taken) {
        PROBE("a metadata snapshot failed");
        runtime_.trace().event("metadata_snapshot_failed", "error={}", name(taken.error()));
        return;
    }
    runtime_.trace().event("metadata_snapshot_taken", "end_offset={}", end_offset());
    drop_old();
}

std::optional<IoError> MetadataLog::failure() const {
    if (const auto failure = log_->failure()) return failure;
    return failed_ ? std::optional(IoError::io_failed) : std::nullopt;
}

// The log is read from its start after every stop, so that it needs no checkpoints of its own;
// snapshots keep it short.
Result<void, StorageError> MetadataLog::open_log() {
    const Offset known = snapshots_.ids().empty() ? Offset(0) : snapshots_.ids().back().end_offset;
    log::LogOptions options{.partition = {"__cluster_metadata", 0},
                            .folder = options_.folder,
                            .config = metadata_log_config(options_),
                            .log_start_offset = Offset(0),
                            .recovery_point = Offset(0)};
    log_ = TRY(log::Log::open(runtime_, std::move(options)));
    if (!TRY(
            runtime_.disk().exists(log::join_path(options_.folder, log::kPartitionMetadataName)))) {
        TRY(log::write_file_atomically(
            runtime_.disk(), options_.folder, log::kPartitionMetadataName,
            Bytes::copy_of(log::format_partition_metadata(protocol::kMetadataTopicId))));
    }
    if (log_->log_start_offset() > known) {
        return fail(
            StorageError(fmt::format("{} begins at {}, with no snapshot of what came before",
                                     options_.folder, log_->log_start_offset())));
    }
    log_->set_high_watermark(log_->log_end_offset());
    return {};
}

Result<MetadataLoader, StorageError> MetadataLog::replay() {
    MetadataLoader loader;
    if (!snapshots_.ids().empty()) {
        const metadata::SnapshotId latest = snapshots_.ids().back();
        metadata::SnapshotContents contents = TRY(snapshots_.read(latest));
        loader = MetadataLoader(std::move(contents.image), latest.end_offset);
        last_timestamp_ms_ = contents.last_contained_log_timestamp_ms;
        if (log_->log_end_offset() < latest.end_offset) {
            PROBE("the metadata log ended before its latest snapshot");
            if (!log_->truncate_fully_and_start_at(latest.end_offset)) {
                return fail(StorageError(log_->failure().value_or(IoError::io_failed)));
            }
        }
    }
    while (loader.next_offset() < log_->log_end_offset()) {
        const auto read = log_->read({.offset = loader.next_offset(),
                                      .max_bytes = kReplayBytes,
                                      .upper_bound = log_->log_end_offset()});
        if (!read || read->records.file == nullptr) {
            return fail(StorageError(
                fmt::format("{} cannot be read at {}", options_.folder, loader.next_offset())));
        }
        const Bytes chunk =
            TRY(read->records.file->read(read->records.position, read->records.size));
        const Offset before = loader.next_offset();
        TRY(replay_batches(chunk, loader));
        CHECK(before < loader.next_offset());
        bytes_since_snapshot_ += static_cast<std::int64_t>(chunk.size());
    }
    return loader;
}

Result<void, StorageError> MetadataLog::replay_batches(const Bytes& chunk, MetadataLoader& loader) {
    records::BatchReader batches(chunk.span());
    while (true) {
        const auto batch = batches.next();
        if (!batch) return fail(StorageError(std::string(batch.error().message)));
        if (!*batch) return {};
        const records::BatchHeader& header = (*batch)->header;
        epoch_ = std::max(epoch_, LeaderEpoch(header.partition_leader_epoch));
        last_timestamp_ms_ = header.max_timestamp;
        if (!header.is_control()) {
            auto decoded = metadata::decode_batch(**batch);
            if (!decoded) return fail(StorageError(std::move(decoded).error()));
            for (const metadata::OffsetRecord& each : *decoded) {
                if (each.offset < loader.next_offset()) continue;  // the snapshot has it
                auto applied = loader.apply(each.offset, each.record.record);
                if (!applied) return fail(StorageError(std::move(applied).error()));
            }
        }
        const Offset next(header.next_offset());
        if (next > loader.next_offset()) loader.skip_to(next);
    }
}

Result<void, StorageError> MetadataLog::begin_epoch() {
    const auto state = TRY(read_quorum_state(runtime_.disk(), options_.folder));
    if (state) epoch_ = std::max(epoch_, state->leader_epoch);
    if (!snapshots_.ids().empty()) epoch_ = std::max(epoch_, snapshots_.ids().back().epoch);
    ++epoch_;
    using CurrentVoter = protocol::QuorumStateData::CurrentVoter;
    TRY(write_quorum_state(
        runtime_.disk(), options_.folder,
        {.leader_id = options_.node_id,
         .leader_epoch = epoch_,
         .current_voters = std::vector<CurrentVoter>{{.voter_id = options_.node_id}}}));
    using Voter = protocol::LeaderChangeMessage::Voter;
    const std::vector<Voter> voters{{.voter_id = options_.node_id}};
    const protocol::LeaderChangeMessage message{
        .leader_id = options_.node_id, .voters = voters, .granting_voters = voters};
    std::vector<Bytes> batches;
    batches.push_back(records::build_control_batch(
        records::ControlRecordType::leader_change, protocol::encode(message, 0),
        {.base_offset = end_offset().value(), .partition_leader_epoch = epoch_.value()}, now_ms()));
    // What recovery found was perhaps never synced: it is made durable before anyone acts upon it.
    if (!append_batches(std::move(batches))) {
        return fail(StorageError(failure().value_or(IoError::io_failed)));
    }
    runtime_.trace().event("metadata_leader_elected", "epoch={}", epoch_);
    return {};
}

Result<Offset, ErrorCode> MetadataLog::append_batches(std::vector<Bytes> batches) {
    if (failure()) return fail(ErrorCode::kafka_storage_error);
    std::vector<log::LeaderBatch> leader_batches;
    for (const Bytes& batch : batches) {
        const auto header = records::parse_batch_header(batch.span());
        CHECK(header.has_value());
        last_timestamp_ms_ = header->max_timestamp;
        bytes_since_snapshot_ += static_cast<std::int64_t>(batch.size());
        leader_batches.push_back(
            {.header = *header, .records = batch.suffix(records::kBatchHeaderSize)});
    }
    const auto appended = log_->append_as_leader({.batches = leader_batches,
                                                  .leader_epoch = epoch_,
                                                  .origin = log::AppendOrigin::raft_leader});
    if (!appended || !log_->flush()) {
        PROBE("the metadata log failed");
        failed_ = true;
        return fail(ErrorCode::kafka_storage_error);
    }
    CHECK(log_->recovery_point() > appended->last_offset);
    log_->set_high_watermark(log_->log_end_offset());
    return appended->base_offset;
}

Result<void, IoError> MetadataLog::take_snapshot(const metadata::MetadataImage& image) {
    const metadata::SnapshotId id{.end_offset = end_offset(), .epoch = epoch_};
    return snapshots_.write(
        id, {.image = image, .last_contained_log_timestamp_ms = last_timestamp_ms_}, now_ms());
}

void MetadataLog::drop_old() {
    while (snapshots_.ids().size() > 1) {
        const auto size = snapshots_.size_in_bytes();
        if (!size) return;
        const auto total = static_cast<std::int64_t>(*size + log_->size_in_bytes());
        if (total <= options_.max_retention_bytes) return;
        if (!snapshots_.remove_oldest()) return;
        if (!log_->delete_records(snapshots_.ids().front().end_offset)) return;
        if (!log_->delete_old_segments()) return;
    }
}

std::int64_t MetadataLog::now_ms() const { return to_epoch_ms(runtime_.clock().wall()); }

}  // namespace gregor::drivers
