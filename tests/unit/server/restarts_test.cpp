// What restarts leave behind: nothing but what is on the disks. GREGOR_RESTARTS says how many there
// are; the default is small.
#include <malloc.h>

#include <cstdlib>
#include <iostream>

#include "tests/support/catch.h"
#include "tests/unit/server/cluster_world.h"

namespace gregor::server::test {
namespace {

using protocol::NodeId;
using simulated::Machine;

constexpr int kNodes = 3;

int wanted_restarts() {
    const char* const given = std::getenv("GREGOR_RESTARTS");
    return given == nullptr ? 300 : std::atoi(given);
}

class Restarts {
public:
    /// All nodes at once, by one of the three ways in turn, then a while to come up and work.
    void restart_all() {
        const int way = rounds_++ % 3;
        for (int id = 1; id <= kNodes; ++id) end(cluster_.machine(NodeId(id)), way);
        // An orderly stop takes its time.
        for (int waited = 0; any_running() && waited < 600; ++waited) cluster_.world().run_for(1s);
        REQUIRE_FALSE(any_running());
        restarts_ += kNodes;
    }
    void start_all() {
        for (int id = 1; id <= kNodes; ++id) cluster_.machine(NodeId(id)).start_again();
        cluster_.world().run_for(2s);
    }
    void require_nothing_left() {
        REQUIRE(cluster_.world().scheduler().live_fibers() == 0);
        REQUIRE(cluster_.world().network().live_connections() == 0);
        for (const auto& machine : cluster_.world().machines()) {
            REQUIRE(machine->disk().open_files == 0);
        }
    }
    void require_work() {
        REQUIRE(cluster_.world().scheduler().live_fibers() > 0);
        REQUIRE(cluster_.world().network().live_connections() > 0);
        REQUIRE(cluster_.machine(NodeId(1)).disk().open_files > 0);
    }
    [[nodiscard]] int restarts() const { return restarts_; }
    /// In the program's memory, the simulated disks included.
    [[nodiscard]] static std::size_t bytes_in_use() { return ::mallinfo2().uordblks; }

private:
    static void end(Machine& machine, int way) {
        switch (way) {
            case 0: return machine.kill();
            case 1: return machine.lose_power();
            default: return machine.stop();
        }
    }
    [[nodiscard]] bool any_running() {
        for (int id = 1; id <= kNodes; ++id) {
            if (cluster_.machine(NodeId(id)).running()) return true;
        }
        return false;
    }

    ClusterWorld cluster_{kNodes, {{"metadata.log.max.record.bytes.between.snapshots", "20000"}}};
    int rounds_ = 0;
    int restarts_ = 0;
};

TEST_CASE("restarts leak no fiber, no file, no connection and no memory") {
    Restarts nodes;
    nodes.start_all();
    std::size_t early = 0;
    while (nodes.restarts() < wanted_restarts()) {
        nodes.require_work();
        nodes.restart_all();
        nodes.require_nothing_left();
        // Once the first snapshots are there and old segments go.
        if (nodes.restarts() == 90) early = Restarts::bytes_in_use();
        nodes.start_all();
    }
    nodes.restart_all();
    const std::size_t late = Restarts::bytes_in_use();
    std::cout << nodes.restarts() << " restarts: " << early / 1000 << " kB in use after 90, "
              << late / 1000 << " kB at the end\n";
    REQUIRE(late < 2 * early);
}

}  // namespace
}  // namespace gregor::server::test
