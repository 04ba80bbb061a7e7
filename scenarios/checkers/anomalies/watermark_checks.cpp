#include "scenarios/checkers/anomalies/watermark_checks.h"

#include <fmt/format.h>

#include <algorithm>

namespace gregor::scenarios {
namespace {

constexpr std::int64_t kAnyEpoch = -1;

std::string_view what_of(Anomaly anomaly) {
    if (anomaly == Anomaly::log_start_regression) return "log start";
    return anomaly == Anomaly::high_watermark_regression ? "high watermark" : "last stable offset";
}

}  // namespace

void WatermarkChecks::told(const HistoryEvent& event, const WatermarksEvent& watermarks) {
    const Id partition = tables_.partition(watermarks.partition);
    const Id client = clients_.id_of(watermarks.client);
    const std::int64_t epoch = watermarks.leader_epoch.value_or(kAnyEpoch);
    if (watermarks.log_start) {
        PartitionState& place = *tables_.partitions[partition];
        place.highest_start = std::max(place.highest_start, *watermarks.log_start);
        hold(event, Anomaly::log_start_regression, client, partition, kAnyEpoch,
             *watermarks.log_start);
    }
    if (watermarks.high_watermark) {
        hold(event, Anomaly::high_watermark_regression, client, partition, epoch,
             *watermarks.high_watermark);
    }
    if (watermarks.last_stable_offset) {
        hold(event, Anomaly::last_stable_offset_regression, client, partition, epoch,
             *watermarks.last_stable_offset);
    }
}

Excuse WatermarkChecks::excuse_of(Anomaly anomaly, Id partition) const {
    const HistorySettings& topic = tables_.of_partition(partition);
    const bool is_of_start =
        anomaly == Anomaly::log_start_regression || anomaly == Anomaly::read_below_log_start;
    return is_of_start && topic.retention ? Excuse::retention : excuse_of_loss(topic);
}

void WatermarkChecks::hold(const HistoryEvent& event, Anomaly anomaly, Id client, Id partition,
                           std::int64_t leader_epoch, std::int64_t value) {
    findings_.compared();
    Told& told = told_[{anomaly, partition, leader_epoch}];
    LargestBefore::Step& own = told.by_client[client];
    const LargestBefore::Step* before = told.all.at(event.began);
    if (before == nullptr || own.value > before->value) before = &own;
    const bool is_deleted =
        anomaly == Anomaly::log_start_regression && hold_deleted(event, anomaly, partition, value);
    if (before->value > value && !is_deleted) {
        findings_.add(anomaly, excuse_of(anomaly, partition), {before->line, event.line}, [&] {
            return fmt::format("{}: the {} was {} and then {}", tables_.name_of(partition),
                               what_of(anomaly), before->value, value);
        });
    }
    told.all.add(event.ended, value, event.line);
    if (value >= own.value) own = {event.ended, value, event.line};
}

void WatermarkChecks::deleted(const HistoryEvent& event, const DeleteRecordsEvent& deletion) {
    if (deletion.result != Outcome::ok) return;
    const Id partition = tables_.partition(deletion.partition);
    deleted_[partition].add(event.ended, deletion.offset, event.line);
}

bool WatermarkChecks::hold_deleted(const HistoryEvent& event, Anomaly anomaly, Id partition,
                                   std::int64_t value) {
    const auto found = deleted_.find(partition);
    if (found == deleted_.end()) return false;
    findings_.compared();
    const LargestBefore::Step* deletion = found->second.at(event.began);
    if (deletion == nullptr || deletion->value <= value) return false;
    findings_.add(anomaly, excuse_of_loss(tables_.of_partition(partition)),
                  {deletion->line, event.line}, [&] {
                      return fmt::format(
                          "{}: {} was told or read, but {} is the lowest offset "
                          "that was not deleted",
                          tables_.name_of(partition), value, deletion->value);
                  });
    return true;
}

void WatermarkChecks::polled(const HistoryEvent& event, Id partition, std::int64_t lowest) {
    if (hold_deleted(event, Anomaly::read_below_log_start, partition, lowest)) return;
    const auto found = told_.find({Anomaly::log_start_regression, partition, kAnyEpoch});
    if (found == told_.end()) return;
    findings_.compared();
    const LargestBefore::Step* start = found->second.all.at(event.began);
    if (start == nullptr || start->value <= lowest) return;
    findings_.add(Anomaly::read_below_log_start,
                  excuse_of(Anomaly::read_below_log_start, partition), {start->line, event.line},
                  [&] {
                      return fmt::format("{}: offset {} was read below the log start {}",
                                         tables_.name_of(partition), lowest, start->value);
                  });
}

}  // namespace gregor::scenarios
