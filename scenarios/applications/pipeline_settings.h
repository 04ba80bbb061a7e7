// What a plan says of a pipeline: how its feeders and instances work, and what is promised of it.
#pragma once

#include <span>
#include <string>

#include "clients/consumer/config.h"
#include "clients/producer/producer_config.h"
#include "scenarios/clients/workload.h"
#include "scenarios/numbers.h"

namespace gregor::scenarios::applications {

/// What is promised of the effects of each record, whatever the programs do to keep it.
enum class Promise : std::uint8_t { exactly_once, at_least_once, at_most_once };

/// When an instance commits the offsets of what it has worked on.
enum class WorkMode : std::uint8_t { in_transaction, commit_after, commit_before };

struct PipelineSettings {
    explicit PipelineSettings(const clients::Workload& workload);

    Promise promise;
    WorkMode mode;
    bool idempotence;
    bool read_committed;
    std::int64_t instances;
    /// Instances beyond so many have the transactional ids of others.
    std::int64_t transactional_ids;
    std::int64_t feeders;
    std::int16_t transaction_version;
    Duration transaction_timeout;
    Duration request_timeout;
    Duration session_timeout;
    Duration max_poll_interval;
    Duration longest_work;  // on one record
    std::uint64_t abort_percent;
};

[[nodiscard]] std::span<const NumberRange> pipeline_numbers();
void draw_pipeline_settings(simulated::Plan& plan);
void draw_pipeline_faults(simulated::Plan& plan);
void draw_exactly_once(simulated::Plan& plan);
void draw_at_least_once(simulated::Plan& plan);
void draw_at_most_once(simulated::Plan& plan);

/// Without a transactional id.
[[nodiscard]] producer::ProducerConfig producer_config(const PipelineSettings& settings,
                                                       const clients::Workload& workload,
                                                       const std::string& client_id);
[[nodiscard]] consumer::ConsumerConfig instance_config(const PipelineSettings& settings,
                                                       const clients::Workload& workload,
                                                       const std::string& client_id);

}  // namespace gregor::scenarios::applications
