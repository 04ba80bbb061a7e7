// Fetch sessions (KIP-227), driven as a client would.
#include "broker/replication/fetch_session.h"

#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::replication;
using protocol::Offset;
using protocol::PartitionId;

namespace {

constexpr std::int16_t kByName = 12;
constexpr std::int16_t kById = 13;

TopicId id_of(std::uint8_t number) {
    TopicId id;
    id.bytes[15] = number;
    return id;
}

FetchRequest asks(std::int32_t session_id, std::int32_t epoch, const std::vector<int>& partitions,
                  const std::vector<int>& forgotten = {}) {
    FetchRequest request;
    request.session_id = session_id;
    request.session_epoch = epoch;
    if (!partitions.empty()) {
        FetchRequest::Topic topic;
        topic.topic = "orders";
        topic.topic_id = id_of(7);
        for (const int partition : partitions) {
            topic.partitions.emplace_back().partition = PartitionId(partition);
        }
        request.topics.push_back(topic);
    }
    if (!forgotten.empty()) {
        FetchRequest::ForgottenTopic topic;
        topic.topic = "orders";
        topic.topic_id = id_of(7);
        for (const int partition : forgotten) topic.partitions.push_back(PartitionId(partition));
        request.forgotten_topics_data.push_back(topic);
    }
    return request;
}

struct Client {
    explicit Client(std::size_t slots) : cache(slots) {}

    FetchContext begin(const FetchRequest& request, std::int16_t version = kByName,
                       bool is_follower = false) {
        return cache.begin(version, request, is_follower, now, [this](const TopicId& id) {
            return id == id_of(7) && knows_id ? std::optional<std::string>("orders") : std::nullopt;
        });
    }
    /// Every partition answered with this high watermark and so many bytes.
    FetchVerdict finish(FetchContext& context, std::int64_t high_watermark = 5,
                        std::size_t bytes = 0) {
        std::vector<FetchResponse::Partition> answers;
        for (const FetchTarget& target : context.targets()) {
            FetchResponse::Partition answer;
            answer.partition_index = target.wanted.partition;
            answer.high_watermark = Offset(high_watermark);
            answer.records = protocol::RecordsField::gap(bytes);
            answers.push_back(answer);
        }
        return cache.finish(context, answers, now, random);
    }
    FetchVerdict ask(const FetchRequest& request, std::int64_t high_watermark = 5,
                     std::size_t bytes = 0) {
        FetchContext context = begin(request);
        return finish(context, high_watermark, bytes);
    }

    FetchSessionCache cache;
    Instant now{};
    Random random{1};
    bool knows_id = true;
};

std::vector<int> partitions_of(const FetchContext& context) {
    std::vector<int> partitions;
    for (const FetchTarget& target : context.targets()) {
        partitions.push_back(target.wanted.partition.value());
    }
    return partitions;
}

}  // namespace

TEST_CASE("a session's answers name only what is new") {
    Client client(10);
    const FetchVerdict opened = client.ask(asks(0, 0, {0, 1, 2}));
    REQUIRE(opened.session_id != 0);
    REQUIRE(opened.included == std::vector<std::size_t>{0, 1, 2});
    REQUIRE(client.ask(asks(opened.session_id, 1, {})).included.empty());
    REQUIRE(client.ask(asks(opened.session_id, 2, {}), 6).included.size() == 3);
    REQUIRE(client.ask(asks(opened.session_id, 3, {}), 6).included.empty());
    REQUIRE(client.ask(asks(opened.session_id, 4, {}), 6, 100).included.size() == 3);
}

TEST_CASE("a session takes up added partitions and drops forgotten ones") {
    Client client(10);
    const std::int32_t id = client.ask(asks(0, 0, {0, 1})).session_id;
    FetchContext context = client.begin(asks(id, 1, {5}, {0}));
    REQUIRE(partitions_of(context) == std::vector{1, 5});
    REQUIRE(client.finish(context).included == std::vector<std::size_t>{1});
    REQUIRE(client.cache.partitions() == 2);
}

TEST_CASE("partitions that were served go behind the others") {
    Client client(10);
    const std::int32_t id = client.ask(asks(0, 0, {0, 1, 2})).session_id;
    FetchContext context = client.begin(asks(id, 1, {}));
    std::vector<FetchResponse::Partition> answers(3);
    for (int i = 0; i < 3; ++i) {
        answers[static_cast<std::size_t>(i)].partition_index = PartitionId(i);
        answers[static_cast<std::size_t>(i)].high_watermark = Offset(5);
    }
    answers[0].records = protocol::RecordsField::gap(10);
    REQUIRE(client.cache.finish(context, answers, client.now, client.random).included ==
            std::vector<std::size_t>{0});
    REQUIRE(partitions_of(client.begin(asks(id, 2, {}))) == std::vector{1, 2, 0});
}

TEST_CASE("an error is told again with the next answer") {
    Client client(10);
    const std::int32_t id = client.ask(asks(0, 0, {0})).session_id;
    FetchContext context = client.begin(asks(id, 1, {}));
    std::vector<FetchResponse::Partition> answers(1);
    answers[0].error_code = ErrorCode::not_leader_or_follower;
    answers[0].high_watermark = Offset(5);
    REQUIRE(client.cache.finish(context, answers, client.now, client.random).included.size() == 1);
    REQUIRE(client.ask(asks(id, 2, {})).included.size() == 1);
    REQUIRE(client.ask(asks(id, 3, {})).included.empty());
}

TEST_CASE("unknown sessions, wrong epochs and another way of naming topics are refused") {
    Client client(10);
    const std::int32_t id = client.ask(asks(0, 0, {0})).session_id;
    REQUIRE(client.ask(asks(id + 1, 1, {})).error == ErrorCode::fetch_session_id_not_found);
    REQUIRE(client.ask(asks(id, 2, {})).error == ErrorCode::invalid_fetch_session_epoch);
    REQUIRE(client.begin(asks(id, 1, {}), kById).error() ==
            ErrorCode::fetch_session_topic_id_error);
    REQUIRE(client.ask(asks(id, 1, {})).error == ErrorCode::none);
    REQUIRE(client.ask(asks(id, 1, {})).error == ErrorCode::invalid_fetch_session_epoch);
}

TEST_CASE("an answer that was overtaken by the next request is refused") {
    Client client(10);
    const std::int32_t id = client.ask(asks(0, 0, {0})).session_id;
    FetchContext parked = client.begin(asks(id, 1, {}));
    FetchContext next = client.begin(asks(id, 2, {}));
    REQUIRE(client.finish(parked).error == ErrorCode::invalid_fetch_session_epoch);
    REQUIRE(client.finish(next).error == ErrorCode::none);
}

TEST_CASE("epoch -1 ends a session, epoch 0 begins another, forgetting all ends it too") {
    Client client(10);
    const std::int32_t first = client.ask(asks(0, 0, {0})).session_id;
    const FetchVerdict closed = client.ask(asks(first, -1, {0}));
    REQUIRE(closed.session_id == 0);
    REQUIRE(closed.included.size() == 1);
    REQUIRE(client.cache.size() == 0);
    const std::int32_t second = client.ask(asks(0, 0, {0})).session_id;
    const std::int32_t third = client.ask(asks(second, 0, {0})).session_id;
    REQUIRE(third != 0);
    REQUIRE(client.cache.size() == 1);
    REQUIRE(client.ask(asks(third, 1, {}, {0})).session_id == 0);
    REQUIRE(client.cache.size() == 0);
}

TEST_CASE("session epochs wrap to 1") {
    REQUIRE(next_session_epoch(0) == 1);
    REQUIRE(next_session_epoch(INT32_MAX) == 1);
    REQUIRE(next_session_epoch(-1) == -1);
}

TEST_CASE("a full cache gives a new session only to those who may push out another") {
    Client client(1);
    const std::int32_t first = client.ask(asks(0, 0, {0})).session_id;
    REQUIRE(client.ask(asks(0, 0, {0, 1})).session_id == 0);
    // A follower's session goes before a consumer's.
    FetchContext follower = client.begin(asks(0, 0, {0}), kByName, true);
    const std::int32_t followers = client.finish(follower).session_id;
    REQUIRE(followers != 0);
    REQUIRE(client.ask(asks(first, 1, {})).error == ErrorCode::fetch_session_id_not_found);
    REQUIRE(client.cache.evictions() == 1);
    // What was not used for long goes in any case.
    client.now += FetchSessionCache::kEvictionAge + 1ms;
    REQUIRE(client.ask(asks(0, 0, {0})).session_id != 0);
}

TEST_CASE("an old session gives way to a larger one only") {
    Client client(1);
    const std::int32_t first = client.ask(asks(0, 0, {0, 1})).session_id;
    client.now += FetchSessionCache::kEvictionAge + 1ms;
    REQUIRE(client.ask(asks(first, 1, {})).error == ErrorCode::none);  // used, and old now
    REQUIRE(client.ask(asks(0, 0, {0})).session_id == 0);
    REQUIRE(client.ask(asks(0, 0, {0, 1, 2})).session_id != 0);
}

TEST_CASE("without slots every fetch is without a session") {
    Client client(0);
    REQUIRE(client.ask(asks(0, 0, {0})).session_id == 0);
}

TEST_CASE("topic ids become known while a session lives") {
    Client client(10);
    client.knows_id = false;
    FetchContext opening = client.begin(asks(0, 0, {0}), kById);
    REQUIRE(opening.targets().front().topic.empty());
    const std::int32_t id = client.finish(opening, -1).session_id;
    client.knows_id = true;
    REQUIRE(client.begin(asks(id, 1, {}), kById).targets().front().topic == "orders");
}

TEST_CASE("a client that puts a served partition aside is known to be busy with it") {
    Client client(10);
    const std::int32_t id = client.ask(asks(0, 0, {0, 1}), 5, 100).session_id;
    REQUIRE(client.begin(asks(id, 1, {}, {0})).client_holds_records());
    REQUIRE(client.begin(asks(id, 2, {})).client_holds_records());
    REQUIRE_FALSE(client.begin(asks(id, 3, {0})).client_holds_records());
}
