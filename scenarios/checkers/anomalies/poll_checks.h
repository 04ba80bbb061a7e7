// PollChecks: what one consumer is given of one partition, poll after poll.
//
//     position       5                   8
//     poll           5 6 7               9 10        from 8 to 9: a gap
//     poll           7                               back: nonmonotonic
//
// Going back is judged at once. A gap is only wrong if something stood in it that the consumer had
// to be given, which the end of the history knows: markers of transactions, aborted and compacted
// records leave gaps, too. Where nothing leaves gaps, each is wrong.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/checkers/anomalies/coverage.h"
#include "scenarios/checkers/anomalies/findings.h"
#include "scenarios/checkers/anomalies/history_tables.h"
#include "scenarios/checkers/anomalies/record_checks.h"
#include "sim/base/hash_map.h"

namespace gregor::scenarios {

class PollChecks {
public:
    PollChecks(HistoryTables& tables, Findings& findings, RecordChecks& records)
        : tables_(tables), findings_(findings), records_(records) {}

    void seek(Line line, const SeekEvent& seek);
    /// The consumer begins at `offset`, or wherever its group has left off.
    void assigned(Line line, const AssignEvent& assign);
    /// What the poll covered, from the position before it; nothing of an empty one.
    OffsetRange polled(const HistoryEvent& event, const PollEvent& poll);
    void ended(Line line, const EndEvent& end);
    /// True once after each seek of the consumer to a lower offset than it had reached.
    [[nodiscard]] bool take_seek_back(Id consumer, Id partition);

    /// After RecordChecks::judge_slots().
    void judge_gaps();

private:
    struct Reader {
        Id consumer = kNone;
        Id partition = kNone;
        std::int64_t position = -1;  // -1: not known before the first poll
        std::int64_t run_start = -1;
        Line run_line = 0;  // since when it reads on without a seek
        Line last_line = 0;
        Line drain_begin = 0;  // the lines of its last run that `end` told to be the whole log
        Line drain_end = 0;
        bool sought_back = false;
    };
    struct Gap {
        std::int64_t from = 0;
        std::int64_t to = 0;
        Id reader = kNone;
        Line before = 0;
        Line line = 0;
        bool is_internal = false;
    };

    [[nodiscard]] Id reader(Id consumer, Id partition);
    void restart(Line line, Reader& reader, std::int64_t position);
    /// The reader is given `offset` next.
    void move(Line line, Id reader, std::int64_t offset, bool is_internal);
    [[nodiscard]] std::int64_t start_of(Id partition) const;
    void judge(const Gap& gap);
    void judge_unknown(const Gap& gap);

    HistoryTables& tables_;
    Findings& findings_;
    RecordChecks& records_;
    HashMap<std::uint64_t, Id> reader_ids_;
    std::vector<Reader> readers_;
    std::vector<Gap> gaps_;
};

}  // namespace gregor::scenarios
