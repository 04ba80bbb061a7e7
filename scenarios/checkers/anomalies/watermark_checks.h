// WatermarkChecks: what clients are told of where a log starts, how far it is replicated (high
// watermark) and how far it is decided (last stable offset). None of them may fall.
//
// A new leader may know of a lower high watermark than the old one told in its fetch answers:
// answers that name their leader's epoch are held against those of that epoch only, others (of
// ListOffsets, which waits for the new leader to catch up: KIP-207) against all that had ended
// before.
//
// What DeleteRecords was answered binds every replica. What retention takes does not: a new
// leader's log may begin before the old one's did.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <tuple>

#include "scenarios/checkers/anomalies/findings.h"
#include "scenarios/checkers/anomalies/history_tables.h"
#include "scenarios/checkers/anomalies/largest_before.h"

namespace gregor::scenarios {

class WatermarkChecks {
public:
    WatermarkChecks(HistoryTables& tables, Findings& findings)
        : tables_(tables), findings_(findings) {}

    void told(const HistoryEvent& event, const WatermarksEvent& watermarks);
    void deleted(const HistoryEvent& event, const DeleteRecordsEvent& deletion);
    /// `lowest`: the lowest offset that a poll returned.
    void polled(const HistoryEvent& event, Id partition, std::int64_t lowest);

private:
    /// One watermark as one epoch of leaders told it.
    using Place = std::tuple<Anomaly, Id, std::int64_t>;
    struct Told {
        LargestBefore all;
        std::map<Id, LargestBefore::Step> by_client;
    };

    void hold(const HistoryEvent& event, Anomaly anomaly, Id client, Id partition,
              std::int64_t leader_epoch, std::int64_t value);

    /// True if it was below what had been deleted.
    bool hold_deleted(const HistoryEvent& event, Anomaly anomaly, Id partition, std::int64_t value);
    [[nodiscard]] Excuse excuse_of(Anomaly anomaly, Id partition) const;

    HistoryTables& tables_;
    Findings& findings_;
    Interner clients_;
    std::map<Place, Told> told_;
    std::map<Id, LargestBefore> deleted_;  // by partition
};

}  // namespace gregor::scenarios
