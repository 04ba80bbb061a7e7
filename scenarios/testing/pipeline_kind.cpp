#include "scenarios/testing/pipeline_kind.h"

#include <algorithm>

#include "scenarios/testing/pipeline_application.h"
#include "sim/base/random.h"

namespace gregor::testing {

using simulated::Fault;
using simulated::FaultKind;
using simulated::Plan;
using std::chrono::milliseconds;

namespace {

/// What befalls the machines that run the program.
constexpr std::array kOfInstances{FaultKind::kill, FaultKind::kill, FaultKind::pause,
                                  FaultKind::clean_restart, FaultKind::partition};

}  // namespace

std::span<const scenarios::NumberRange> PipelineKind::numbers() const { return {}; }

void PipelineKind::draw_numbers(Plan& plan) const {
    Random random = Random::stream(plan.seed, "pipeline numbers");
    plan.workload["clients"] = test_.instances + 1;
    plan.workload["topics"] = 1;
    plan.workload["partitions"] = random.between(1, 4);
    plan.workload["produce_per_second"] = random.between(5, 40);
    plan.workload["extra_topics"] = 0;
}

void PipelineKind::draw_settings(Plan& plan) const {
    Random random = Random::stream(plan.seed, "pipeline settings");
    const std::string replicas = std::to_string(plan.workload.at("replication_factor"));
    const auto in_sync = plan.broker.find("min.insync.replicas");
    plan.broker["offsets.topic.num.partitions"] = std::to_string(random.between(1, 3));
    plan.broker["offsets.topic.replication.factor"] = replicas;
    plan.broker["transaction.state.log.num.partitions"] = std::to_string(random.between(1, 3));
    plan.broker["transaction.state.log.replication.factor"] = replicas;
    plan.broker["transaction.state.log.min.isr"] =
        in_sync == plan.broker.end() ? "1" : in_sync->second;
    plan.broker["group.initial.rebalance.delay.ms"] = "0";
}

void PipelineKind::draw_faults(Plan& plan) const {
    // A loss of power takes what was not synced, and nobody is to blame: only where all is.
    if (!plan.broker.contains("log.flush.interval.messages")) {
        std::erase_if(plan.faults,
                      [](const Fault& fault) { return fault.kind == FaultKind::power_loss; });
    }
    Random random = Random::stream(plan.seed, "pipeline faults");
    for (std::int64_t left = random.between(2, 6); left > 0; --left) {
        Fault fault{.kind = random.pick(kOfInstances)};
        fault.at = milliseconds(random.between(4'000, 24'000));
        fault.node = fmt::format("c{}", random.between(0, test_.instances - 1));
        fault.duration = milliseconds(random.between(50, 8'000));
        if (fault.kind == FaultKind::partition) {
            fault.peer = fmt::format("n{}", random.between(1, plan.workload.at("brokers")));
        }
        plan.faults.push_back(std::move(fault));
    }
}

std::unique_ptr<scenarios::applications::Application> PipelineKind::make(
    const scenarios::applications::ApplicationContext& context) const {
    return std::make_unique<PipelineApplication>(test_, context);
}

scenarios::HistorySettings PipelineKind::settings(const Plan& plan) const {
    return scenarios::applications::settings_of_cluster(plan);
}

}  // namespace gregor::testing
