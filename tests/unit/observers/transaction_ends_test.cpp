// What a coordinator says of a transaction, and what the leader of its partition has of it.
#include "scenarios/observers/transaction_ends.h"

#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::scenarios;
using coordinator::TransactionState;

namespace {

constexpr protocol::ProducerId kProducer{7};
constexpr std::int16_t kFlexible = 1;

/// One coordinator, and one partition with its leader.
class Cluster {
public:
    Cluster() : judge_([] { return Instant(); }, [] {}), ends_(judge_) {
        image_ = std::make_shared<metadata::MetadataImage>();
        add_topic("__transaction_state", 1);
        add_topic("orders", 2);
        view_.images[NodeId(1)] = {.offset = Offset(1), .image = image_};
        set_transaction(TransactionState::empty);
    }

    /// A transaction that is not over has written to orders-0 in this epoch.
    void set_transaction(TransactionState state, std::int16_t epoch = 3) {
        coordinator::TransactionMetadata metadata;
        metadata.producer = {kProducer, protocol::ProducerEpoch(epoch)};
        metadata.timeout_ms = 1'000;
        metadata.state = state;
        metadata.client_version = 2;
        metadata.last_update_ms = 5;
        if (state == TransactionState::ongoing || metadata.is_decided()) {
            metadata.partitions = {{"orders", protocol::PartitionId(0)}};
        }
        take(coordinator::encode_transaction("t", metadata, kFlexible));
    }
    void forget_transaction() { take(coordinator::encode_tombstone("t")); }
    /// What the leader of orders-0 knows of the producer.
    void set_leader(std::int16_t epoch, bool has_written, bool is_open) {
        log::ProducerEntry entry;
        entry.producer_id = kProducer;
        entry.producer_epoch = protocol::ProducerEpoch(epoch);
        if (has_written) entry.batches.push({.last_sequence = 0, .last_offset = Offset(4)});
        if (is_open) entry.current_txn_first_offset = Offset(4);
        state_.load(std::span(&entry, 1), Offset(9), 0);
    }
    /// It is replaced, and does not know yet.
    void elect_another() { set_epoch("orders", 1); }
    void elect_another_coordinator() { set_epoch("__transaction_state", 1); }

    void look(std::int64_t wall_ms = 10) {
        ends_.begin(view_);
        ends_.look_at({.node = protocol::NodeId(1)}, wall_ms, coordinator_);
    }
    [[nodiscard]] std::string violated() const {
        return judge_.violation() ? judge_.violation()->invariant : "";
    }

private:
    void add_topic(const std::string& name, std::uint8_t number) {
        protocol::TopicId id;
        id.bytes[0] = number;
        REQUIRE(image_->apply(protocol::TopicRecord{.name = name, .topic_id = id}).has_value());
        ids_[name] = id;
        set_epoch(name, 0);
        PartitionView& partition = view_.partitions[{id, protocol::PartitionId(0)}];
        partition.name = name + "-0";
        ReplicaView& replica = partition.replicas[NodeId(1)];
        replica.role = SeenRole::leader;
        replica.leader_epoch = LeaderEpoch(0);
        if (name == "orders") replica.producers = &state_;
    }
    void set_epoch(const std::string& name, std::int32_t epoch) {
        protocol::PartitionRecord record;
        record.partition_id = protocol::PartitionId(0);
        record.topic_id = ids_.at(name);
        record.leader_epoch = LeaderEpoch(epoch);
        REQUIRE(image_->apply(record).has_value());
    }
    void take(const coordinator::CoordinatorRecord& record) {
        REQUIRE(coordinator_.apply({}, record).has_value());
    }

    std::shared_ptr<metadata::MetadataImage> image_;
    std::map<std::string, protocol::TopicId> ids_;
    ClusterView view_;
    log::ProducerState state_{86'400'000};
    coordinator::TransactionCoordinator coordinator_{coordinator::TransactionConfig{}};
    Judge judge_;
    TransactionEnds ends_;
};

}  // namespace

TEST_CASE("a transaction that is over at its coordinator, and open at a leader") {
    Cluster cluster;
    cluster.set_leader(3, true, true);
    cluster.set_transaction(TransactionState::ongoing);
    cluster.look();
    cluster.set_transaction(TransactionState::prepare_commit, 4);
    cluster.look();
    cluster.look();
    REQUIRE(cluster.violated().empty());
    cluster.set_transaction(TransactionState::complete_commit, 4);
    SECTION("for a moment") {
        cluster.look();
        cluster.set_leader(4, false, false);
        cluster.look();
        REQUIRE(cluster.violated().empty());
    }
    SECTION("for longer") {
        cluster.look();
        cluster.look();
        REQUIRE(cluster.violated() == "T6");
    }
    SECTION("at one that was replaced") {
        cluster.elect_another();
        cluster.look();
        cluster.look();
        REQUIRE(cluster.violated().empty());
    }
    SECTION("as a coordinator says that was replaced") {
        cluster.elect_another_coordinator();
        cluster.look();
        cluster.look();
        REQUIRE(cluster.violated().empty());
    }
}

TEST_CASE("a transaction that is open at its coordinator, and over at a leader") {
    Cluster cluster;
    cluster.set_transaction(TransactionState::ongoing);
    SECTION("it has not written there") {
        cluster.set_leader(3, false, false);
        cluster.look();
        REQUIRE(cluster.violated().empty());
    }
    SECTION("its end is under way") {
        cluster.set_leader(4, false, false);
        cluster.look();
        REQUIRE(cluster.violated().empty());
    }
    SECTION("an earlier one's end has come") {
        cluster.set_leader(3, true, false);
        cluster.look();
        REQUIRE(cluster.violated() == "T10");
    }
}

TEST_CASE("an id that is forgotten") {
    Cluster cluster;
    cluster.set_leader(3, true, true);
    SECTION("with its transaction open") {
        cluster.set_transaction(TransactionState::ongoing);
        cluster.look();
        cluster.forget_transaction();
        cluster.look();
        REQUIRE(cluster.violated() == "T6");
    }
    SECTION("a week later, as it may seem") {
        cluster.set_transaction(TransactionState::ongoing);
        cluster.look();
        cluster.forget_transaction();
        cluster.look(604'800'010);
        REQUIRE(cluster.violated().empty());
    }
    SECTION("when it is over") {
        cluster.set_leader(4, false, false);
        cluster.set_transaction(TransactionState::complete_abort, 4);
        cluster.look();
        cluster.forget_transaction();
        cluster.look();
        REQUIRE(cluster.violated().empty());
    }
}
