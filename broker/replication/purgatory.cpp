#include "broker/replication/purgatory.h"

#include <algorithm>

#include "sim/base/check.h"
#include "sim/base/planted.h"

namespace gregor::replication {

Purgatory::Purgatory(Runtime& runtime, Limits limits)
    : runtime_(runtime), limits_(limits), deadline_changed_(runtime.scheduler()) {}

std::uint64_t Purgatory::grown(const ParkOrder& order) {
    std::uint64_t sum = 0;
    for (const WatchedMark& watched : order.marks) {
        const std::uint64_t growth = watched.watchers->value(watched.mark) - watched.base;
        sum += std::min(growth, watched.cap);
    }
    return sum;
}

void Purgatory::park(ParkOrder order) {
    CHECK(order.need > 0);
    if (shut_down_) return make_due(std::move(order.request), WakeUp::shut_down);
    if (order.deadline <= runtime_.clock().now()) {
        return make_due(std::move(order.request), WakeUp::expired);
    }
    if (parked_.size() >= limits_.max_parked) {
        return make_due(std::move(order.request), WakeUp::overflow);
    }
    const std::uint64_t growth = grown(order);
    if (growth >= order.need) return make_due(std::move(order.request), WakeUp::grown);

    const ParkedId id = next_id_++;
    const Instant deadline = order.deadline;
    Parked& parked = parked_[id];
    parked.order = std::move(order);
    spread(id, parked, parked.order.need - growth);
    if (deadline != kNever) {
        deadlines_.emplace(deadline, id);
        if (deadlines_.begin()->second == id) watch_deadlines();
    }
}

/// Watches every mark for its share of what is still missing.
void Purgatory::spread(ParkedId id, Parked& parked, std::uint64_t rest) {
    const std::vector<WatchedMark>& marks = parked.order.marks;
    parked.thresholds.assign(marks.size(), 0);
    if (marks.empty()) return;
    const std::uint64_t share = (rest + marks.size() - 1) / marks.size();
    for (std::size_t i = 0; i < marks.size(); ++i) {
        parked.thresholds[i] = marks[i].watchers->value(marks[i].mark) + share;
        marks[i].watchers->watch(marks[i].mark, parked.thresholds[i], id);
    }
}

void Purgatory::unwatch(ParkedId id, Parked& parked) {
    const std::vector<WatchedMark>& marks = parked.order.marks;
    for (std::size_t i = 0; i < marks.size(); ++i) {
        marks[i].watchers->forget(marks[i].mark, parked.thresholds[i], id);
    }
}

void Purgatory::notify(std::span<const ParkedId> due, WakeUp why) {
    for (const ParkedId id : due) {
        const auto it = parked_.find(id);
        if (it == parked_.end()) continue;  // watched by two marks that were reached together
        if (why == WakeUp::grown) {
            ++sums_taken_;
            const std::uint64_t growth = grown(it->second.order);
            if (growth < it->second.order.need) {
                unwatch(id, it->second);
                spread(id, it->second, it->second.order.need - growth);
                continue;
            }
        }
        take_out(id, why);
    }
}

void Purgatory::take_out(ParkedId id, WakeUp why) {
    const auto it = parked_.find(id);
    CHECK(it != parked_.end());
    unwatch(id, it->second);
    deadlines_.erase({it->second.order.deadline, id});
    std::unique_ptr<ParkedRequest> request = std::move(it->second.order.request);
    parked_.erase(it);
    make_due(std::move(request), why);
}

void Purgatory::make_due(std::unique_ptr<ParkedRequest> request, WakeUp why) {
    due_.push_back({.request = std::move(request), .why = why});
    if (completion_fibers_ >= limits_.max_completion_fibers) return;
    ++completion_fibers_;
    runtime_.tasks().spawn("purgatory completion", [this] { run_completions(); });
}

void Purgatory::run_completions() {
    while (!due_.empty()) {
        Due next = std::move(due_.front());
        due_.pop_front();
        ParkedRequest& request = *next.request;
        request.complete(next.why, std::move(next.request));
    }
    --completion_fibers_;
}

void Purgatory::watch_deadlines() {
    if (deadline_fiber_running_) {
        if (PLANTED(shorter_deadline_missed) && deadlines_.size() > 1) return;
        deadline_changed_.notify_one();
        return;
    }
    deadline_fiber_running_ = true;
    runtime_.tasks().spawn("purgatory deadlines", [this] {
        for (;;) {
            const Instant now = runtime_.clock().now();
            while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
                take_out(deadlines_.begin()->second, WakeUp::expired);
            }
            deadline_changed_.wait(deadlines_.empty() ? kNever : deadlines_.begin()->first);
        }
    });
}

void Purgatory::shut_down() {
    shut_down_ = true;
    while (!parked_.empty()) take_out(parked_.begin()->first, WakeUp::shut_down);
}

}  // namespace gregor::replication
