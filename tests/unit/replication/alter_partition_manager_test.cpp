// Proposals on their way to the controller: gathered, answered each, asked again.
#include "broker/replication/alter_partition_manager.h"

#include "tests/unit/replication/on_node.h"

using namespace gregor;
using namespace gregor::replication;
using namespace gregor::replication_test;

namespace {

using protocol::AlterPartitionRequest;
using protocol::AlterPartitionResponse;

/// Answers after a while what the test says.
class Controller final : public IsrChannel {
public:
    explicit Controller(Runtime& runtime) : runtime_(runtime) {}
    Result<AlterPartitionResponse, ErrorCode> alter_partition(const AlterPartitionRequest& request,
                                                              Instant) override {
        requests.push_back(request);
        runtime_.clock().sleep_for(10ms);
        if (whole != ErrorCode::none) return fail(whole);
        AlterPartitionResponse response;
        for (const auto& topic : request.topics) {
            auto& answered = response.topics.emplace_back();
            answered.topic_id = topic.topic_id;
            for (const auto& partition : topic.partitions) {
                auto& answer = answered.partitions.emplace_back();
                answer.partition_index = partition.partition_index;
                answer.error_code = each[partition.partition_index.value()];
                answer.partition_epoch = partition.partition_epoch + 1;
            }
        }
        return response;
    }

    std::vector<AlterPartitionRequest> requests;
    ErrorCode whole = ErrorCode::none;
    std::map<int, ErrorCode> each;

private:
    Runtime& runtime_;
};

struct Answer {
    int partition;
    std::uint64_t number;
    Result<IsrDecision, ErrorCode> result;
};

struct Fixture {
    Fixture(Runtime& node, Keeper& keeper)
        : runtime(node),
          controller(keeper.make<Controller>(node)),
          manager(keeper.make<AlterPartitionManager>(
              node, NodeId(1),
              [this](HostedPartition& hosted, const IsrProposal& proposal,
                     const Result<IsrDecision, ErrorCode>& result) {
                  answers.push_back({hosted.partition.partition, proposal.number, result});
                  const bool again = !result && result.error() == ErrorCode::request_timed_out;
                  return again ? IsrOutcome::retry : IsrOutcome::taken;
              })) {}

    void submit(int partition, std::uint64_t number) {
        HostedRef& hosted = hosted_partitions[partition];
        if (hosted == nullptr) {
            hosted = std::make_shared<HostedPartition>(
                runtime, TopicPartition{"orders", partition}, TopicId{{1}}, nullptr,
                std::make_shared<log::LogConfig>(), std::make_shared<metrics::TopicMetrics>(),
                NodeId(1), 30s);
        }
        manager.submit(hosted, {.number = number,
                                .leader_epoch = LeaderEpoch(3),
                                .partition_epoch = 7,
                                .isr = {{NodeId(1)}, {NodeId(2), 22}}});
    }

    Runtime& runtime;
    Controller& controller;
    AlterPartitionManager& manager;
    std::vector<Answer> answers;
    std::map<int, HostedRef> hosted_partitions;
};

}  // namespace

TEST_CASE("proposals of many partitions go in one request, one request at a time") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Fixture& fixture = keeper.make<Fixture>(runtime, keeper);
        fixture.submit(0, 1);
        fixture.submit(1, 2);
        fixture.manager.start(fixture.controller, 11);
        runtime.clock().sleep_for(5ms);
        fixture.submit(2, 3);
        fixture.submit(2, 4);
        runtime.clock().sleep_for(100ms);
        const auto& requests = fixture.controller.requests;
        REQUIRE(requests.size() == 2);
        REQUIRE(requests[0].broker_epoch == 11);
        REQUIRE(requests[0].topics.size() == 1);
        REQUIRE(requests[0].topics[0].partitions.size() == 2);
        const auto& isr = requests[0].topics[0].partitions[0].new_isr_with_epochs;
        REQUIRE(isr.size() == 2);
        REQUIRE(isr[0].broker_epoch == 11);
        REQUIRE(isr[1].broker_epoch == 22);
        REQUIRE(fixture.answers.size() == 3);
        REQUIRE(fixture.answers[2].number == 4);
        REQUIRE(fixture.answers[2].result->partition_epoch == 8);
        fixture.manager.shut_down();
    });
}

TEST_CASE("each partition hears its own error, and what nobody could decide is asked again") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Fixture& fixture = keeper.make<Fixture>(runtime, keeper);
        fixture.controller.each[1] = ErrorCode::ineligible_replica;
        fixture.controller.whole = ErrorCode::not_controller;
        fixture.submit(0, 1);
        fixture.submit(1, 2);
        fixture.manager.start(fixture.controller, 11);
        runtime.clock().sleep_for(30ms);
        REQUIRE(fixture.answers.size() == 2);
        REQUIRE(fixture.answers[0].result.error() == ErrorCode::request_timed_out);
        fixture.controller.whole = ErrorCode::none;
        fixture.submit(0, 3);  // newer than what is to be asked again
        runtime.clock().sleep_for(200ms);
        REQUIRE(fixture.controller.requests.size() == 2);
        REQUIRE(fixture.answers.size() == 4);
        REQUIRE(fixture.answers[2].number == 3);
        REQUIRE(fixture.answers[2].result);
        REQUIRE(fixture.answers[3].result.error() == ErrorCode::ineligible_replica);
        fixture.manager.shut_down();
    });
}
