// The two worlds behind one door: a contract is a function over two nodes, a client and a server,
// and PARITY makes one test of it for each world.
//
//     PARITY("bytes arrive in order") {
//         auto listener = take(nodes.server.network().listen(nodes.server_address));
//         ...
//     }
//
// The body runs on a fiber of the client. In a fiber that may still wait when the body ends, waits
// stand outside REQUIRE, which would take Cancelled for a failure; `take` gives the value of a
// Result or fails. In the simulated world the body runs under many seeds, each with another
// schedule, other latencies and other splits of what is sent.
#pragma once

#include <exception>
#include <functional>
#include <string>

#include "sim/runtime/runtime.h"
#include "tests/support/catch.h"

namespace gregor::parity {

class Nodes {
public:
    Nodes(Runtime& client_node, Runtime& server_node, Endpoint address)
        : client(client_node), server(server_node), server_address(std::move(address)) {}

    /// Starts a fiber of `node`; a failure in it ends the test.
    void spawn(Runtime& node, std::move_only_function<void()> body);

    Runtime& client;
    Runtime& server;
    /// Where the server may listen; port 0.
    Endpoint server_address;

    // For the worlds.
    void run_body(const std::function<void(Nodes&)>& body);
    void fail(std::exception_ptr failure);
    [[nodiscard]] const std::exception_ptr& failure() const { return failure_; }

private:
    void guard(FunctionRef<void()> body);

    std::exception_ptr failure_;
    TaskGroup* body_group_ = nullptr;
};

using Contract = void (*)(Nodes&);

void run_on_real_machine(Contract contract);
void run_in_simulated_world(Contract contract);

template <class T>
T take(Result<T, IoError> result) {
    if (!result) FAIL("failed with " << name(result.error()));
    return *std::move(result);
}
inline void take(Result<void, IoError> result) {
    if (!result) FAIL("failed with " << name(result.error()));
}
/// The error of a call that must fail.
template <class T>
std::string error_of(const Result<T, IoError>& result) {
    return std::string(result ? "no error" : name(result.error()));
}

}  // namespace gregor::parity

#define PARITY(title) PARITY_NAMED(title, INTERNAL_CATCH_UNIQUE_NAME(parity_contract_))
#define PARITY_NAMED(title, function)                                                            \
    static void function(::gregor::parity::Nodes& nodes);                                        \
    TEST_CASE("real machine: " title) { ::gregor::parity::run_on_real_machine(function); }       \
    TEST_CASE("simulated world: " title) { ::gregor::parity::run_in_simulated_world(function); } \
    static void function([[maybe_unused]] ::gregor::parity::Nodes& nodes)
