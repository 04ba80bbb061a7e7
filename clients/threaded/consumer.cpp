#include "clients/threaded/consumer.h"

#include <mutex>

namespace gregor::threaded {

Consumer::Consumer(Engine& engine, consumer::ConsumerConfig config) : engine_(engine) {
    engine_.call([&](Runtime& runtime) {
        turn_ = std::make_unique<Mutex>(runtime.scheduler());
        consumer_ = std::make_unique<consumer::Consumer>(runtime, std::move(config));
    });
}

Consumer::~Consumer() {
    engine_.call([this](Runtime&) {
        consumer_.reset();
        turn_.reset();
    });
}

template <class Body>
std::invoke_result_t<Body&, consumer::Consumer&> Consumer::in_turn(Body&& body) {
    return with([&](consumer::Consumer& consumer) {
        const std::lock_guard lock(*turn_);
        return body(consumer);
    });
}

Result<void, client::Error> Consumer::subscribe(std::set<std::string> topics,
                                                consumer::RebalanceListener listener) {
    return in_turn([&](consumer::Consumer& consumer) {
        return consumer.subscribe(std::move(topics), std::move(listener));
    });
}

Result<Consumer::Records, client::Error> Consumer::poll(Duration timeout) {
    return in_turn([&](consumer::Consumer& consumer) { return consumer.poll(timeout); });
}

void Consumer::wakeup() {
    with([](consumer::Consumer& consumer) { consumer.wakeup(); });
}

Result<void, client::Error> Consumer::commit_sync() {
    return in_turn([](consumer::Consumer& consumer) { return consumer.commit_sync(); });
}

Result<void, client::Error> Consumer::close(Duration timeout) {
    return in_turn([&](consumer::Consumer& consumer) { return consumer.close(timeout); });
}

client::GroupMetadata Consumer::group_metadata() {
    return with([](consumer::Consumer& consumer) { return consumer.group_metadata(); });
}

}  // namespace gregor::threaded
