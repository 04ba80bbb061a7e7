#include "scenarios/checkers/anomalies/history_checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>

namespace gregor::scenarios {

std::uint64_t HistoryVerdict::violations() const {
    const std::uint64_t all = std::accumulate(violated.begin(), violated.end(), std::uint64_t{0});
    return all - violated.at(static_cast<std::size_t>(Anomaly::unseen));
}

HistoryChecker::HistoryChecker(const HistorySettings& settings, CheckerMutant mutant)
    : tables_(settings),
      findings_(mutant),
      records_(tables_, findings_),
      polls_(tables_, findings_, records_),
      transactions_(tables_, findings_),
      cycles_(tables_, findings_),
      groups_(tables_, findings_, records_),
      watermarks_(tables_, findings_),
      pipelines_(tables_, findings_, records_, groups_),
      quotas_(tables_, findings_) {}

Result<void, std::string> HistoryChecker::take(const HistoryEvent& event) {
    return std::visit([&](const auto& body) { return on(event, body); }, event.body);
}

// Events. -----------------------------------------------------------------------------------------

HistoryChecker::Taken HistoryChecker::on(const HistoryEvent& event, const SendEvent& send) {
    ++counted_.sends.at(static_cast<std::size_t>(send.result));
    TRY(records_.sent(event, send));
    if (send.input) pipelines_.sent(send);
    if (send.bytes > 0) quotas_.sent(event, send);
    return {};
}

HistoryChecker::Taken HistoryChecker::on(const HistoryEvent& event, const PollEvent& poll) {
    counted_.reads += poll.records.size();
    const OffsetRange covered = polls_.polled(event, poll);
    if (poll.transaction) cycles_.polled(event.line, poll);
    if (poll.records.empty()) return {};
    const Id partition = tables_.partition(poll.partition);
    groups_.polled(event, tables_.consumer(poll.consumer), partition, covered);
    watermarks_.polled(event, partition, poll.records.front().offset);
    return {};
}

HistoryChecker::Taken HistoryChecker::on(const HistoryEvent& event, const SeekEvent& seek) {
    polls_.seek(event.line, seek);
    return {};
}

HistoryChecker::Taken HistoryChecker::on(const HistoryEvent& event, const EndEvent& end) {
    TRY(records_.ended(event.line, end));
    polls_.ended(event.line, end);
    groups_.ended(event.line, end);
    return {};
}

HistoryChecker::Taken HistoryChecker::on(const HistoryEvent& event, const InitEvent& init) {
    transactions_.initialised(event, init);
    return {};
}

HistoryChecker::Taken HistoryChecker::on(const HistoryEvent& event, const BeginEvent& begin) {
    return transactions_.begun(event.line, begin);
}

HistoryChecker::Taken HistoryChecker::on(const HistoryEvent& event, const FinishEvent& finish) {
    transactions_.finished(event, finish);
    return {};
}

HistoryChecker::Taken HistoryChecker::on(const HistoryEvent& event,
                                         const OffsetCommitEvent& commit) {
    const bool sought_back =
        !commit.consumer.empty() && polls_.take_seek_back(tables_.consumer(commit.consumer),
                                                          tables_.partition(commit.partition));
    groups_.committed(event, commit, sought_back);
    return {};
}

HistoryChecker::Taken HistoryChecker::on(const HistoryEvent& event, const OffsetFetchEvent& fetch) {
    groups_.fetched(event, fetch);
    return {};
}

HistoryChecker::Taken HistoryChecker::on(const HistoryEvent& event, const AssignEvent& assign) {
    polls_.assigned(event.line, assign);
    groups_.assigned(event, assign);
    return {};
}

HistoryChecker::Taken HistoryChecker::on(const HistoryEvent& event, const ReleaseEvent& release) {
    groups_.released(event, release);
    return {};
}

HistoryChecker::Taken HistoryChecker::on(const HistoryEvent& event,
                                         const WatermarksEvent& watermarks) {
    watermarks_.told(event, watermarks);
    return {};
}

HistoryChecker::Taken HistoryChecker::on(const HistoryEvent& event,
                                         const DeleteRecordsEvent& deletion) {
    records_.deletion(deletion);
    watermarks_.deleted(event, deletion);
    return {};
}

HistoryChecker::Taken HistoryChecker::on(const HistoryEvent&, const ConfigEvent& config) {
    if (tables_.configure(config)) return {};
    return fail(fmt::format("the settings of {} come too late, or twice", config.name));
}

HistoryChecker::Taken HistoryChecker::on(const HistoryEvent&, const PipelineEvent& pipeline) {
    pipelines_.declared(pipeline);
    return {};
}

// The end. ----------------------------------------------------------------------------------------

void HistoryChecker::judge() {
    transactions_.decide_fates();
    transactions_.judge();
    records_.judge_values();
    records_.judge_slots();
    polls_.judge_gaps();
    records_.judge_unseen();
    records_.judge_torn();
    groups_.judge();
    pipelines_.judge();
    cycles_.judge();
    quotas_.judge();
}

HistoryVerdict HistoryChecker::finish() {
    judge();
    HistoryVerdict verdict = counted_;
    verdict.transactions = tables_.transactions.size();
    verdict.partitions = tables_.partitions.size();
    verdict.comparisons = findings_.comparisons();
    for (std::size_t i = 0; i < kAnomalies; ++i) {
        verdict.violated[i] = findings_.violated(static_cast<Anomaly>(i));
        verdict.allowed[i] = findings_.allowed(static_cast<Anomaly>(i));
    }
    verdict.findings = findings_.kept();
    std::ranges::stable_sort(verdict.findings, {}, [](const Finding& finding) {
        const bool is_unseen = finding.anomaly == Anomaly::unseen;
        return std::tuple(finding.excuse != Excuse::none, is_unseen, finding.line());
    });
    if (verdict.violations() == 0) verdict.shortfall = shortfall();
    return verdict;
}

std::string HistoryChecker::shortfall() const {
    if (counted_.sends_with(Outcome::ok) == 0) return "nothing was acknowledged";
    if (counted_.reads == 0) return "nothing was read";
    for (Id partition = 0; partition < tables_.partitions.size(); ++partition) {
        const PartitionState& place = *tables_.partitions[partition];
        if (place.was_acknowledged && place.log_end < 0) {
            return fmt::format("{} was not read to its end: nobody knows what is lost",
                               tables_.name_of(partition));
        }
    }
    return {};
}

}  // namespace gregor::scenarios
