// ProducerFold: who has written to a log, folded from its batches by the checker's own means, and
// held against what a broker remembers (L9): a broker that remembers too little takes a retry for a
// new batch, one that remembers too much refuses what is new. It knows as well what is not stable
// yet (L3).
//
//     log         | A seq 0-1 | B txn | A seq 2 | B commit |
//     A                1                  2                    its last sequence number
//     B                         open since 2       decided     epoch and coordinator of the marker
//
// A log that begins above offset 0 does not tell of who wrote before: there the broker may know
// more, of offsets below, and of nothing else.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "scenarios/checkers/cluster_view.h"

namespace gregor::scenarios {

class ProducerFold {
public:
    /// The log is what it was up to so many batches. To be told also where it is not followed.
    void keep(std::size_t batches) {
        if (batches < followed_) *this = {};
    }
    /// Takes up what is new in `log`, which is whole and ends at `end`; from its beginning if it
    /// has changed before.
    void follow(const SeenLog& log, Offset end);

    /// Holds `state`, which describes the log that was followed, against it: those producers that
    /// have written since the last time, or all if the log was followed from its beginning. The
    /// first difference, or nothing. `may_forget`: producers expire in this run.
    [[nodiscard]] std::optional<std::string> find_difference(const log::ProducerState& state,
                                                             bool may_forget);

    /// Where a transaction begins that is open, or whose marker was seen to come and is not below
    /// `high_watermark` yet; nothing: there is none. The log is the one that was followed.
    [[nodiscard]] std::optional<Offset> first_unstable(Offset high_watermark);

private:
    struct Decided {
        Offset first;
        Offset marker;
    };
    struct Producer {
        protocol::ProducerEpoch epoch = protocol::kNoProducerEpoch;
        std::optional<log::ProducerBatch> last_batch;  // of that epoch
        std::optional<std::int32_t> coordinator_epoch;
        std::optional<Offset> open_since;
    };

    void take(const SeenBatch& batch, bool is_anew);
    [[nodiscard]] std::string compare(const Producer& told, const log::ProducerEntry& entry,
                                      bool may_forget) const;
    [[nodiscard]] std::string judge_unknown(const log::ProducerEntry& entry) const;
    /// Whether nobody has written before what is seen.
    [[nodiscard]] bool is_whole() const { return begin_ == Offset(0); }

    std::size_t followed_ = 0;  // batches
    Offset begin_{0};
    std::map<protocol::ProducerId, Producer> producers_;
    std::set<Offset> open_;         // where open transactions begin
    std::vector<Decided> decided_;  // by marker; of a log read anew the broker need not know
    std::set<protocol::ProducerId> due_;
    bool all_due_ = true;
};

}  // namespace gregor::scenarios
