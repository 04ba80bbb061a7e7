// The member's state machine alone: what it asks next, and what it makes of the answers.
#include "clients/consumer/membership.h"
#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::consumer;
using protocol::ErrorCode;

namespace {

const Instant kStart = Instant() + 1s;

Membership member(std::optional<std::string> instance_id = {}) {
    Membership membership(
        {.group_id = "g", .group_instance_id = std::move(instance_id), .max_poll_interval = 60s});
    membership.subscribe(kStart);
    return membership;
}

template <class Action>
bool asks_for(Membership& membership, Instant now) {
    return std::holds_alternative<Action>(membership.next(now));
}

protocol::JoinGroupResponse join_answer(std::int32_t generation, const std::string& leader) {
    return {.generation_id = generation,
            .protocol_name = "range",
            .leader = leader,
            .member_id = "a",
            .members = {}};
}

void become_stable(Membership& membership, Instant now, std::int32_t generation = 1) {
    membership.prepared(now, {});
    membership.joined(now, join_answer(generation, "b"));
    membership.synced(now, {});
    REQUIRE(membership.assignment_to_adopt().has_value());
    membership.adopted(now);
    REQUIRE(membership.is_stable());
}

}  // namespace

TEST_CASE("a member joins again with the id that it is given (KIP-394)") {
    Membership membership = member();
    REQUIRE(membership.is_preparing());
    membership.prepared(kStart, {});
    REQUIRE(asks_for<SendJoin>(membership, kStart));
    membership.joined(kStart, {.error_code = ErrorCode::member_id_required, .member_id = "a"});
    const auto action = membership.next(kStart);
    REQUIRE(std::get<SendJoin>(action).request.member_id == "a");
    membership.joined(kStart, join_answer(1, "a"));
    REQUIRE(asks_for<RunAssignor>(membership, kStart));
    membership.assigned({});
    REQUIRE(asks_for<SendSync>(membership, kStart));
}

TEST_CASE("a leader that is told to leave the assignment as it is learns what it is (KIP-814)") {
    Membership membership = member("i");
    membership.prepared(kStart, {});
    protocol::JoinGroupResponse answer = join_answer(1, "a");
    answer.skip_assignment = true;
    membership.joined(kStart, answer);
    REQUIRE(asks_for<LearnAssignment>(membership, kStart));
    membership.assigned({});
    const auto action = membership.next(kStart);
    REQUIRE(std::get<SendSync>(action).request.assignments.empty());
}

TEST_CASE("a member whose generation is over has lost what it had") {
    Membership membership = member();
    become_stable(membership, kStart);
    // What an old generation was told concerns nobody.
    membership.heartbeat_answered(kStart, ErrorCode::unknown_member_id,
                                  {.generation_id = 0, .member_id = "a"});
    REQUIRE(membership.is_stable());
    membership.heartbeat_answered(kStart, ErrorCode::illegal_generation, membership.generation());
    REQUIRE(membership.is_lost());
    REQUIRE(membership.is_preparing());
    REQUIRE(membership.generation() == Generation{.generation_id = -1, .member_id = "a"});
    membership.loss_noted();
    become_stable(membership, kStart, 2);
}

TEST_CASE("a member keeps sending heartbeats while it gives up what it has") {
    Membership membership = member();
    become_stable(membership, kStart);
    membership.heartbeat_answered(kStart, ErrorCode::rebalance_in_progress,
                                  membership.generation());
    REQUIRE(membership.is_preparing());
    REQUIRE_FALSE(membership.is_lost());
    REQUIRE(asks_for<SendHeartbeat>(membership, kStart + 3s));
}

TEST_CASE("a rejoin that is asked for meanwhile comes after the one under way") {
    Membership membership = member();
    membership.prepared(kStart, {});
    membership.request_rejoin(kStart);
    membership.joined(kStart, join_answer(1, "b"));
    membership.synced(kStart, {});
    membership.adopted(kStart);
    REQUIRE(membership.is_preparing());
}

TEST_CASE("a member that nobody polls leaves, and joins again when it is polled (KIP-62)") {
    Membership membership = member();
    become_stable(membership, kStart);
    REQUIRE(asks_for<SendHeartbeat>(membership, kStart + 59s));
    REQUIRE(asks_for<SendLeave>(membership, kStart + 60s));
    REQUIRE(membership.is_lost());
    membership.left();
    membership.polled(kStart + 61s);
    REQUIRE(membership.is_preparing());
}

TEST_CASE("a static member does not say that it leaves (KIP-345)") {
    Membership membership = member("i1");
    become_stable(membership, kStart);
    membership.unsubscribe();
    REQUIRE(asks_for<WaitUntil>(membership, kStart));
}

TEST_CASE("a fenced instance stays out") {
    Membership membership = member("i1");
    become_stable(membership, kStart);
    membership.heartbeat_answered(kStart, ErrorCode::fenced_instance_id, membership.generation());
    REQUIRE(membership.take_error() == ErrorCode::fenced_instance_id);
    membership.loss_noted();
    membership.subscribe(kStart);
    membership.polled(kStart);
    REQUIRE_FALSE(membership.is_preparing());
    REQUIRE(membership.take_error() == ErrorCode::fenced_instance_id);
}
