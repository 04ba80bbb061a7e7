// The asking end of fetch sessions, alone and against the answering end.
#include "broker/replication/fetch_session_builder.h"

#include "broker/replication/fetch_session.h"
#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::replication;

namespace {

using Builder = FetchSessionBuilder;

constexpr TopicId kTopic{{1}};

Builder::Key key(int partition) { return {kTopic, protocol::PartitionId(partition)}; }

FetchRequest::Partition at(int partition, int offset) {
    FetchRequest::Partition wanted;
    wanted.partition = protocol::PartitionId(partition);
    wanted.fetch_offset = protocol::Offset(offset);
    return wanted;
}

FetchRequest build(Builder& builder, const Builder::Wanted& wanted) {
    FetchRequest request;
    builder.build(request, wanted);
    return request;
}

FetchResponse answer(std::int32_t session, const std::vector<int>& partitions,
                     ErrorCode error = ErrorCode::none) {
    FetchResponse response;
    response.error_code = error;
    response.session_id = session;
    if (partitions.empty()) return response;
    FetchResponse::Topic& topic = response.responses.emplace_back();
    topic.topic_id = kTopic;
    for (const int partition : partitions) {
        topic.partitions.emplace_back().partition_index = protocol::PartitionId(partition);
    }
    return response;
}

std::size_t named(const FetchRequest& request) {
    return request.topics.empty() ? 0 : request.topics[0].partitions.size();
}

}  // namespace

TEST_CASE("a session's requests name what is new, changed and wanted no more") {
    Builder builder;
    FetchRequest request = build(builder, {{key(0), at(0, 5)}, {key(1), at(1, 7)}});
    REQUIRE(request.session_id == 0);
    REQUIRE(request.session_epoch == 0);
    REQUIRE(named(request) == 2);
    REQUIRE(builder.answered(answer(9, {0, 1})));

    request = build(builder, {{key(0), at(0, 6)}, {key(1), at(1, 7)}});
    REQUIRE(request.session_id == 9);
    REQUIRE(request.session_epoch == 1);
    REQUIRE(named(request) == 1);
    REQUIRE(request.topics[0].partitions[0] == at(0, 6));
    REQUIRE(builder.answered(answer(9, {})));

    request = build(builder, {{key(1), at(1, 7)}, {key(2), at(2, 0)}});
    REQUIRE(request.session_epoch == 2);
    REQUIRE(named(request) == 1);
    REQUIRE(request.forgotten_topics_data.size() == 1);
    REQUIRE(request.forgotten_topics_data[0].partitions == std::vector{protocol::PartitionId(0)});
}

TEST_CASE("without a session every request names all") {
    Builder builder;
    const Builder::Wanted wanted{{key(0), at(0, 5)}};
    for (int i = 0; i < 2; ++i) {
        REQUIRE(named(build(builder, wanted)) == 1);
        REQUIRE(builder.answered(answer(0, {0})));
        REQUIRE(builder.epoch() == 0);
    }
}

TEST_CASE("a lost answer or a refused request begins anew and ends the old session") {
    Builder builder;
    const Builder::Wanted wanted{{key(0), at(0, 5)}};
    build(builder, wanted);
    REQUIRE(builder.answered(answer(9, {0})));
    build(builder, wanted);
    builder.lost();
    FetchRequest request = build(builder, wanted);
    REQUIRE(request.session_id == 9);
    REQUIRE(request.session_epoch == 0);
    REQUIRE(named(request) == 1);
    REQUIRE(builder.answered(answer(10, {0})));
    build(builder, wanted);
    REQUIRE(builder.answered(answer(0, {}, ErrorCode::fetch_session_id_not_found)).error() ==
            ErrorCode::fetch_session_id_not_found);
    request = build(builder, wanted);
    REQUIRE(request.session_id == 0);
    REQUIRE(request.session_epoch == 0);
}

TEST_CASE("an answer about partitions that nobody asked for is not used") {
    Builder builder;
    build(builder, {{key(0), at(0, 5)}});
    REQUIRE(builder.answered(answer(9, {1})).error() == ErrorCode::invalid_request);
    build(builder, {{key(0), at(0, 5)}});
    REQUIRE(builder.answered(answer(9, {})).error() == ErrorCode::invalid_request);
    REQUIRE(builder.epoch() == 0);
}

TEST_CASE("both ends of a session agree on what is fetched") {
    FetchSessionCache cache(10);
    Builder builder;
    Random random(7);
    Builder::Wanted wanted;
    for (int round = 0; round < 500; ++round) {
        const int partition = static_cast<int>(random.below(6));
        if (random.below(3) == 0) wanted.erase(key(partition));
        else wanted.insert_or_assign(key(partition), at(partition, round));
        if (random.below(10) == 0) builder.lost();
        const FetchRequest request = build(builder, wanted);
        FetchContext context =
            cache.begin(17, request, true, Instant(), [](const TopicId&) { return "orders"; });
        REQUIRE(context.error() == ErrorCode::none);
        Builder::Wanted served;
        std::vector<FetchResponse::Partition> answers;
        for (const FetchTarget& target : context.targets()) {
            served.emplace(Builder::Key{target.topic_id, target.wanted.partition}, target.wanted);
            answers.emplace_back().partition_index = target.wanted.partition;
        }
        REQUIRE(served == wanted);
        const FetchVerdict verdict = cache.finish(context, answers, Instant(), random);
        FetchResponse response;
        response.session_id = verdict.session_id;
        if (!verdict.included.empty()) response.responses.emplace_back().topic_id = kTopic;
        for (const std::size_t i : verdict.included) {
            response.responses[0].partitions.push_back(answers[i]);
        }
        REQUIRE(builder.answered(response));
    }
}
