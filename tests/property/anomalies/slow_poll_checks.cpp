// What consumers were given, poll after poll, up to the ends of the logs; and which records are
// lost: those that nobody can be given any more.
#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "tests/property/anomalies/slow_checks.h"

namespace gregor::scenarios {
namespace {

using Kind = Operation::Kind;
using Evidence = SlowHistory::Evidence;

class SlowPollChecks {
public:
    explicit SlowPollChecks(const SlowHistory& history)
        : history_(history), configuration_(history.configuration()), all_(history.operations()) {}

    SlowVerdict judge() {
        judge_polls();
        judge_drains();
        judge_lost();
        return std::move(verdict_);
    }

private:
    struct Gap {
        int consumer = 0;
        int partition = 0;
        std::int64_t from = 0;
        std::int64_t to = 0;
        std::size_t operation = 0;
        bool is_internal = false;
    };
    struct Reader {
        std::int64_t position = -1;
        std::int64_t run_start = -1;
        std::size_t run = 0;
    };

    void judge_polls() {
        for (int consumer = 0; consumer <= kDrain; ++consumer) {
            for (int partition = 0; partition < kTopicPartitions; ++partition) {
                follow(consumer, partition);
            }
        }
        for (const Gap& gap : gaps_) {
            const bool is_drained = drains_.contains({gap.consumer, gap.partition}) &&
                                    gap.operation > drains_[{gap.consumer, gap.partition}].first &&
                                    gap.operation <= drains_[{gap.consumer, gap.partition}].second;
            const auto missed = history_.due(gap.partition, gap.from, gap.to);
            for (const std::string& value : missed) {
                if (is_drained || !history_.is_read(value)) {
                    lost_.insert(value);
                } else {
                    verdict_.tell(gap.is_internal ? "int-poll-skip" : "poll-skip",
                                  history_.may_be_lost(value));
                }
            }
            const bool has_holes = std::ranges::any_of(all_, [&](const Operation& each) {
                return each.kind == Kind::send && each.transaction > 0 &&
                       each.partition == gap.partition;
            });
            if (missed.empty() && !has_holes) {
                verdict_.tell(gap.is_internal ? "int-poll-skip" : "poll-skip",
                              configuration_.unclean);
            }
        }
    }

    void follow(int consumer, int partition) {
        Reader by;
        for (std::size_t i = 0; i < all_.size(); ++i) {
            const Operation& each = all_[i];
            if (each.client != consumer || each.partition != partition) continue;
            if (each.kind == Kind::seek || each.kind == Kind::assign) {
                by = {each.offset, each.offset, i};
            } else if (each.kind == Kind::poll) {
                for (std::size_t k = 0; k < each.records.size(); ++k) {
                    move(by, i, each.records[k].first, k > 0);
                    by.position = each.records[k].first + 1;
                }
            } else if (each.kind == Kind::end) {
                end(by, i);
            }
        }
    }

    void move(Reader& by, std::size_t i, std::int64_t to, bool is_internal) {
        if (by.position < 0) {
            by = {to, to, i};
        } else if (to > by.position) {
            gaps_.push_back({all_[i].client, all_[i].partition, by.position, to, i, is_internal});
        } else if (to < by.position) {
            verdict_.tell(is_internal ? "int-nonmonotonic-poll" : "nonmonotonic-poll",
                          configuration_.unclean);
        }
    }

    void end(Reader& by, std::size_t i) {
        const Operation& end = all_[i];
        if (by.position >= 0 && end.offset > by.position) {
            gaps_.push_back({end.client, end.partition, by.position,
                             std::min(end.offset, end.log_end), i, false});
        }
        const bool is_whole =
            by.position >= 0 && by.run_start <= end.log_start && end.offset >= end.log_end;
        if (!is_whole && end.log_start != end.log_end) verdict_.tell("incomplete-drain", false);
        drains_[{end.client, end.partition}] = {by.run, i};
    }

    [[nodiscard]] const Operation* end_of(int partition) const {
        const Operation* found = nullptr;
        for (const Operation& each : all_) {
            if (each.kind == Kind::end && each.partition == partition) found = &each;
        }
        return found;
    }

    void judge_drains() {
        for (const std::string& value : history_.values()) {
            const Operation* send = history_.send_of(value);
            if (send == nullptr || !history_.is_due(value)) continue;
            const Operation* end = end_of(send->partition);
            const bool is_anywhere = std::ranges::any_of(
                history_.evidence(), [&](const Evidence& each) { return each.value == value; });
            const auto place = history_.place_of(value);
            if (end != nullptr) {
                if (place && (*place < end->log_start || *place >= end->log_end)) {
                    lost_.insert(value);
                }
                if (!is_anywhere) lost_.insert(value);
            } else if (!history_.is_read(value) && !lost_.contains(value)) {
                verdict_.tell("unseen", false);
            }
        }
    }

    void judge_lost() {
        for (const std::string& value : lost_) {
            const Operation& send = *history_.send_of(value);
            const bool is_torn =
                send.transaction > 0 && std::ranges::any_of(all_, [&](const Operation& each) {
                    return each.kind == Kind::send && each.client == send.client &&
                           each.transaction == send.transaction && history_.is_read(each.value) &&
                           !lost_.contains(each.value);
                });
            verdict_.tell(is_torn ? "torn-transaction" : "lost-write", history_.may_be_lost(value));
        }
    }

    const SlowHistory& history_;
    const Configuration& configuration_;
    const std::vector<Operation>& all_;
    SlowVerdict verdict_;
    std::vector<Gap> gaps_;
    std::map<std::pair<int, int>, std::pair<std::size_t, std::size_t>> drains_;
    std::set<std::string> lost_;
};

}  // namespace

SlowVerdict judge_polls(const SlowHistory& history) { return SlowPollChecks(history).judge(); }

}  // namespace gregor::scenarios
