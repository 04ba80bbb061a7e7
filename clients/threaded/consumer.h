// threaded::Consumer: Kafka's consumer for programs with threads. Each call waits for the engine;
// several threads may call, one after the other. What it reads ahead, its heartbeats and commits go
// on meanwhile, whatever the program's threads do.
//
//     threaded::Consumer consumer(engine, config);
//     TRY(consumer.subscribe({"orders"}));
//     for (const auto& record : TRY(consumer.poll(500ms))) bill(record);
//     auto ends = consumer.with([](auto& it) { return it.end_offsets(it.assignment()); });
#pragma once

#include <memory>

#include "clients/consumer/consumer.h"
#include "clients/threaded/engine.h"
#include "sim/runtime/sync.h"

namespace gregor::threaded {

class Consumer {
public:
    using Records = consumer::Consumer::Records;
    using Error = client::Error;

    /// `engine` outlives it.
    Consumer(Engine& engine, consumer::ConsumerConfig config);
    /// Without close() it is silent: its session ends by itself.
    ~Consumer();
    Consumer(const Consumer&) = delete;
    Consumer& operator=(const Consumer&) = delete;

    /// The listener is called on the engine's thread, inside poll(), and may use with().
    [[nodiscard]] Result<void, Error> subscribe(std::set<std::string> topics,
                                                consumer::RebalanceListener listener = {});
    [[nodiscard]] Result<Records, Error> poll(Duration timeout);
    /// The poll() of another thread returns no records at once, or else the next one that would
    /// wait: to end a program's loop, say.
    void wakeup();
    [[nodiscard]] Result<void, Error> commit_sync();
    [[nodiscard]] Result<void, Error> close(Duration timeout = 30s);
    [[nodiscard]] client::GroupMetadata group_metadata();

    /// Anything else of consumer::Consumer, which waits for nothing, or is called by the thread
    /// that polls: `body` is called with it on the engine's thread.
    template <class Body>
    std::invoke_result_t<Body&, consumer::Consumer&> with(Body&& body) {
        return engine_.call([&](Runtime&) { return body(*consumer_); });
    }

private:
    /// with(), one after the other.
    template <class Body>
    std::invoke_result_t<Body&, consumer::Consumer&> in_turn(Body&& body);

    Engine& engine_;
    std::unique_ptr<Mutex> turn_;  // of fibers
    std::unique_ptr<consumer::Consumer> consumer_;
};

}  // namespace gregor::threaded
