// HistoryTables: everything that a history has told so far, by small numbers: who there is, what
// each value is known to be, what each offset holds, how each transaction ended. The checks read
// it; the record checks and the transaction checks fill it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/checkers/anomalies/findings.h"
#include "scenarios/checkers/anomalies/history_event.h"
#include "scenarios/checkers/anomalies/interner.h"
#include "scenarios/checkers/anomalies/slots.h"
#include "sim/base/hash_map.h"

namespace gregor::scenarios {

/// A record's value, with its send if that is known already.
struct ValueState {
    std::int64_t offset = -1;  // where it was first seen
    std::uint64_t number = 0;
    std::int64_t timestamp = -1;                // -1: not told
    HistoryTime first_committed_read = kNever;  // the end of the first such poll
    Id partition = kNone;                       // that it was sent to, or else read from
    Id producer = kNone;
    Id transaction = kNone;
    Id key = kNone;
    Line send_line = 0;  // 0: nobody has sent it yet
    Line read_line = 0;  // of the first read
    Outcome result = Outcome::unknown;
    bool is_read = false;
    bool is_read_committed = false;  // by a consumer with that isolation
    bool is_lost = false;            // the end pass says so
    bool is_tombstone = false;

    [[nodiscard]] bool is_sent() const { return send_line > 0; }
};

enum class Fate : std::uint8_t { unknown, committed, aborted };

struct TransactionState {
    TransactionNumber number = 0;
    HistoryTime commit_began = kLongAgo;
    HistoryTime commit_ended = kNever;
    Id producer = kNone;
    Id visible_value = kNone;  // from the end pass: a record that was read and is not lost
    // While the end pass walks a partition: the transaction's last record in it.
    Id last_partition = kNone;
    std::uint64_t last_ordinal = 0;
    Line begin_line = 0;
    Line commit_line = 0;
    Line abort_line = 0;
    bool commit_tried = false;
    bool commit_ok = false;
    bool commit_unknown = false;
    bool abort_ok = false;
    Fate fate = Fate::unknown;  // from the end pass on
};

struct PartitionState {
    Id topic = kNone;
    std::int32_t number = 0;
    Slots slots;
    /// The highest start that anybody was told, and what DeleteRecords may have taken.
    std::int64_t highest_start = 0;
    std::int64_t deletable = 0;
    std::int64_t log_start = 0;  // by `end`
    std::int64_t log_end = -1;   // -1: it was not read to its end
    Line end_line = 0;
    std::int64_t read_end = 0;  // behind the highest offset that was read
    bool has_transactions = false;
    bool was_acknowledged = false;
};

struct NamedSettings {
    HistorySettings settings;
    bool is_used = false;
    bool is_set = false;
};

class HistoryTables {
public:
    explicit HistoryTables(const HistorySettings& defaults) : defaults_(defaults) {}

    Interner topics;
    Interner producers;
    Interner consumers;
    Interner groups;
    Interner keys;
    Interner value_texts;
    Chunks<ValueState> values;
    Chunks<TransactionState> transactions;
    std::vector<std::unique_ptr<PartitionState>> partitions;

    [[nodiscard]] Id partition(const PartitionName& name);
    [[nodiscard]] Id value(std::string_view text);
    [[nodiscard]] Id producer(std::string_view name) {
        return named(producers, name, producer_settings_);
    }
    [[nodiscard]] Id consumer(std::string_view name) {
        return named(consumers, name, consumer_settings_);
    }
    [[nodiscard]] Id group(std::string_view name) { return named(groups, name, group_settings_); }
    [[nodiscard]] Id transaction(Id producer, TransactionNumber number);

    /// False if something was told of it before, or it has settings already.
    [[nodiscard]] bool configure(const ConfigEvent& config);
    [[nodiscard]] const HistorySettings& of_topic(Id topic) const {
        return topic_settings_[topic].settings;
    }
    [[nodiscard]] const HistorySettings& of_partition(Id partition) const {
        return of_topic(partitions[partition]->topic);
    }
    [[nodiscard]] const HistorySettings& of_producer(Id producer) const {
        return producer_settings_[producer].settings;
    }
    [[nodiscard]] const HistorySettings& of_consumer(Id consumer) const {
        return consumer_settings_[consumer].settings;
    }
    [[nodiscard]] const HistorySettings& of_group(Id group) const {
        return group_settings_[group].settings;
    }

    /// Some offsets hold no record that anybody is given.
    [[nodiscard]] bool has_holes(Id partition) const {
        const HistorySettings& topic = of_partition(partition);
        return partitions[partition]->has_transactions || topic.compaction ||
               topic.has_foreign_markers;
    }

    [[nodiscard]] std::string name_of(Id partition) const;
    /// Quoted.
    [[nodiscard]] std::string text_of(Id value) const;
    /// "p0's transaction 3".
    [[nodiscard]] std::string text_of_transaction(Id transaction) const;

private:
    using Settings = std::vector<NamedSettings>;

    [[nodiscard]] Id named(Interner& names, std::string_view name, Settings& settings,
                           bool is_use = true);

    HistorySettings defaults_;
    Settings topic_settings_;
    Settings producer_settings_;
    Settings consumer_settings_;
    Settings group_settings_;
    HashMap<std::uint64_t, Id> partition_ids_;
    std::vector<HashMap<TransactionNumber, Id>> transaction_ids_;  // by producer
};

}  // namespace gregor::scenarios
