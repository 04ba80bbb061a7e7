#include "tests/unit/checkers/cluster_storm.h"

namespace gregor::scenarios::test {

namespace {

using server::test::ClusterClient;
using server::test::node_properties;
using server::test::NodeProgram;

constexpr int kNodes = 3;
constexpr std::int32_t kPartitions = 3;
constexpr std::string_view kClusterId = "Z3JlZ29yLWNsdXN0ZXItMQ";

std::string name_of(int id) { return "n" + std::to_string(id); }

server::Properties storm_properties(int id) {
    server::Properties properties = node_properties();
    properties["node.id"] = std::to_string(id);
    properties["listeners"] =
        "PLAINTEXT://" + name_of(id) + ":9092,CONTROLLER://" + name_of(id) + ":9093";
    properties["advertised.listeners"] = "PLAINTEXT://" + name_of(id) + ":9092";
    properties["controller.quorum.voters"] = "1@n1:9093,2@n2:9093,3@n3:9093";
    properties["min.insync.replicas"] = "2";
    properties["replica.lag.time.max.ms"] = "1000";
    properties["broker.session.timeout.ms"] = "1500";
    properties["broker.heartbeat.interval.ms"] = "300";
    return properties;
}

Bytes a_batch(Random& random, std::uint64_t number) {
    records::BatchBuilder builder({});
    const std::string value = std::to_string(number);
    const std::int64_t records = random.between(1, 4);
    for (std::int64_t i = 0; i < records; ++i) {
        builder.append({.timestamp = 1'700'000'000'000, .value = as_bytes(value)});
    }
    return std::move(builder).build();
}

std::vector<simulated::Fault> draw_faults(Random random, const StormOptions& options) {
    std::vector<simulated::Fault> faults;
    Duration at = 8s;  // the topic is there by then
    while (at < options.duration) {
        const auto kind = options.kinds[random.below(options.kinds.size())];
        const int node = static_cast<int>(random.between(1, kNodes));
        const int beside = node % kNodes + 1;
        const simulated::FaultShape shape = simulated::shape_of(kind);
        simulated::Fault fault{.kind = kind, .at = at, .node = name_of(node)};
        if (shape.peer) fault.peer = name_of(beside);
        fault.duration = random.between(Duration(10ms), Duration(3s));
        if (shape.amount) fault.amount = 1;
        faults.push_back(fault);
        at += random.between(Duration(1ms), options.quiet_max);
    }
    return faults;
}

/// One producer: sends to whichever node it believes to lead, and forgets what it was told soon.
class StormProducer {
public:
    StormProducer(Runtime& runtime, std::int16_t acks, std::uint64_t& acknowledged)
        : runtime_(runtime), acks_(acks), acknowledged_(acknowledged) {}

    [[noreturn]] void run() {
        ClusterClient(runtime_, {"n1", "n2", "n3"}).create_topic("t", kPartitions, kNodes);
        for (;;) {
            send();
            runtime_.clock().sleep_for(runtime_.random().between(Duration(1ms), Duration(60ms)));
        }
    }

private:
    void send() {
        protocol::ProduceRequest request;
        request.acks = acks_;
        request.timeout_ms = 500;
        request.topic_data.push_back({.name = "t"});
        const auto partition =
            static_cast<std::int32_t>(runtime_.random().between(0, kPartitions - 1));
        request.topic_data[0].partition_data.push_back(
            {.index = protocol::PartitionId(partition),
             .records = a_batch(runtime_.random(), ++sent_)});
        if (client_ == nullptr && !connect()) return;
        const auto answer = client_->call<protocol::ProduceResponse>(
            request, 9, runtime_.clock().now() + Duration(800ms));
        if (!answer) {
            client_ = nullptr;
            return;
        }
        const auto error = answer->responses.at(0).partition_responses.at(0).error_code;
        if (error == protocol::ErrorCode::none) ++acknowledged_;
        // Each partition has its own leader: another node, the next time.
        if (error != protocol::ErrorCode::none) client_ = nullptr;
    }

    [[nodiscard]] bool connect() {
        client_ = std::make_unique<rpc::Client>(runtime_, rpc::ClientOptions{});
        const int node = static_cast<int>(runtime_.random().between(1, kNodes));
        if (client_->connect({name_of(node), 9092}, runtime_.clock().now() + Duration(300ms))) {
            return true;
        }
        client_ = nullptr;
        return false;
    }

    Runtime& runtime_;
    std::int16_t acks_;
    std::uint64_t& acknowledged_;
    std::uint64_t sent_ = 0;
    std::unique_ptr<rpc::Client> client_;
};

server::Node* node_of(simulated::Machine& machine) {
    auto* program = dynamic_cast<NodeProgram*>(machine.program());
    return program == nullptr ? nullptr : &program->node();
}

void start_machines(simulated::World& world, std::uint64_t& acknowledged) {
    for (int id = 1; id <= kNodes; ++id) {
        simulated::Machine& machine = world.add_machine(name_of(id), {});
        machine.restart_after(500ms);
        machine.start([properties = storm_properties(id)](Runtime& runtime) {
            return std::make_unique<NodeProgram>(runtime, properties, std::string(kClusterId));
        });
    }
    for (int i = 0; i < 4; ++i) {
        const std::int16_t acks = i == 0 ? 1 : -1;
        world.add_machine("c" + std::to_string(i), {})
            .start(simulated::program([acks, &acknowledged](Runtime& runtime) {
                StormProducer(runtime, acks, acknowledged).run();
            }));
    }
}

}  // namespace

StormResult run_storm(const StormOptions& options) {
    StormResult result;
    simulated::World world(options.seed, {.bits_flip_in = {}, .trace = options.trace});
    Judge judge([&world] { return world.now(); }, [&world] { world.stop(); });
    ClusterObserver observer(judge);
    start_machines(world, result.acknowledged);
    observer.watch(world, node_of);
    simulated::FaultInjector injector(world, nullptr);
    injector.arm(draw_faults(world.stream("storm"), options));
    while (!judge.violation() && world.now() < Instant(options.duration)) {
        world.run_for(options.look_every);
        observer.observe();
    }
    result.violation = judge.violation();
    result.observations = observer.observations();
    result.comparisons = judge.comparisons();
    result.faults = world.counters().total();
    result.digest = world.digest();
    injector.heal();
    world.shut_down();
    return result;
}

}  // namespace gregor::scenarios::test
