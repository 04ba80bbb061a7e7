// What may be told of one topic with two partitions, and of its settings.
#include "scenarios/checkers/image_answers.h"

#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::scenarios;
using metadata::MetadataImage;
using protocol::ErrorCode;
using protocol::LeaderEpoch;
using protocol::NodeId;
using protocol::PartitionId;

namespace {

using Topic = ImageAnswers::Topic;

protocol::TopicId topic_id() {
    protocol::TopicId id;
    id.bytes[0] = 1;
    return id;
}

MetadataImage an_image() {
    MetadataImage image;
    for (const int node : {1, 2}) {
        const protocol::RegisterBrokerRecord broker{.broker_id = NodeId(node), .fenced = false};
        REQUIRE(image.apply(broker).has_value());
    }
    REQUIRE(image.apply(protocol::TopicRecord{.name = "orders", .topic_id = topic_id()}));
    for (const int index : {0, 1}) {
        protocol::PartitionRecord record;
        record.partition_id = PartitionId(index);
        record.topic_id = topic_id();
        record.replicas = {NodeId(1), NodeId(2)};
        record.isr = {NodeId(1), NodeId(2)};
        record.leader = NodeId(1);
        record.leader_epoch = LeaderEpoch(4);
        REQUIRE(image.apply(record).has_value());
    }
    return image;
}

void set(MetadataImage& image, std::int8_t type, const std::string& name, const std::string& key,
         const std::string& value) {
    REQUIRE(image
                .apply(protocol::ConfigRecord{
                    .resource_type = type, .resource_name = name, .name = key, .value = value})
                .has_value());
}

Topic orders(std::initializer_list<int> partitions) {
    Topic topic{.name = "orders", .topic_id = topic_id()};
    for (const int index : partitions) {
        auto& partition = topic.partitions.emplace_back();
        partition.partition_index = PartitionId(index);
        partition.leader_id = NodeId(1);
        partition.leader_epoch = LeaderEpoch(4);
        partition.replica_nodes = partition.isr_nodes = {NodeId(1), NodeId(2)};
        partition.eligible_leader_replicas = partition.last_known_elr = std::vector<NodeId>();
    }
    return topic;
}

ImageAnswers::Described described(const std::map<std::string, std::string>& own) {
    ImageAnswers::Described told{.resource_type = 2, .resource_name = "orders"};
    const auto config = log::LogConfig::with({}, own);
    REQUIRE(config.has_value());
    for (const log::LogConfigKey& key : log::log_config_keys()) {
        const std::string name(key.name);
        told.configs.push_back(
            {.name = name,
             .value = config->value_of(key.name),
             .config_source = static_cast<std::int8_t>(own.contains(name) ? 1 : 5)});
    }
    return told;
}

std::string invariant(const AnswerVerdict& verdict) {
    return verdict ? std::string(verdict->invariant) : "pass";
}

}  // namespace

TEST_CASE("every partition is told of once, and as it is") {
    const MetadataImage image = an_image();
    const ImageAnswers answers(image, image);
    CHECK(invariant(answers.check_topics(std::vector{orders({0, 1})})) == "pass");
    CHECK(invariant(answers.check_topics(std::vector{orders({0}), orders({1})})) == "pass");
    CHECK(invariant(answers.check_topics(std::vector{orders({0})})) == "M2");
    CHECK(invariant(answers.check_topics(std::vector{orders({0, 1}), orders({1})})) == "M2");
    Topic topic = orders({0, 1});
    topic.partitions[1].offline_replicas = {NodeId(2)};
    CHECK(invariant(answers.check_topics(std::vector{topic})) == "M2");
}

TEST_CASE("nothing is said of a partition that has changed meanwhile") {
    const MetadataImage before = an_image();
    MetadataImage after = before;
    protocol::PartitionChangeRecord change;
    change.partition_id = PartitionId(1);
    change.topic_id = topic_id();
    change.leader = NodeId(2);
    REQUIRE(after.apply(change).has_value());
    const ImageAnswers answers(before, after);
    Topic topic = orders({0, 1});
    topic.partitions[1].leader_id = NodeId(2);
    topic.partitions[1].leader_epoch = LeaderEpoch(5);
    CHECK(invariant(answers.check_topics(std::vector{topic})) == "pass");
    topic.partitions[0].leader_id = NodeId(2);
    CHECK(invariant(answers.check_topics(std::vector{topic})) == "M2");
}

TEST_CASE("a topic's settings are its own, over the broker's") {
    MetadataImage image = an_image();
    set(image, 2, "orders", "segment.bytes", "20000");
    const ImageAnswers answers(image, image);
    CHECK(invariant(answers.check_topic_configs(described({{"segment.bytes", "20000"}}), {})) ==
          "pass");
    CHECK(invariant(answers.check_topic_configs(described({}), {})) == "M2");
    auto told = described({{"segment.bytes", "20000"}});
    told.configs.pop_back();
    CHECK(invariant(answers.check_topic_configs(told, {})) == "M2");
    log::LogConfig defaults;
    defaults.retention_ms = 5'000;
    CHECK(invariant(answers.check_topic_configs(described({{"segment.bytes", "20000"}}),
                                                defaults)) == "M2");
    const MetadataImage before = an_image();
    CHECK(invariant(ImageAnswers(before, image).check_topic_configs(described({}), {})) == "pass");
}

TEST_CASE("a broker's settings are those of its file, under the dynamic ones") {
    MetadataImage image = an_image();
    set(image, 4, "1", "leader.replication.throttled.rate", "1000");
    const ImageAnswers answers(image, image);
    ImageAnswers::Described told{.resource_type = 4, .resource_name = "1"};
    told.configs = {
        {.name = "leader.replication.throttled.rate", .value = "1000", .config_source = 2},
        {.name = "node.id", .value = "1", .config_source = 4},
        {.name = "num.partitions", .value = "1", .config_source = 5}};
    CHECK(invariant(answers.check_broker_configs(told, {{"node.id", "1"}})) == "pass");
    CHECK(invariant(answers.check_broker_configs(told, {{"node.id", "2"}})) == "M2");
    CHECK(invariant(answers.check_broker_configs(told, {{"broker.rack", "r1"}})) == "M2");
    told.configs[0].config_source = 4;
    CHECK(invariant(answers.check_broker_configs(told, {})) == "M2");
    told.configs.clear();
    CHECK(invariant(answers.check_broker_configs(told, {})) == "M2");
}
