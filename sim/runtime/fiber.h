// Fiber: a stack that can stop and go on. This file and fiber.cpp know nothing of scheduling;
// fiber.cpp alone names Boost.Context and the sanitizers.
//
// A FiberStack runs one body after another: finished ones go back to the pool with their stack
// warm. A suspended fiber is never destroyed: it would have to run its destructors on a stack that
// is gone.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace gregor {

/// Thrown by a wait of a fiber that was cancelled, caught only at the fiber's root. Deliberately
/// not a std::exception.
struct Cancelled {};

class FiberStack {
public:
    /// `size` bytes of address space below a guard page; memory is taken as it is touched.
    explicit FiberStack(std::size_t size);
    ~FiberStack();
    FiberStack(const FiberStack&) = delete;
    FiberStack& operator=(const FiberStack&) = delete;

    /// Gives the next body to run; only when none runs.
    void start(std::move_only_function<void()> body);
    /// From the loop: runs until the body suspends or ends. True when it has ended.
    bool resume();
    /// From inside the body: back to the loop.
    void suspend();

    /// The most bytes of this stack that were ever touched, rounded up to pages.
    [[nodiscard]] std::size_t touched_bytes() const;
    /// Gives the memory below the frames of a suspended or ended body back to the system, if any
    /// was touched; it comes back as zeros when it is touched again.
    void trim();

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

}  // namespace gregor
