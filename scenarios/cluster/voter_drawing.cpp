#include "scenarios/cluster/voter_drawing.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "scenarios/cluster/operations.h"
#include "scenarios/cluster/roles.h"
#include "scenarios/cluster/topology.h"
#include "sim/base/random.h"

namespace gregor::scenarios::cluster {
namespace {

using simulated::Fault;
using simulated::FaultKind;
using simulated::Operation;
using simulated::Plan;

Duration milliseconds(Duration duration) {
    return std::chrono::floor<std::chrono::milliseconds>(duration);
}

class Drawer {
public:
    explicit Drawer(Plan& plan)
        : plan_(plan),
          topology_(plan.workload),
          random_(Random::stream(plan.seed, plan.scenario + " voter changes")) {
        for (std::int64_t id = topology_.first_controller; topology_.is_controller(id); ++id) {
            controllers_.push_back(id);
            if (topology_.is_first_voter(id)) voters_.insert(id);
        }
    }

    void draw() {
        if (!topology_.has_dynamic_voters) {
            add(kRaiseKRaftVersion, milliseconds(random_.between(Duration(3s), Duration(6s))), "");
        }
        const std::int64_t bursts = random_.between(2, 4);
        const Duration step = (plan_.duration - 10s) / bursts;
        for (std::int64_t i = 0; i < bursts; ++i) {
            const Duration start = 6s + step * i;
            draw_burst(milliseconds(random_.between(start, start + step)));
        }
        std::ranges::stable_sort(plan_.operations, {}, &Operation::at);
        std::ranges::stable_sort(plan_.faults, {}, &Fault::at);
    }

private:
    bool coin() { return random_.below(2) == 0; }

    enum class Direction { any, add, remove };

    void draw_burst(Duration at) {
        if (controllers_.size() >= 3 && random_.below(3) == 0) return draw_lone_leader(at);
        std::int64_t cut_off = 0;
        if (controllers_.size() >= 3 && random_.below(4) != 0) cut_off = draw_cut(at);
        // Several steps the same way lead far from the voters that the other side knows.
        const auto direction = random_.below(4) == 0 ? Direction::any
                               : coin()              ? Direction::add
                                                     : Direction::remove;
        const std::int64_t changes = random_.between(cut_off == 0 ? 1 : 2, 3);
        for (std::int64_t i = 0; i < changes; ++i) {
            draw_change(at, cut_off, direction);
            at = milliseconds(at + random_.between(Duration(1ms), Duration(150ms)));
        }
    }

    /// The leader, whoever that is, hears no voter any more and is asked to change them, before it
    /// has found that out: what it may take to be committed is no more than one step from what the
    /// others know.
    void draw_lone_leader(Duration at) {
        const Duration cut_at = milliseconds(at - random_.between(Duration(10ms), Duration(200ms)));
        const Duration duration = milliseconds(random_.between(Duration(3s), Duration(8s)));
        for (const std::int64_t voter : voters_) {
            plan_.faults.push_back({.kind = FaultKind::partition,
                                    .at = cut_at,
                                    .node = std::string(kActiveController),
                                    .peer = fmt::format("n{}", voter),
                                    .duration = duration});
        }
        const auto direction = coin() ? Direction::add : Direction::remove;
        const auto most = std::max<std::int64_t>(std::ssize(voters_) - 1, 2);
        for (std::int64_t changes = random_.between(2, most); changes > 0; --changes) {
            draw_change(at, 0, direction);
            at = milliseconds(at + random_.between(Duration(1ms), Duration(60ms)));
        }
    }

    /// One that would vote if all had been done as it was asked, and so may lead.
    std::int64_t draw_cut(Duration burst_at) {
        const std::vector<std::int64_t> voters(voters_.begin(), voters_.end());
        const std::int64_t cut_off = random_.pick(voters);
        const Duration at =
            milliseconds(burst_at - random_.between(Duration(100ms), Duration(900ms)));
        const Duration duration = milliseconds(random_.between(Duration(3s), Duration(8s)));
        const bool spares_too = coin();
        for (const std::int64_t other : controllers_) {
            if (other == cut_off || (!spares_too && !voters_.contains(other))) continue;
            plan_.faults.push_back({.kind = FaultKind::partition,
                                    .at = at,
                                    .node = fmt::format("n{}", cut_off),
                                    .peer = fmt::format("n{}", other),
                                    .duration = duration});
        }
        return cut_off;
    }

    /// Of any controller but the one that is cut off, whose side is to win.
    void draw_change(Duration at, std::int64_t cut_off, Direction direction) {
        std::vector<std::int64_t> leaving;
        std::vector<std::int64_t> coming;
        for (const std::int64_t id : controllers_) {
            if (id == cut_off) continue;
            (voters_.contains(id) ? leaving : coming).push_back(id);
        }
        if (voters_.size() == 1) leaving.clear();
        const bool prefers_adding =
            direction == Direction::any ? coin() : direction == Direction::add;
        const bool adds = !coming.empty() && (leaving.empty() || prefers_adding);
        if (!adds && leaving.empty()) return;
        const std::int64_t id = random_.pick(adds ? coming : leaving);
        if (adds) {
            voters_.insert(id);
        } else {
            voters_.erase(id);
        }
        add(adds ? kAddVoter : kRemoveVoter, at, fmt::format("n{}", id));
    }

    void add(std::string_view kind, Duration at, std::string target) {
        plan_.operations.push_back(
            {.kind = std::string(kind), .at = at, .target = std::move(target), .nodes = {}});
    }

    Plan& plan_;
    Topology topology_;
    Random random_;
    std::vector<std::int64_t> controllers_;
    std::set<std::int64_t> voters_;
};

}  // namespace

bool draw_voter_topology(std::uint64_t one_in, Plan& plan) {
    if (one_in == 0) return false;
    Random random = Random::stream(plan.seed, plan.scenario + " has voter changes");
    if (random.below(one_in) != 0) return false;
    auto& numbers = plan.workload;
    const bool is_apart = numbers.at("separate_controllers") != 0;
    const std::int64_t free = is_apart ? 2 : numbers.at("brokers") - numbers.at("controllers");
    // What stays cut off for good is a fault of quorums that stay as they are.
    numbers.erase("cut_off_controller");
    const bool starts_static = random.below(4) == 0 && numbers.at("controllers") >= 3;
    if (starts_static) return true;
    numbers["dynamic_voters"] = 1;
    numbers["spare_controllers"] = std::min(random.between(1, 2), free);
    return true;
}

void draw_voter_changes(Plan& plan) { Drawer(plan).draw(); }

}  // namespace gregor::scenarios::cluster
