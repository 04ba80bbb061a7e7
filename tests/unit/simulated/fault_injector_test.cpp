// Faults of a plan happen at their time or cue, every kind of them, and the same way each time.
#include "sim/simulated/fault_injector.h"

#include "tests/support/catch.h"
#include "tests/support/function_program.h"

using namespace gregor;
using namespace gregor::simulated;

namespace {

/// Uses every call that a disk fault may meet.
Result<void, IoError> churn(Disk& disk) {
    TRY(disk.create_directories("d"));
    const FileRef file = TRY(disk.open("d/new", OpenMode::create));
    const std::uint64_t end = TRY(file->size());
    TRY(file->write(end, Bytes::copy_of("one hundred bytes or fewer")));
    TRY(file->sync());
    TRY(file->read(0, 10));
    TRY(disk.rename("d/new", "d/old"));
    return disk.sync_dir("d");
}

void serve(Runtime& runtime) {
    runtime.tasks().spawn("churn", [&runtime] {
        for (;;) {
            runtime.clock().sleep_for(20ms);
            if (churn(runtime.disk())) runtime.trace().event("churned", "");
        }
    });
    auto listener = *runtime.network().listen({"n1", 9092});
    while (auto accepted = listener->accept()) {
        std::shared_ptr<Connection> connection = std::move(*accepted);
        runtime.tasks().spawn("echo", [connection] {
            for (;;) {
                ByteBuffer buffer;
                if (!connection->read(buffer, 1, 4096)) return;
                if (!connection->write(std::move(buffer).freeze())) return;
            }
        });
    }
}

void ask(Runtime& runtime) {
    for (;;) {
        runtime.clock().sleep_for(10ms);
        auto connection = runtime.network().connect({"n1", 9092}, runtime.clock().now() + 1s);
        if (!connection) continue;
        for (int i = 0; i < 10; ++i) {
            ByteBuffer answer;
            if (!(*connection)->write(Bytes::copy_of("question"), runtime.clock().now() + 1s) ||
                !(*connection)->read(answer, 8, 8, runtime.clock().now() + 1s)) {
                break;
            }
            runtime.clock().sleep_for(10ms);
        }
    }
}

/// A plan's text with every kind, one a second.
std::string every_kind() {
    std::string toml = "scenario = \"test\"\nseed = 1\nduration = \"40s\"\n";
    for (std::size_t i = 0; i < kFaultKinds; ++i) {
        const auto kind = static_cast<FaultKind>(i);
        toml += fmt::format("[[fault]]\nkind = \"{}\"\nnode = \"n1\"\nat = \"{}s\"\n", name(kind),
                            i + 1);
        if (shape_of(kind).duration) toml += "duration = \"300ms\"\n";
        if (shape_of(kind).amount) {
            toml += fmt::format("amount = {}\n", kind == FaultKind::clock_step ? 5'000'000'000 : 1);
        }
    }
    return toml;
}

struct Run {
    Digest digest;
    FaultCounters counters;
};

Run run_plan(std::uint64_t seed, const Plan& plan) {
    World world(seed, {});
    world.add_machine("n1", {}).start(program(serve));
    for (const char* client : {"c1", "c2"}) world.add_machine(client, {}).start(program(ask));
    FaultInjector injector(world, nullptr);
    injector.arm(plan.faults);
    world.run_for(plan.duration);
    injector.heal();
    world.run_for(5s);
    return {world.digest(), world.counters()};
}

/// Ticks once a second, by the machine's own clock.
void tick(Runtime& runtime) {
    for (int i = 0;; ++i) {
        runtime.clock().sleep_for(1s);
        runtime.trace().event("ticked", "i={}", i);
    }
}

class Ledger final : public FaultInjector::Observer {
public:
    explicit Ledger(World& world) : world_(world) {}
    void before(const Fault& fault, Machine&) override { note("before", fault); }
    void after(const Fault& fault, Machine&) override { note("after", fault); }

    std::vector<std::string> lines;

private:
    void note(std::string_view when, const Fault& fault) {
        lines.push_back(fmt::format("{} {} {}", to_string(world_.now()), when, name(fault.kind)));
    }
    World& world_;
};

}  // namespace

TEST_CASE("a plan's text with every kind of fault makes every kind happen") {
    const auto plan = parse_plan(every_kind());
    REQUIRE(plan.has_value());
    REQUIRE(plan->faults.size() == kFaultKinds);
    const Run run = run_plan(1, *plan);
    for (std::size_t i = 0; i < kFaultKinds; ++i) {
        INFO(name(static_cast<FaultKind>(i)));
        REQUIRE(run.counters.count(static_cast<FaultKind>(i)) > 0);
    }
}

TEST_CASE("a world with every fault gives the same digest, whatever ran before it") {
    const auto plan = parse_plan(every_kind());
    REQUIRE(plan.has_value());
    const Digest first = run_plan(7, *plan).digest;
    REQUIRE(run_plan(7, *plan).digest == first);
    REQUIRE(run_plan(8, *plan).digest != first);
    REQUIRE(run_plan(7, *plan).digest == first);
    Plan one_less = *plan;
    one_less.faults.pop_back();
    REQUIRE(run_plan(7, one_less).digest != first);
}

TEST_CASE("faults happen at their time or at their cue, and the observer sees both sides") {
    World world(1, {});
    Ledger ledger(world);
    Machine& machine = world.add_machine("n1", {});
    machine.start(program(tick));
    FaultInjector injector(world, &ledger);
    injector.arm({{.kind = FaultKind::clock_step, .at = 1500ms, .node = "n1", .amount = 1},
                  {.kind = FaultKind::kill,
                   .cue = Cue{"ticked", "n1", 3},
                   .node = "n1",
                   .duration = 250ms}});
    world.run_until(Instant(3100ms));
    REQUIRE(ledger.lines ==
            std::vector<std::string>{"1.500000s before clock-step", "1.500000s after clock-step",
                                     "3.000000s before kill", "3.000000s after kill"});
    REQUIRE_FALSE(machine.running());
    world.run_until(Instant(3300ms));
    REQUIRE(machine.running());
    REQUIRE(machine.starts() == 2);
}

TEST_CASE(
    "a cue with a time counts from then on, also whoever tells, and strikes the one who did") {
    World world(1, {});
    Ledger ledger(world);
    Machine& first = world.add_machine("n1", {});
    Machine& second = world.add_machine("n2", {});
    first.start(program(tick));
    world.scheduler().call_at(Instant(300ms), [&second] { second.start(program(tick)); });
    FaultInjector injector(world, &ledger);
    injector.arm({{.kind = FaultKind::clock_drift,
                   .at = 2500ms,
                   .cue = Cue{"ticked", "n1", 1},
                   .node = "n1",
                   .amount = 1},
                  {.kind = FaultKind::kill,
                   .at = 1200ms,
                   .cue = Cue{"ticked", std::string(kAnyone), 1},
                   .node = std::string(kTeller),
                   .duration = 10s}});
    world.run_until(Instant(4s));
    REQUIRE(ledger.lines == std::vector<std::string>{
                                "1.300000s before kill", "1.300000s after kill",
                                "3.000000s before clock-drift", "3.000000s after clock-drift"});
    REQUIRE(first.running());
    REQUIRE_FALSE(second.running());
}

/// "boss" is n2, "nobody" has no machine.
class Roles final : public FaultInjector::Observer {
public:
    void before(const Fault& fault, Machine&) override { struck.push_back(fault.node); }
    void after(const Fault&, Machine&) override {}
    std::string who_is(const std::string& name) override {
        return name == "boss" ? "n2" : name == "nobody" ? "" : name;
    }

    std::vector<std::string> struck;
};

TEST_CASE("a role is whoever has it when the fault happens; what nobody has does not happen") {
    World world(1, {});
    Roles roles;
    for (const char* name : {"n1", "n2"}) world.add_machine(name, {}).start(program(tick));
    FaultInjector injector(world, &roles);
    injector.arm(
        {{.kind = FaultKind::pause, .at = 1s, .node = "boss", .duration = 10ms},
         {.kind = FaultKind::pause, .at = 1s, .node = "nobody", .duration = 10ms},
         {.kind = FaultKind::clog, .at = 2s, .node = "n1", .peer = "nobody", .duration = 1s},
         {.kind = FaultKind::clog, .at = 2s, .node = "n2", .peer = "boss", .duration = 1s},
         {.kind = FaultKind::clog, .at = 3s, .node = "n1", .peer = "boss", .duration = 1s}});
    world.run_until(Instant(4s));
    REQUIRE(roles.struck == std::vector<std::string>{"n2", "n1"});
}

TEST_CASE("a fault of a machine that is down does not happen") {
    World world(1, {});
    Ledger ledger(world);
    Machine& machine = world.add_machine("n1", {});
    machine.start(program(tick));
    FaultInjector injector(world, &ledger);
    injector.arm({{.kind = FaultKind::kill, .at = 1s, .node = "n1", .duration = 10s},
                  {.kind = FaultKind::power_loss, .at = 2s, .node = "n1"}});
    world.run_until(Instant(5s));
    REQUIRE(ledger.lines.size() == 2);
    REQUIRE(machine.power_losses() == 0);
}

TEST_CASE("a machine that was to start again does not while the world shuts down") {
    World world(1, {});
    Machine& machine = world.add_machine("n1", {});
    machine.start(program(tick));
    FaultInjector injector(world, nullptr);
    injector.arm({{.kind = FaultKind::kill, .at = 1s, .node = "n1", .duration = 1s}});
    world.add_machine("n2", {}).start(program(tick));
    world.run_until(Instant(2s - 1ms));  // the next turns of the world would start it
    world.shut_down();
    REQUIRE_FALSE(machine.running());
    REQUIRE(machine.starts() == 1);
}

TEST_CASE("after healing a stopped machine runs, a paused one goes on, and no fault comes") {
    World world(1, {});
    Ledger ledger(world);
    Machine& killed = world.add_machine("n1", {});
    Machine& paused = world.add_machine("n2", {});
    killed.start(program(tick));
    paused.start(program(tick));
    int ticks = 0;
    FaultInjector injector(world, &ledger);
    injector.arm({{.kind = FaultKind::kill, .at = 1500ms, .node = "n1", .duration = 600s},
                  {.kind = FaultKind::pause, .at = 1500ms, .node = "n2", .duration = 600s},
                  {.kind = FaultKind::disk_full, .at = 1600ms, .node = "n2", .duration = 600s},
                  {.kind = FaultKind::kill, .at = 9s, .node = "n1"}});
    world.at_cue({"ticked", "n2", 2}, [&] { ++ticks; });
    world.run_until(Instant(5s));
    REQUIRE_FALSE(killed.running());
    REQUIRE(ticks == 0);
    injector.heal();
    world.run_until(Instant(20s));
    REQUIRE(killed.running());
    REQUIRE(killed.starts() == 2);
    REQUIRE(ticks == 1);
    REQUIRE(paused.disk().trouble.full.until == Instant{});
    REQUIRE(ledger.lines.size() == 6);
}
