#include "sim/runtime/task_group.h"

#include <utility>

#include "sim/base/check.h"

namespace gregor {

TaskGroup::TaskGroup(Scheduler& scheduler, std::string name, FiberHost* host)
    : scheduler_(scheduler), name_(std::move(name)), host_(host) {}

TaskGroup::TaskGroup(TaskGroup& parent, std::string name)
    : scheduler_(parent.scheduler_),
      name_(std::move(name)),
      host_(parent.host_),
      parent_(&parent),
      cancelled_(parent.cancelled_) {
    next_sibling_ = parent.first_child_;
    if (next_sibling_ != nullptr) next_sibling_->previous_sibling_ = this;
    parent.first_child_ = this;
}

TaskGroup::~TaskGroup() {
    CHECK(fibers_ == 0, "group {} dies with {} fibers", name_, fibers_);
    CHECK(first_child_ == nullptr, "group {} dies before its child {}", name_, first_child_->name_);
    if (parent_ == nullptr) return;
    (previous_sibling_ == nullptr ? parent_->first_child_ : previous_sibling_->next_sibling_) =
        next_sibling_;
    if (next_sibling_ != nullptr) next_sibling_->previous_sibling_ = previous_sibling_;
}

void TaskGroup::spawn(std::string_view name, std::move_only_function<void()> body) {
    Fiber& fiber = scheduler_.start_fiber(*this, name, [body = std::move(body)]() mutable {
        try {
            body();
        } catch (const Cancelled&) {  // the fiber's root: the one place that catches it
        }
        body = nullptr;
    });
    fiber.cancelled_ = cancelled_;
    fiber.group_previous_ = nullptr;
    fiber.group_next_ = first_;
    if (first_ != nullptr) first_->group_previous_ = &fiber;
    first_ = &fiber;
    ++fibers_;
    count(1);
}

void TaskGroup::cancel() {
    if (cancelled_) return;
    cancelled_ = true;
    for (TaskGroup* child = first_child_; child != nullptr; child = child->next_sibling_) {
        child->cancel();
    }
    for (Fiber* fiber = first_; fiber != nullptr; fiber = fiber->group_next_) {
        scheduler_.cancel_fiber(*fiber);
    }
}

void TaskGroup::join() {
    CHECK(joiner_ == nullptr, "group {} is joined twice", name_);
    joiner_ = &scheduler_.current();
    while (!empty()) scheduler_.park(kNever, /*heed_cancel=*/false);
    joiner_ = nullptr;
}

/// Kept at every level: thousands of connections may each be a group.
void TaskGroup::count(std::ptrdiff_t change) {
    for (TaskGroup* group = this; group != nullptr; group = group->parent_) {
        group->fibers_below_ += static_cast<std::size_t>(change);
    }
}

void TaskGroup::forget(Fiber& fiber) {
    (fiber.group_previous_ == nullptr ? first_ : fiber.group_previous_->group_next_) =
        fiber.group_next_;
    if (fiber.group_next_ != nullptr) fiber.group_next_->group_previous_ = fiber.group_previous_;
    fiber.group_ = nullptr;
    --fibers_;
    count(-1);
    if (fibers_ == 0) became_smaller();
}

void TaskGroup::became_smaller() {
    if (joiner_ != nullptr) scheduler_.wake(*joiner_);
    if (on_empty_ && empty()) on_empty_();
    else if (parent_ != nullptr) parent_->became_smaller();
}

void with_task_group(TaskGroup& parent, std::string name, FunctionRef<void(TaskGroup&)> body) {
    TaskGroup group(parent, std::move(name));
    bool cancelled = false;
    try {
        body(group);
    } catch (const Cancelled&) {
        cancelled = true;
    }
    group.cancel();
    group.join();
    if (cancelled) throw Cancelled{};
}

}  // namespace gregor
