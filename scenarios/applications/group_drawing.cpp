// What a seed of `groups` or `mixed-clients` draws besides a cluster: how its groups work, brokers
// whose coordinators load in small pieces, and faults where groups can be hurt.
#include <algorithm>
#include <array>

#include "scenarios/applications/draw.h"
#include "scenarios/applications/group_settings.h"

namespace gregor::scenarios::applications {
namespace {

using simulated::Fault;
using simulated::FaultKind;
using simulated::Plan;
using std::chrono::milliseconds;

/// Faults that belong together, at somebody who matters to a group.
class Director {
public:
    explicit Director(Plan& plan) : draw_(plan, "faults") {}

    void draw() {
        for (std::int64_t scenes = draw_.number(2, 5); scenes > 0; --scenes) {
            at_ = milliseconds(draw_.number(5'000, 22'000));
            coordinator_ =
                fmt::format("coordinator-of-g{}", draw_.number(0, draw_.workload("groups") - 1));
            (this->*kScenes.at(
                        static_cast<std::size_t>(draw_.number(0, std::ssize(kScenes) - 1))))();
        }
    }

private:
    /// One coordinator is gone, for longer than it takes to replace it, comes back, and the next is
    /// gone: the first may coordinate again, with what it remembers.
    void there_and_back() {
        const std::int64_t turns = draw_.number(2, 3);
        for (std::int64_t i = 0; i < turns; ++i) {
            const milliseconds lasts = session() + milliseconds(draw_.number(300, 2'000));
            // A process that lives on remembers.
            if (draw_.one_in(3)) {
                cut_off(lasts);
            } else {
                add(FaultKind::pause, coordinator_, lasts);
            }
            at_ += lasts + milliseconds(draw_.number(500, 2'500));
        }
    }

    /// A coordinator that clients reach, and nobody else.
    void isolated() { cut_off(session() + milliseconds(draw_.number(500, 4'000))); }

    void replaced() {
        for (std::int64_t turns = draw_.number(1, 3); turns > 0; --turns) {
            add(FaultKind::kill, coordinator_, milliseconds(draw_.number(20, 3'000)));
            at_ += milliseconds(draw_.number(200, 3'000));
        }
    }

    /// Members die together, and are back before they are missed, or after.
    void members_die() {
        for (std::int64_t count = draw_.number(1, 3); count > 0; --count) {
            add(FaultKind::kill, client(), milliseconds(draw_.number(20, 4'000)));
            if (draw_.coin()) at_ += milliseconds(draw_.number(0, 1'500));
        }
    }

    /// Others have their partitions when they wake up.
    void zombies() {
        const milliseconds lasts(draw_.workload("session_timeout_ms") + draw_.number(0, 4'000));
        add(FaultKind::pause, client(), lasts);
    }

    void not_heard() {
        const milliseconds lasts(draw_.workload("session_timeout_ms") +
                                 draw_.number(-1'000, 4'000));
        Fault fault{.kind = draw_.coin() ? FaultKind::partition : FaultKind::one_way_partition,
                    .at = at_,
                    .node = client(),
                    .peer = coordinator_,
                    .duration = std::max(lasts, milliseconds(100))};
        if (draw_.coin()) std::swap(fault.node, fault.peer);
        draw_.plan().faults.push_back(std::move(fault));
    }

    void stopped_in_order() {
        add(FaultKind::clean_restart, client(), milliseconds(draw_.number(20, 3'000)));
    }

    void add(FaultKind kind, std::string node, milliseconds lasts) {
        draw_.plan().faults.push_back(
            {.kind = kind, .at = at_, .node = std::move(node), .duration = lasts});
    }

    /// From the other nodes.
    void cut_off(milliseconds lasts) {
        const bool apart = draw_.workload("separate_controllers") != 0;
        const std::int64_t nodes =
            draw_.workload("brokers") + (apart ? draw_.workload("controllers") : 0);
        for (std::int64_t id = 1; id <= nodes; ++id) {
            draw_.plan().faults.push_back({.kind = FaultKind::partition,
                                           .at = at_,
                                           .node = coordinator_,
                                           .peer = fmt::format("n{}", id),
                                           .duration = lasts});
        }
    }

    [[nodiscard]] std::string client() {
        return fmt::format("c{}", draw_.number(0, draw_.workload("clients") - 1));
    }
    [[nodiscard]] milliseconds session() {
        return milliseconds(std::stoll(draw_.plan().broker.at("broker.session.timeout.ms")));
    }

    using Scene = void (Director::*)();
    static constexpr std::array<Scene, 9> kScenes{
        &Director::there_and_back, &Director::there_and_back, &Director::isolated,
        &Director::isolated,       &Director::replaced,       &Director::members_die,
        &Director::zombies,        &Director::not_heard,      &Director::stopped_in_order};

    Draw draw_;
    milliseconds at_{};
    std::string coordinator_;
};

void draw_groups(Draw& draw) {
    draw.workload("clients") = draw.number(3, 6);
    draw.workload("producers") = draw.number(1, 3);
    draw.workload("consumers") = draw.number(1, 4);
    draw.workload("groups") = draw.number(1, 3);
    draw.workload("assignor") = draw.number(0, 4);
    draw.workload("commits") = draw.number(0, 2);
    draw.workload("by_pattern") = draw.number(0, 1);
    draw.workload("static_members") = draw.coin() ? draw.number(1, draw.workload("consumers")) : 0;
    const std::int64_t session = draw.number(1'000, 6'000);
    draw.workload("session_timeout_ms") = session;
    draw.workload("heartbeat_interval_ms") = draw.number(200, session / 3);
    // Fetches that wait in vain are most of what happens.
    draw.workload("fetch_wait_ms") = draw.number(100, 500);
    draw.workload("max_poll_interval_ms") = draw.number(1'500, 8'000);
    draw.workload("member_life_ms") = draw.coin() ? draw.number(2'000, 8'000) : 30'000;
    draw.workload("added_partitions") = draw.coin() ? draw.number(1, 3) : 0;
    draw.workload("late_topics") = draw.one_in(3) ? 1 : 0;
    draw.workload("produce_per_second") = draw.number(5, 40);
    draw.workload("extra_topics") = 0;
}

/// Groups that change their protocol while a cooperative member has yet to give something up: most
/// members are there for short times, and so are those whom their group is upgraded for.
void draw_slow_revocations(Plan& plan) {
    constexpr std::int64_t kCooperative = 3;  // assignor
    constexpr std::int64_t kMigrating = 2;    // protocols
    Draw draw(plan, "slow revocations");
    draw.workload("slow_revocations") = draw.one_in(3) ? 1 : 0;
    if (draw.workload("slow_revocations") == 0) return;
    draw.workload("assignor") = kCooperative;
    draw.workload("protocols") = kMigrating;
    draw.workload("guests") = draw.number(1, 2);
    draw.workload("consumers") = draw.number(2, 4);
    draw.workload("partitions") = draw.number(4, 8);
    draw.workload("member_life_ms") = draw.number(2'000, 6'000);
    draw.workload("heartbeat_interval_ms") = draw.number(200, 300);
    draw.workload("max_poll_interval_ms") = draw.number(4'000, 8'000);
}

}  // namespace

void draw_classic_groups(Plan& plan) {
    Draw draw(plan, "numbers");
    draw_groups(draw);
    const bool has_twins = draw.workload("static_members") > 0 && draw.one_in(3);
    draw.workload("twins") = has_twins ? 1 : 0;
    draw.workload("idlers") = draw.one_in(3) ? 1 : 0;
    draw.workload("protocols") = 0;
    draw.workload("guests") = 0;
}

/// Who has a living process's group.instance.id waits for that one in the consumer protocol: no
/// twins.
void draw_mixed_groups(Plan& plan) {
    Draw draw(plan, "numbers");
    draw_groups(draw);
    draw.workload("twins") = 0;
    draw.workload("idlers") = 0;
    draw.workload("protocols") = draw.number(1, 3);
    draw.workload("guests") = draw.number(0, 2);
    draw_slow_revocations(plan);
}

void draw_group_settings(Plan& plan) {
    Draw draw(plan, "settings");
    draw.set("offsets.topic.num.partitions", draw.number(1, 3));
    draw.set("offsets.topic.replication.factor", draw.workload("replication_factor"));
    draw.set("offsets.load.buffer.size", draw.coin() ? draw.number(300, 6'000) : 5'242'880);
    draw.set("offsets.commit.timeout.ms", draw.number(1'000, 5'000));
    draw.set("group.initial.rebalance.delay.ms", draw.coin() ? draw.number(0, 1'500) : 0);
    draw.set("group.min.session.timeout.ms", 100);
    if (draw.workload("protocols") == 0) return;
    draw.set("group.consumer.min.session.timeout.ms", 100);
    draw.set("group.consumer.session.timeout.ms", draw.workload("session_timeout_ms"));
    draw.set("group.consumer.min.heartbeat.interval.ms", 10);
    draw.set("group.consumer.heartbeat.interval.ms", draw.workload("heartbeat_interval_ms"));
}

void draw_group_faults(Plan& plan) {
    // A loss of power takes what was not synced: with groups, only where all is.
    if (!plan.broker.contains("log.flush.interval.messages")) {
        std::erase_if(plan.faults,
                      [](const Fault& fault) { return fault.kind == FaultKind::power_loss; });
    }
    Director(plan).draw();
}

}  // namespace gregor::scenarios::applications
