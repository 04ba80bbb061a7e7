// The transactional producer's state machine without a cluster: what it asks for next, and what
// answers and errors do to a transaction.
#include "clients/producer/transaction_manager.h"

#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::producer;
using client::Error;
using client::TopicPartition;
using protocol::ErrorCode;
using protocol::Offset;
using protocol::PartitionId;
using protocol::ProducerEpoch;
using protocol::ProducerId;
using enum TransactionState;

namespace {

constexpr Instant kNow{1000s};
const TopicPartition kOrders{"orders", PartitionId(0)};
const Error kNoAnswer{ErrorCode::network_exception, "no answer"};

struct Setup {
    explicit Setup(bool is_version_2 = true) : manager({.transactional_id = "t"}) {
        manager.set_version_2(is_version_2);
        REQUIRE(manager.init().has_value());
        const auto request = next<protocol::InitProducerIdRequest>();
        REQUIRE(request.producer_id == protocol::kNoProducerId);
        initialized(7, 0);
        REQUIRE(manager.take_outcome()->has_value());
    }

    /// What is asked next, which must be this.
    template <class Step>
    Step next(bool has_batches = false, Instant now = kNow) {
        const TransactionStep step = manager.next(now, has_batches);
        manager.check_invariants();
        REQUIRE(std::holds_alternative<Step>(step));
        return std::get<Step>(step);
    }
    bool is_idle(bool has_batches = false) {
        return std::holds_alternative<WaitUntil>(manager.next(kNow, has_batches));
    }
    void initialized(std::int64_t id, std::int16_t epoch) {
        manager.initialized(
            kNow, protocol::InitProducerIdResponse{.producer_id = ProducerId(id),
                                                   .producer_epoch = ProducerEpoch(epoch)});
        manager.check_invariants();
    }
    void added(ErrorCode error, const TopicPartition& partition = kOrders) {
        protocol::AddPartitionsToTxnResponse response;
        auto& topic = response.results_by_topic_v3_and_below.emplace_back();
        topic.name = partition.topic;
        topic.results_by_partition.push_back(
            {.partition_index = partition.partition, .partition_error_code = error});
        manager.partitions_added(kNow, response);
        manager.check_invariants();
    }
    void offsets_committed(ErrorCode error) {
        protocol::TxnOffsetCommitResponse response;
        auto& topic = response.topics.emplace_back();
        topic.name = kOrders.topic;
        topic.partitions.push_back({.partition_index = kOrders.partition, .error_code = error});
        manager.offsets_committed(kNow, response);
        manager.check_invariants();
    }
    void ended(ErrorCode error, std::int16_t epoch = -1) {
        manager.ended(kNow, protocol::EndTxnResponse{.error_code = error,
                                                     .producer_id = ProducerId(epoch < 0 ? -1 : 7),
                                                     .producer_epoch = ProducerEpoch(epoch)});
        manager.check_invariants();
    }
    [[nodiscard]] ErrorCode outcome() {
        const auto outcome = manager.take_outcome();
        REQUIRE(outcome.has_value());
        return *outcome ? ErrorCode::none : outcome->error().code;
    }

    TransactionManager manager;
};

const client::Offsets kOffsets{{kOrders, {.offset = Offset(5)}}};

}  // namespace

TEST_CASE("version 2: partitions join by being written to, and each transaction has its epoch") {
    Setup setup;
    REQUIRE(setup.manager.begin().has_value());
    REQUIRE(setup.manager.join(kOrders, PartitionSlot(0)));
    REQUIRE(setup.is_idle());
    REQUIRE(setup.manager.commit().has_value());
    REQUIRE(setup.is_idle(/*has_batches=*/true));
    const auto end = setup.next<EndTransaction>();
    REQUIRE(end.request.committed);
    REQUIRE(end.newest == 5);
    setup.ended(ErrorCode::none, 1);
    REQUIRE(setup.outcome() == ErrorCode::none);
    REQUIRE(setup.manager.state() == ready);
    REQUIRE(setup.manager.identity() == ProducerIdentity{7, 1});
}

TEST_CASE("version 1: partitions and groups are added first") {
    Setup setup(false);
    REQUIRE(setup.manager.begin().has_value());
    REQUIRE(!setup.manager.join(kOrders, PartitionSlot(3)));
    const auto add = setup.next<protocol::AddPartitionsToTxnRequest>();
    REQUIRE(add.v3_and_below_topics.size() == 1);
    // The transaction before is hardly over.
    setup.added(ErrorCode::concurrent_transactions);
    REQUIRE(setup.next<WaitUntil>().time == kNow + 20ms);
    setup.next<protocol::AddPartitionsToTxnRequest>(true, kNow + 20ms);
    setup.added(ErrorCode::none);
    REQUIRE(setup.manager.take_added() == std::vector{PartitionSlot(3)});
    REQUIRE(setup.manager.join(kOrders, PartitionSlot(3)));

    REQUIRE(setup.manager.send_offsets(kOffsets, {.group_id = "g"}).has_value());
    REQUIRE(setup.next<protocol::AddOffsetsToTxnRequest>(true, kNow + 1s).group_id == "g");
    setup.manager.offsets_added(kNow, protocol::AddOffsetsToTxnResponse{});
    REQUIRE(setup.next<CommitOffsets>(true, kNow + 1s).newest == 4);
    setup.offsets_committed(ErrorCode::none);
    REQUIRE(setup.outcome() == ErrorCode::none);

    REQUIRE(setup.manager.commit().has_value());
    REQUIRE(setup.next<EndTransaction>(false, kNow + 1s).newest == 4);
    setup.ended(ErrorCode::none);
    REQUIRE(setup.manager.state() == ready);
    REQUIRE(setup.manager.identity() == ProducerIdentity{7, 0});
}

TEST_CASE("an empty transaction ends without a word") {
    Setup setup;
    REQUIRE(setup.manager.begin().has_value());
    REQUIRE(setup.manager.commit().has_value());
    REQUIRE(setup.is_idle());
    REQUIRE(setup.outcome() == ErrorCode::none);
    REQUIRE(setup.manager.identity() == ProducerIdentity{7, 0});
}

TEST_CASE("a commit without an answer is asked for until there is one, whoever still waits") {
    Setup setup;
    REQUIRE(setup.manager.begin().has_value());
    REQUIRE(setup.manager.join(kOrders, PartitionSlot(0)));
    REQUIRE(setup.manager.commit().has_value());
    setup.next<EndTransaction>();
    setup.manager.ended(kNow, fail(kNoAnswer));
    REQUIRE(setup.next<WaitUntil>().time == kNow + 100ms);
    // The application's time is up. It may not do anything else.
    REQUIRE(setup.manager.abort().error().code == ErrorCode::invalid_txn_state);
    REQUIRE(setup.manager.commit().has_value());
    setup.next<EndTransaction>(false, kNow + 100ms);
    setup.ended(ErrorCode::none, 1);
    REQUIRE(setup.outcome() == ErrorCode::none);
}

TEST_CASE("version 1: an end without an answer cannot end the next transaction, too") {
    Setup setup(false);
    REQUIRE(setup.manager.begin().has_value());
    REQUIRE(!setup.manager.join(kOrders, PartitionSlot(0)));
    setup.next<protocol::AddPartitionsToTxnRequest>();
    setup.added(ErrorCode::none);
    REQUIRE(setup.manager.commit().has_value());
    setup.next<EndTransaction>();
    setup.manager.ended(kNow, fail(kNoAnswer));
    setup.next<EndTransaction>(false, kNow + 1s);
    setup.ended(ErrorCode::none);
    REQUIRE(setup.next<protocol::InitProducerIdRequest>(false, kNow + 1s).producer_epoch ==
            ProducerEpoch(0));
    setup.initialized(7, 1);
    REQUIRE(setup.outcome() == ErrorCode::none);
}

TEST_CASE("after a failed batch the transaction can only be aborted") {
    for (const bool is_version_2 : {true, false}) {
        INFO("version 2: " << is_version_2);
        Setup setup(is_version_2);
        REQUIRE(setup.manager.begin().has_value());
        const bool goes_out = setup.manager.join(kOrders, PartitionSlot(0));
        REQUIRE(goes_out == is_version_2);
        if (!is_version_2) {
            setup.next<protocol::AddPartitionsToTxnRequest>();
            setup.added(ErrorCode::none);
        }
        REQUIRE(setup.manager.commit().has_value());
        setup.manager.batch_failed({ErrorCode::request_timed_out, "expired"});
        REQUIRE(setup.outcome() == ErrorCode::request_timed_out);
        REQUIRE(setup.manager.state() == abortable_error);
        REQUIRE(!setup.manager.check_send());
        REQUIRE(!setup.manager.commit());
        REQUIRE(!setup.manager.begin());
        REQUIRE(setup.manager.abort().has_value());
        REQUIRE(!setup.next<EndTransaction>().request.committed);
        setup.ended(ErrorCode::none, 1);
        if (!is_version_2) {
            // What may be under way still is fenced by the next epoch.
            REQUIRE(setup.next<protocol::InitProducerIdRequest>().producer_id == ProducerId(7));
            setup.initialized(7, 1);
        }
        REQUIRE(setup.outcome() == ErrorCode::none);
        REQUIRE(setup.manager.state() == ready);
        REQUIRE(setup.manager.identity() == ProducerIdentity{7, 1});
        REQUIRE(setup.manager.begin().has_value());
    }
}

TEST_CASE("offsets of a member that is none any more fail the transaction") {
    Setup setup;
    REQUIRE(setup.manager.begin().has_value());
    REQUIRE(setup.manager
                .send_offsets(kOffsets, {.group_id = "g", .generation_id = 3, .member_id = "m"})
                .has_value());
    const auto commit = setup.next<CommitOffsets>();
    REQUIRE(commit.request.generation_id == 3);
    REQUIRE(commit.newest == 5);
    setup.offsets_committed(ErrorCode::illegal_generation);
    REQUIRE(setup.outcome() == ErrorCode::illegal_generation);
    REQUIRE(setup.manager.abort().has_value());
    // The group may have joined.
    REQUIRE(!setup.next<EndTransaction>().request.committed);
}

TEST_CASE("a commit waits for offsets that nobody waits for any more") {
    Setup setup;
    REQUIRE(setup.manager.begin().has_value());
    REQUIRE(setup.manager.send_offsets(kOffsets, {.group_id = "g"}).has_value());
    setup.next<CommitOffsets>();
    setup.offsets_committed(ErrorCode::coordinator_load_in_progress);
    REQUIRE(setup.manager.commit().has_value());
    setup.next<CommitOffsets>(false, kNow + 1s);
    setup.offsets_committed(ErrorCode::none);
    REQUIRE(setup.next<EndTransaction>(false, kNow + 1s).request.committed);
}

TEST_CASE("a fenced producer has no way back") {
    Setup setup;
    REQUIRE(setup.manager.begin().has_value());
    REQUIRE(setup.manager.join(kOrders, PartitionSlot(0)));
    // A leader cannot tell a fenced producer from one whose transaction has timed out.
    setup.manager.batch_failed({ErrorCode::invalid_producer_epoch, "late"});
    REQUIRE(setup.manager.state() == abortable_error);
    REQUIRE(setup.manager.abort().has_value());
    setup.next<EndTransaction>();
    setup.ended(ErrorCode::producer_fenced);
    REQUIRE(setup.outcome() == ErrorCode::producer_fenced);
    REQUIRE(setup.manager.state() == fatal_error);
    REQUIRE(!setup.manager.abort());
    REQUIRE(setup.is_idle());
}

TEST_CASE("a coordinator that has forgotten the producer gives it another id after the abort") {
    Setup setup;
    REQUIRE(setup.manager.begin().has_value());
    REQUIRE(setup.manager.join(kOrders, PartitionSlot(0)));
    REQUIRE(setup.manager.commit().has_value());
    setup.next<EndTransaction>();
    setup.ended(ErrorCode::invalid_producer_id_mapping);
    REQUIRE(setup.outcome() == ErrorCode::invalid_producer_id_mapping);
    REQUIRE(setup.manager.abort().has_value());
    setup.next<protocol::InitProducerIdRequest>();
    setup.initialized(9, 0);
    REQUIRE(setup.outcome() == ErrorCode::none);
    REQUIRE(setup.manager.identity() == ProducerIdentity{9, 0});
}

TEST_CASE(
    "a coordinator that forgets the producer after a commit without an answer leaves it open") {
    Setup setup;
    REQUIRE(setup.manager.begin().has_value());
    REQUIRE(setup.manager.join(kOrders, PartitionSlot(0)));
    REQUIRE(setup.manager.commit().has_value());
    static_cast<void>(setup.next<EndTransaction>());
    setup.manager.ended(kNow, fail(kNoAnswer));
    setup.ended(ErrorCode::invalid_producer_id_mapping);
    REQUIRE(setup.outcome() == ErrorCode::invalid_producer_id_mapping);
    REQUIRE(setup.manager.state() == fatal_error);
    REQUIRE_FALSE(setup.manager.abort().has_value());
}

TEST_CASE("a cluster that rises to version 2 is followed with the next transaction") {
    Setup setup(false);
    REQUIRE(setup.manager.begin().has_value());
    REQUIRE(!setup.manager.join(kOrders, PartitionSlot(0)));
    setup.next<protocol::AddPartitionsToTxnRequest>();
    setup.added(ErrorCode::none);
    setup.manager.set_version_2(true);
    REQUIRE(setup.manager.commit().has_value());
    REQUIRE(setup.next<EndTransaction>().newest == 4);
    setup.ended(ErrorCode::none);
    setup.next<protocol::InitProducerIdRequest>();
    setup.initialized(7, 1);
    REQUIRE(setup.outcome() == ErrorCode::none);
    REQUIRE(setup.manager.begin().has_value());
    REQUIRE(setup.manager.is_version_2());
}

TEST_CASE("calls that are out of order are refused, and change nothing") {
    TransactionManager manager({.transactional_id = "t"});
    REQUIRE(manager.begin().error().message ==
            "TransactionalId t: Invalid transition attempted from state UNINITIALIZED to state "
            "IN_TRANSACTION");
    REQUIRE(!manager.commit());
    REQUIRE(!manager.abort());
    REQUIRE(!manager.check_send());
    REQUIRE(!manager.send_offsets(kOffsets, {.group_id = "g"}));
    REQUIRE(manager.init().has_value());
    // Who asks for authorization may ask again when there is some.
    manager.initialized(kNow, protocol::InitProducerIdResponse{
                                  .error_code = ErrorCode::transactional_id_authorization_failed});
    REQUIRE(!*manager.take_outcome());
    REQUIRE(manager.state() == uninitialized);
    REQUIRE(manager.init().has_value());
}
