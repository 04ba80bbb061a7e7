#include "scenarios/observers/log_tail.h"

#include <algorithm>

#include "broker/log/checkpoint_file.h"
#include "broker/log/control_batch.h"
#include "broker/log/segment.h"
#include "broker/protocol/records/batch_reader.h"

namespace gregor::scenarios {

namespace {

std::size_t common_prefix(const std::vector<SeenBatch>& a, const std::vector<SeenBatch>& b) {
    return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

SeenWriter writer_of(const records::BatchView& batch) {
    const records::BatchHeader& header = batch.header;
    if (!header.has_producer_id()) return {};
    SeenWriter writer{.kind = header.is_transactional() ? SeenWriter::Kind::transactional
                                                        : SeenWriter::Kind::idempotent,
                      .producer_id = protocol::ProducerId(header.producer_id),
                      .producer_epoch = protocol::ProducerEpoch(header.producer_epoch),
                      .last_sequence = header.last_sequence()};
    if (!header.is_control()) return writer;
    const auto marker = log::read_end_transaction_marker(header, batch.records());
    if (!marker || !*marker) return {};
    writer.kind = SeenWriter::Kind::marker;
    writer.coordinator_epoch = (*marker)->coordinator_epoch;
    return writer;
}

}  // namespace

void LogTail::update(simulated::DiskStore& disk, const log::Log& log, SeenLog& seen) {
    seen.unchanged = seen.batches.size();
    const Offset end = log.log_end_offset();
    if (truncations_ != log.truncations() || !seen.is_whole || next_ > end) {
        read_anew(disk, log, seen);
    } else if (next_ < end) {
        read_on(disk, log, seen);
        // Retention was faster: what is gone was not seen.
        if (next_ < end) read_anew(disk, log, seen);
    }
    seen.is_whole = next_ == end;
}

Offset LogTail::synced_end(const SeenLog& seen) const {
    if (segment_ == nullptr) return next_;
    const std::uint64_t synced = segment_->synced_size();
    Offset end = next_;
    std::uint64_t position = position_;
    for (auto batch = seen.batches.rbegin(); position > synced && batch != seen.batches.rend();
         ++batch) {
        position -= batch->size;
        end = batch->base_offset;
    }
    return end;
}

void LogTail::read_anew(simulated::DiskStore& disk, const log::Log& log, SeenLog& seen) {
    const std::vector<SeenBatch> before = std::move(seen.batches);
    seen.batches.clear();
    truncations_ = log.truncations();
    segment_ = nullptr;
    next_ = log.first_segment_base();
    read_on(disk, log, seen);
    seen.unchanged = common_prefix(before, seen.batches);
}

void LogTail::read_on(simulated::DiskStore& disk, const log::Log& log, SeenLog& seen) {
    for (;;) {
        if (segment_ != nullptr) read_segment(log.log_end_offset(), seen);
        if (next_ >= log.log_end_offset()) return;
        const std::string name = log::segment_file_name(next_, log::kLogSuffix);
        auto opened = disk.open(log::join_path(log.folder(), name), OpenMode::read);
        if (!opened || *opened == segment_) return;
        if (segment_ != nullptr) look_at_sealed(disk, log, seen);
        segment_ = *std::move(opened);
        segment_base_ = next_;
        position_ = 0;
    }
}

void LogTail::look_at_sealed(simulated::DiskStore& disk, const log::Log& log, SeenLog& seen) const {
    for (const std::string_view suffix : {log::kLogSuffix, log::kIndexSuffix, log::kTimeIndexSuffix,
                                          log::kTransactionIndexSuffix}) {
        const std::string name = log::segment_file_name(segment_base_, suffix);
        const auto file = disk.open(log::join_path(log.folder(), name), OpenMode::read);
        if (file && (*file)->dirty_writes() > 0) seen.sealed_unsynced = name;
    }
}

/// Stops at the end of what is there; a batch that is being written is not there yet.
void LogTail::read_segment(Offset end, SeenLog& seen) {
    if (position_ >= segment_->size()) return;
    const Bytes content =
        segment_->read(position_, static_cast<std::size_t>(segment_->size() - position_));
    records::BatchReader reader(content);
    for (auto batch = reader.next(); batch && *batch; batch = reader.next()) {
        const records::BatchHeader& header = (*batch)->header;
        const Offset last(header.last_offset());
        if (last >= end) return;
        seen.batches.push_back({.base_offset = Offset(header.base_offset),
                                .last_offset = last,
                                .leader_epoch = LeaderEpoch(header.partition_leader_epoch),
                                .digest = digest_of((*batch)->bytes),
                                .size = (*batch)->bytes.size(),
                                .max_timestamp = header.max_timestamp,
                                .writer = writer_of(**batch)});
        next_ = last + 1;
        position_ += (*batch)->bytes.size();
    }
}

}  // namespace gregor::scenarios
