#include "scenarios/testing/pipeline_application.h"

#include "clients/admin/admin.h"
#include "scenarios/applications/recorded_producer.h"
#include "scenarios/testing/pipeline_verdict.h"

namespace gregor::testing {

using client::TopicPartition;
using scenarios::applications::bootstrap_servers;
using scenarios::applications::RecordedProducer;

namespace {

constexpr Duration kRest = 200ms;
/// After the last effect, for one too many.
constexpr Duration kSettling = 10s;

/// Reads a topic from its start, read_committed; what is there, and later what came.
class TopicReader {
public:
    TopicReader(Runtime& runtime, std::string servers, std::string topic)
        : topic_(std::move(topic)), consumer_(runtime, config(std::move(servers))) {}

    /// Once, until it is done.
    void find_partitions(Runtime& runtime, std::int64_t count) {
        std::set<TopicPartition> all;
        for (std::int64_t i = 0; i < count; ++i) {
            all.insert({topic_, protocol::PartitionId(static_cast<std::int32_t>(i))});
        }
        while (!consumer_.assign(all)) runtime.clock().sleep_for(kRest);
        consumer_.seek_to_beginning(all);
    }

    template <class Take>
    void poll(Take&& take) {
        const auto records = consumer_.poll(kRest);
        if (!records) return;
        for (const consumer::ConsumerRecord& record : *records) {
            take(record, fmt::format("{}-{}@{}", record.topic, record.partition, record.offset));
        }
    }

    /// Reads until the ends as they are when it begins.
    template <class Take>
    void read_to_the_end(Runtime& runtime, Take&& take) {
        auto ends = consumer_.end_offsets(consumer_.assignment());
        while (!ends) {
            runtime.clock().sleep_for(kRest);
            ends = consumer_.end_offsets(consumer_.assignment());
        }
        for (const auto& [partition, end] : *ends) {
            for (;;) {
                const auto position = consumer_.position(partition);
                if (position && *position >= end.offset) break;
                poll(take);
            }
        }
    }

private:
    static consumer::ConsumerConfig config(std::string servers) {
        consumer::ConsumerConfig config;
        config.bootstrap_servers = std::move(servers);
        config.client_id = "end";
        config.auto_offset_reset = consumer::OffsetReset::earliest;
        config.enable_auto_commit = false;
        config.isolation_level = consumer::IsolationLevel::read_committed;
        config.request_timeout = 5s;
        return config;
    }

    std::string topic_;
    consumer::Consumer consumer_;
};

}  // namespace

std::vector<PipelineApplication::Program> PipelineApplication::programs(std::size_t machine) {
    if (machine < starts_.size()) {
        return {[this, machine](Process& process) { run_instance(process, machine); }};
    }
    if (machine > starts_.size()) return {};
    return {[this](Process& process) { feed(process); }};
}

/// A program that returns is started again, as a supervisor would.
void PipelineApplication::run_instance(Process& process, std::size_t number) {
    while (!process.is_stopping) {
        Instance instance(process.runtime, process.is_stopping,
                          bootstrap_servers(context_.workload), static_cast<std::int64_t>(number),
                          starts_[number]++);
        test_.program(instance);
        if (!process.is_stopping) process.runtime.clock().sleep_for(500ms);
    }
}

void PipelineApplication::make_topic(Process& process, const std::string& topic) {
    client::Cluster cluster(process.runtime, {.bootstrap_servers = context_.workload.brokers,
                                              .client_id = "feeder",
                                              .request_timeout = 3s});
    admin::Admin admin(cluster, /*timeout=*/5s);
    for (;;) {
        const auto made = admin.create_topic(
            {.name = topic,
             .num_partitions = static_cast<std::int32_t>(context_.workload.setting("partitions")),
             .replication_factor = context_.workload.replication_factor});
        if (made || made.error().code == protocol::ErrorCode::topic_already_exists) return;
        process.runtime.clock().sleep_for(kRest);
    }
}

void PipelineApplication::feed(Process& process) {
    make_topic(process, test_.input);
    make_topic(process, test_.output);
    Random& random = process.runtime.random();
    producer::ProducerConfig config;
    config.bootstrap_servers = context_.workload.brokers;
    config.client_id = "feeder";
    RecordedProducer producer(context_.history, process.runtime, config.client_id, config);
    const Duration pace = Duration(1s) / context_.workload.setting("produce_per_second");
    const std::int64_t partitions = context_.workload.setting("partitions");
    for (std::uint64_t key = 0; context_.workload.phase == scenarios::clients::Phase::faults;
         ++key) {
        process.runtime.clock().sleep_for(random.between(pace / 2, pace * 3 / 2));
        const auto partition =
            protocol::PartitionId(static_cast<std::int32_t>(random.between(0, partitions - 1)));
        static_cast<void>(producer.send(
            {.to = {test_.input, partition}, .bytes = 20, .key = fmt::format("k{}", key)}));
    }
    static_cast<void>(producer->flush());
    producer->close();
    is_fed_ = true;
}

scenarios::Stuck PipelineApplication::unfinished() {
    return {"V3", is_fed_ ? "" : "the feeder waits for answers to its sends"};
}

void PipelineApplication::look_at_the_end(Runtime& runtime) {
    const std::string servers = bootstrap_servers(context_.workload);
    const std::int64_t partitions = context_.workload.setting("partitions");
    scenarios::Judge& judge = context_.workload.judge;
    PipelineVerdict verdict(test_.promise);
    TopicReader input(runtime, servers, test_.input);
    input.find_partitions(runtime, partitions);
    input.read_to_the_end(runtime, [&](const consumer::ConsumerRecord& record, std::string place) {
        verdict.input(PipelineTest::key_of(record), std::move(place));
    });
    TopicReader output(runtime, servers, test_.output);
    output.find_partitions(runtime, partitions);
    const auto take = [&](const consumer::ConsumerRecord& record, std::string place) {
        verdict.output(test_.input_of(record), std::move(place));
    };
    Instant give_up = deadline_after(runtime.clock().now(), kPatience);
    while (verdict.missing() > 0 && runtime.clock().now() < give_up) {
        const std::uint64_t before = verdict.effects();
        output.poll(take);
        if (verdict.effects() > before) give_up = deadline_after(runtime.clock().now(), kPatience);
    }
    runtime.clock().sleep_for(kSettling);
    output.read_to_the_end(runtime, take);
    effects_ = verdict.effects();
    judge.compared(effects_);
    if (verdict.surplus()) judge.violated("T8", "{}", *verdict.surplus());
    if (verdict.missing() > 0) {
        judge.violated("T8", "effect-missing: of {} records of {}, the first is {}",
                       verdict.missing(), test_.input, verdict.first_missing());
    }
}

std::map<std::string, std::uint64_t> PipelineApplication::counts() const {
    std::uint64_t started = 0;
    for (const std::uint64_t starts : starts_) started += starts;
    return {{"instances_started", started}, {"effects", effects_}};
}

std::vector<scenarios::applications::Floor> PipelineApplication::floors() const {
    return {{"effects", effects_, 1}};
}

}  // namespace gregor::testing
