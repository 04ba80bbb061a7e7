// The real machine: two nodes on loopback, each below a directory of its own.
#include <stdlib.h>

#include <filesystem>

#include "sim/real/real_runtime.h"
#include "tests/parity/world.h"

namespace gregor::parity {
namespace {

class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string pattern = std::filesystem::temp_directory_path() / "gregor-parity-XXXXXX";
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }

    [[nodiscard]] std::string make(const std::string& name) const {
        std::filesystem::create_directory(path_ / name);
        return path_ / name;
    }

private:
    std::filesystem::path path_;
};

}  // namespace

void run_on_real_machine(Contract contract) {
    const TemporaryDirectory directory;
    real::RealMachine machine;
    real::RealRuntime client(machine, {.name = "client", .root = directory.make("client")});
    real::RealRuntime server(machine, {.name = "server", .root = directory.make("server")});
    Nodes nodes(client, server, {"127.0.0.1", 0});
    machine.run([&] { nodes.run_body(contract); });
    if (nodes.failure() != nullptr) std::rethrow_exception(nodes.failure());
}

}  // namespace gregor::parity
