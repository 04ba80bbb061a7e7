// TaskGroup: every fiber belongs to one, and a group outlives its fibers. A node is a group;
// killing the node cancels the group, which cancels its fibers and its child groups.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "sim/runtime/function_ref.h"
#include "sim/runtime/scheduler.h"

namespace gregor {

class TaskGroup {
public:
    /// A root: a node's, or a test's. `host` may be null.
    TaskGroup(Scheduler& scheduler, std::string name, FiberHost* host = nullptr);
    /// A child: cancelled with its parent.
    TaskGroup(TaskGroup& parent, std::string name);
    /// CHECKs that no fiber is left.
    ~TaskGroup();
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;

    /// Starts a fiber. `name` must outlive it (a literal). In a cancelled group the body still
    /// starts and meets Cancelled at its first wait, so that what it owns is released in one way
    /// only.
    void spawn(std::string_view name, std::move_only_function<void()> body);

    /// Cancels every fiber here and below; each ends as soon as it has unwound. Never waits.
    void cancel();
    [[nodiscard]] bool cancelled() const { return cancelled_; }

    /// Waits until every fiber here and below has ended. From a fiber outside the group; it
    /// outlasts the cancellation of its caller.
    void join();
    /// Fibers here and below.
    [[nodiscard]] std::size_t size() const { return fibers_below_; }
    [[nodiscard]] bool empty() const { return fibers_below_ == 0; }

    [[nodiscard]] Scheduler& scheduler() const { return scheduler_; }
    [[nodiscard]] FiberHost* host() const { return host_; }
    [[nodiscard]] const std::string& name() const { return name_; }

    /// For the world that owns a root: called from the loop when the last fiber here has ended.
    void on_empty(std::move_only_function<void()> callback) { on_empty_ = std::move(callback); }

private:
    friend class Scheduler;

    void forget(Fiber& fiber);
    void became_smaller();
    void count(std::ptrdiff_t change);

    Scheduler& scheduler_;
    std::string name_;
    FiberHost* host_ = nullptr;
    TaskGroup* parent_ = nullptr;
    TaskGroup* first_child_ = nullptr;
    TaskGroup* next_sibling_ = nullptr;
    TaskGroup* previous_sibling_ = nullptr;
    Fiber* first_ = nullptr;
    std::size_t fibers_ = 0;        // here
    std::size_t fibers_below_ = 0;  // here and in the groups below
    Fiber* joiner_ = nullptr;
    bool cancelled_ = false;
    std::move_only_function<void()> on_empty_;
};

/// Runs `body` with a child group, then cancels and joins what it left there, also when `body`
/// itself was cancelled: the fibers may refer to the caller's locals.
void with_task_group(TaskGroup& parent, std::string name, FunctionRef<void(TaskGroup&)> body);

}  // namespace gregor
