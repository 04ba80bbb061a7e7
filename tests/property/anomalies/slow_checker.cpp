#include "tests/property/anomalies/slow_checker.h"

#include "tests/property/anomalies/slow_checks.h"

namespace gregor::scenarios {

void SlowVerdict::tell(const std::string& row, bool is_allowed) {
    (is_allowed ? allowed : violated).insert(row);
}

SlowVerdict judge_slowly(const Configuration& configuration,
                         const std::vector<Operation>& operations) {
    const SlowHistory history(configuration, operations);
    SlowVerdict verdict;
    for (const auto judge :
         {judge_records, judge_polls, judge_transactions, judge_cycles, judge_groups}) {
        SlowVerdict found = judge(history);
        verdict.violated.merge(found.violated);
        verdict.allowed.merge(found.allowed);
    }
    return verdict;
}

}  // namespace gregor::scenarios
