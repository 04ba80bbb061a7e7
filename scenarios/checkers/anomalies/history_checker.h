// HistoryChecker: what the clients of some cluster did and were told, judged event by event; the
// types of events are in history_event.h, their file in HISTORY.md.
//
//     events ──> tables (who, what, where) ──> what is wrong at once
//                   └── finish: fates of transactions ──> records, gaps, groups, pipelines, cycles
//
// The verdict follows from the settings alone: what was killed, cut off or paused excuses nothing.
// The work is near-linear in the number of operations, and so is the memory: some 200 bytes each.
//
// Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/checkers/anomalies/cycle_checks.h"
#include "scenarios/checkers/anomalies/group_checks.h"
#include "scenarios/checkers/anomalies/history_tables.h"
#include "scenarios/checkers/anomalies/pipeline_checks.h"
#include "scenarios/checkers/anomalies/poll_checks.h"
#include "scenarios/checkers/anomalies/quota_checks.h"
#include "scenarios/checkers/anomalies/record_checks.h"
#include "scenarios/checkers/anomalies/transaction_checks.h"
#include "scenarios/checkers/anomalies/watermark_checks.h"
#include "sim/base/result.h"

namespace gregor::scenarios {

struct HistoryVerdict {
    /// Violations first, each kind by the line that completes it.
    std::vector<Finding> findings;
    std::array<std::uint64_t, kAnomalies> violated{};
    std::array<std::uint64_t, kAnomalies> allowed{};
    /// Why the history proves nothing, if no violation was found; empty: it passes.
    std::string shortfall;

    std::array<std::uint64_t, 3> sends{};  // by outcome
    std::uint64_t reads = 0;
    std::uint64_t transactions = 0;
    std::size_t partitions = 0;
    std::uint64_t comparisons = 0;

    [[nodiscard]] std::uint64_t violations() const;
    [[nodiscard]] std::uint64_t sends_with(Outcome outcome) const {
        return sends.at(static_cast<std::size_t>(outcome));
    }
};

class HistoryChecker {
public:
    explicit HistoryChecker(const HistorySettings& settings, CheckerMutant mutant = {});
    HistoryChecker(const HistoryChecker&) = delete;
    HistoryChecker& operator=(const HistoryChecker&) = delete;

    /// In the order in which they ended. An error if the event contradicts an earlier one.
    [[nodiscard]] Result<void, std::string> take(const HistoryEvent& event);
    /// Once, after the last event.
    [[nodiscard]] HistoryVerdict finish();

private:
    using Taken = Result<void, std::string>;

    [[nodiscard]] Taken on(const HistoryEvent& event, const SendEvent& send);
    [[nodiscard]] Taken on(const HistoryEvent& event, const PollEvent& poll);
    [[nodiscard]] Taken on(const HistoryEvent& event, const SeekEvent& seek);
    [[nodiscard]] Taken on(const HistoryEvent& event, const EndEvent& end);
    [[nodiscard]] Taken on(const HistoryEvent& event, const InitEvent& init);
    [[nodiscard]] Taken on(const HistoryEvent& event, const BeginEvent& begin);
    [[nodiscard]] Taken on(const HistoryEvent& event, const FinishEvent& finish);
    [[nodiscard]] Taken on(const HistoryEvent& event, const OffsetCommitEvent& commit);
    [[nodiscard]] Taken on(const HistoryEvent& event, const OffsetFetchEvent& fetch);
    [[nodiscard]] Taken on(const HistoryEvent& event, const AssignEvent& assign);
    [[nodiscard]] Taken on(const HistoryEvent& event, const ReleaseEvent& release);
    [[nodiscard]] Taken on(const HistoryEvent& event, const WatermarksEvent& watermarks);
    [[nodiscard]] Taken on(const HistoryEvent& event, const DeleteRecordsEvent& deletion);
    [[nodiscard]] Taken on(const HistoryEvent& event, const ConfigEvent& config);
    [[nodiscard]] Taken on(const HistoryEvent& event, const PipelineEvent& pipeline);

    void judge();
    [[nodiscard]] std::string shortfall() const;

    HistoryTables tables_;
    Findings findings_;
    RecordChecks records_;
    PollChecks polls_;
    TransactionChecks transactions_;
    CycleChecks cycles_;
    GroupChecks groups_;
    WatermarkChecks watermarks_;
    PipelineChecks pipelines_;
    QuotaChecks quotas_;
    HistoryVerdict counted_;
};

}  // namespace gregor::scenarios
