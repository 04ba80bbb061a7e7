// A member of the consumer protocol (KIP-848) alone: what it asks next, and what it makes of the
// answers.
#include "clients/consumer/consumer_membership.h"
#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::consumer;
using protocol::ErrorCode;
using protocol::PartitionId;
using Request = protocol::ConsumerGroupHeartbeatRequest;
using Response = protocol::ConsumerGroupHeartbeatResponse;

namespace {

constexpr Instant kStart{100s};
const protocol::TopicId kOrders{{1}};
const std::map<protocol::TopicId, std::string> kNames{{kOrders, "orders"}};

ConsumerMembership member(std::optional<std::string> instance_id = {}) {
    ConsumerMembership membership({.group_id = "g",
                                   .member_id = "m",
                                   .group_instance_id = std::move(instance_id),
                                   .max_poll_interval = 30s,
                                   .retry_backoff = 100ms});
    membership.subscribe(kStart);
    return membership;
}

std::optional<Request> asked(ConsumerMembership& membership, Instant now) {
    const auto action = membership.next(now);
    const auto* const beat = std::get_if<SendConsumerHeartbeat>(&action);
    return beat == nullptr ? std::nullopt : std::optional(beat->request);
}

Response answer(std::int32_t epoch, std::optional<std::vector<int>> partitions = {}) {
    Response response{.member_id = "m", .member_epoch = epoch, .heartbeat_interval_ms = 1'000};
    if (!partitions) return response;
    response.assignment.emplace();
    if (partitions->empty()) return response;
    auto& topic = response.assignment->topic_partitions.emplace_back();
    topic.topic_id = kOrders;
    for (const int each : *partitions) topic.partitions.emplace_back(each);
    return response;
}

std::set<TopicPartition> orders(const std::vector<int>& partitions) {
    std::set<TopicPartition> set;
    for (const int each : partitions) set.insert({"orders", PartitionId(each)});
    return set;
}

std::size_t owned_in(const Request& request) {
    std::size_t count = 0;
    for (const auto& topic : *request.topic_partitions) count += topic.partitions.size();
    return count;
}

/// In epoch 1, with partitions 0 and 1.
void become_member(ConsumerMembership& membership) {
    membership.prepared(kStart, {"orders"});
    REQUIRE(asked(membership, kStart)->member_epoch == 0);
    membership.answered(kStart, answer(1, {{0, 1}}), kNames);
    membership.adopted(kStart);
    REQUIRE(asked(membership, kStart).has_value());
    membership.answered(kStart, answer(1), kNames);
    REQUIRE(membership.is_stable());
}

}  // namespace

TEST_CASE("it joins in epoch 0 and says all; later it says what is new only") {
    ConsumerMembership membership = member();
    REQUIRE(membership.is_preparing());
    REQUIRE(!asked(membership, kStart));
    membership.prepared(kStart, {"orders"});
    const auto join = asked(membership, kStart);
    REQUIRE(join->member_epoch == 0);
    REQUIRE(join->subscribed_topic_names == std::vector<std::string>{"orders"});
    REQUIRE(join->rebalance_timeout_ms == 30'000);
    REQUIRE(join->topic_partitions->empty());
    membership.answered(kStart, answer(1, {{0, 1}}), kNames);
    REQUIRE(membership.assignment_to_adopt() == orders({0, 1}));
    REQUIRE(membership.generation() == Generation{1, "m"});
    membership.adopted(kStart);
    // What it has taken over it says at once.
    const auto beat = asked(membership, kStart);
    REQUIRE(beat->member_epoch == 1);
    REQUIRE(!beat->subscribed_topic_names);
    REQUIRE(owned_in(*beat) == 2);
    membership.answered(kStart, answer(1), kNames);
    REQUIRE(!asked(membership, kStart + 999ms));
    REQUIRE(asked(membership, kStart + 1s));
}

TEST_CASE("it says that it owns what it is to give up until that is given up") {
    ConsumerMembership membership = member();
    become_member(membership);
    REQUIRE(asked(membership, kStart + 1s));
    membership.answered(kStart + 1s, answer(1, {{0}}), kNames);
    REQUIRE(membership.assignment_to_adopt() == orders({0}));
    REQUIRE(owned_in(*asked(membership, kStart + 2s)) == 2);
    membership.answered(kStart + 2s, answer(1), kNames);
    membership.adopted(kStart + 2s);
    REQUIRE(owned_in(*asked(membership, kStart + 2s)) == 1);
}

TEST_CASE("what is assigned while it is busy with an assignment comes after that") {
    ConsumerMembership membership = member();
    become_member(membership);
    membership.answered(kStart, answer(1, {{0}}), kNames);
    membership.answered(kStart, answer(2, {{0, 2}}), kNames);
    REQUIRE(membership.assignment_to_adopt() == orders({0}));
    membership.adopted(kStart);
    REQUIRE(membership.assignment_to_adopt() == orders({0, 2}));
    membership.adopted(kStart);
    REQUIRE(membership.is_stable());
}

// mixed-clients 110 and 196: another was given a partition that this one was busy taking over.
TEST_CASE("it says that it owns what it is busy taking over, and what is to come after that") {
    ConsumerMembership membership = member();
    become_member(membership);
    REQUIRE(asked(membership, kStart + 1s));
    membership.answered(kStart + 1s, answer(2, {{0, 1, 2}}), kNames);
    REQUIRE(owned_in(*asked(membership, kStart + 2s)) == 3);
    membership.answered(kStart + 2s, answer(2, {{0, 3}}), kNames);
    REQUIRE(owned_in(*asked(membership, kStart + 3s)) == 4);
    membership.answered(kStart + 3s, answer(2), kNames);
    membership.adopted(kStart + 3s);
    REQUIRE(membership.assignment_to_adopt() == orders({0, 3}));
    REQUIRE(owned_in(*asked(membership, kStart + 3s)) == 4);
    membership.answered(kStart + 3s, answer(2), kNames);
    membership.adopted(kStart + 3s);
    REQUIRE(owned_in(*asked(membership, kStart + 3s)) == 2);
}

TEST_CASE("a topic that it does not know yet it has told again") {
    ConsumerMembership membership = member();
    membership.prepared(kStart, {"orders"});
    REQUIRE(asked(membership, kStart));
    membership.answered(kStart, answer(1, {{0}}), {});
    REQUIRE(!membership.assignment_to_adopt());
    const auto again = asked(membership, kStart + 1s);
    REQUIRE(again->subscribed_topic_names);
    membership.answered(kStart + 1s, answer(1, {{0}}), kNames);
    REQUIRE(membership.assignment_to_adopt() == orders({0}));
}

TEST_CASE("topics that change while a heartbeat is under way are told by the next one, at once") {
    ConsumerMembership membership = member();
    membership.prepared(kStart, {});
    REQUIRE(asked(membership, kStart)->subscribed_topic_names->empty());
    membership.request_rejoin(kStart);
    membership.prepared(kStart, {"orders"});
    membership.answered(kStart, answer(1, {{}}), kNames);
    const auto beat = asked(membership, kStart);
    REQUIRE(beat->subscribed_topic_names == std::vector<std::string>{"orders"});
    membership.answered(kStart, answer(2, {{0}}), kNames);
    REQUIRE(!asked(membership, kStart));
}

TEST_CASE("a topic whose name it has known stays its own where nobody can tell it again") {
    ConsumerMembership membership = member();
    become_member(membership);
    REQUIRE(asked(membership, kStart + 1s));
    membership.answered(kStart + 1s, answer(2, {{0, 1}}), {});
    REQUIRE(membership.is_stable());
    REQUIRE(!asked(membership, kStart + 2s)->subscribed_topic_names);
}

TEST_CASE("a fenced member gives all up before it joins again") {
    ConsumerMembership membership = member();
    become_member(membership);
    REQUIRE(asked(membership, kStart + 1s));
    membership.answered(kStart + 1s, {.error_code = ErrorCode::fenced_member_epoch}, {});
    REQUIRE(membership.is_lost());
    REQUIRE(membership.generation().generation_id == -1);
    REQUIRE(!asked(membership, kStart + 1s));
    membership.loss_noted();
    membership.prepared(kStart + 1s, {"orders"});
    const auto join = asked(membership, kStart + 1s);
    REQUIRE(join->member_epoch == 0);
    REQUIRE(join->member_id == "m");
    REQUIRE(join->topic_partitions->empty());
}

TEST_CASE("a commit tells it, too, that it is no member any more; of an older epoch it does not") {
    ConsumerMembership membership = member();
    become_member(membership);
    membership.commit_refused(kStart, ErrorCode::unknown_member_id, {0, "m"});
    membership.commit_refused(kStart, ErrorCode::stale_member_epoch, membership.generation());
    REQUIRE(!membership.is_lost());
    membership.commit_refused(kStart, ErrorCode::unknown_member_id, membership.generation());
    REQUIRE(membership.is_lost());
}

TEST_CASE("without an answer it says all again, after a pause") {
    ConsumerMembership membership = member();
    become_member(membership);
    REQUIRE(asked(membership, kStart + 1s));
    membership.unanswered(kStart + 1s);
    REQUIRE(!asked(membership, kStart + 1s + 99ms));
    REQUIRE(asked(membership, kStart + 1s + 100ms)->subscribed_topic_names);
    REQUIRE(membership.is_stable());
}

TEST_CASE("it leaves with epoch -1, and a static member with -2") {
    for (const bool is_static : {false, true}) {
        ConsumerMembership membership =
            member(is_static ? std::optional<std::string>("i1") : std::nullopt);
        REQUIRE(!membership.last_words());
        become_member(membership);
        REQUIRE(membership.last_words());
        membership.unsubscribe();
        REQUIRE(asked(membership, kStart)->member_epoch == (is_static ? -2 : -1));
        membership.left();
        REQUIRE(!asked(membership, kStart + 100s));
    }
}

TEST_CASE("a member that nobody polls leaves, and joins again with the next poll") {
    ConsumerMembership membership = member();
    become_member(membership);
    REQUIRE(asked(membership, kStart + 30s)->member_epoch == -1);
    REQUIRE(membership.is_lost());
    membership.left();
    REQUIRE(!asked(membership, kStart + 60s));
    membership.polled(kStart + 60s);
    REQUIRE(membership.is_preparing());
    membership.loss_noted();
    membership.prepared(kStart + 60s, {"orders"});
    REQUIRE(asked(membership, kStart + 60s)->member_epoch == 0);
}

TEST_CASE("what cannot pass is told once; another process with its name ends it") {
    ConsumerMembership membership = member("i1");
    become_member(membership);
    membership.answered(kStart, {.error_code = ErrorCode::unsupported_assignor}, {});
    REQUIRE(membership.take_error() == ErrorCode::unsupported_assignor);
    REQUIRE(!membership.take_error());
    membership.loss_noted();
    membership.prepared(kStart, {"orders"});
    REQUIRE(asked(membership, kStart));
    membership.answered(kStart, {.error_code = ErrorCode::fenced_instance_id}, {});
    REQUIRE(membership.take_error() == ErrorCode::fenced_instance_id);
    REQUIRE(membership.take_error() == ErrorCode::fenced_instance_id);
    REQUIRE(!asked(membership, kStart + 100s));
}
