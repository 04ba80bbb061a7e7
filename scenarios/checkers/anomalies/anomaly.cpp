#include "scenarios/checkers/anomalies/anomaly.h"

#include <array>

#include "sim/base/check.h"

namespace gregor::scenarios {
namespace {

struct Row {
    Anomaly anomaly;
    std::string_view name;
    std::string_view invariant;
};

constexpr std::array<Row, kAnomalies> kRows{{
    {Anomaly::inconsistent_offsets, "inconsistent-offsets", "H2"},
    {Anomaly::duplicate, "duplicate", "P1"},
    {Anomaly::lost_write, "lost-write", "H1"},
    {Anomaly::unseen, "unseen", "H9"},
    {Anomaly::unsent_value, "unsent-value", "R8"},
    {Anomaly::changed_record, "changed-record", "C5"},
    {Anomaly::failed_read, "G1a", "H4"},
    {Anomaly::aborted_read, "G1a", "T1"},
    {Anomaly::incomplete_drain, "incomplete-drain", "H7"},
    {Anomaly::poll_skip, "poll-skip", "H7"},
    {Anomaly::int_poll_skip, "int-poll-skip", "H6"},
    {Anomaly::nonmonotonic_poll, "nonmonotonic-poll", "H7"},
    {Anomaly::int_nonmonotonic_poll, "int-nonmonotonic-poll", "H6"},
    {Anomaly::precommitted_read, "precommitted-read", "H5"},
    {Anomaly::nonmonotonic_send, "nonmonotonic-send", "P7"},
    {Anomaly::int_nonmonotonic_send, "int-nonmonotonic-send", "P7"},
    {Anomaly::int_send_skip, "int-send-skip", "H10"},
    {Anomaly::intermediate_read, "G1b", "T1"},
    {Anomaly::torn_transaction, "torn-transaction", "T2"},
    {Anomaly::split_outcome, "split-outcome", "T3"},
    {Anomaly::zombie_transaction, "zombie-transaction", "T5"},
    {Anomaly::producer_id_reuse, "producer-id-reuse", "P8"},
    {Anomaly::write_cycle, "G0", "H10"},
    {Anomaly::information_cycle, "G1c", "H10"},
    {Anomaly::single_anti_dependency, "G-single", "H10"},
    {Anomaly::anti_dependency_cycle, "G2", "H10"},
    {Anomaly::high_watermark_regression, "high-watermark-regression", "T7"},
    {Anomaly::last_stable_offset_regression, "last-stable-offset-regression", "T7"},
    {Anomaly::log_start_regression, "log-start-regression", "C8"},
    {Anomaly::read_below_log_start, "read-below-log-start", "C8"},
    {Anomaly::double_ownership, "double-ownership", "G4"},
    {Anomaly::generation_regression, "generation-regression", "G7"},
    {Anomaly::zombie_offset_commit, "zombie-offset-commit", "G5"},
    {Anomaly::offset_commit_regression, "offset-commit-regression", "G1"},
    {Anomaly::offset_commit_skip, "offset-commit-skip", "G1"},
    {Anomaly::wrong_offset_fetch, "wrong-offset-fetch", "G1"},
    {Anomaly::unstable_offset_fetch, "unstable-offset-fetch", "G1"},
    {Anomaly::redelivery, "redelivery", "T8"},
    {Anomaly::group_unseen, "group-unseen", "V6"},
    {Anomaly::effect_twice, "effect-twice", "T8"},
    {Anomaly::effect_missing, "effect-missing", "T8"},
    {Anomaly::effect_unfounded, "effect-unfounded", "T8"},
    {Anomaly::quota_exceeded, "quota-exceeded", "Q1"},
}};

const Row& row_of(Anomaly anomaly) {
    const Row& row = kRows.at(static_cast<std::size_t>(anomaly));
    CHECK(row.anomaly == anomaly);
    return row;
}

}  // namespace

std::string_view name_of(Anomaly anomaly) { return row_of(anomaly).name; }
std::string_view invariant_of(Anomaly anomaly) { return row_of(anomaly).invariant; }

std::string_view text_of(Excuse excuse) {
    switch (excuse) {
        case Excuse::none: return "promised";
        case Excuse::unclean_elections: return "unclean elections promise nothing";
        case Excuse::lost_replicas:
            return "more replicas were lost than min.insync.replicas covers";
        case Excuse::acks: return "acks=0 or 1 promises nothing";
        case Excuse::not_idempotent:
            return "a producer that is not idempotent may repeat and reorder";
        case Excuse::read_uncommitted: return "read_uncommitted sees what is not committed";
        case Excuse::retention: return "retention or DeleteRecords may have taken it";
        case Excuse::compaction: return "a later record has its key";
        case Excuse::at_most_once: return "commits before the work: at most once";
        case Excuse::at_least_once:
            return "commits come with the work or after it: records may be given again";
        case Excuse::asked_for: return "the client sought back";
        case Excuse::not_told: return "the member could not know that it was no owner any more";
        case Excuse::never_promised: return "Kafka promises nothing else";
        case Excuse::count: break;
    }
    UNREACHABLE("excuse {}", static_cast<int>(excuse));
}

}  // namespace gregor::scenarios
