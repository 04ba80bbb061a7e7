#include "tests/support/group_world.h"

#include <algorithm>

#include "sim/base/check.h"

namespace gregor::testing {

using coordinator::Answer;
using coordinator::CoordinatorRecord;
using coordinator::GroupCoordinator;
using coordinator::GroupResponse;
using coordinator::RequestId;
using protocol::ErrorCode;

namespace {

/// Time of day runs with the clock, from here.
constexpr std::int64_t kWallStartMs = 1'700'000'000'000;

}  // namespace

GroupWorld::GroupWorld(coordinator::GroupConfig config, std::uint64_t seed)
    : config_(config), random_(seed), image_(std::make_shared<metadata::MetadataImage>()) {
    load();
}

void GroupWorld::add_topic(const std::string& name, int partitions) {
    image_ = std::make_shared<metadata::MetadataImage>(*image_);
    protocol::TopicId id;
    id.bytes[0] = next_topic_++;
    const auto topic = image_->apply(protocol::TopicRecord{.name = name, .topic_id = id});
    CHECK(topic.has_value());
    for (int i = 0; i < partitions; ++i) {
        protocol::PartitionRecord record;
        record.partition_id = protocol::PartitionId(i);
        record.topic_id = id;
        const auto partition = image_->apply(record);
        CHECK(partition.has_value(), "{}", partition.error());
    }
}

void GroupWorld::remove_topic(const std::string& name) {
    image_ = std::make_shared<metadata::MetadataImage>(*image_);
    const auto removed =
        image_->apply(protocol::RemoveTopicRecord{.topic_id = image_->find_topic(name)->id});
    CHECK(removed.has_value());
    ask(coordinator::TopicsDeleted{});
}

void GroupWorld::set_group_config(const std::string& group, const std::string& name,
                                  const std::string& value) {
    image_ = std::make_shared<metadata::MetadataImage>(*image_);
    const auto applied = image_->apply(protocol::ConfigRecord{
        .resource_type = static_cast<std::int8_t>(metadata::ConfigResourceType::group),
        .resource_name = group,
        .name = name,
        .value = value});
    CHECK(applied.has_value());
}

coordinator::CoordinatorContext GroupWorld::context() const {
    return {.now_ms = now_ms_, .wall_ms = kWallStartMs + now_ms_, .image = image_};
}

RequestId GroupWorld::ask(coordinator::GroupRequest request) {
    const RequestId id = next_request_++;
    asked_[id] = true;
    ++waiting_;
    settle(machine_->handle(context(), id, request));
    return id;
}

void GroupWorld::advance(std::int64_t ms) {
    const std::int64_t end = now_ms_ + ms;
    while (true) {
        const auto next = machine_->next_tick_ms();
        if (!next || *next > end) break;
        now_ms_ = std::max(now_ms_, *next);
        settle(machine_->tick(context()));
    }
    now_ms_ = end;
}

/// As the driver does.
void GroupWorld::settle(Outcome outcome) {
    std::deque<Outcome> outcomes;
    outcomes.push_back(std::move(outcome));
    while (!outcomes.empty()) {
        Outcome each = std::move(outcomes.front());
        outcomes.pop_front();
        const bool is_refused = !each.records.empty() && std::exchange(refuses_next_, false);
        if (is_refused) {
            answer(std::move(each.answers), ErrorCode::coordinator_not_available);
            if (each.append) {
                outcomes.push_back(machine_->append_done(context(), *each.append,
                                                         ErrorCode::coordinator_not_available));
            }
            continue;
        }
        for (CoordinatorRecord& record : each.records) {
            const auto applied = machine_->apply({.offset = next_offset_}, record);
            CHECK(applied.has_value(), "{}", applied.error());
            new_records_.push_back(record);
            log_.push_back({next_offset_, std::move(record)});
            ++next_offset_;
        }
        if (!is_holding_) committed_ = log_.size();
        if (committed_ == log_.size()) {
            answer(std::move(each.answers), ErrorCode::none);
            if (each.append) {
                outcomes.push_back(machine_->append_done(context(), *each.append, ErrorCode::none));
            }
        } else {
            uncommitted_.push_back({std::move(each.answers), each.append});
        }
    }
    machine_->check_invariants();
    check_generations();
    check_consumer_groups();
}

void GroupWorld::answer(std::vector<Answer<GroupResponse>> answers, ErrorCode error) {
    for (auto& each : answers) {
        CHECK(asked_.erase(each.request) == 1, "request {} is answered twice", each.request);
        --waiting_;
        if (error == ErrorCode::none) {
            answers_.emplace_back(each.request, std::move(each.response));
        } else {
            answers_.emplace_back(each.request, fail(error));
        }
    }
}

void GroupWorld::commit() {
    is_holding_ = false;
    committed_ = log_.size();
    for (Uncommitted& each : std::exchange(uncommitted_, {})) {
        answer(std::move(each.answers), ErrorCode::none);
        if (each.append) settle(machine_->append_done(context(), *each.append, ErrorCode::none));
    }
}

void GroupWorld::fail_commits() {
    for (Uncommitted& each : std::exchange(uncommitted_, {})) {
        answer(std::move(each.answers), ErrorCode::coordinator_not_available);
        if (!each.append) continue;
        settle(
            machine_->append_done(context(), *each.append, ErrorCode::coordinator_not_available));
    }
}

void GroupWorld::fail_over() {
    uncommitted_.clear();
    for (const auto& [id, unused] : std::exchange(asked_, {})) {
        answers_.emplace_back(id, fail(ErrorCode::not_coordinator));
    }
    waiting_ = 0;
    is_holding_ = false;
    log_.resize(committed_);
    generations_.clear();
    consumer_groups_.clear();
    load();
}

void GroupWorld::load() {
    machine_ = std::make_unique<GroupCoordinator>(config_, random_);
    for (const Logged& each : log_) {
        const auto applied = machine_->apply({.offset = each.offset}, each.record);
        CHECK(applied.has_value(), "{}", applied.error());
    }
    machine_->loaded(context());
}

void GroupWorld::compact(bool keep_tombstones) {
    CHECK(committed_ == log_.size());
    std::vector<Logged> kept;
    for (std::size_t i = 0; i < log_.size(); ++i) {
        const bool is_last = std::none_of(
            log_.begin() + static_cast<std::ptrdiff_t>(i) + 1, log_.end(),
            [&](const Logged& later) { return later.record.key == log_[i].record.key; });
        if (is_last && (keep_tombstones || log_[i].record.value)) kept.push_back(log_[i]);
    }
    log_ = std::move(kept);
    committed_ = log_.size();
}

void GroupWorld::check_generations() {
    for (const auto& [id, group] : machine_->groups()) {
        const auto [it, is_new] = generations_.try_emplace(id, group.generation_id());
        CHECK(group.generation_id() >= it->second, "{} went from generation {} to {}", id,
              it->second, group.generation_id());
        it->second = group.generation_id();
    }
    std::erase_if(generations_,
                  [&](const auto& known) { return !machine_->groups().contains(known.first); });
}

void GroupWorld::check_consumer_groups() {
    for (const auto& [id, group] : machine_->image().consumer_groups()) {
        coordinator::TopicPartitions held;
        for (const auto& [member_id, member] : group.members()) {
            coordinator::TopicPartitions own = member.assigned;
            coordinator::add(own, member.pending_revocation);
            CHECK(coordinator::intersection(held, own).empty(),
                  "{}: {} holds what another member holds", id, member_id);
            coordinator::add(held, own);
        }
        const auto known = consumer_groups_.find(id);
        if (known == consumer_groups_.end()) continue;
        const auto& before = known->second;
        CHECK(group.epoch() >= before.epoch(), "{} went from epoch {} to {}", id, before.epoch(),
              group.epoch());
        CHECK(group.assignment_epoch() >= before.assignment_epoch(),
              "{} went from assignment epoch {} to {}", id, before.assignment_epoch(),
              group.assignment_epoch());
        for (const auto& [member_id, member] : group.members()) {
            const auto* was = before.find_member(member_id);
            const bool may_fall = was == nullptr ||
                                  member.member_epoch == coordinator::kLeaveStaticEpoch ||
                                  member.is_classic() != was->is_classic();
            CHECK(may_fall || member.member_epoch >= was->member_epoch,
                  "{}: {} went from epoch {} to {}", id, member_id, was->member_epoch,
                  member.member_epoch);
        }
    }
    consumer_groups_ = machine_->image().consumer_groups();
}

void GroupWorld::check_replay() const {
    Random random(1);
    GroupCoordinator replayed(config_, random);
    for (const Logged& each : log_) {
        const auto applied = replayed.apply({.offset = each.offset}, each.record);
        CHECK(applied.has_value(), "{}", applied.error());
    }
    CHECK(replayed.image() == machine_->image(), "a replay gives another image");
    replayed.loaded(context());
    for (const auto& [id, group] : replayed.groups()) {
        const auto& running = machine_->groups().at(id);
        if (!running.is_in(coordinator::GroupState::stable)) continue;
        auto written = group.to_value(group.assignments());
        const auto runs = running.to_value(running.assignments());
        // It became stable when that was committed.
        written.current_state_timestamp = runs.current_state_timestamp;
        CHECK(written == runs, "{} is stable and not as it was written: {} is {}", id,
              protocol::to_json_text(runs, 3), protocol::to_json_text(written, 3));
    }
}

}  // namespace gregor::testing
