// RecordChecks: what became of each record, from everything that was told of it.
//
// While the history grows: one offset holds one value, and a record stays as it was sent. A read
// may stand before the answer of its send, and who wrote a value decides what is promised of it, so
// all else is judged at the end:
//
//     every value      was sent, and neither failed nor was aborted (G1a), if anybody read it
//     every slot       in the order of offsets: sends of a producer in their order
//     every expected   record: acknowledged or read, and committed. Who passes over it skips it
//                      (poll_checks.h); outside of a log that was read to its end it is lost
//
// A record that is lost while another of its transaction was read tears that transaction.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenarios/checkers/anomalies/findings.h"
#include "scenarios/checkers/anomalies/history_tables.h"
#include "sim/base/result.h"

namespace gregor::scenarios {

/// A record that a reader of its partition has to be given.
struct ExpectedRecord {
    std::int64_t offset = 0;
    Id value = kNone;
    Excuse excuse = Excuse::none;  // if it is gone
};

class RecordChecks {
public:
    RecordChecks(HistoryTables& tables, Findings& findings)
        : tables_(tables), findings_(findings) {}

    [[nodiscard]] Result<void, std::string> sent(const HistoryEvent& event, const SendEvent& send);
    /// Returns the value's id.
    Id read(const HistoryEvent& event, Id partition, bool read_committed,
            const PolledRecord& record);
    [[nodiscard]] Result<void, std::string> ended(Line line, const EndEvent& end);
    void deletion(const DeleteRecordsEvent& deletion);

    // The end pass, in this order; the fates of transactions are known. ---------------------------

    void judge_values();
    void judge_slots();
    /// Ascending by their offsets; after judge_slots().
    [[nodiscard]] const std::vector<ExpectedRecord>& expected(Id partition) const {
        return expected_[partition];
    }
    /// The first expected record of [from, to), if any.
    [[nodiscard]] std::optional<ExpectedRecord> first_expected(Id partition, std::int64_t from,
                                                               std::int64_t to) const;
    /// Somebody who had to be given this record was not, and nobody ever was or will be again.
    void lost(const ExpectedRecord& record, std::vector<Line> evidence, std::string_view how);
    void judge_unseen();
    /// The last of them.
    void judge_torn();

private:
    struct Repeat {
        std::int64_t offset = 0;
        Id value = kNone;
        Line line = 0;
    };
    struct LastSend {
        std::uint64_t number = 0;
        Id value = kNone;
        Id partition = kNone;
    };

    struct LostOfTransaction {
        ExpectedRecord record;
        Line line = 0;
    };

    void learn(Id partition, std::int64_t offset, Id value, bool acknowledged, Line line);
    /// Of what a send or a read says of the value beside its offset.
    void agree(Line line, ValueState& state, Id value, Id partition, Id key,
               std::optional<std::int64_t> timestamp);
    [[nodiscard]] Fate fate_of(const ValueState& value) const;
    /// Nothing if nobody has to be given the value.
    [[nodiscard]] std::optional<Excuse> excuse_if_lost(Id partition, std::int64_t offset,
                                                       const ValueState& value) const;
    [[nodiscard]] bool is_deletable(Id partition, std::int64_t offset) const;
    void judge_what_failed(Id value);
    void judge_repeats();
    void judge_order(Id partition, Id value, std::uint64_t ordinal);
    void judge_outside(Id partition);
    void tell_lost(const ExpectedRecord& record, std::vector<Line> evidence, std::string_view how);
    void judge_nowhere(Id value);
    void excuse_compacted(Id partition);

    HistoryTables& tables_;
    Findings& findings_;
    std::vector<Repeat> repeats_;
    std::vector<LastSend> last_sends_;  // by producer
    std::vector<std::vector<ExpectedRecord>> expected_;
    std::vector<LostOfTransaction> lost_of_transactions_;  // each may be a torn transaction
};

}  // namespace gregor::scenarios
