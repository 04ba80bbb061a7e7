#include "scenarios/applications/pipeline_settings.h"

#include <array>

#include "scenarios/applications/application.h"
#include "scenarios/applications/pipeline.h"

namespace gregor::scenarios::applications {

using std::chrono::milliseconds;

namespace {

constexpr auto kNumbers = std::to_array<NumberRange>({
    {"groups", 1, 1},
    {"promise", 0, 2},
    {"transactions", 0, 1},
    {"idempotence", 0, 1},
    {"read_committed", 0, 1},
    {"commits_before", 0, 1},
    {"transactional_ids", 1, 16},
    {"transaction_version", 0, 2},
    {"transaction_timeout_ms", 500, 60'000},
    {"request_timeout_ms", 100, 30'000},
    {"session_timeout_ms", 100, 60'000},
    {"max_poll_interval_ms", 100, 60'000},
    {"work_ms", 0, 1'000},
    {"abort_percent", 0, 100},
    {"accounts", 2, 1'000, true},  // of a bank
    {"deserters", 0, 100, true},
    {"late_verifications", 0, 100, true},
});

WorkMode mode_of(const clients::Workload& workload) {
    const bool has_transactions =
        workload.setting("transactions") != 0 && workload.setting("idempotence") != 0;
    if (has_transactions) return WorkMode::in_transaction;
    return workload.setting("commits_before") != 0 ? WorkMode::commit_before
                                                   : WorkMode::commit_after;
}

}  // namespace

std::span<const NumberRange> pipeline_numbers() { return kNumbers; }

PipelineSettings::PipelineSettings(const clients::Workload& workload)
    : promise(static_cast<Promise>(workload.setting("promise"))),
      mode(mode_of(workload)),
      idempotence(workload.setting("idempotence") != 0),
      read_committed(workload.setting("read_committed") != 0),
      instances(workload.setting("consumers")),
      transactional_ids(std::min(workload.setting("transactional_ids"), instances)),
      feeders(workload.setting("producers")),
      transaction_version(static_cast<std::int16_t>(workload.setting("transaction_version"))),
      transaction_timeout(milliseconds(workload.setting("transaction_timeout_ms"))),
      request_timeout(milliseconds(workload.setting("request_timeout_ms"))),
      session_timeout(milliseconds(workload.setting("session_timeout_ms"))),
      max_poll_interval(milliseconds(workload.setting("max_poll_interval_ms"))),
      longest_work(milliseconds(workload.setting("work_ms"))),
      abort_percent(static_cast<std::uint64_t>(workload.setting("abort_percent"))) {}

producer::ProducerConfig producer_config(const PipelineSettings& settings,
                                         const clients::Workload& workload,
                                         const std::string& client_id) {
    producer::ProducerConfig config;
    config.bootstrap_servers = workload.brokers;
    config.client_id = client_id;
    config.enable_idempotence = settings.idempotence;
    config.request_timeout = settings.request_timeout;
    config.delivery_timeout = 3 * settings.request_timeout;
    config.transaction_timeout = settings.transaction_timeout;
    config.max_block = 2 * settings.request_timeout;
    config.metadata_max_age = 2s;
    return config;
}

consumer::ConsumerConfig instance_config(const PipelineSettings& settings,
                                         const clients::Workload& workload,
                                         const std::string& client_id) {
    consumer::ConsumerConfig config;
    config.bootstrap_servers = bootstrap_servers(workload);
    config.client_id = client_id;
    config.group_id = kPipelineGroup;
    config.partition_assignment_strategy = {"range", "cooperative-sticky"};
    config.session_timeout = settings.session_timeout;
    config.heartbeat_interval = settings.session_timeout / 5;
    config.max_poll_interval = settings.max_poll_interval;
    config.max_poll_records = 20;
    config.auto_offset_reset = consumer::OffsetReset::earliest;
    config.enable_auto_commit = false;
    if (settings.read_committed) {
        config.isolation_level = consumer::IsolationLevel::read_committed;
    }
    config.fetch_max_wait = milliseconds(workload.setting("fetch_wait_ms"));
    config.metadata_max_age = 2s;
    config.request_timeout = settings.request_timeout;
    config.default_api_timeout = 3 * settings.request_timeout;
    return config;
}

}  // namespace gregor::scenarios::applications
