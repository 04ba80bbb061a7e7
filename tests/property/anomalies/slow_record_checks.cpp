// What became of each record, by every pair of places that a value was told of, and by every pair
// of sends of a producer in the order of their offsets.
#include <algorithm>
#include <utility>
#include <vector>

#include "tests/property/anomalies/slow_checks.h"

namespace gregor::scenarios {
namespace {

using Fate = SlowHistory::Fate;
using Evidence = SlowHistory::Evidence;

class SlowRecordChecks {
public:
    explicit SlowRecordChecks(const SlowHistory& history)
        : history_(history), configuration_(history.configuration()) {}

    SlowVerdict judge() {
        judge_places();
        judge_order();
        return std::move(verdict_);
    }

private:
    void judge_places() {
        const auto known = history_.evidence();
        for (const Evidence& one : known) {
            for (const Evidence& other : known) {
                const bool is_same_place =
                    one.partition == other.partition && one.offset == other.offset;
                if (is_same_place && one.value != other.value) {
                    const bool is_weak =
                        !(one.is_read && other.is_read) && !configuration_.acks_all;
                    verdict_.tell("inconsistent-offsets", configuration_.unclean || is_weak);
                }
                if (one.value == other.value && one.offset != other.offset &&
                    history_.send_of(one.value)) {
                    verdict_.tell("duplicate", configuration_.unclean || !configuration_.acks_all);
                }
            }
            const Operation* send = history_.send_of(one.value);
            if (one.is_read && send == nullptr) verdict_.tell("unsent-value", false);
            if (send != nullptr && send->partition != one.partition)
                verdict_.tell("changed-record", false);
            if (!one.is_read) continue;
            if (history_.fate_of(one.value) == Fate::aborted) {
                verdict_.tell("G1a", send->result != 'f' && !history_.is_read(one.value, true));
            }
        }
    }

    void judge_order() {
        for (int partition = 0; partition < kTopicPartitions; ++partition) {
            std::vector<std::pair<std::int64_t, const Operation*>> log;
            for (const std::string& value : history_.values()) {
                const auto place = history_.place_of(value);
                if (!place || history_.send_of(value)->partition != partition) continue;
                if (history_.fate_of(value) == Fate::aborted) continue;
                log.emplace_back(*place, history_.send_of(value));
            }
            std::ranges::sort(log);
            for (std::size_t j = 0; j < log.size(); ++j) judge_order(log, j);
        }
    }

    void judge_order(const std::vector<std::pair<std::int64_t, const Operation*>>& log,
                     std::size_t j) {
        const Operation& later = *log[j].second;
        bool is_next_of_producer = true;
        bool is_next_of_transaction = true;
        for (std::size_t i = j; i-- > 0;) {
            const Operation& before = *log[i].second;
            if (before.client != later.client) continue;
            const bool is_one = later.transaction > 0 && before.transaction == later.transaction;
            if (is_next_of_producer && later.number < before.number) {
                verdict_.tell(is_one ? "int-nonmonotonic-send" : "nonmonotonic-send",
                              configuration_.unclean || !configuration_.acks_all);
            }
            is_next_of_producer = false;
            if (is_one && is_next_of_transaction && i + 1 < j) verdict_.tell("int-send-skip", true);
            is_next_of_transaction &= !is_one;
        }
    }

    const SlowHistory& history_;
    const Configuration& configuration_;
    SlowVerdict verdict_;
};

}  // namespace

SlowVerdict judge_records(const SlowHistory& history) { return SlowRecordChecks(history).judge(); }

}  // namespace gregor::scenarios
