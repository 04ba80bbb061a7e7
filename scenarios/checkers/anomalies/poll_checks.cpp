#include "scenarios/checkers/anomalies/poll_checks.h"

#include <fmt/format.h>

#include <algorithm>

namespace gregor::scenarios {
namespace {

/// Of what one gap skipped.
constexpr std::size_t kMostTold = 1000;

}  // namespace

Id PollChecks::reader(Id consumer, Id partition) {
    const std::uint64_t key = std::uint64_t{consumer} << 32U | partition;
    if (const Id* found = reader_ids_.find(key)) return *found;
    const auto id = static_cast<Id>(readers_.size());
    reader_ids_.try_emplace(key, id);
    readers_.push_back({.consumer = consumer, .partition = partition});
    return id;
}

void PollChecks::restart(Line line, Reader& reader, std::int64_t position) {
    reader.position = position;
    reader.run_start = position;
    reader.run_line = line;
    reader.last_line = line;
}

void PollChecks::seek(Line line, const SeekEvent& seek) {
    const Id partition = tables_.partition(seek.partition);
    Reader& by = readers_[reader(tables_.consumer(seek.consumer), partition)];
    by.sought_back |= seek.offset < by.position;
    restart(line, by, seek.offset);
}

void PollChecks::assigned(Line line, const AssignEvent& assign) {
    const Id partition = tables_.partition(assign.partition);
    Reader& by = readers_[reader(tables_.consumer(assign.consumer), partition)];
    restart(line, by, assign.offset.value_or(-1));
}

bool PollChecks::take_seek_back(Id consumer, Id partition) {
    Reader& by = readers_[reader(consumer, partition)];
    return std::exchange(by.sought_back, false);
}

OffsetRange PollChecks::polled(const HistoryEvent& event, const PollEvent& poll) {
    const Id partition = tables_.partition(poll.partition);
    const Id consumer = tables_.consumer(poll.consumer);
    const bool read_committed = tables_.of_consumer(consumer).read_committed;
    const Id id = reader(consumer, partition);
    if (poll.position) {
        move(event.line, id, *poll.position, false);
        readers_[id].position = *poll.position;
    }
    const std::int64_t before = readers_[id].position;
    bool is_first = true;
    for (const PolledRecord& record : poll.records) {
        records_.read(event, partition, read_committed, record);
        move(event.line, id, record.offset, !is_first);
        readers_[id].position = record.offset + 1;
        is_first = false;
    }
    Reader& by = readers_[id];
    by.last_line = event.line;
    if (poll.records.empty()) return {};
    return {before < 0 ? poll.records.front().offset : before, by.position};
}

void PollChecks::move(Line line, Id id, std::int64_t offset, bool is_internal) {
    Reader& by = readers_[id];
    findings_.compared();
    if (by.position < 0) {
        restart(line, by, offset);
    } else if (offset > by.position) {
        gaps_.push_back({.from = by.position,
                         .to = offset,
                         .reader = id,
                         .before = by.last_line,
                         .line = line,
                         .is_internal = is_internal});
    } else if (offset < by.position) {
        findings_.add(
            is_internal ? Anomaly::int_nonmonotonic_poll : Anomaly::nonmonotonic_poll,
            excuse_of_loss(tables_.of_partition(by.partition)), {by.last_line, line}, [&] {
                return fmt::format("{}: {} at position {} was given offset {}",
                                   tables_.name_of(by.partition),
                                   tables_.consumers.text(by.consumer), by.position, offset);
            });
    }
}

void PollChecks::ended(Line line, const EndEvent& end) {
    const Id partition = tables_.partition(end.partition);
    Reader& by = readers_[reader(tables_.consumer(end.consumer), partition)];
    const std::int64_t position = end.position.value_or(by.position);
    const bool has_begun = by.position >= 0;
    if (has_begun && position > by.position) {
        gaps_.push_back({.from = by.position,
                         .to = std::min(position, end.log_end),
                         .reader = reader(by.consumer, partition),
                         .before = by.last_line,
                         .line = line});
    }
    const bool is_empty = end.log_start == end.log_end;
    const bool is_whole = has_begun && by.run_start <= end.log_start && position >= end.log_end;
    findings_.compared();
    if (!is_whole && !is_empty) {
        findings_.add(Anomaly::incomplete_drain, Excuse::none, {by.run_line, line}, [&] {
            return fmt::format("{}: {} got offsets {} to {}, but the log goes from {} to {}",
                               tables_.name_of(partition), end.consumer, by.run_start, position,
                               end.log_start, end.log_end);
        });
    }
    by.drain_begin = by.run_line;
    by.drain_end = line;
    by.last_line = line;
}

// The end pass. -----------------------------------------------------------------------------------

void PollChecks::judge_gaps() {
    for (const Gap& gap : gaps_) judge(gap);
}

/// Below it a consumer's position may be gone, and be reset to anywhere (auto.offset.reset).
std::int64_t PollChecks::start_of(Id partition) const {
    const PartitionState& place = *tables_.partitions[partition];
    const bool has_retention = tables_.of_partition(partition).retention;
    return std::max(place.deletable, has_retention ? place.highest_start : 0);
}

void PollChecks::judge(const Gap& gap) {
    const Reader& by = readers_[gap.reader];
    const bool is_drain = gap.line > by.drain_begin && gap.line <= by.drain_end;
    const bool is_reset = gap.from < start_of(by.partition);
    std::int64_t from = gap.from;
    std::size_t skipped = 0;
    while (const auto record = records_.first_expected(by.partition, from, gap.to)) {
        findings_.compared();
        from = record->offset + 1;
        if (++skipped > kMostTold && !is_drain) break;
        const ValueState& value = tables_.values[record->value];
        if (!is_reset && (is_drain || !value.is_read)) {
            records_.lost(*record, {gap.before, gap.line},
                          fmt::format("{} was given {} after {}",
                                      tables_.consumers.text(by.consumer), gap.to, gap.from - 1));
            continue;
        }
        findings_.add(gap.is_internal ? Anomaly::int_poll_skip : Anomaly::poll_skip,
                      is_reset ? Excuse::retention : record->excuse,
                      {value.read_line, gap.before, gap.line}, [&] {
                          return fmt::format(
                              "{}: {} at position {} was given offset {} and missed {} at {}",
                              tables_.name_of(by.partition), tables_.consumers.text(by.consumer),
                              gap.from, gap.to, tables_.text_of(record->value), record->offset);
                      });
    }
    if (skipped == 0 && !tables_.has_holes(by.partition)) judge_unknown(gap);
}

/// Nobody knows what stood there, but something did.
void PollChecks::judge_unknown(const Gap& gap) {
    const Reader& by = readers_[gap.reader];
    Excuse excuse = excuse_of_loss(tables_.of_partition(by.partition));
    if (gap.from < start_of(by.partition)) excuse = Excuse::retention;
    findings_.add(gap.is_internal ? Anomaly::int_poll_skip : Anomaly::poll_skip, excuse,
                  {gap.before, gap.line}, [&] {
                      return fmt::format("{}: {} at position {} was given offset {}",
                                         tables_.name_of(by.partition),
                                         tables_.consumers.text(by.consumer), gap.from, gap.to);
                  });
}

}  // namespace gregor::scenarios
