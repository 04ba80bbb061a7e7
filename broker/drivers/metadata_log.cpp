#include "broker/drivers/metadata_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "broker/drivers/quorum_state_file.h"
#include "broker/log/checkpoint_file.h"
#include "broker/raft/control_batches.h"
#include "sim/base/check.h"
#include "sim/base/probe.h"

namespace gregor::drivers {
namespace {

using log::StorageError;
using raft::Offset;

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

/// Calls `use` with each batch of `bytes`.
template <class Use>
Result<void, StorageError> for_each_batch(const Bytes& bytes, Use&& use) {
    records::BatchReader batches(bytes.span());
    while (true) {
        const auto batch = batches.next();
        if (!batch) return fail(StorageError(std::string(batch.error().message)));
        if (!*batch) return {};
        if (auto used = use(**batch); !used) return fail(StorageError(std::move(used).error()));
    }
}

}  // namespace

Result<void, StorageError> add_voters(const Bytes& bytes, std::optional<Offset> at,
                                      raft::VoterHistory& voters) {
    return for_each_batch(bytes, [&](const records::BatchView& batch) -> Result<void, std::string> {
        raft::add_to(voters, TRY(raft::control_records_of(batch)), at);
        return {};
    });
}

MetadataLog::MetadataLog(Runtime& runtime, MetadataLogOptions options)
    : runtime_(runtime),
      options_(std::move(options)),
      snapshots_(runtime.disk(), options_.folder) {}

Result<raft::DurableState, StorageError> MetadataLog::open(raft::VoterSet static_voters) {
    static_voters_ = std::move(static_voters);
    TRY(make_folder(runtime_.disk(), options_.folder));
    TRY(snapshots_.open());
    TRY(open_log());
    raft::DurableState state{.log_start_offset = start_offset(),
                             .log_end_offset = end_offset(),
                             .snapshots = snapshots_.snapshots(),
                             .voters = raft::VoterHistory(static_voters_)};
    if (const auto quorum = TRY(read_quorum_state(runtime_.disk(), options_.folder))) {
        state.quorum = {.epoch = quorum->leader_epoch, .leader_id = quorum->leader_id};
        if (quorum->voted_id != raft::kNoNode) {
            state.quorum.voted = {.id = quorum->voted_id,
                                  .directory_id = quorum->voted_directory_id};
        }
    }
    for (const auto& entry : log_->leader_epochs().entries()) {
        state.epochs.push_back({.epoch = entry.epoch, .start_offset = entry.start_offset});
    }
    TRY(read_voters(state.voters));
    TRY(flush());
    return state;
}

// The log is read from its start after every stop, so that it needs no checkpoints of its own;
// snapshots keep it short.
MetadataLog::Done MetadataLog::open_log() {
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
    const Offset known = snapshots_.ids().empty() ? Offset(0) : snapshots_.ids().back().end_offset;
    if (log_->log_start_offset() > known) {
        return fail(
            StorageError(fmt::format("{} begins at {}, with no snapshot of what came before",
                                     options_.folder, log_->log_start_offset())));
    }
    if (log_->log_end_offset() < known) {
        PROBE("the metadata log ended before its latest snapshot");
        TRY(restart_log_at(known));
    }
    return drop_snapshots_below_start();
}

/// The log begins behind the oldest of them: a follower of that end is told to go on from there.
MetadataLog::Done MetadataLog::drop_snapshots_below_start() {
    while (snapshots_.ids().size() > 1 && snapshots_.ids().front().end_offset < start_offset()) {
        TRY(snapshots_.remove_oldest());
    }
    return {};
}

/// As the latest snapshot and the log behind it say.
MetadataLog::Done MetadataLog::read_voters(raft::VoterHistory& voters) {
    Offset next = start_offset();
    if (!snapshots_.ids().empty()) {
        const metadata::SnapshotId latest = snapshots_.ids().back();
        const Bytes snapshot = TRY(snapshots_.read_bytes(latest));
        TRY(add_voters(snapshot, latest.end_offset - 1, voters));
        next = std::max(next, latest.end_offset);
    }
    while (next < end_offset()) {
        const Bytes chunk = TRY(read(next, end_offset(), kReplayBytes));
        TRY(for_each_batch(chunk,
                           [&](const records::BatchView& batch) -> Result<void, std::string> {
                               next = Offset(batch.header.next_offset());
                               return {};
                           }));
        TRY(add_voters(chunk, {}, voters));
    }
    return {};
}

// What Effects ask for. ---------------------------------------------------------------------------

MetadataLog::Done MetadataLog::persist(const raft::QuorumState& state, std::int16_t kraft_version) {
    protocol::QuorumStateData data{.leader_id = state.leader_id, .leader_epoch = state.epoch};
    const std::int16_t version = static_voters_.empty() || kraft_version >= 1 ? 1 : 0;
    if (version == 0) {
        for (const auto& [id, voter] : static_voters_.voters()) {
            data.current_voters->push_back({.voter_id = id});
        }
    }
    if (state.voted) {
        data.voted_id = state.voted->id;
        data.voted_directory_id = state.voted->directory_id;
    }
    TRY(write_quorum_state(runtime_.disk(), options_.folder, data, version));
    return {};
}

MetadataLog::Done MetadataLog::start_at(const raft::OffsetAndEpoch& snapshot) {
    const auto& known = snapshots_.ids();
    if (std::ranges::find(known, to_snapshot_id(snapshot)) == known.end()) {
        TRY(snapshots_.adopt(to_snapshot_id(snapshot)));
    }
    return restart_log_at(snapshot.offset);
}

MetadataLog::Done MetadataLog::restart_log_at(Offset offset) {
    ++truncations_;
    TRY(told(log_->truncate_fully_and_start_at(offset)));
    return drop_snapshots_below_start();
}

MetadataLog::Done MetadataLog::truncate_to(Offset offset) {
    ++truncations_;
    return told(log_->truncate_to(offset));
}

MetadataLog::Done MetadataLog::append(std::span<const Bytes> batches) {
    for (const Bytes& batch : batches) {
        const auto header = records::parse_batch_header(batch.span());
        CHECK(header.has_value());
        CHECK(header->base_offset >= end_offset().value());
        const raft::LeaderEpoch epoch(header->partition_leader_epoch);
        TRY(told(log_->append_as_follower(batch, epoch)));
        CHECK(end_offset().value() == header->next_offset());
    }
    return {};
}

Result<Offset, StorageError> MetadataLog::flush() {
    const Offset end = end_offset();
    TRY(told(log_->flush()));
    return end;
}

Result<Bytes, StorageError> MetadataLog::read(Offset from, Offset end, std::int64_t max_bytes) {
    const auto found =
        TRY(told(log_->read({.offset = from, .max_bytes = max_bytes, .upper_bound = end})));
    if (found.records.file == nullptr) return Bytes();
    const Bytes bytes = TRY(found.records.file->read(found.records.position, found.records.size));
    std::size_t whole = 0;
    TRY(for_each_batch(bytes, [&](const records::BatchView& batch) -> Result<void, std::string> {
        whole += batch.header.size_in_bytes();
        return {};
    }));
    return bytes.slice(0, whole);
}

// Snapshots. --------------------------------------------------------------------------------------

Result<Offset, StorageError> MetadataLog::apply_retention() {
    log_->remove_deleted_files();
    while (snapshots_.ids().size() > 1) {
        const auto total =
            static_cast<std::int64_t>(snapshots_.size_in_bytes() + log_->size_in_bytes());
        if (total <= options_.max_retention_bytes) break;
        TRY(snapshots_.remove_oldest());
        TRY(told(log_->delete_records(snapshots_.ids().front().end_offset)));
        (void)TRY(told(log_->delete_old_segments()));
    }
    return start_offset();
}

raft::LeaderEpoch MetadataLog::epoch_at(Offset offset) const {
    const auto epoch = log_->leader_epochs().epoch_for_offset(offset);
    if (epoch) return *epoch;
    return snapshots_.ids().empty() ? raft::LeaderEpoch(0) : snapshots_.ids().back().epoch;
}

MetadataLog::Done MetadataLog::close() { return told(log_->close()); }

template <class T>
Result<T, StorageError> MetadataLog::told(Result<T, raft::ErrorCode> result) const {
    if (!result) {
        if (const auto failure = log_->failure()) return fail(StorageError(*failure));
        return fail(
            StorageError(fmt::format("{}: {}", options_.folder, protocol::name(result.error()))));
    }
    if constexpr (std::is_void_v<T>) {
        return {};
    } else {
        return *std::move(result);
    }
}

}  // namespace gregor::drivers
