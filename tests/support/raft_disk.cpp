#include "tests/support/raft_disk.h"

#include <string>

#include "broker/protocol/records/batch_builder.h"
#include "broker/protocol/records/batch_reader.h"
#include "sim/base/check.h"

namespace gregor::raft::test {

BatchInfo info_of(const Bytes& batch) {
    const auto header = records::parse_batch_header(batch.span());
    CHECK(header.has_value());
    return {Offset(header->base_offset), Offset(header->next_offset()),
            LeaderEpoch(header->partition_leader_epoch)};
}

Offset RaftDisk::end_of(const std::vector<Bytes>& log, Offset start_offset) {
    return log.empty() ? start_offset : info_of(log.back()).next_offset;
}

void RaftDisk::append(const Bytes& batch) {
    CHECK(info_of(batch).base_offset == end_offset());
    written.push_back(batch);
}

void RaftDisk::truncate_to(Offset offset) {
    while (!written.empty() && info_of(written.back()).base_offset >= offset) written.pop_back();
    CHECK(end_offset() == offset, "truncation to {} inside a batch", offset);
}

void RaftDisk::restart_at(const OffsetAndEpoch& id, Bytes snapshot) {
    snapshots.clear();
    snapshots.emplace(id, std::move(snapshot));
    written.clear();
    durable.clear();
    start_offset = id.offset;
}

void RaftDisk::trim_to(Offset offset) {
    const auto is_below = [&](const Bytes& batch) { return info_of(batch).next_offset <= offset; };
    std::erase_if(written, is_below);
    std::erase_if(durable, is_below);
    start_offset = offset;
    while (snapshots.size() > 1 && snapshots.begin()->first.offset < offset) {
        snapshots.erase(snapshots.begin());
    }
}

Bytes RaftDisk::read(Offset offset, Offset end, std::int32_t max_bytes) const {
    ByteBuffer found;
    for (const Bytes& batch : written) {
        const BatchInfo info = info_of(batch);
        if (info.next_offset <= offset || info.next_offset > end) continue;
        if (!found.empty() && found.size() + batch.size() > static_cast<std::size_t>(max_bytes)) {
            break;
        }
        found.append(batch.span());
    }
    return std::move(found).freeze();
}

DurableState RaftDisk::state() const {
    DurableState state{
        .quorum = quorum, .log_start_offset = start_offset, .log_end_offset = end_offset()};
    for (const auto& [id, bytes] : snapshots) {
        state.snapshots.push_back({id, static_cast<std::int64_t>(bytes.size())});
    }
    Offset from = start_offset;
    if (!snapshots.empty()) {
        const auto& [id, bytes] = *snapshots.rbegin();
        auto voters = voters_in(bytes, id.offset);
        CHECK(voters.has_value());
        state.voters = *std::move(voters);
        from = std::max(from, id.offset);
    }
    for (const Bytes& batch : written) {
        const BatchInfo info = info_of(batch);
        if (state.epochs.empty() || state.epochs.back().epoch < info.epoch) {
            state.epochs.push_back({info.epoch, info.base_offset});
        }
        if (info.base_offset < from) continue;
        const auto view = records::BatchReader(batch.span()).next();
        const auto control = control_records_of(**view);
        CHECK(control.has_value());
        add_to(state.voters, *control);
    }
    return state;
}

Bytes build_snapshot(const std::vector<ControlRecord>& voters, LeaderEpoch epoch,
                     std::size_t padding) {
    std::vector<ControlRecord> first{protocol::SnapshotHeaderRecord{}};
    first.insert(first.end(), voters.begin(), voters.end());
    const auto size = static_cast<std::int64_t>(first.size());
    ByteBuffer file;
    file.append(build_control_batch(first, {.epoch = epoch}).span());
    records::BatchBuilder state({.base_offset = size, .partition_leader_epoch = epoch.value()});
    const std::string value(padding, 's');
    state.append({.value = as_bytes(value)});
    file.append(std::move(state).build().span());
    file.append(build_control_batch({protocol::SnapshotFooterRecord{}},
                                    {.base_offset = Offset(size + 1), .epoch = epoch})
                    .span());
    return std::move(file).freeze();
}

std::optional<VoterHistory> voters_in(const Bytes& snapshot, Offset end_offset) {
    VoterHistory history;
    records::BatchReader batches(snapshot.span());
    bool has_footer = false;
    while (true) {
        const auto batch = batches.next();
        if (!batch) return std::nullopt;
        if (!*batch) break;
        if (!(*batch)->has_valid_crc()) return std::nullopt;
        const auto control = control_records_of(**batch);
        if (!control) return std::nullopt;
        add_to(history, *control, end_offset - 1);
        for (const auto& each : *control) {
            has_footer |= std::holds_alternative<protocol::SnapshotFooterRecord>(each.record);
        }
    }
    if (!has_footer) return std::nullopt;
    return history;
}

}  // namespace gregor::raft::test
