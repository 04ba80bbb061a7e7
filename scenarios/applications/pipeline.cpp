#include "scenarios/applications/pipeline.h"

#include "scenarios/applications/deserter.h"
#include "scenarios/applications/group_watch.h"
#include "scenarios/applications/pipeline_settings.h"
#include "scenarios/applications/pipeline_state.h"
#include "scenarios/applications/transaction_impostor.h"
#include "scenarios/applications/transaction_version.h"

namespace gregor::scenarios::applications {
namespace {

using client::TopicPartition;

CommitMode commit_mode(Promise promise) {
    switch (promise) {
        case Promise::exactly_once: return CommitMode::transaction;
        case Promise::at_least_once: return CommitMode::after;
        case Promise::at_most_once: return CommitMode::before;
    }
    UNREACHABLE();
}

HistorySettings settings_of_pipeline(const simulated::Plan& plan) {
    HistorySettings settings = settings_of_cluster(plan);
    settings.read_committed = true;
    settings.commit = commit_mode(static_cast<Promise>(plan.workload.at("promise")));
    return settings;
}

class Pipeline final : public Application {
public:
    explicit Pipeline(const ApplicationContext& context) : state_(context) {
        state_.feeders.resize(static_cast<std::size_t>(state_.settings.feeders));
        for (std::int64_t i = 0; i < state_.settings.instances; ++i) {
            const std::int64_t id = i % state_.settings.transactional_ids;
            state_.instances.push_back({.name = fmt::format("i{}", i),
                                        .transactional_id = fmt::format("worker-{}", id),
                                        .is_twin = i >= state_.settings.transactional_ids});
        }
        context.history.add(PipelineEvent{.input = kPipelineInput,
                                          .output = kPipelineOutput,
                                          .group = kPipelineGroup,
                                          .settings = settings_of_pipeline(context.workload.plan)});
    }

    std::vector<Program> programs(std::size_t machine) override {
        std::vector<Program> programs;
        std::size_t next = 0;
        const auto machines = static_cast<std::size_t>(state_.workload.setting("clients"));
        const auto add = [&](Program program) {
            if (next++ % machines == machine) programs.push_back(std::move(program));
        };
        for (InstanceSlot& slot : state_.instances) {
            add([this, &slot](Process& process) { run_instance(state_, process, slot); });
        }
        for (std::size_t i = 0; i < state_.feeders.size(); ++i) {
            add([this, i](Process& process) { run_feeder(state_, process, i); });
        }
        add([this](Process& process) {
            set_transaction_version(state_.context, process, state_.settings.transaction_version,
                                    state_.has_features);
        });
        add([this](Process& process) {
            run_deserters(state_.context, state_.settings, process, state_.counts.deserters);
        });
        add([this](Process& process) {
            run_transaction_impostor(state_.context, state_.settings, process,
                                     state_.counts.impersonations);
        });
        add([this](Process& process) { watch(process); });
        return programs;
    }

    Stuck unfinished() override {
        std::string text;
        for (std::size_t i = 0; i < state_.feeders.size(); ++i) {
            const FeederSlot& feeder = state_.feeders[i];
            if (!feeder.is_done) text += fmt::format("feeder {}: {}; ", i, feeder.doing);
        }
        if (!text.empty()) return {"V3", text};
        for (const TopicPartition& each : state_.partitions(kPipelineInput)) {
            const std::int64_t end = state_.context.history.end_of(each);
            const auto found = state_.reached.find(each);
            const std::int64_t reached = found == state_.reached.end() ? 0 : found->second;
            if (reached < end)
                text += fmt::format("{} is worked on to {} of {}; ", each, reached, end);
        }
        const bool is_any_working =
            std::ranges::any_of(state_.instances, &InstanceSlot::is_working);
        if (text.empty() && !is_any_working) return {"T4", text};
        for (const InstanceSlot& slot : state_.instances) {
            text += fmt::format("{}: {}; ", slot.name, slot.doing);
        }
        return {"T4", text};
    }

    /// Transactions that nobody ends any more, then sessions and a rebalance, one of each behind
    /// another.
    Duration patience() const override {
        const PipelineSettings& settings = state_.settings;
        return 2 * settings.transaction_timeout +
               4 * (settings.session_timeout + settings.max_poll_interval) + 20s;
    }

    std::vector<std::string> groups() const override { return {kPipelineGroup}; }
    bool subscribes(const std::string& /*group*/, const std::string& topic) const override {
        return topic == kPipelineInput;
    }

    std::map<std::string, std::uint64_t> counts() const override {
        const PipelineCounts& counts = state_.counts;
        return {{"committed_transactions", counts.committed},
                {"aborted_transactions", counts.aborted},
                {"feeder_transactions", counts.feeder_transactions},
                {"feeder_aborts", counts.feeder_aborts},
                {"fenced_instances", counts.fenced},
                {"deserters", counts.deserters},
                {"impersonations", counts.impersonations},
                {"stable_offsets_looked_at", counts.looked_at},
                {"instances_started", counts.instances_started},
                {"rebalances", counts.rebalances},
                {"refused_offsets", counts.refused_offsets},
                {"inputs_worked_on", counts.worked_on}};
    }

    std::vector<Floor> floors() const override {
        const PipelineCounts& counts = state_.counts;
        const bool has_transactions = state_.settings.mode == WorkMode::in_transaction;
        return {{"inputs worked on", counts.worked_on, 50},
                {"committed transactions", counts.committed, has_transactions ? 15U : 0U},
                {"aborted transactions", counts.aborted + counts.feeder_aborts,
                 has_transactions ? 2U : 0U},
                {"rebalances", counts.rebalances, 2}};
    }

private:
    /// What a member that comes is told of the group's offsets, asked for much more often.
    void watch(Process& process) {
        if (state_.settings.mode != WorkMode::in_transaction) return;
        GroupWatch watch(state_.context, process.runtime, "watcher");
        while (!process.is_stopping && !state_.is_finishing()) {
            process.runtime.clock().sleep_for(
                process.runtime.random().between(Duration(20ms), Duration(300ms)));
            if (watch.look_at_stable(kPipelineGroup)) ++state_.counts.looked_at;
        }
    }

    PipelineState state_;
};

}  // namespace

std::span<const NumberRange> PipelineKind::numbers() const { return pipeline_numbers(); }
void PipelineKind::draw_settings(simulated::Plan& plan) const { draw_pipeline_settings(plan); }
void PipelineKind::draw_faults(simulated::Plan& plan) const { draw_pipeline_faults(plan); }
std::unique_ptr<Application> PipelineKind::make(const ApplicationContext& context) const {
    return std::make_unique<Pipeline>(context);
}
HistorySettings PipelineKind::settings(const simulated::Plan& plan) const {
    return settings_of_pipeline(plan);
}

constinit const PipelineKind kExactlyOnce(draw_exactly_once);
constinit const PipelineKind kAtLeastOnce(draw_at_least_once);
constinit const PipelineKind kAtMostOnce(draw_at_most_once);

}  // namespace gregor::scenarios::applications
