// The rules of one replica, without any log.
#include "broker/replication/partition.h"
#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::replication;

namespace {

constexpr NodeId kSelf{1};
constexpr Instant kStart{};

PartitionAssignment led_by(int leader, int epoch, std::vector<int> isr = {1},
                           std::vector<int> replicas = {1}, int partition_epoch = 0) {
    PartitionAssignment assignment{.leader = NodeId(leader),
                                   .leader_epoch = LeaderEpoch(epoch),
                                   .partition_epoch = partition_epoch};
    for (const int node : replicas) assignment.replicas.push_back(NodeId(node));
    for (const int node : isr) assignment.isr.push_back(NodeId(node));
    return assignment;
}

FollowerFetch fetch(int replica, int offset, int broker_epoch = -1) {
    return {.replica = NodeId(replica),
            .broker_epoch = broker_epoch,
            .fetch_offset = Offset(offset),
            .log_start_offset = Offset(0)};
}

Partition fresh(std::int32_t min_insync_replicas = 1) {
    return Partition(kSelf, {}, {.min_insync_replicas = min_insync_replicas});
}

}  // namespace

TEST_CASE("a single replica's high watermark is its log end offset") {
    Partition partition = fresh();
    REQUIRE(partition.assign(kStart, led_by(1, 0)) == RoleChange::changed);
    partition.appended(kStart, Offset(10));
    REQUIRE(partition.marks().high_watermark == Offset(10));
}

TEST_CASE("the high watermark is the smallest end offset in the in-sync set") {
    Partition partition = fresh();
    partition.assign(kStart, led_by(1, 0, {1, 2, 3}, {1, 2, 3}));
    partition.appended(kStart, Offset(10));
    REQUIRE(partition.marks().high_watermark == Offset(0));
    REQUIRE(partition.follower_fetched(kStart, fetch(2, 7)));
    REQUIRE(partition.marks().high_watermark == Offset(0));
    REQUIRE(partition.follower_fetched(kStart, fetch(3, 4)));
    REQUIRE(partition.marks().high_watermark == Offset(4));
    REQUIRE(partition.assign(kStart, led_by(1, 0, {1, 2}, {1, 2, 3}, 1)) == RoleChange::unchanged);
    REQUIRE(partition.marks().high_watermark == Offset(7));
    REQUIRE(partition.follower_fetched(kStart, fetch(4, 9)).error() ==
            ErrorCode::unknown_leader_epoch);
}

TEST_CASE("the low watermark is the lowest log start of the replicas on active brokers") {
    Partition partition = fresh();
    partition.brokers_changed(
        kStart, std::make_shared<const EligibleBrokers>(EligibleBrokers{{NodeId(2), 0}}));
    partition.assign(kStart, led_by(1, 0, {1, 2}, {1, 2, 3}));
    partition.appended(kStart, Offset(10));
    REQUIRE(partition.low_watermark() == Offset(-1));
    REQUIRE(partition.follower_fetched(kStart, fetch(2, 10)));
    partition.log_start_advanced(Offset(7));
    REQUIRE(partition.low_watermark() == Offset(0));
    FollowerFetch later = fetch(2, 10);
    later.log_start_offset = Offset(7);
    REQUIRE(partition.follower_fetched(kStart, later));
    REQUIRE(partition.low_watermark() == Offset(7));
}

TEST_CASE("a replica does not join the in-sync set with records that were deleted") {
    Partition partition = fresh();
    partition.brokers_changed(
        kStart, std::make_shared<const EligibleBrokers>(EligibleBrokers{{NodeId(2), 0}}));
    partition.assign(kStart, led_by(1, 0, {1}, {1, 2}));
    partition.appended(kStart, Offset(10));
    partition.log_start_advanced(Offset(7));
    const auto early = partition.follower_fetched(kStart, fetch(2, 10));
    REQUIRE(early);
    REQUIRE_FALSE(*early);
    FollowerFetch later = fetch(2, 10);
    later.log_start_offset = Offset(7);
    const auto proposal = partition.follower_fetched(kStart, later);
    REQUIRE(proposal);
    REQUIRE(*proposal);
}

TEST_CASE("the high watermark waits while the in-sync set is smaller than min.insync.replicas") {
    Partition partition = fresh(2);
    partition.assign(kStart, led_by(1, 0, {1}, {1, 2}));
    partition.appended(kStart, Offset(10));
    REQUIRE(partition.marks().high_watermark == Offset(0));
    REQUIRE(partition.check_append(-1) == ErrorCode::not_enough_replicas);
    REQUIRE(partition.check_append(1) == ErrorCode::none);
    REQUIRE_FALSE(partition.acknowledgement(LeaderEpoch(0), Offset(10)));
    partition.settings_changed(kStart, {.min_insync_replicas = 1});
    REQUIRE(partition.marks().high_watermark == Offset(10));
    partition.settings_changed(kStart, {.min_insync_replicas = 2});
    REQUIRE(partition.acknowledgement(LeaderEpoch(0), Offset(10)) ==
            ErrorCode::not_enough_replicas_after_append);
}

TEST_CASE("min.insync.replicas asks for no more replicas than the partition has") {
    Partition partition = fresh(3);
    partition.assign(kStart, led_by(1, 0));
    REQUIRE(partition.check_append(-1) == ErrorCode::none);
}

TEST_CASE("requests with another leader epoch are fenced or told to wait") {
    Partition partition = fresh();
    REQUIRE(partition.check_serving(LeaderEpoch(-1)) == ErrorCode::not_leader_or_follower);
    partition.assign(kStart, led_by(1, 5));
    REQUIRE(partition.check_serving(LeaderEpoch(-1)) == ErrorCode::none);
    REQUIRE(partition.check_serving(LeaderEpoch(5)) == ErrorCode::none);
    REQUIRE(partition.check_serving(LeaderEpoch(4)) == ErrorCode::fenced_leader_epoch);
    REQUIRE(partition.check_serving(LeaderEpoch(6)) == ErrorCode::unknown_leader_epoch);
    partition.assign(kStart, led_by(2, 6));
    REQUIRE(partition.check_serving(LeaderEpoch(6)) == ErrorCode::not_leader_or_follower);
    REQUIRE(partition.check_serving(LeaderEpoch(6), true) == ErrorCode::none);
}

TEST_CASE("an acknowledgement does not outlive its leader epoch") {
    Partition partition = fresh();
    partition.assign(kStart, led_by(1, 1, {1, 2}, {1, 2}));
    partition.appended(kStart, Offset(3));
    REQUIRE_FALSE(partition.acknowledgement(LeaderEpoch(1), Offset(3)));
    partition.assign(kStart, led_by(1, 2, {1}, {1, 2}));
    REQUIRE(partition.marks().high_watermark == Offset(3));
    REQUIRE(partition.acknowledgement(LeaderEpoch(1), Offset(3)) ==
            ErrorCode::not_leader_or_follower);
}

TEST_CASE("an older decision changes nothing") {
    Partition partition = fresh();
    partition.assign(kStart, led_by(1, 4));
    REQUIRE(partition.assign(kStart, led_by(2, 3)) == RoleChange::stale);
    REQUIRE(partition.assign(kStart, led_by(1, 4)) == RoleChange::stale);
    REQUIRE(partition.is_leader());
}

TEST_CASE("a partition whose log failed stays offline") {
    Partition partition = fresh();
    partition.assign(kStart, led_by(1, 4));
    partition.log_failed();
    REQUIRE(partition.check_serving(LeaderEpoch(4)) == ErrorCode::kafka_storage_error);
    REQUIRE(partition.acknowledgement(LeaderEpoch(4), Offset(1)) == ErrorCode::kafka_storage_error);
    REQUIRE(partition.assign(kStart, led_by(1, 5)) == RoleChange::stale);
    REQUIRE(partition.is_offline());
}

TEST_CASE("a follower's high watermark is bounded by its own log and never falls") {
    Partition partition = fresh();
    partition.assign(kStart, led_by(2, 1));
    partition.appended(kStart, Offset(5));
    REQUIRE(partition.marks().high_watermark == Offset(0));
    partition.replicated(Offset(5), Offset(9));
    REQUIRE(partition.marks().high_watermark == Offset(5));
    partition.replicated(Offset(6), Offset(2));
    REQUIRE(partition.marks().high_watermark == Offset(5));
}

// In-sync sets. ----------------------------------------------------------------------------------

namespace {

EligibleBrokersRef brokers(EligibleBrokers eligible = {
                               {NodeId(1), 10}, {NodeId(2), 20}, {NodeId(3), 30}}) {
    return std::make_shared<const EligibleBrokers>(std::move(eligible));
}

/// Leads 1, 2 and 3, of which `isr` are in sync, with ten records.
Partition leading(std::vector<int> isr, std::int32_t min_insync_replicas = 1) {
    Partition partition = fresh(min_insync_replicas);
    partition.brokers_changed(kStart, brokers());
    partition.assign(kStart, led_by(1, 5, std::move(isr), {1, 2, 3}));
    partition.appended(kStart, Offset(10));
    return partition;
}

std::vector<int> members(const std::optional<IsrProposal>& proposal) {
    std::vector<int> ids;
    if (!proposal) return ids;
    for (const IsrMember& member : proposal->isr) ids.push_back(member.broker.value());
    return ids;
}

std::optional<IsrProposal> fetched(Partition& partition, const FollowerFetch& from,
                                   Instant now = kStart) {
    const auto proposal = partition.follower_fetched(now, from);
    REQUIRE(proposal);
    return *proposal;
}

Result<IsrDecision, ErrorCode> decided(int partition_epoch, std::vector<int> isr, int epoch = 5) {
    IsrDecision decision{.leader_epoch = LeaderEpoch(epoch), .partition_epoch = partition_epoch};
    for (const int node : isr) decision.isr.push_back(NodeId(node));
    return decision;
}

}  // namespace

TEST_CASE("a replica that has reached the high watermark and the epoch's start is proposed") {
    Partition partition = fresh();
    partition.brokers_changed(kStart, brokers());
    partition.appended(kStart, Offset(8));
    partition.assign(kStart, led_by(1, 5, {1, 2}, {1, 2, 3}));
    REQUIRE(partition.marks().high_watermark == Offset(0));
    // Above the high watermark, which is not known yet, but not where this epoch begins.
    REQUIRE_FALSE(fetched(partition, fetch(3, 7, 30)));
    const auto proposal = fetched(partition, fetch(3, 8, 30));
    REQUIRE(members(proposal) == std::vector{1, 2, 3});
    REQUIRE(proposal->isr.back() == IsrMember{NodeId(3), 30});
    REQUIRE(proposal->leader_epoch == LeaderEpoch(5));
}

TEST_CASE("who is fenced, shutting down or of another incarnation is not proposed") {
    Partition partition = leading({1});
    partition.brokers_changed(kStart, brokers({{NodeId(1), 10}, {NodeId(2), 20}}));
    REQUIRE_FALSE(fetched(partition, fetch(3, 10, 30)));
    partition.brokers_changed(kStart, brokers());
    REQUIRE_FALSE(fetched(partition, fetch(3, 10, 31)));
    REQUIRE(partition.follower_fetched(kStart, fetch(3, 10, 29)).error() ==
            ErrorCode::not_leader_or_follower);
    REQUIRE(members(fetched(partition, fetch(3, 10, 30))) == std::vector{1, 3});
}

TEST_CASE("the high watermark waits for a replica that may already be a member") {
    Partition partition = leading({1, 2});
    REQUIRE_FALSE(fetched(partition, fetch(2, 10)));
    REQUIRE(partition.marks().high_watermark == Offset(10));
    const auto proposal = fetched(partition, fetch(3, 10, 30));
    REQUIRE(proposal);
    partition.appended(kStart, Offset(15));
    REQUIRE_FALSE(fetched(partition, fetch(2, 15)));
    REQUIRE(partition.marks().high_watermark == Offset(10));
    // The change is refused for good, and the other too far behind to join soon.
    const Instant later = kStart + 31s;
    REQUIRE(partition.isr_answered(later, *proposal, fail(ErrorCode::ineligible_replica)) ==
            IsrOutcome::refused);
    REQUIRE_FALSE(fetched(partition, fetch(2, 15), later));
    REQUIRE(partition.marks().high_watermark == Offset(15));
}

TEST_CASE("a replica that is about to join holds the high watermark back") {
    Partition partition = leading({1});
    partition.brokers_changed(kStart, brokers());
    REQUIRE(partition.marks().high_watermark == Offset(10));
    const auto proposal = fetched(partition, fetch(2, 10, 20));
    REQUIRE(proposal);
    REQUIRE(partition.isr_answered(kStart, *proposal, fail(ErrorCode::ineligible_replica)) ==
            IsrOutcome::refused);
    partition.appended(kStart + 1s, Offset(12));
    REQUIRE(partition.marks().high_watermark == Offset(10));
    REQUIRE_FALSE(partition.tick(kStart + 31s));
    REQUIRE(partition.marks().high_watermark == Offset(12));
}

TEST_CASE("one change of the in-sync set is in flight at a time") {
    Partition partition = leading({1});
    const auto first = fetched(partition, fetch(2, 10, 20));
    REQUIRE(first);
    REQUIRE_FALSE(fetched(partition, fetch(3, 10, 30)));
    REQUIRE_FALSE(partition.tick(kStart + 60s));
    REQUIRE(partition.isr_answered(kStart, *first, decided(1, {1, 2})) == IsrOutcome::taken);
    REQUIRE(partition.partition_epoch() == 1);
    REQUIRE(members(fetched(partition, fetch(3, 10, 30))) == std::vector{1, 2, 3});
}

TEST_CASE("an answer is dropped when a newer image was first") {
    Partition partition = leading({1});
    const auto proposal = fetched(partition, fetch(2, 10, 20));
    REQUIRE(partition.assign(kStart, led_by(1, 5, {1, 2}, {1, 2, 3}, 1)) == RoleChange::unchanged);
    const auto next = fetched(partition, fetch(3, 10, 30));
    REQUIRE(next);
    REQUIRE(partition.isr_answered(kStart, *proposal, decided(1, {1, 2})) == IsrOutcome::dropped);
    REQUIRE(partition.leader()->isr.pending() == next);
}

TEST_CASE("an image of the same partition epoch does not resolve what is pending") {
    Partition partition = leading({1});
    REQUIRE(fetched(partition, fetch(2, 10, 20)));
    REQUIRE(partition.assign(kStart, led_by(1, 5, {1}, {1, 2, 3}, 0)) == RoleChange::stale);
    REQUIRE(partition.leader()->isr.pending());
}

TEST_CASE("a change that may have been taken stays pending") {
    Partition partition = leading({1});
    const auto proposal = fetched(partition, fetch(2, 10, 20));
    const auto answer = [&](ErrorCode error) {
        return partition.isr_answered(kStart, *proposal, fail(error));
    };
    REQUIRE(answer(ErrorCode::request_timed_out) == IsrOutcome::retry);
    REQUIRE(answer(ErrorCode::not_controller) == IsrOutcome::retry);
    REQUIRE(answer(ErrorCode::invalid_update_version) == IsrOutcome::unknown);
    REQUIRE(answer(ErrorCode::fenced_leader_epoch) == IsrOutcome::unknown);
    REQUIRE(partition.leader()->isr.may_contain(NodeId(2)));
    REQUIRE(answer(ErrorCode::operation_not_attempted) == IsrOutcome::refused);
    REQUIRE_FALSE(partition.leader()->isr.may_contain(NodeId(2)));
}

TEST_CASE("members that have not caught up for replica.lag.time.max.ms are proposed to leave") {
    Partition partition = leading({1, 2, 3});
    REQUIRE_FALSE(fetched(partition, fetch(2, 10), kStart + 20s));
    REQUIRE_FALSE(partition.tick(kStart + 30s));
    REQUIRE(members(partition.tick(kStart + 31s)) == std::vector{1, 2});
    // Until the controller has agreed it still counts.
    REQUIRE(partition.marks().high_watermark == Offset(0));
}

TEST_CASE("a follower that is always one round behind a busy leader is in sync") {
    Partition partition = leading({1, 2});
    Instant now = kStart;
    for (int round = 1; round < 10; ++round) {
        now += 10s;
        REQUIRE_FALSE(fetched(partition, fetch(2, 10 * (round - 1)), now));
        partition.appended(now, Offset(10 * (round + 1)));
        REQUIRE_FALSE(partition.tick(now));
    }
    REQUIRE(members(partition.tick(now + 21s)) == std::vector{1});
}

// Following. -------------------------------------------------------------------------------------

namespace {

log::LeaderEpochCache epochs(std::vector<log::EpochEntry> entries) {
    return log::LeaderEpochCache(entries);
}
constexpr LeaderEpoch operator""_e(unsigned long long epoch) {
    return LeaderEpoch(static_cast<std::int32_t>(epoch));
}

/// Follows 2 in epoch 4 with a log of 20 records.
Partition following() {
    Partition partition = fresh();
    partition.appended(kStart, Offset(20));
    partition.assign(kStart, led_by(2, 4, {2}, {1, 2, 3}));
    return partition;
}

}  // namespace

TEST_CASE("a follower names the epoch of its last record") {
    const auto own = epochs({{1_e, Offset(0)}, {3_e, Offset(12)}});
    Partition partition = following();
    const auto position = partition.fetch_position(own);
    REQUIRE(position);
    REQUIRE(position->leader_epoch == 4_e);
    REQUIRE(position->fetch_offset == Offset(20));
    REQUIRE(position->last_fetched_epoch == 3_e);
    partition.assign(kStart, led_by(-1, 5, {2}, {1, 2, 3}));
    REQUIRE_FALSE(partition.fetch_position(own));
}

TEST_CASE("a new follower keeps its log, however low its high watermark") {
    Partition partition = fresh();
    partition.appended(kStart, Offset(20));
    const RolePlan plan = partition.plan(led_by(2, 4));
    REQUIRE(plan.change == RoleChange::changed);
    REQUIRE_FALSE(plan.truncate_to);
    REQUIRE_FALSE(plan.begins_epoch);
    REQUIRE(partition.plan(led_by(1, 4)).begins_epoch == log::EpochEntry{4_e, Offset(20)});
}

TEST_CASE("a diverging history is cut before the leader's high watermark is taken") {
    Partition partition = following();
    const auto own = epochs({{1_e, Offset(0)}, {3_e, Offset(12)}});
    const FetchPosition asked = *partition.fetch_position(own);
    const FollowStep step = partition.leader_answered(
        asked, {.high_watermark = Offset(18), .diverging = log::EpochEnd{1_e, Offset(15)}}, own);
    REQUIRE(step.action == FollowAction::truncate);
    REQUIRE(step.offset == Offset(12));
    REQUIRE(partition.marks().high_watermark == Offset(0));
    partition.truncated({.log_end_offset = Offset(12)});
    // What was asked for before means nothing now.
    REQUIRE(partition.leader_answered(asked, {.high_watermark = Offset(18)}, own).action ==
            FollowAction::drop);
}

TEST_CASE("what a leader has deleted is not kept where its history and the follower's part") {
    Partition partition = following();
    const auto own = epochs({{1_e, Offset(0)}, {3_e, Offset(12)}});
    const auto step = [&](int leader_start) {
        return partition.leader_answered(*partition.fetch_position(own),
                                         {.high_watermark = Offset(18),
                                          .log_start_offset = Offset(leader_start),
                                          .diverging = log::EpochEnd{1_e, Offset(12)}},
                                         own);
    };
    REQUIRE(step(11).action == FollowAction::truncate);
    REQUIRE(step(12).action == FollowAction::restart);
    REQUIRE(step(12).offset == Offset(12));
}

TEST_CASE("a log is cut where both histories agree, or on the way there") {
    const auto own = epochs({{1_e, Offset(0)}, {3_e, Offset(12)}, {5_e, Offset(16)}});
    const auto cut = [&](LeaderEpoch epoch, int end) {
        return truncation_offset(own, Offset(20), {epoch, Offset(end)}).value();
    };
    REQUIRE(cut(3_e, 14) == 14);  // the leader's epoch 3 is shorter
    REQUIRE(cut(3_e, 18) == 16);  // ours is
    REQUIRE(cut(4_e, 18) == 16);  // unknown here: the next fetch asks by epoch 3
    REQUIRE(cut(2_e, 18) == 12);
    REQUIRE(cut(6_e, 18) == 18);  // younger than all of ours
    REQUIRE(cut(5_e, 30) == 20);
}

TEST_CASE("a fetch is held against the epochs of the leader's log") {
    const auto own = epochs({{1_e, Offset(0)}, {3_e, Offset(12)}});
    const auto compare = [&](LeaderEpoch epoch, int offset) {
        return compare_history(own, Offset(5), Offset(20), epoch, Offset(offset));
    };
    const auto parts = [&](LeaderEpoch epoch, int offset) {
        const auto result = compare(epoch, offset);
        REQUIRE(result);
        return *result;
    };
    REQUIRE_FALSE(parts(3_e, 20));
    REQUIRE(parts(3_e, 21) == log::EpochEnd{3_e, Offset(20)});
    REQUIRE_FALSE(parts(1_e, 12));
    REQUIRE(parts(1_e, 13) == log::EpochEnd{1_e, Offset(12)});
    REQUIRE(parts(2_e, 10) == log::EpochEnd{1_e, Offset(12)});
    REQUIRE(compare(4_e, 20).error() == ErrorCode::offset_out_of_range);
    REQUIRE(compare(1_e, 4).error() == ErrorCode::offset_out_of_range);
}

TEST_CASE("a follower out of its leader's range is cut to its end or begins at its start") {
    const Partition partition = following();
    const FetchPosition asked{.leader_epoch = 4_e, .fetch_offset = Offset(20)};
    REQUIRE(partition.leader_range(asked, Offset(0), Offset(15)).action == FollowAction::truncate);
    REQUIRE(partition.leader_range(asked, Offset(0), Offset(15)).offset == Offset(15));
    REQUIRE(partition.leader_range(asked, Offset(30), Offset(40)).action == FollowAction::restart);
    REQUIRE(partition.leader_range(asked, Offset(30), Offset(40)).offset == Offset(30));
    REQUIRE(partition.leader_range(asked, Offset(5), Offset(25)).action == FollowAction::wait);
}

// Readers. ---------------------------------------------------------------------------------------

TEST_CASE("a consumer is sent to the in-sync replica of its rack that has come furthest") {
    Partition partition = leading({1, 2, 3});
    const std::map<NodeId, std::string> racks{{NodeId(1), "a"}, {NodeId(2), "b"}, {NodeId(3), "b"}};
    REQUIRE_FALSE(fetched(partition, fetch(2, 6)));
    REQUIRE_FALSE(fetched(partition, fetch(3, 8)));
    const auto preferred = [&](const std::string& rack, int offset) {
        return partition.preferred_read_replica(rack, Offset(offset), racks).value();
    };
    REQUIRE(preferred("b", 5) == 3);
    REQUIRE(preferred("b", 9) == -1);
    REQUIRE(preferred("a", 5) == -1);
    REQUIRE(preferred("c", 5) == -1);
    REQUIRE(preferred("", 5) == -1);
}
