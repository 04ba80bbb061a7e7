// Views made by hand: for each invariant of ClusterInvariants one that breaks it, and those beside
// it that must pass.
#include "scenarios/checkers/cluster_invariants.h"

#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::scenarios;

namespace {

const protocol::TopicId kTopic{{7}};
const PartitionKey kKey{kTopic, protocol::PartitionId(0)};

NodeId n(int id) { return NodeId(id); }

SeenBatch batch(std::int64_t offset, std::int32_t epoch, std::uint64_t bytes = 0) {
    return {Offset(offset), Offset(offset), LeaderEpoch(epoch), Digest{bytes, 1}};
}

ReplicaView a_replica(const ReplicaStanding& standing) {
    ReplicaView replica;
    static_cast<ReplicaStanding&>(replica) = standing;
    return replica;
}

/// A topic "t" with one partition on n1, n2, n3; n1 leads in epoch 1. Every change is an image.
class Cluster {
public:
    explicit Cluster(ClusterInvariants::Options options = {}, Invariants muted = {})
        : judge_([] { return Instant{}; }, {}, std::move(muted)), invariants_(judge_, options) {
        apply(protocol::TopicRecord{.name = "t", .topic_id = kTopic});
        for (int id = 1; id <= 3; ++id) register_broker(id, 100 + id);
        state_ = {.partition_id = kKey.partition,
                  .topic_id = kTopic,
                  .replicas = {n(1), n(2), n(3)},
                  .isr = {n(1), n(2), n(3)},
                  .leader = n(1),
                  .leader_epoch = LeaderEpoch(1),
                  .directories = {{{1}}, {{2}}, {{3}}}};
        set_partition();
        view.partitions[kKey].name = "t-0";
        for (int id = 1; id <= 3; ++id) {
            replica(id) = a_replica({.start = 1, .is_registered = true, .is_consistent = true});
            lead(id, 1, 1);
            view.quorum[n(id)] = {.start = 1, .epoch = LeaderEpoch(1), .leader_id = n(1)};
        }
    }

    ReplicaView& replica(int id) { return view.partitions[kKey].replicas[n(id)]; }
    QuorumMemberView& member(int id) { return view.quorum[n(id)]; }
    protocol::PartitionRecord& state() { return state_; }

    /// In `epoch` the leader is n`leader`; n`id` knows.
    void lead(int id, int leader, std::int32_t epoch) {
        ReplicaView& known = replica(id);
        if (known.leader_epoch != LeaderEpoch(epoch)) known.fetched.clear();
        known.leader_epoch = LeaderEpoch(epoch);
        known.role = id == leader ? SeenRole::leader : SeenRole::follower;
        known.min_isr = 2;
        known.isr = known.maximal_isr = {n(1), n(2), n(3)};
        note_epochs(known);
    }
    /// The log of n`id` becomes these batches, as far as they differ.
    void write(int id, const std::vector<SeenBatch>& batches) {
        ReplicaView& known = replica(id);
        set_log(known.log, batches);
        known.marks.log_end_offset = end_of(batches);
        note_epochs(known);
    }
    /// As its log says, and a leader's own.
    static void note_epochs(ReplicaView& known) {
        known.epochs.clear();
        const auto note = [&](LeaderEpoch epoch, Offset start) {
            if (!known.epochs.empty() && known.epochs.back().epoch == epoch) return;
            known.epochs.push_back({epoch, start});
        };
        for (const SeenBatch& each : known.log.batches) note(each.leader_epoch, each.base_offset);
        if (known.role == SeenRole::leader) note(known.leader_epoch, known.marks.log_end_offset);
    }
    void write_metadata(int id, const std::vector<SeenBatch>& batches, std::int64_t committed) {
        set_log(member(id).log, batches);
        member(id).log_end_offset = end_of(batches);
        member(id).high_watermark = Offset(committed);
    }
    void commit(int id, std::int64_t high_watermark) {
        replica(id).marks.high_watermark = Offset(high_watermark);
        replica(id).marks.last_stable_offset = Offset(high_watermark);
    }
    /// Every replica holds `count` batches of epoch 1 and knows them to be committed.
    void replicate(std::int64_t count) {
        for (int id = 1; id <= 3; ++id) {
            std::vector<SeenBatch> batches;
            for (std::int64_t i = 0; i < count; ++i) batches.push_back(batch(i, 1));
            write(id, batches);
            commit(id, count);
            for (int other = 1; other <= 3; ++other) replica(id).fetched[n(other)] = Offset(count);
        }
    }

    template <class Record>
    void apply(Record record) {
        REQUIRE(next_.apply(metadata::MetadataRecord(std::move(record))));
        ++offset_;
    }
    void register_broker(int id, std::int64_t epoch, bool fenced = false) {
        apply(protocol::RegisterBrokerRecord{
            .broker_id = n(id),
            .incarnation_id = {{9, static_cast<std::uint8_t>(epoch)}},
            .broker_epoch = epoch,
            .fenced = fenced});
    }
    void set_partition() {
        apply(state_);
        ++state_.partition_epoch;
    }
    void publish(int id) {
        view.images[n(id)] = {offset_, std::make_shared<const metadata::MetadataImage>(next_)};
    }

    std::string look() {
        publish(1);
        return look_without_publishing();
    }
    std::string look_without_publishing() {
        invariants_.check(view);
        return judge_.violation() ? judge_.violation()->invariant : "pass";
    }
    void lost_data(int id) { invariants_.lost_data(n(id)); }
    void restarted(int id) { invariants_.restarted(n(id)); }

    ClusterView view;

private:
    static void set_log(SeenLog& log, const std::vector<SeenBatch>& batches) {
        log.unchanged = static_cast<std::size_t>(std::ranges::mismatch(log.batches, batches).in1 -
                                                 log.batches.begin());
        log.batches = batches;
    }
    static Offset end_of(const std::vector<SeenBatch>& batches) {
        return batches.empty() ? Offset(0) : batches.back().last_offset + 1;
    }

    Judge judge_;
    ClusterInvariants invariants_;
    protocol::PartitionRecord state_;
    metadata::MetadataImage next_;
    Offset offset_{0};
};

/// n2 leads in epoch 2 and lacks the last of three committed batches; the rest have them.
void lose_the_last_on_n2(Cluster& cluster) {
    cluster.replica(2).start = 2;
    cluster.write(2, {batch(0, 1), batch(1, 1)});
    cluster.commit(2, 2);
    for (int id = 1; id <= 3; ++id) cluster.lead(id, 2, 2);
    cluster.replica(1).is_consistent = cluster.replica(3).is_consistent = false;
    cluster.state().leader = n(2);
    cluster.state().leader_epoch = LeaderEpoch(2);
    cluster.set_partition();
}

}  // namespace

TEST_CASE("a cluster that replicates breaks nothing") {
    Cluster cluster;
    REQUIRE(cluster.look() == "pass");
    cluster.replicate(3);
    REQUIRE(cluster.look() == "pass");
    cluster.replicate(5);
    cluster.view.partitions[kKey].replicas.erase(n(3));
    REQUIRE(cluster.look() == "pass");
}

TEST_CASE("R1: a later leader lacks what was committed, unless that much was lost") {
    const bool is_excused = GENERATE(false, true);
    Cluster cluster;
    cluster.replicate(3);
    cluster.look();
    if (is_excused) {
        for (int id = 1; id <= 3; ++id) cluster.lost_data(id);
        cluster.look();
    }
    lose_the_last_on_n2(cluster);
    REQUIRE(cluster.look() == (is_excused ? "pass" : "R1"));
}

TEST_CASE("behind R1 that is muted, others are found, and what was committed stays so") {
    Cluster cluster({}, {"R1", "R2"});
    cluster.replicate(3);
    cluster.look();
    lose_the_last_on_n2(cluster);
    REQUIRE(cluster.look() == "pass");
    cluster.write(2, {batch(0, 1), batch(1, 1), batch(2, 2)});
    REQUIRE(cluster.look() == "pass");
    cluster.write(3, {batch(0, 1), batch(1, 1), batch(2, 2)});
    REQUIRE(cluster.look() == "R3");
}

TEST_CASE("R2: a leader from before an excused loss says nothing of what is committed since") {
    Cluster cluster;
    cluster.replicate(3);
    cluster.look();
    for (int id = 1; id <= 3; ++id) cluster.lost_data(id);
    cluster.look();
    lose_the_last_on_n2(cluster);
    cluster.lead(1, 1, 1);
    REQUIRE(cluster.look() == "pass");
    cluster.state().isr = {n(2)};
    cluster.set_partition();
    REQUIRE(cluster.look() == "pass");
}

TEST_CASE("R2: with ELR a loss counts once min.insync.replicas have restarted since") {
    const bool has_other_restarted = GENERATE(false, true);
    Cluster cluster;
    cluster.apply(protocol::FeatureLevelRecord{.name = std::string(metadata::kElrFeature),
                                               .feature_level = 1});
    cluster.replicate(3);
    cluster.state().isr = {n(1), n(2)};
    cluster.set_partition();
    cluster.look();
    if (has_other_restarted) cluster.restarted(3);  // it has no replicas to be seen yet
    cluster.lost_data(2);
    cluster.restarted(2);
    cluster.replica(2).start = 2;
    cluster.write(2, {batch(0, 1)});
    cluster.commit(2, 1);
    REQUIRE(cluster.look() == (has_other_restarted ? "pass" : "R2"));
}

TEST_CASE("R1: an outdated leader need not have what a later one committed") {
    Cluster cluster;
    cluster.replicate(2);
    cluster.look();
    for (int id : {2, 3}) {
        cluster.lead(id, 2, 2);
        cluster.write(id, {batch(0, 1), batch(1, 1), batch(2, 2)});
    }
    cluster.state().leader = n(2);
    cluster.state().leader_epoch = LeaderEpoch(2);
    cluster.state().isr = {n(2), n(3)};
    cluster.replica(2).isr = cluster.replica(2).maximal_isr = {n(2), n(3)};
    cluster.replica(2).fetched[n(3)] = Offset(3);
    cluster.commit(2, 3);
    cluster.set_partition();
    REQUIRE(cluster.look() == "pass");
    REQUIRE(cluster.replica(1).role == SeenRole::leader);
}

TEST_CASE("R2: a member of the in-sync set lacks what was committed") {
    const bool is_member = GENERATE(true, false);
    Cluster cluster;
    cluster.replicate(3);
    cluster.look();
    cluster.replica(3).start = 2;
    cluster.write(3, {batch(0, 1)});
    cluster.commit(3, 1);
    if (!is_member) {
        cluster.state().isr = {n(1), n(2)};
        cluster.set_partition();
    }
    REQUIRE(cluster.look() == (is_member ? "R2" : "pass"));
}

TEST_CASE("R2 waits until a broker that starts is registered") {
    Cluster cluster;
    cluster.replicate(3);
    cluster.look();
    cluster.replica(3) =
        a_replica({.start = 2, .role = SeenRole::follower, .leader_epoch = LeaderEpoch(1)});
    REQUIRE(cluster.look() == "pass");
    cluster.replica(3).is_registered = true;
    REQUIRE(cluster.look() == "R2");
}

TEST_CASE("R3: a follower differs from what is committed below its high watermark") {
    Cluster cluster;
    cluster.state().isr = {n(1), n(2)};
    cluster.set_partition();
    cluster.replicate(2);
    cluster.write(3, {batch(0, 1), batch(1, 0)});
    cluster.replica(3).epochs = {{LeaderEpoch(1), Offset(0)}};
    cluster.write(3, {batch(0, 0), batch(1, 1)});
    REQUIRE(cluster.look() == "R3");
}

TEST_CASE("R4: a leader must count on everyone who could be elected") {
    Cluster cluster;
    cluster.replicate(2);
    cluster.replica(1).isr = {n(1), n(2)};
    SECTION("not on those alone that it knows to be members") {
        cluster.replica(1).maximal_isr = {n(1), n(2)};
        REQUIRE(cluster.look() == "R4");
    }
    SECTION("also on one whose joining it waits for") { REQUIRE(cluster.look() == "pass"); }
    SECTION("but it may know of an earlier epoch only") {
        cluster.replica(1).maximal_isr = {n(1), n(2)};
        cluster.state().leader_epoch = LeaderEpoch(2);
        cluster.set_partition();
        REQUIRE(cluster.look() == "pass");
    }
}

TEST_CASE("R5: a high watermark rises with a set that is large enough, and has it") {
    Cluster cluster;
    cluster.replicate(2);
    cluster.look();
    cluster.replicate(3);
    SECTION("as it should") { REQUIRE(cluster.look() == "pass"); }
    SECTION("not before every member has fetched it") {
        cluster.replica(1).fetched[n(3)] = Offset(2);
        REQUIRE(cluster.look() == "R5");
    }
    SECTION("not before one has that is only proposed: R4, it could be elected") {
        cluster.replica(1).isr = {n(1), n(2)};
        cluster.replica(1).fetched[n(3)] = Offset(2);
        REQUIRE(cluster.look() == "R4");
    }
    SECTION("not with fewer than min.insync.replicas") {
        cluster.state().isr = cluster.replica(1).isr = cluster.replica(1).maximal_isr = {n(1)};
        cluster.set_partition();
        REQUIRE(cluster.look() == "R5");
    }
}

TEST_CASE("R5: what a follower fetches in another epoch than the leader's does not count") {
    Cluster cluster;
    cluster.replicate(2);
    cluster.look();
    const auto fetch = [&](int follower, std::int64_t end) {
        cluster.replica(1).fetched[n(follower)] = Offset(end);
        return cluster.look();
    };
    SECTION("in a later one") {
        cluster.lead(3, 2, 2);
        REQUIRE(fetch(3, 2) == "pass");  // on its way as it left
        cluster.write(3, {batch(0, 1), batch(1, 1), batch(2, 1)});
        REQUIRE(fetch(3, 3) == "R5");
    }
    SECTION("in an earlier one") {
        cluster.lead(1, 1, 2);
        cluster.lead(2, 1, 2);
        REQUIRE(fetch(2, 2) == "pass");
        REQUIRE(fetch(3, 2) == "R5");
    }
    SECTION("in one between which it has passed over") {
        cluster.lead(1, 1, 2);
        cluster.lead(3, 2, 3);
        REQUIRE(fetch(3, 0) == "R5");
    }
    SECTION("what a process had that is gone nobody knows") {
        cluster.replica(3).start = 2;
        REQUIRE(fetch(3, 5) == "pass");
        cluster.lead(1, 1, 2);
        REQUIRE(fetch(3, 2) == "R5");
    }
}

TEST_CASE("R6: a follower's high watermark is one that a leader has shown") {
    Cluster cluster;
    cluster.replicate(3);
    cluster.commit(1, 2);
    REQUIRE(cluster.look() == "R6");
}

TEST_CASE("R6: a follower's high watermark waits until its log is known to be the leader's") {
    Cluster cluster;
    cluster.replicate(3);
    cluster.commit(3, 2);
    cluster.replica(3).is_consistent = false;
    REQUIRE(cluster.look() == "pass");
    cluster.commit(3, 3);
    SECTION("not before") { REQUIRE(cluster.look() == "R6"); }
    SECTION("but then it rises") {
        cluster.replica(3).is_consistent = true;
        REQUIRE(cluster.look() == "pass");
    }
}

TEST_CASE("R11: one leader in an epoch, whenever it led") {
    Cluster cluster;
    cluster.look();
    cluster.view.partitions[kKey].replicas.erase(n(1));
    cluster.lead(2, 2, 1);
    REQUIRE(cluster.look() == "R11");
}

TEST_CASE("of one replica: L2, L3, L4, L5, L6, L7") {
    Cluster cluster;
    cluster.replicate(3);
    REQUIRE(cluster.look() == "pass");
    SECTION("L2: epochs fall along the log") {
        cluster.write(3, {batch(0, 1), batch(1, 1), batch(2, 1), batch(3, 0)});
        REQUIRE(cluster.look() == "L2");
    }
    SECTION("L3: marks out of order") {
        cluster.replica(3).marks.last_stable_offset = Offset(4);
        REQUIRE(cluster.look() == "L3");
    }
    SECTION("L4: a batch of another epoch than the epochs say") {
        cluster.write(3, {batch(0, 1), batch(1, 1), batch(2, 1), batch(3, 2)});
        cluster.replica(3).epochs.pop_back();
        REQUIRE(cluster.look() == "L4");
    }
    SECTION("L4: a follower that agrees with its leader keeps an epoch that wrote nothing") {
        cluster.replica(3).epochs.push_back({LeaderEpoch(2), Offset(3)});
        REQUIRE(cluster.look() == "L4");
    }
    SECTION("L4: a leader has not noted its own epoch") {
        cluster.lead(1, 1, 2);
        cluster.replica(1).epochs.pop_back();
        REQUIRE(cluster.look() == "L4");
    }
    SECTION("L4: the epoch of a batch that waits for its sync may begin at the log's end") {
        cluster.replica(3).epochs.push_back({LeaderEpoch(2), Offset(3)});
        cluster.replica(3).next_offset = Offset(4);
        REQUIRE(cluster.look() == "pass");
    }
    SECTION("L5: the high watermark falls") {
        cluster.commit(3, 2);
        REQUIRE(cluster.look() == "L5");
    }
    SECTION("L5: after a restart it may") {
        cluster.replica(3).start = 2;
        cluster.commit(3, 2);
        REQUIRE(cluster.look() == "pass");
    }
    SECTION("L5: a replica that was taken away begins anew when it comes back") {
        cluster.state().isr = {n(1), n(2)};
        cluster.set_partition();
        cluster.view.partitions[kKey].replicas.erase(n(3));
        REQUIRE(cluster.look() == "pass");
        cluster.replica(3) = a_replica({.start = 1, .is_registered = true, .is_consistent = true});
        cluster.lead(3, 1, 1);
        REQUIRE(cluster.look() == "pass");
    }
    SECTION("L6: the log start falls") {
        for (ReplicaView* each : {&cluster.replica(3)}) each->marks.log_start_offset = Offset(2);
        REQUIRE(cluster.look() == "pass");
        cluster.replica(3).marks.log_start_offset = Offset(1);
        REQUIRE(cluster.look() == "L6");
    }
    SECTION("L7: bytes at an offset of an epoch change") {
        cluster.write(3, {batch(0, 1), batch(1, 1), batch(2, 1, 77)});
        REQUIRE(cluster.look() == "L7");
    }
}

TEST_CASE("M1: what the quorum has committed stays, on everyone and with whoever leads") {
    Cluster cluster;
    for (int id : {1, 2}) cluster.write_metadata(id, {batch(0, 1), batch(1, 1)}, 2);
    cluster.write_metadata(3, {batch(0, 1)}, 1);
    cluster.member(1).is_leader = true;
    REQUIRE(cluster.look() == "pass");
    cluster.member(1).is_leader = false;
    SECTION("a follower has something else there") {
        cluster.write_metadata(3, {batch(0, 1), batch(1, 2)}, 2);
        REQUIRE(cluster.look() == "M1");
    }
    SECTION("a new leader lacks it") {
        cluster.member(3).epoch = LeaderEpoch(2);
        cluster.member(3).leader_id = n(3);
        cluster.member(3).is_leader = true;
        REQUIRE(cluster.look() == "M1");
    }
    SECTION("a new leader that has it may have more") {
        cluster.write_metadata(2, {batch(0, 1), batch(1, 1), batch(2, 1)}, 2);
        cluster.member(2).epoch = LeaderEpoch(2);
        cluster.member(2).leader_id = n(2);
        cluster.member(2).is_leader = true;
        REQUIRE(cluster.look() == "pass");
    }
}

TEST_CASE("M1: a new leader shows nothing before a record of its own epoch is committed") {
    Cluster cluster;
    for (int id : {1, 2, 3}) cluster.write_metadata(id, {batch(0, 1), batch(1, 1)}, 1);
    cluster.look();
    cluster.member(2).epoch = LeaderEpoch(2);
    cluster.member(2).leader_id = n(2);
    cluster.member(2).is_leader = true;
    const std::vector<SeenBatch> with_own{batch(0, 1), batch(1, 1), batch(2, 2)};
    cluster.write_metadata(2, with_own, 1);
    REQUIRE(cluster.look() == "pass");
    SECTION("not what the one before it wrote") {
        cluster.write_metadata(2, with_own, 2);
        REQUIRE(cluster.look() == "M1");
    }
    SECTION("with its own it does") {
        cluster.write_metadata(2, with_own, 3);
        REQUIRE(cluster.look() == "pass");
    }
}

TEST_CASE("V4: a quorum leader that was replaced notices that no majority fetches from it") {
    Cluster cluster;
    for (int id : {1, 2}) {
        cluster.member(id).check_quorum_timeout = 2s;
        cluster.member(id).is_leader = true;
    }
    cluster.member(2).epoch = LeaderEpoch(2);
    cluster.member(2).leader_id = n(2);
    cluster.view.now = Instant(10s);
    REQUIRE(cluster.look() == "pass");
    cluster.view.now = Instant(16s);
    REQUIRE(cluster.look() == "pass");
    cluster.view.now = Instant(18s);
    SECTION("in time") { REQUIRE(cluster.look() == "V4"); }
    SECTION("but for one that stands still") {
        cluster.member(1).is_paused = true;
        REQUIRE(cluster.look() == "pass");
    }
    SECTION("or waits for its disk") {
        cluster.member(1).is_busy = true;
        REQUIRE(cluster.look() == "pass");
    }
}

TEST_CASE("M2: images at one offset are equal") {
    Cluster cluster;
    cluster.publish(2);
    REQUIRE(cluster.look() == "pass");
    cluster.view.images[n(2)].image = std::make_shared<const metadata::MetadataImage>();
    cluster.register_broker(3, 203);
    cluster.view.images[n(2)].offset = Offset(6);
    REQUIRE(cluster.look() == "M2");
}

TEST_CASE("M3: one leader and one vote in an epoch") {
    Cluster cluster;
    cluster.member(1).voted = n(1);
    REQUIRE(cluster.look() == "pass");
    SECTION("two leaders") { cluster.member(2).leader_id = n(3); }
    SECTION("two votes") { cluster.member(1).voted = n(2); }
    REQUIRE(cluster.look() == "M3");
}

TEST_CASE("M3: a voter that starts again remembers its epoch and its vote") {
    Cluster cluster;
    cluster.member(3).epoch = LeaderEpoch(2);
    cluster.member(3).voted = n(2);
    cluster.member(3).leader_id = protocol::kNoNode;
    REQUIRE(cluster.look() == "pass");
    cluster.member(3).start = 2;
    SECTION("both") { REQUIRE(cluster.look() == "pass"); }
    SECTION("the vote while it writes") {
        cluster.member(3).voted = protocol::kNoNode;
        cluster.member(3).is_busy = true;
        REQUIRE(cluster.look() == "pass");
        cluster.member(3).is_busy = false;
        REQUIRE(cluster.look() == "M3");
    }
    SECTION("also when it has heard who was elected") {
        cluster.member(3).voted = protocol::kNoNode;
        cluster.member(3).leader_id = n(2);
        REQUIRE(cluster.look() == "M3");
    }
    SECTION("the epoch") {
        cluster.member(3).epoch = LeaderEpoch(1);
        cluster.member(3).voted = protocol::kNoNode;
        REQUIRE(cluster.look() == "M3");
    }
    SECTION("no vote of an earlier epoch") {
        cluster.member(3).epoch = LeaderEpoch(3);
        cluster.member(3).voted = protocol::kNoNode;
        REQUIRE(cluster.look() == "pass");
    }
    SECTION("one that was elected by it leads") {
        cluster.member(2).epoch = LeaderEpoch(2);
        cluster.member(2).leader_id = n(2);
        cluster.member(2).voted = n(2);
        REQUIRE(cluster.look() == "pass");
        cluster.member(2).voted = protocol::kNoNode;
        REQUIRE(cluster.look() == "pass");
    }
}

TEST_CASE("M10: voters change one at a time, and after a record of the leader's epoch") {
    Judge judge([] { return Instant(); }, [] {});
    QuorumInvariants quorum(judge);
    std::map<NodeId, QuorumMemberView> members;
    QuorumMemberView& leader = members[n(1)];
    leader.is_leader = true;
    leader.epoch_start_offset = Offset(10);
    leader.high_watermark = Offset(20);
    const auto look = [&] {
        quorum.check(members, Instant());
        REQUIRE(!judge.violation());  // it is told at the end only
        quorum.check_at_end();
        return judge.violation() ? judge.violation()->invariant : "pass";
    };
    SECTION("one that is not committed may be there") {
        leader.is_established = true;
        leader.voter_changes = {Offset(12), Offset(20)};
        REQUIRE(look() == "pass");
    }
    SECTION("two may not") {
        leader.is_established = true;
        leader.voter_changes = {Offset(20), Offset(21)};
        REQUIRE(look() == "M10");
    }
    SECTION("those of earlier epochs are not this leader's") {
        leader.voter_changes = {Offset(8), Offset(9)};
        REQUIRE(look() == "pass");
    }
    SECTION("the first leader writes what formatting has left, with its epoch's first batch") {
        leader.voter_changes = {Offset(12)};
        REQUIRE(look() == "pass");
    }
    SECTION("a leader without a committed record of its epoch changes nothing") {
        leader.voter_changes = {Offset(11)};
        REQUIRE(look() == "M10");
    }
}

TEST_CASE("M4: who may lead and be in the in-sync set") {
    Cluster cluster;
    cluster.look();
    SECTION("no fenced broker") {
        cluster.register_broker(3, 203, true);
        REQUIRE(cluster.look() == "M4");
    }
    SECTION("no leader from outside it") {
        cluster.state().isr = {n(2), n(3)};
        cluster.set_partition();
        REQUIRE(cluster.look() == "M4");
    }
    SECTION("no unclean election where none is allowed") {
        cluster.state().leader_epoch = LeaderEpoch(2);
        cluster.state().leader_recovery_state = 1;
        cluster.set_partition();
        REQUIRE(cluster.look() == "M4");
    }
}

TEST_CASE("M4: whoever leads from outside isr and elr says so") {
    const bool was_eligible = GENERATE(false, true);
    Cluster cluster;
    cluster.state().isr = {n(1)};
    if (was_eligible) cluster.state().eligible_leader_replicas = std::vector{n(2)};
    cluster.set_partition();
    REQUIRE(cluster.look() == "pass");
    cluster.state().isr = {n(2)};
    cluster.state().eligible_leader_replicas.reset();
    cluster.state().leader = n(2);
    cluster.state().leader_epoch = LeaderEpoch(2);
    cluster.set_partition();
    REQUIRE(cluster.look() == (was_eligible ? "pass" : "M4"));
}

TEST_CASE("M4: the replicas of a new partition are in as many racks as there are") {
    const bool is_spread = GENERATE(false, true);
    // These images are of no metadata.version that a snapshot could be written in.
    ClusterInvariants::Options options;
    options.images.snapshot_every = 1'000;
    Cluster cluster(options);
    for (int id = 1; id <= 3; ++id) {
        cluster.apply(
            protocol::RegisterBrokerRecord{.broker_id = n(id),
                                           .incarnation_id = {{8, static_cast<std::uint8_t>(id)}},
                                           .broker_epoch = 200 + id,
                                           .rack = id < 3 ? "r1" : "r2",
                                           .fenced = false});
    }
    REQUIRE(cluster.look() == "pass");
    const protocol::TopicId id{{8}};
    const std::vector<NodeId> replicas{n(1), n(is_spread ? 3 : 2)};
    cluster.apply(protocol::TopicRecord{.name = "u", .topic_id = id});
    cluster.apply(protocol::PartitionRecord{.partition_id = protocol::PartitionId(0),
                                            .topic_id = id,
                                            .replicas = replicas,
                                            .isr = replicas,
                                            .leader = n(1),
                                            .leader_epoch = LeaderEpoch(0),
                                            .partition_epoch = 0});
    REQUIRE(cluster.look() == (is_spread ? "pass" : "M4"));
}

TEST_CASE("M5: epochs rise with every change") {
    Cluster cluster;
    cluster.look();
    SECTION("a leader without an epoch of its own") { cluster.state().leader = n(2); }
    SECTION("a partition epoch that stays") {
        cluster.state().isr = {n(1), n(2)};
        --cluster.state().partition_epoch;
    }
    SECTION("replicas that go without a new leader epoch") {
        cluster.state().replicas = cluster.state().isr = {n(1), n(2)};
        cluster.state().directories = {{{1}}, {{2}}};
    }
    SECTION("a broker epoch that falls") { cluster.register_broker(3, 50); }
    cluster.set_partition();
    REQUIRE(cluster.look() == "M5");
}

TEST_CASE("M5: a broker registers again after a late request of the run before it") {
    const bool had_room = GENERATE(false, true);
    Cluster cluster;
    const auto registers_at = [&](std::int64_t offset) {
        cluster.apply(protocol::RegisterBrokerRecord{.broker_id = n(3),
                                                     .incarnation_id = {{8, 8}},
                                                     .broker_epoch = offset,
                                                     .fenced = false});
        cluster.publish(1);
        cluster.view.images[n(1)].offset = Offset(offset + 1);
        return cluster.look_without_publishing();
    };
    REQUIRE(registers_at(200) == "pass");
    REQUIRE(registers_at(had_room ? 202 : 201) == (had_room ? "pass" : "M5"));
}

TEST_CASE("M8: a topic's id is not given twice") {
    Cluster cluster;
    cluster.look();
    cluster.apply(protocol::RemoveTopicRecord{.topic_id = kTopic});
    REQUIRE(cluster.look() == "pass");
    cluster.apply(protocol::TopicRecord{.name = "u", .topic_id = kTopic});
    REQUIRE(cluster.look() == "M8");
}

namespace {

/// Replicas with three batches of 100 bytes, from the times 1000, 2000 and 3000.
void write_old_batches(Cluster& cluster) {
    std::vector<SeenBatch> batches;
    for (int i = 0; i < 3; ++i) {
        SeenBatch each = batch(i, 1);
        each.size = 100;
        each.max_timestamp = 1'000 * (i + 1);
        batches.push_back(each);
    }
    for (int id = 1; id <= 3; ++id) {
        cluster.write(id, batches);
        cluster.commit(id, 3);
        for (int other = 1; other <= 3; ++other) cluster.replica(id).fetched[n(other)] = Offset(3);
    }
}

}  // namespace

TEST_CASE("C7: only what is old enough goes, or what is too much") {
    const auto [retention, wall_ms, start, verdict] =
        GENERATE(table<Retention, std::int64_t, std::int64_t, std::string>({
            {{.ms = 5'000}, 7'001, 2, "pass"},
            {{.ms = 5'000}, 7'000, 2, "C7"},
            {{.ms = 5'000}, 7'001, 3, "C7"},
            {{.bytes = 200}, 7'001, 1, "pass"},
            {{.bytes = 200}, 7'001, 2, "C7"},
            {{}, 1'000'000, 1, "C7"},
        }));
    Cluster cluster({.retention = retention});
    write_old_batches(cluster);
    REQUIRE(cluster.look() == "pass");
    cluster.replica(2).latest_wall_ms = wall_ms;
    cluster.replica(2).marks.log_start_offset = Offset(start);
    REQUIRE(cluster.look() == verdict);
}

TEST_CASE("V2: a leader asks for an isr without a follower that lags") {
    const auto [has_asked, verdict] =
        GENERATE(table<bool, std::string>({{false, "V2"}, {true, "pass"}}));
    Cluster cluster({.lag_bound = 3s});
    cluster.replicate(2);
    REQUIRE(cluster.look() == "pass");
    for (const int id : {1, 2}) cluster.write(id, {batch(0, 1), batch(1, 1), batch(2, 1)});
    cluster.view.now += 1s;
    REQUIRE(cluster.look() == "pass");
    cluster.replica(1).fetched[n(2)] = Offset(3);
    cluster.replica(1).is_isr_pending = has_asked;
    cluster.view.now += 2s;
    REQUIRE(cluster.look() == "pass");
    cluster.replica(1).is_isr_pending = false;
    cluster.view.now += 2s;
    REQUIRE(cluster.look() == verdict);
}

TEST_CASE("L5: a restart keeps the high watermark that the checkpoint has") {
    const auto [checkpoint, verdict] =
        GENERATE(table<std::int64_t, std::string>({{1, "pass"}, {2, "L5"}, {9, "L5"}}));
    Cluster cluster;
    cluster.replicate(3);
    cluster.look();
    cluster.replica(2).start = 2;
    cluster.commit(2, 1);
    cluster.replica(2).checkpointed_high_watermark = Offset(checkpoint);
    REQUIRE(cluster.look() == verdict);
}

TEST_CASE("L8: what is sealed is synced") {
    Cluster cluster;
    cluster.replicate(1);
    cluster.replica(2).log.sealed_unsynced = "00000000000000000000.index";
    REQUIRE(cluster.look() == "L8");
}
