#include "clients/producer/metadata.h"

#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::producer;
using protocol::ErrorCode;
using protocol::LeaderEpoch;
using protocol::NodeId;
using protocol::PartitionId;

namespace {

protocol::MetadataResponse orders(NodeId leader, LeaderEpoch epoch, protocol::TopicId id = {}) {
    protocol::MetadataResponse response;
    response.topics.push_back({.name = "orders", .topic_id = id});
    response.topics[0].partitions.push_back(
        {.partition_index = PartitionId(0), .leader_id = leader, .leader_epoch = epoch});
    return response;
}

}  // namespace

TEST_CASE("an older leader epoch changes nothing, but another topic of the name does") {
    Accumulator accumulator({});
    Metadata metadata;
    const Metadata::Topic& topic = metadata.topic("orders");
    REQUIRE(topic.error_code == ErrorCode::unknown_topic_or_partition);
    metadata.apply(orders(NodeId(1), LeaderEpoch(5)), accumulator);
    metadata.apply(orders(NodeId(2), LeaderEpoch(4)), accumulator);
    REQUIRE(topic.partitions.at(0).leader == NodeId(1));
    metadata.apply(orders(protocol::kNoNode, LeaderEpoch(6)), accumulator);
    REQUIRE(topic.available.empty());
    metadata.apply(orders(NodeId(3), LeaderEpoch(0), protocol::kMetadataTopicId), accumulator);
    REQUIRE(topic.partitions.at(0).leader == NodeId(3));
    REQUIRE(topic.available == std::vector{0});
}

TEST_CASE("what is known of a topic outlives an error") {
    Accumulator accumulator({});
    Metadata metadata;
    const Metadata::Topic& topic = metadata.topic("orders");
    metadata.apply(orders(NodeId(1), LeaderEpoch(5)), accumulator);
    protocol::MetadataResponse error;
    error.topics.push_back({.error_code = ErrorCode::leader_not_available, .name = "orders"});
    metadata.apply(error, accumulator);
    REQUIRE(topic.error_code == ErrorCode::leader_not_available);
    REQUIRE(topic.partitions.size() == 1);
}
