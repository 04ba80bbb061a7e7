#include "tests/parity/world.h"

#include "sim/runtime/sync.h"

#include <utility>

namespace gregor::parity {

void Nodes::spawn(Runtime& node, std::move_only_function<void()> body) {
    node.tasks().spawn("test", [this, body = std::move(body)]() mutable { guard(body); });
}

void Nodes::run_body(const std::function<void(Nodes&)>& body) {
    with_task_group(client.tasks(), "body", [&](TaskGroup& group) {
        body_group_ = &group;
        Event ended(client.scheduler());
        group.spawn("body", [&] {
            guard([&] { body(*this); });
            ended.set();
        });
        ended.wait();
    });
}

void Nodes::guard(FunctionRef<void()> body) {
    try {
        body();
    } catch (const Cancelled&) {
        throw;
    } catch (...) {  // Catch2's own exceptions must not meet the fiber's root
        fail(std::current_exception());
    }
}

void Nodes::fail(std::exception_ptr failure) {
    if (failure_ == nullptr) failure_ = std::move(failure);
    client.tasks().cancel();
}

}  // namespace gregor::parity
