#include "broker/replication/watchers.h"

#include <algorithm>
#include <iterator>

#include "sim/base/check.h"

namespace gregor::replication {

Watchers::Watchers(const LogMarks& marks)
    : marks_(marks), passed_{.end_offset = marks.log_end_offset, .bytes = 0} {
    values_[index(Mark::high_watermark)] = static_cast<std::uint64_t>(marks.high_watermark.value());
}

void Watchers::raise(Mark mark, std::uint64_t value, std::vector<ParkedId>& due) {
    std::uint64_t& current = values_[index(mark)];
    if (value <= current) return;
    current = value;
    Waiting& waiting = waiting_[index(mark)];
    while (!waiting.empty() && waiting.begin()->first <= value) {
        due.push_back(waiting.begin()->second);
        waiting.erase(waiting.begin());
    }
}

std::uint64_t Watchers::bytes_below(Offset offset) const {
    if (offset >= marks_.log_end_offset) return value(Mark::log_end_bytes);
    const auto step =
        std::lower_bound(steps_.begin(), steps_.end(), offset,
                         [](const Step& a, Offset wanted) { return a.end_offset < wanted; });
    if (step == steps_.end()) return passed_.bytes;  // what was there when the count began
    if (step->end_offset == offset) return step->bytes;
    const Step& before = step == steps_.begin() ? passed_ : *std::prev(step);
    if (offset <= before.end_offset) return before.bytes;
    __extension__ using Wide = unsigned __int128;
    const auto offsets = static_cast<std::uint64_t>(step->end_offset - before.end_offset);
    const auto part = static_cast<std::uint64_t>(offset - before.end_offset);
    return before.bytes + static_cast<std::uint64_t>(
                              (Wide{step->bytes - before.bytes} * part + offsets - 1) / offsets);
}

void Watchers::drop_steps() {
    const Offset needed = std::min(marks_.high_watermark, marks_.last_stable_offset);
    while (!steps_.empty() && steps_.front().end_offset <= needed) {
        passed_ = steps_.front();
        steps_.pop_front();
    }
}

void Watchers::progressed(const LogMarks& marks, std::uint64_t bytes, std::vector<ParkedId>& due) {
    CHECK(marks.log_end_offset >= marks_.log_end_offset, "{} after {}", marks.log_end_offset,
          marks_.log_end_offset);
    marks_ = marks;
    const std::uint64_t total = value(Mark::log_end_bytes) + bytes;
    if (bytes > 0) {
        // A full list takes the new batch into its last step.
        if (steps_.size() >= kMaxSteps) steps_.pop_back();
        steps_.push_back({.end_offset = marks.log_end_offset, .bytes = total});
        raise(Mark::log_end_bytes, total, due);
    }
    raise(Mark::high_watermark, static_cast<std::uint64_t>(marks.high_watermark.value()), due);
    raise(Mark::high_watermark_bytes, bytes_below(marks.high_watermark), due);
    raise(Mark::last_stable_offset_bytes, bytes_below(marks.last_stable_offset), due);
    drop_steps();
}

void Watchers::low_watermark_at(Offset low_watermark, std::vector<ParkedId>& due) {
    if (low_watermark == low_watermark_) return;
    low_watermark_ = low_watermark;
    raise(Mark::low_watermark_moves, value(Mark::low_watermark_moves) + 1, due);
}

void Watchers::disturb(const LogMarks& marks, std::vector<ParkedId>& due) {
    for (Waiting& waiting : waiting_) {
        for (const auto& [threshold, id] : waiting) due.push_back(id);
        waiting.clear();
    }
    marks_ = marks;
    const std::uint64_t total = value(Mark::log_end_bytes);
    passed_ = {.end_offset = marks.log_end_offset, .bytes = total};
    steps_.clear();
    values_.fill(total);
    values_[index(Mark::high_watermark)] = static_cast<std::uint64_t>(marks.high_watermark.value());
}

void Watchers::watch(Mark mark, std::uint64_t threshold, ParkedId id) {
    CHECK(threshold > value(mark), "{} is already reached: {}", threshold, value(mark));
    waiting_[index(mark)].emplace(threshold, id);
}

void Watchers::forget(Mark mark, std::uint64_t threshold, ParkedId id) {
    waiting_[index(mark)].erase({threshold, id});
}

std::size_t Watchers::size() const {
    std::size_t size = 0;
    for (const Waiting& waiting : waiting_) size += waiting.size();
    return size;
}

}  // namespace gregor::replication
