#include "scenarios/applications/deserter.h"

#include "scenarios/applications/recorded_transactions.h"

namespace gregor::scenarios::applications {
namespace {

/// To the last partition, which no program waits for to go on.
void desert(const ApplicationContext& context, const PipelineSettings& settings, Process& process,
            const std::string& name) {
    const std::vector<client::TopicPartition> partitions = context.partitions();
    if (partitions.empty()) return;
    producer::ProducerConfig config = producer_config(settings, context.workload, name);
    config.transactional_id = name;
    RecordedProducer producer(context.history, process.runtime, name, config);
    RecordedTransactions transactions(context.history, producer, name);
    if (!transactions.init() || !transactions.begin()) return;
    const auto sent =
        producer.send({.to = partitions.back(), .transaction = transactions.number()});
    if (sent) static_cast<void>(sent->wait());
}

}  // namespace

void run_deserters(const ApplicationContext& context, const PipelineSettings& settings,
                   Process& process, std::uint64_t& deserted) {
    if (settings.mode != WorkMode::in_transaction || !settings.read_committed) return;
    const auto all = static_cast<std::uint64_t>(context.workload.optional_setting("deserters"));
    while (deserted < all) {
        const Instant next = process.runtime.clock().now() +
                             process.runtime.random().between(Duration(2s), Duration(12s));
        while (process.runtime.clock().now() < next) {
            if (process.is_stopping || context.workload.phase == clients::Phase::finishing) return;
            process.runtime.clock().sleep_for(200ms);
        }
        desert(context, settings, process, fmt::format("deserter-{}", ++deserted));
    }
}

}  // namespace gregor::scenarios::applications
