// What restarts leave behind: nothing but what is on the disks. GREGOR_RESTARTS says how many there
// are; the default is small.
#include <fmt/format.h>
#include <malloc.h>

#include <cstdlib>

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

std::size_t bytes_in_use() { return ::mallinfo2().uordblks; }

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
    [[nodiscard]] std::uint64_t bytes_on_disks() {
        std::uint64_t bytes = 0;
        for (const auto& machine : cluster_.world().machines()) {
            for (const auto& [path, file] : machine->disk().store->files()) bytes += file->size();
        }
        return bytes;
    }

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
    std::size_t memory = 0;
    std::uint64_t on_disks = 0;
    while (nodes.restarts() < wanted_restarts()) {
        nodes.require_work();
        nodes.restart_all();
        nodes.require_nothing_left();
        if (nodes.restarts() == 90) {  // whatever is made once is there
            memory = bytes_in_use();
            on_disks = nodes.bytes_on_disks();
        }
        nodes.start_all();
    }
    nodes.restart_all();
    const std::size_t memory_at_end = bytes_in_use();
    const std::uint64_t on_disks_at_end = nodes.bytes_on_disks();
    fmt::print("after 90 restarts {} kB in use, {} kB on disks; after {} {} kB and {} kB\n",
               memory / 1000, on_disks / 1000, nodes.restarts(), memory_at_end / 1000,
               on_disks_at_end / 1000);
    // The disks are simulated in memory, and the metadata log grows with each registration.
    REQUIRE(memory_at_end < memory + (on_disks_at_end - on_disks));
}

}  // namespace
}  // namespace gregor::server::test
