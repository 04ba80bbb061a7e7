// What a seed of a pipeline draws besides a cluster: how its programs work, and faults where
// transactions can be hurt: at their coordinators, at the leaders that they write to, on the way of
// what is sent to either, and at the programs themselves in mid-transaction.
#include <algorithm>
#include <array>

#include "scenarios/applications/draw.h"
#include "scenarios/applications/pipeline.h"
#include "scenarios/applications/pipeline_settings.h"

namespace gregor::scenarios::applications {
namespace {

using simulated::Fault;
using simulated::FaultKind;
using simulated::Plan;
using std::chrono::milliseconds;

/// Where transactions share an epoch: what a leader is told of one comes late, past which its end
/// comes (KAFKA-14884). The transaction lasts until its producer has given it up.
void draw_late_verifications(Plan& plan) {
    Draw draw(plan, "late verifications");
    const std::int64_t late = draw.number(6, 10);
    const bool can_be = draw.workload("transactions") != 0 &&
                        draw.workload("transaction_version") == 0 && !draw.one_in(4);
    draw.workload("late_verifications") = can_be ? late : 0;
    if (!can_be) return;
    std::int64_t& timeout = draw.workload("transaction_timeout_ms");
    timeout = std::max(timeout, 3 * draw.workload("request_timeout_ms") + 4'000);
}

void draw_numbers(Plan& plan, Promise promise) {
    Draw draw(plan, "numbers");
    draw.workload("promise") = static_cast<std::int64_t>(promise);
    draw.workload("transactions") = promise == Promise::exactly_once ? 1 : 0;
    draw.workload("commits_before") = promise == Promise::at_most_once ? 1 : 0;
    draw.workload("idempotence") = 1;
    draw.workload("read_committed") = 1;
    draw.workload("groups") = 1;
    draw.workload("topics") = 2;
    draw.workload("partitions") = draw.number(1, 4);
    draw.workload("clients") = draw.number(3, 6);
    draw.workload("consumers") = draw.number(2, 4);
    draw.workload("producers") = draw.number(2, 4);
    const bool has_twins = draw.one_in(3);
    draw.workload("transactional_ids") = draw.workload("consumers") - (has_twins ? 1 : 0);
    draw.workload("transaction_version") = draw.number(0, 4) < 2 ? 0 : 2;
    draw.workload("transaction_timeout_ms") = draw.number(1'500, 8'000);
    draw.workload("request_timeout_ms") = draw.number(500, 2'000);
    draw.workload("session_timeout_ms") = draw.number(1'000, 5'000);
    draw.workload("max_poll_interval_ms") = draw.number(2'000, 8'000);
    draw.workload("work_ms") = draw.coin() ? draw.number(0, 5) : draw.number(5, 60);
    draw.workload("abort_percent") = draw.number(5, 35);
    draw.workload("produce_per_second") = draw.number(15, 60);
    draw.workload("record_bytes") = draw.number(8, 200);
    draw.workload("extra_topics") = 0;
    const std::int64_t deserters = Draw(plan, "deserters").number(0, 3);
    draw.workload("deserters") = promise == Promise::exactly_once ? deserters : 0;
    draw_late_verifications(plan);
}

/// Faults that belong together.
class Director {
public:
    explicit Director(Plan& plan) : draw_(plan, "faults") {}

    void draw() {
        for (std::int64_t scenes = draw_.number(3, 7); scenes > 0; --scenes) {
            at_ = milliseconds(draw_.number(4'000, 24'000));
            const auto scene = draw_.number(0, std::ssize(kScenes) - 1);
            (this->*kScenes.at(static_cast<std::size_t>(scene)))();
        }
    }

private:
    void coordinator_dies() { dies(transactions()); }
    void group_coordinator_dies() { dies(fmt::format("coordinator-of-{}", kPipelineGroup)); }
    void leader_dies() { dies(partition(draw_.coin() ? kPipelineInput : kPipelineOutput)); }

    /// One after the other.
    void dies(const std::string& node) {
        for (std::int64_t turns = draw_.number(1, 3); turns > 0; --turns) {
            const FaultKind kind = draw_.one_in(3) ? FaultKind::pause : FaultKind::kill;
            add(kind, node, "", milliseconds(draw_.number(50, 4'000)));
            at_ += milliseconds(draw_.number(200, 3'000));
        }
    }

    /// What is on its way to a leader comes after its sender has given it up, its transaction
    /// perhaps too.
    void delayed_writes() { delayed(partition(kPipelineOutput)); }
    void delayed_input() { delayed(partition(kPipelineInput)); }
    /// So does the end of a transaction, of which the sender has sent a copy on another way.
    void delayed_ends() { delayed(transactions()); }

    void delayed(const std::string& node) {
        const std::int64_t given_up = 3 * draw_.workload("request_timeout_ms");
        for (std::int64_t turns = draw_.number(1, 4); turns > 0; --turns) {
            // One stream, past which the next try comes; or all, and all tries come late.
            if (draw_.coin()) {
                const milliseconds lasts(draw_.number(given_up / 3, given_up + 5'000));
                add(FaultKind::freeze_in_frame, client(), node, lasts);
            } else {
                add(FaultKind::clog, client(), node,
                    milliseconds(draw_.number(given_up / 2, given_up + 3'000)));
            }
            at_ += milliseconds(draw_.number(100, 2'500));
        }
    }

    /// Others have its work, or its transaction has been aborted, when it wakes up.
    void zombie() {
        const std::int64_t longest = std::max(draw_.workload("session_timeout_ms"),
                                              draw_.workload("transaction_timeout_ms"));
        add(FaultKind::pause, client(), "", milliseconds(draw_.number(1'000, longest + 4'000)));
    }

    void instances_die() {
        for (std::int64_t count = draw_.number(1, 3); count > 0; --count) {
            const FaultKind kind = draw_.one_in(4) ? FaultKind::clean_restart : FaultKind::kill;
            add(kind, client(), "", milliseconds(draw_.number(20, 3'000)));
            if (draw_.coin()) at_ += milliseconds(draw_.number(0, 1'500));
        }
    }

    void not_heard() {
        const std::string coordinator =
            draw_.coin() ? transactions() : fmt::format("coordinator-of-{}", kPipelineGroup);
        const FaultKind kind = draw_.coin() ? FaultKind::partition : FaultKind::one_way_partition;
        add(kind, client(), coordinator, milliseconds(draw_.number(500, 7'000)));
    }

    void add(FaultKind kind, std::string node, std::string peer, milliseconds lasts) {
        draw_.plan().faults.push_back({.kind = kind,
                                       .at = at_,
                                       .node = std::move(node),
                                       .peer = std::move(peer),
                                       .duration = lasts});
    }

    [[nodiscard]] std::string client() {
        return fmt::format("c{}", draw_.number(0, draw_.workload("clients") - 1));
    }
    [[nodiscard]] std::string transactions() {
        const std::int64_t count = draw_.setting("transaction.state.log.num.partitions");
        return fmt::format("leader-of-__transaction_state-{}", draw_.number(0, count - 1));
    }
    [[nodiscard]] std::string partition(const char* topic) {
        return fmt::format("leader-of-{}-{}", topic,
                           draw_.number(0, draw_.workload("partitions") - 1));
    }

    using Scene = void (Director::*)();
    static constexpr std::array<Scene, 11> kScenes{
        &Director::coordinator_dies, &Director::group_coordinator_dies,
        &Director::leader_dies,      &Director::leader_dies,
        &Director::delayed_writes,   &Director::delayed_input,
        &Director::delayed_ends,     &Director::delayed_ends,
        &Director::zombie,           &Director::instances_die,
        &Director::not_heard};

    Draw draw_;
    milliseconds at_{};
};

/// Two or three streams between a coordinator and a leader, of which one may be theirs.
void add_late_verifications(Plan& plan) {
    Draw draw(plan, "late verification faults");
    const std::int64_t given_up = 3 * draw.workload("request_timeout_ms");
    const std::int64_t coordinators = draw.setting("transaction.state.log.num.partitions");
    for (std::int64_t left = draw.workload("late_verifications"); left > 0; --left) {
        const std::int64_t coordinator = draw.number(0, coordinators - 1);
        const std::int64_t partition = draw.number(0, draw.workload("partitions") - 1);
        const milliseconds at(draw.number(4'000, 24'000));
        const milliseconds lasts(given_up + draw.number(500, 3'000));
        plan.faults.push_back({.kind = FaultKind::freeze_in_frame,
                               .at = at,
                               .node = fmt::format("leader-of-__transaction_state-{}", coordinator),
                               .peer = fmt::format("leader-of-{}-{}", kPipelineOutput, partition),
                               .duration = lasts,
                               .amount = draw.number(2, 3)});
    }
}

}  // namespace

void draw_exactly_once(Plan& plan) { draw_numbers(plan, Promise::exactly_once); }
void draw_at_least_once(Plan& plan) { draw_numbers(plan, Promise::at_least_once); }
void draw_at_most_once(Plan& plan) { draw_numbers(plan, Promise::at_most_once); }

void draw_pipeline_settings(Plan& plan) {
    Draw draw(plan, "settings");
    const std::int64_t replicas = draw.workload("replication_factor");
    draw.set("offsets.topic.num.partitions", draw.number(1, 3));
    draw.set("offsets.topic.replication.factor", replicas);
    draw.set("offsets.commit.timeout.ms", draw.number(1'000, 5'000));
    draw.set("transaction.state.log.num.partitions", draw.number(1, 3));
    draw.set("transaction.state.log.replication.factor", replicas);
    draw.set("transaction.state.log.min.isr", draw.setting("min.insync.replicas"));
    draw.set("transaction.abort.timed.out.transaction.cleanup.interval.ms",
             draw.number(300, 2'000));
    draw.set("group.initial.rebalance.delay.ms", draw.coin() ? draw.number(0, 1'000) : 0);
    draw.set("group.min.session.timeout.ms", 100);
}

void draw_pipeline_faults(Plan& plan) {
    // A loss of power takes what was not synced: only where all is.
    if (!plan.broker.contains("log.flush.interval.messages")) {
        std::erase_if(plan.faults,
                      [](const Fault& fault) { return fault.kind == FaultKind::power_loss; });
    }
    Director(plan).draw();
    add_late_verifications(plan);
}

}  // namespace gregor::scenarios::applications
