// One node that runs, and checks that look into it: what is changed behind its back they find.
#include "clients/admin/admin.h"
#include "clients/consumer/consumer.h"
#include "scenarios/applications/group_inspector.h"
#include "scenarios/cluster/tuning.h"
#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::scenarios;

namespace {

server::Config config() {
    server::Properties properties = server::development_properties("data");
    properties["listeners"] = "PLAINTEXT://n1:9092,CONTROLLER://n1:9093";
    return *server::Config::from(properties, "n1");
}

class OneNode {
public:
    OneNode() : config_(config()), judge_([this] { return world_.now(); }, [] {}) {
        simulated::Machine& machine = world_.add_machine("n1", {});
        nodes_.all.push_back(
            {.id = 1, .machine = &machine, .is_broker = true, .is_controller = true});
        machine.start([this](Runtime& runtime) {
            return std::make_unique<NodeProgram>(runtime, config_, "", [](const std::string&) {});
        });
        as_client([](Runtime& runtime) {
            client::Cluster cluster(runtime, {.bootstrap_servers = {{"n1", 9092}}});
            admin::Admin admin(cluster, 5s);
            while (
                !admin.create_topic({.name = "t0", .num_partitions = 2, .replication_factor = 1})) {
                runtime.clock().sleep_for(100ms);
            }
        });
        world_.run_for(5s);
        nodes_.look_at_images();
    }
    ~OneNode() { world_.shut_down(); }

    /// Runs `body` on a machine of its own, to its end.
    void as_client(ClientProgram::Body body) {
        bool is_done = false;
        const std::vector<ClientProgram::Body> bodies{[&](Runtime& runtime) {
            body(runtime);
            is_done = true;
        }};
        world_.add_machine(fmt::format("c{}", clients_++), {}).start([&](Runtime& runtime) {
            return std::make_unique<ClientProgram>(runtime, bodies);
        });
        while (!is_done) REQUIRE(world_.run_for(1s));
    }

    [[nodiscard]] replication::ReplicaManager& replicas() {
        return nodes_.all[0].serving()->replicas();
    }
    [[nodiscard]] cluster::Nodes& nodes() { return nodes_; }
    [[nodiscard]] simulated::World& world() { return world_; }
    [[nodiscard]] Judge& judge() { return judge_; }
    [[nodiscard]] std::string violated() const {
        return judge_.violation() ? judge_.violation()->invariant : "";
    }

private:
    server::Config config_;
    simulated::World world_{1, {}};
    cluster::Nodes nodes_;
    Judge judge_;
    int clients_ = 0;
};

}  // namespace

TEST_CASE("a log that goes by other settings than its topic's") {
    OneNode one;
    cluster::check_settings(one.nodes(), one.judge());
    REQUIRE(one.judge().comparisons() == 2);
    REQUIRE(one.violated().empty());
    const auto hosted = one.replicas().find({"t0", 1});
    log::LogConfig changed = hosted->log->config();
    changed.segment_bytes /= 2;
    hosted->log->set_config(std::make_shared<const log::LogConfig>(changed));
    cluster::check_settings(one.nodes(), one.judge());
    REQUIRE(one.violated() == "M2");
}

TEST_CASE("a group is to administrators what it is to its members") {
    using namespace applications;
    OneNode one;
    const simulated::Plan plan;
    clients::Workload workload(plan, one.judge(), one.world().network());
    workload.brokers = {{"n1", 9092}};
    History history({}, {.now = [&one] { return one.world().now(); },
                         .has_replaced_coordinator = [](const auto&) { return false; },
                         .counts_member = [](const auto&, const auto&) { return true; },
                         .line = {}});
    const ApplicationContext context{workload, history,
                                     [] { return std::vector<client::TopicPartition>(); }};
    one.as_client([&](Runtime& runtime) {
        consumer::ConsumerConfig config;
        config.bootstrap_servers = "n1:9092";
        config.group_id = "g0";
        RecordedConsumer consumer(history, runtime, "m0", std::move(config));
        REQUIRE(consumer.subscribe({"t0"}, {}).has_value());
        while (consumer->assignment().size() != 2) static_cast<void>(consumer.poll(100ms));
        GroupInspector inspector(context, runtime);
        const MemberSlot member{.now = &consumer};
        REQUIRE(inspector.what_is_wrong("g0", {&member}).empty());
        REQUIRE(inspector.what_is_wrong("g0", {}).find("as a member") != std::string::npos);
        REQUIRE_FALSE(inspector.what_is_wrong("g1", {&member}).empty());
        static_cast<void>(consumer.close(1s));
    });
}
