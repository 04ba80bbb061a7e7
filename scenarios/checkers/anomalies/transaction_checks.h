// TransactionChecks: how each transaction ended, and who was allowed to end it.
//
//     commit ok ──────────────> committed
//     abort ok, commit failed, never tried to commit ──> aborted
//     nobody can say ──> committed if a read_committed consumer was given a record of it
//
// A commit that failed after one that nobody can say anything of may hide that the first one went
// through: a producer that is fenced after a timeout cannot know.
//
// Zombies: when InitProducerId was answered to a producer, no older one of that transactional_id
// may commit what it begins to commit after that (T5).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/checkers/anomalies/findings.h"
#include "scenarios/checkers/anomalies/history_tables.h"
#include "sim/base/result.h"

namespace gregor::scenarios {

class TransactionChecks {
public:
    TransactionChecks(HistoryTables& tables, Findings& findings)
        : tables_(tables), findings_(findings) {}

    void initialised(const HistoryEvent& event, const InitEvent& init);
    [[nodiscard]] Result<void, std::string> begun(Line line, const BeginEvent& begin);
    void finished(const HistoryEvent& event, const FinishEvent& finish);

    /// The first step of the end pass.
    void decide_fates();
    void judge();

private:
    struct Life {
        HistoryTime ended = kNever;  // of InitProducerId
        Line line = 0;
        Id producer = kNone;
        std::int64_t producer_id = -1;  // if it was told
        std::int64_t producer_epoch = 0;
    };

    /// Of one transactional id, in the order of their answers. Answers that overlap may come in any
    /// order; where epochs were told, they tell.
    [[nodiscard]] static bool is_newer(const Life& life, const Life& than);
    [[nodiscard]] static Fate fate_of(const TransactionState& transaction);
    void judge_zombie(Id transaction);
    void judge_intermediate_reads();

    HistoryTables& tables_;
    Findings& findings_;
    Interner transactional_ids_;
    std::vector<std::vector<Life>> lives_;  // by transactional id, in the order of the answers
    HashMap<Id, Id> id_of_;                 // a producer's transactional id
    std::map<std::pair<std::int64_t, std::int64_t>, Life> producer_ids_;  // and their epochs
};

}  // namespace gregor::scenarios
