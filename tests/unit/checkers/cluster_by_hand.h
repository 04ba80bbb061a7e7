// A cluster's view made by hand, and ClusterInvariants that looks at it.
#pragma once

#include "scenarios/checkers/cluster_invariants.h"
#include "tests/support/catch.h"

namespace gregor::scenarios::test {

inline const protocol::TopicId kTopic{{7}};
inline const PartitionKey kKey{kTopic, protocol::PartitionId(0)};

inline NodeId n(int id) { return NodeId(id); }

inline SeenBatch batch(std::int64_t offset, std::int32_t epoch, std::uint64_t bytes = 0) {
    return {Offset(offset), Offset(offset), LeaderEpoch(epoch), Digest{bytes, 1}};
}

inline ReplicaView a_replica(const ReplicaStanding& standing) {
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

}  // namespace gregor::scenarios::test
