// The rows of the anomaly table: what a history of clients can show, by its name in Jepsen's kafka
// workload where that has one (jepsen.tests.kafka, Elle), and by the invariant that it breaks.
//
// A row says what happened. Whether that was a violation follows from the configuration: an Excuse
// names the setting under which Kafka does not promise more.
//
//     what happened (Anomaly) × what was promised (Excuse::none or the reason why not) ──> verdict
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gregor::scenarios {

enum class Anomaly : std::uint8_t {
    // Records.
    inconsistent_offsets,
    duplicate,
    lost_write,
    unseen,
    unsent_value,
    changed_record,
    failed_read,
    aborted_read,
    incomplete_drain,
    // Polls.
    poll_skip,
    int_poll_skip,
    nonmonotonic_poll,
    int_nonmonotonic_poll,
    precommitted_read,
    // Sends.
    nonmonotonic_send,
    int_nonmonotonic_send,
    int_send_skip,
    // Transactions.
    intermediate_read,
    torn_transaction,
    split_outcome,
    zombie_transaction,
    producer_id_reuse,
    // Cycles.
    write_cycle,
    information_cycle,
    single_anti_dependency,
    anti_dependency_cycle,
    // The log as clients are told of it.
    high_watermark_regression,
    last_stable_offset_regression,
    log_start_regression,
    read_below_log_start,
    // Groups.
    double_ownership,
    generation_regression,
    zombie_offset_commit,
    offset_commit_regression,
    offset_commit_skip,
    wrong_offset_fetch,
    unstable_offset_fetch,
    redelivery,
    group_unseen,
    // Pipelines from one topic to another.
    effect_twice,
    effect_missing,
    effect_unfounded,
    // Quotas.
    quota_exceeded,
    count,
};

inline constexpr std::size_t kAnomalies = static_cast<std::size_t>(Anomaly::count);

/// Why an anomaly is no violation.
enum class Excuse : std::uint8_t {
    none,
    unclean_elections,  // unclean.leader.election.enable
    lost_replicas,      // more replicas lost what they had than min.insync.replicas covers
    acks,               // acks=0 or 1: an acknowledgement promises nothing
    not_idempotent,     // enable.idempotence=false: retries may repeat and reorder
    read_uncommitted,   // isolation.level=read_uncommitted
    retention,          // retention or DeleteRecords may take the log's beginning
    compaction,         // a later record has the same key
    at_most_once,       // offsets are committed before the work: it may be left undone
    at_least_once,      // offsets are committed with the work or after it: it may be done again
    asked_for,          // the client sought back itself
    not_told,           // the member was killed or lost its partitions before it knew
    never_promised,     // Kafka promises no such thing to anybody
    count,
};

inline constexpr std::size_t kExcuses = static_cast<std::size_t>(Excuse::count);

/// "lost-write", as HISTORY.md lists it.
[[nodiscard]] std::string_view name_of(Anomaly anomaly);
/// The invariant's id, "H1".
[[nodiscard]] std::string_view invariant_of(Anomaly anomaly);
/// A clause: "acks=0 or 1 promises nothing".
[[nodiscard]] std::string_view text_of(Excuse excuse);

}  // namespace gregor::scenarios
