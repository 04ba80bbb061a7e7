// The simulated world: the same two nodes, under several seeds.
#include "sim/runtime/sync.h"
#include "sim/simulated/world.h"
#include "tests/parity/world.h"

namespace gregor::parity {
namespace {

constexpr std::uint64_t kSeeds = 20;

class IdleProgram final : public simulated::Program {
public:
    explicit IdleProgram(Runtime& runtime) : stopped_(runtime.scheduler()) {}
    void run() override { stopped_.wait(); }
    void request_stop() override { stopped_.set(); }

private:
    Event stopped_;
};

class BodyProgram final : public simulated::Program {
public:
    BodyProgram(Nodes& nodes, Contract contract) : nodes_(nodes), contract_(contract) {}
    void run() override { nodes_.run_body(contract_); }
    void request_stop() override {}

private:
    Nodes& nodes_;
    Contract contract_;
};

void run_seed(std::uint64_t seed, Contract contract) {
    std::unique_ptr<Nodes> nodes;
    bool finished = false;
    {
        simulated::World world(seed, {});
        simulated::Machine& server = world.add_machine("server", {});
        simulated::Machine& client = world.add_machine("client", {});
        server.start([](Runtime& runtime) { return std::make_unique<IdleProgram>(runtime); });
        client.start([&](Runtime& runtime) {
            nodes = std::make_unique<Nodes>(runtime, server.runtime(), Endpoint{"server", 0});
            return std::make_unique<BodyProgram>(*nodes, contract);
        });
        world.run_for(1h);
        finished = !client.running();
    }
    if (nodes->failure() != nullptr) std::rethrow_exception(nodes->failure());
    REQUIRE(finished);
}

}  // namespace

void run_in_simulated_world(Contract contract) {
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
        INFO("seed " << seed);
        run_seed(seed, contract);
    }
}

}  // namespace gregor::parity
