// What may be told of a transaction that is open at its coordinator.
#include "scenarios/checkers/transaction_answers.h"

#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::scenarios;
using coordinator::TransactionState;
using protocol::ErrorCode;
using protocol::PartitionId;
using protocol::ProducerEpoch;
using protocol::ProducerId;

namespace {

constexpr PartitionId kPartition{0};

TransactionMoment a_moment() {
    TransactionMoment moment;
    moment.loaded[kPartition] = protocol::LeaderEpoch(2);
    coordinator::TransactionMetadata metadata;
    metadata.producer = {ProducerId(7), ProducerEpoch(3)};
    metadata.timeout_ms = 1'000;
    metadata.start_ms = 50;
    metadata.state = TransactionState::ongoing;
    metadata.partitions = {{"orders", PartitionId(1)}};
    moment.transactions["t"] = metadata;
    return moment;
}

protocol::DescribeTransactionsResponse::TransactionState an_answer() {
    protocol::DescribeTransactionsResponse::TransactionState told;
    told.transactional_id = "t";
    told.transaction_state = "Ongoing";
    told.transaction_timeout_ms = 1'000;
    told.transaction_start_time_ms = 50;
    told.producer_id = ProducerId(7);
    told.producer_epoch = ProducerEpoch(3);
    told.topics.push_back({.topic = "orders", .partitions = {PartitionId(1)}});
    return told;
}

std::string invariant(const AnswerVerdict& verdict) {
    return verdict ? std::string(verdict->invariant) : "pass";
}

}  // namespace

TEST_CASE("a transaction is told of as its coordinator knows it") {
    const TransactionMoment moment = a_moment();
    const TransactionAnswers answers(moment, moment);
    auto told = an_answer();
    CHECK(invariant(answers.check(kPartition, told)) == "pass");
    told.transaction_state = "Empty";
    CHECK(invariant(answers.check(kPartition, told)) == "T6");
    told = an_answer();
    told.topics.clear();
    CHECK(invariant(answers.check(kPartition, told)) == "T6");
    told.error_code = ErrorCode::transactional_id_not_found;
    CHECK(invariant(answers.check(kPartition, told)) == "T6");
    CHECK(invariant(answers.check(PartitionId(1), told)) == "pass");
    told.transactional_id = "nobody";
    CHECK(invariant(answers.check(kPartition, told)) == "pass");
}

TEST_CASE("nothing is said of a transaction that has changed meanwhile") {
    const TransactionMoment before = a_moment();
    TransactionMoment after = before;
    after.transactions.at("t").state = TransactionState::prepare_commit;
    auto told = an_answer();
    told.transaction_state = "PrepareCommit";
    CHECK(invariant(TransactionAnswers(before, after).check(kPartition, told)) == "pass");
    after = before;
    after.loaded.at(kPartition) = protocol::LeaderEpoch(4);
    CHECK(invariant(TransactionAnswers(before, after).check(kPartition, told)) == "pass");
}

TEST_CASE("every transaction is listed") {
    TransactionMoment before = a_moment();
    const TransactionMoment after = before;
    protocol::ListTransactionsResponse told;
    CHECK(invariant(TransactionAnswers(before, after).check(told)) == "T6");
    told.transaction_states.push_back({.transactional_id = "t", .transaction_state = "Ongoing"});
    CHECK(invariant(TransactionAnswers(before, after).check(told)) == "pass");
    told.transaction_states[0].transaction_state = "Empty";
    CHECK(invariant(TransactionAnswers(before, after).check(told)) == "T6");
    before.loads = true;
    CHECK(invariant(TransactionAnswers(before, after).check(told)) == "pass");
}
