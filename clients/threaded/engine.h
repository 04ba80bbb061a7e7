// Engine: a thread with a loop on which the clients of a program live, for programs whose own code
// runs on threads. One is enough for a program: any number of clients share it.
//
//     threaded::Engine engine;
//     threaded::Producer producer(engine, config);      // and from any thread:
//     std::future<DeliveryResult> sent = producer.send({.topic = "orders", .value = value});
//
// What there is no facade for is called on the engine:
//
//     auto topics = engine.call([&](Runtime& runtime) {
//         client::Cluster cluster(runtime, {.bootstrap_servers = servers});
//         return admin::Admin(cluster).describe_topics({});
//     });
#pragma once

#include <functional>
#include <future>
#include <string>
#include <thread>
#include <type_traits>

#include "sim/runtime/runtime.h"

namespace gregor::threaded {

class Engine {
public:
    using Job = std::move_only_function<void(Runtime&)>;

    /// `name`: of the thread's node in traces.
    explicit Engine(std::string name = "client");
    /// Ends the jobs that still run. Its clients are gone before.
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// Runs the job on a fiber of the loop, beside those that wait there. From any thread.
    void post(Job job);

    /// Runs it there and waits for what it returns or throws. In the loop itself, in a callback
    /// say, it is simply called.
    template <class Body>
    std::invoke_result_t<Body&, Runtime&> call(Body&& body) {
        if (is_own_thread()) return body(runtime());
        std::packaged_task<std::invoke_result_t<Body&, Runtime&>(Runtime&)> task(
            [&body](Runtime& runtime) { return body(runtime); });
        auto result = task.get_future();
        post([&task](Runtime& runtime) { task(runtime); });
        return result.get();
    }

    /// In the loop's thread.
    [[nodiscard]] Runtime& runtime();
    /// Whether the caller is the loop.
    [[nodiscard]] bool is_own_thread() const;

private:
    struct Loop;

    std::thread thread_;
    Loop* loop_;  // of the thread, on its stack
};

}  // namespace gregor::threaded
