#include "broker/metadata/metadata_loader.h"

#include "broker/metadata/snapshot.h"
#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::metadata;
using protocol::Offset;

namespace {

class Feed {
public:
    Result<void, std::string> operator()(MetadataRecord record) {
        return loader.apply(loader.next_offset(), record);
    }
    MetadataLoader loader;
};

protocol::TopicRecord topic(const std::string& name, std::uint8_t id) {
    return {.name = name, .topic_id = protocol::Uuid{{id}}};
}

}  // namespace

TEST_CASE("a metadata transaction shows all of its records at its end, and none if it is aborted") {
    Feed feed;
    REQUIRE(feed(topic("a", 1)));
    REQUIRE(feed(protocol::BeginTransactionRecord{}));
    REQUIRE(feed(topic("b", 2)));
    REQUIRE(feed.loader.image().find_topic("b") != nullptr);
    REQUIRE(feed.loader.visible().find_topic("b") == nullptr);
    REQUIRE(feed.loader.visible().find_topic("a") != nullptr);
    REQUIRE(feed(protocol::AbortTransactionRecord{}));
    REQUIRE(feed.loader.image().find_topic("b") == nullptr);
    REQUIRE(feed(protocol::BeginTransactionRecord{}));
    REQUIRE(feed(topic("c", 3)));
    REQUIRE(feed(protocol::EndTransactionRecord{}));
    REQUIRE(feed.loader.visible().find_topic("c") != nullptr);
}

TEST_CASE("records that do not fit are refused, not applied") {
    Feed feed;
    REQUIRE(feed(topic("a", 1)));
    REQUIRE(!feed(topic("a", 2)));
    REQUIRE(!Feed()(protocol::RemoveTopicRecord{.topic_id = protocol::Uuid{{9}}}));
    REQUIRE(!Feed()(protocol::PartitionChangeRecord{.partition_id = protocol::PartitionId(0),
                                                    .topic_id = protocol::Uuid{{1}}}));
    REQUIRE(!Feed()(protocol::UnfenceBrokerRecord{.id = protocol::NodeId(1)}));
    REQUIRE(!Feed()(protocol::EndTransactionRecord{}));
    MetadataLoader loader(MetadataImage{}, Offset(10));
    REQUIRE(!loader.apply(Offset(9), topic("a", 1)));
}

TEST_CASE("a published image stands still while the next one changes") {
    Feed feed;
    REQUIRE(feed(topic("a", 1)));
    const MetadataImage published = feed.loader.visible();
    REQUIRE(feed(topic("b", 2)));
    REQUIRE(feed(protocol::RemoveTopicRecord{.topic_id = protocol::Uuid{{1}}}));
    REQUIRE(published.find_topic("a") != nullptr);
    REQUIRE(published.find_topic("b") == nullptr);
}

TEST_CASE("snapshot names are read as they are written, and no other names") {
    const SnapshotId id{.end_offset = Offset(178), .epoch = protocol::LeaderEpoch(2)};
    REQUIRE(snapshot_file_name(id) == "00000000000000000178-0000000002.checkpoint");
    REQUIRE(parse_snapshot_file_name("00000000000000000178-0000000002.checkpoint") == id);
    for (const char* const name :
         {"bootstrap.checkpoint", "00000000000000000178-0000000002.checkpoint.part",
          "0000000000000000017x-0000000002.checkpoint", "00000000000000000178.snapshot", ""}) {
        REQUIRE(!parse_snapshot_file_name(name));
    }
}
