// What the programs of a pipeline share, outside their machines: who is done, how far the input has
// been worked on, and what happened.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "scenarios/applications/application.h"
#include "scenarios/applications/pipeline_settings.h"

namespace gregor::scenarios::applications {

struct PipelineCounts {
    std::uint64_t committed = 0;  // transactions of instances that were told so
    std::uint64_t aborted = 0;
    std::uint64_t feeder_transactions = 0;
    std::uint64_t feeder_aborts = 0;
    std::uint64_t fenced = 0;
    std::uint64_t instances_started = 0;
    std::uint64_t rebalances = 0;  // assignments that instances were given
    std::uint64_t refused_offsets = 0;
    std::uint64_t worked_on = 0;  // inputs, each time
    std::uint64_t deserters = 0;
    std::uint64_t impersonations = 0;  // that were refused
    std::uint64_t looked_at = 0;       // committed offsets, as stable ones
};

struct FeederSlot {
    std::uint64_t started = 0;
    bool has_fed = false;  // but for last records
    bool is_done = false;
    std::string doing;
};

struct InstanceSlot {
    std::string name;
    std::string transactional_id;
    /// Another one has this transactional id, too.
    bool is_twin = false;
    std::uint64_t started = 0;
    /// It has records that it has not done with; perhaps they are another's by now.
    bool is_working = false;
    std::string doing;
};

struct PipelineState {
    PipelineState(const ApplicationContext& context_in)
        : context(context_in), workload(context_in.workload), settings(context_in.workload) {}

    [[nodiscard]] bool is_finishing() const { return workload.phase == clients::Phase::finishing; }
    /// The topics are there, and the cluster has the features that the plan says.
    [[nodiscard]] bool is_ready() const { return workload.topics_made && has_features; }
    [[nodiscard]] bool is_fed() const { return std::ranges::all_of(feeders, &FeederSlot::has_fed); }
    /// Of one topic.
    [[nodiscard]] std::vector<client::TopicPartition> partitions(std::string_view topic) const {
        std::vector<client::TopicPartition> result;
        for (const client::TopicPartition& each : context.partitions()) {
            if (each.topic == topic) result.push_back(each);
        }
        return result;
    }

    const ApplicationContext& context;
    clients::Workload& workload;
    const PipelineSettings settings;
    std::vector<FeederSlot> feeders;
    std::vector<InstanceSlot> instances;
    bool has_features = false;
    /// Below this everything was worked on and committed, as an idle instance saw it.
    std::map<client::TopicPartition, std::int64_t> reached;
    PipelineCounts counts;
};

void run_feeder(PipelineState& state, Process& process, std::size_t index);
void run_instance(PipelineState& state, Process& process, InstanceSlot& slot);

}  // namespace gregor::scenarios::applications
