// What an append costs while fetches are parked on its partition, on a simulated disk that takes no
// time of its own: the broker's work alone. Prints one line for each number of parked fetches:
//
//     parked=1000 min_bytes=50000000 append_ns=… sums_taken=…
//
// Run: build/release/bin/bench_replication
#include <fmt/format.h>

#include <chrono>  // the bench measures real time; the broker never does

#include "broker/protocol/records/batch_builder.h"
#include "broker/replication/replica_manager.h"
#include "sim/simulated/world.h"

using namespace gregor;
using namespace gregor::replication;

namespace {

constexpr int kAppends = 20'000;

Bytes one_batch() {
    records::BatchBuilder builder(records::BatchOptions{});
    const std::string value(100, 'x');
    builder.append({.timestamp = 1'700'000'000'000, .value = as_bytes(value)});
    return std::move(builder).build();
}

struct Broker {
    explicit Broker(Runtime& runtime)
        : config(std::make_shared<log::LogConfig>()),
          logs(*log::LogManager::open(
              runtime, {.folders = {"data"},
                        .cluster_id = "cluster",
                        .node_id = NodeId(1),
                        .config_of = [this](const std::string&) { return config; }})),
          replicas(runtime, *logs, {.node_id = NodeId(1)}) {}

    log::LogConfigRef config;
    std::unique_ptr<log::LogManager> logs;
    ReplicaManager replicas;
};

class Bench final : public simulated::Program {
public:
    Bench(Runtime& runtime, int parked) : runtime_(runtime), parked_(parked) {}

    void run() override {
        broker_ = std::make_unique<Broker>(runtime_);
        const TopicPartition partition{"orders", 0};
        TopicId id;
        id.bytes[0] = 1;
        const PartitionAssignment alone{
            .leader = NodeId(1), .replicas = {NodeId(1)}, .isr = {NodeId(1)}};
        CHECK(broker_->replicas.assign(partition, id, alone, broker_->config).has_value());
        for (int i = 0; i < parked_; ++i) {
            FetchTarget target{.topic = partition.topic};
            target.wanted.partition_max_bytes = 1 << 30;
            broker_->replicas.fetch(
                {.max_wait = 24h, .min_bytes = 50'000'000, .max_bytes = 50'000'000}, {target},
                [this](FetchResult) { ++answered_; });
        }
        const Bytes batch = one_batch();
        runtime_.clock().sleep_until(began_ + 1s);
        for (int i = 0; i < kAppends; ++i) {
            broker_->replicas.append({.acks = 1, .parts = {{partition, batch}}},
                                     [](std::vector<AppendOutcome> outcomes) {
                                         CHECK(outcomes[0].error == ErrorCode::none);
                                     });
        }
        sums_taken_ = broker_->replicas.purgatory().sums_taken();
        runtime_.clock().sleep_for(1h);
    }
    [[nodiscard]] std::uint64_t sums_taken() const { return sums_taken_; }
    [[nodiscard]] int answered() const { return answered_; }
    void request_stop() override { runtime_.tasks().cancel(); }

private:
    Runtime& runtime_;
    int parked_;
    Instant began_ = runtime_.clock().now();
    int answered_ = 0;
    std::uint64_t sums_taken_ = 0;
    std::unique_ptr<Broker> broker_;
};

}  // namespace

int main() {
    for (const int parked : {0, 1, 100, 1000, 10'000}) {
        simulated::World world(1, {});
        simulated::MachineModel model;
        model.disk.write_waits = Chance{0};
        model.disk.read_waits = Chance{0};
        simulated::Machine& machine = world.add_machine("n1", model);
        machine.start(
            [parked](Runtime& runtime) { return std::make_unique<Bench>(runtime, parked); });
        world.run_for(900ms);  // opening the log and parking the fetches
        const auto start = std::chrono::steady_clock::now();
        world.run_for(200ms);  // the appends, at one instant of the world
        const auto taken = std::chrono::steady_clock::now() - start;
        const auto& bench = static_cast<const Bench&>(*machine.program());
        fmt::print("parked={} min_bytes=50000000 append_ns={} sums_taken={} answered={}\n", parked,
                   std::chrono::nanoseconds(taken).count() / kAppends, bench.sums_taken(),
                   bench.answered());
        world.shut_down();
    }
}
