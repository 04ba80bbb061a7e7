// Whatever is asked of the controller: its state is what its records say, from the beginning or
// from a snapshot on (invariant M2), and what must hold of every image holds (M4).
#include <rapidcheck.h>

#include "broker/metadata/image_delta.h"
#include "broker/metadata/metadata_batch.h"
#include "broker/metadata/snapshot.h"
#include "tests/unit/controller/controller_world.h"

using namespace gregor;
using namespace gregor::controller;
using namespace gregor::controller::test;

namespace {

std::string topic_name() { return fmt::format("t{}", *rc::gen::inRange(0, 6)); }

void ask_something(ControllerWorld& world) {
    const std::int32_t broker = *rc::gen::inRange(1, 4);
    switch (*rc::gen::inRange(0, 8)) {
        case 0:
        case 1: {
            const auto replicas = static_cast<std::int16_t>(*rc::gen::inRange(-1, 4));
            world.create({.name = topic_name(),
                          .num_partitions = *rc::gen::inRange(-1, 5),
                          .replication_factor = replicas,
                          .configs = {{.name = "retention.ms", .value = "77"}}});
            break;
        }
        case 2: {
            protocol::DeleteTopicsRequest request;
            request.topic_names = {topic_name(), topic_name()};
            world.handle(request, 5);
            break;
        }
        case 3: {
            protocol::CreatePartitionsRequest request;
            request.topics.push_back({.name = topic_name(),
                                      .count = *rc::gen::inRange(0, 8),
                                      .assignments = std::nullopt});
            world.handle(request, 3);
            break;
        }
        case 4: {
            protocol::IncrementalAlterConfigsRequest request;
            request.resources.push_back({.resource_type = 2, .resource_name = topic_name()});
            request.resources[0].configs.push_back(
                {.name = "segment.ms",
                 .config_operation = static_cast<std::int8_t>(*rc::gen::inRange(0, 2)),
                 .value = "99"});
            world.handle(request, 1);
            break;
        }
        case 5:
            world.register_broker(broker, static_cast<std::uint8_t>(*rc::gen::inRange(1, 4)));
            break;
        case 6: world.apply(world.controller.fence(NodeId(broker))); break;
        default:
            if (world.controller.image().find_broker(NodeId(broker)) == nullptr) break;
            world.beat(broker, *rc::gen::inRange(0, 4) == 0);
    }
}

metadata::MetadataImage replay(std::span<const metadata::VersionedRecord> records,
                               metadata::MetadataImage from) {
    metadata::MetadataLoader loader(std::move(from), protocol::Offset(0));
    protocol::Offset offset{0};
    for (const auto& record : records) {
        auto decoded = metadata::decode_record(metadata::encode_record(record));
        RC_ASSERT(decoded.has_value());
        RC_ASSERT(loader.apply(offset, decoded->record).has_value());
        ++offset;
    }
    return loader.visible();
}

}  // namespace

TEST_CASE("replay from the beginning, and from a snapshot on, gives the live state") {
    REQUIRE(rc::check([] {
        ControllerWorld world({.seed = static_cast<std::uint64_t>(*rc::gen::inRange(1, 1000)),
                               .elr = *rc::gen::arbitrary<bool>()});
        world.add_broker(1);
        const int requests = *rc::gen::inRange(1, 60);
        const int snapshot_at = *rc::gen::inRange(0, requests);
        metadata::MetadataImage at_snapshot;
        std::size_t snapshot_records = 0;
        for (int i = 0; i < requests; ++i) {
            if (i == snapshot_at) {
                at_snapshot = world.controller.image();
                snapshot_records = world.log.size();
            }
            ask_something(world);
        }
        const metadata::MetadataImage& live = world.controller.image();
        RC_ASSERT(replay(world.log, {}) == live);

        ByteBuffer file;
        for (const Bytes& batch :
             metadata::encode_snapshot({.image = at_snapshot}, protocol::LeaderEpoch(1), 5)) {
            file.append(batch);
        }
        const auto snapshot = metadata::decode_snapshot(std::move(file).freeze());
        RC_ASSERT(snapshot.has_value());
        RC_ASSERT(snapshot->image == at_snapshot);
        const auto tail = std::span(world.log).subspan(snapshot_records);
        RC_ASSERT(replay(tail, snapshot->image) == live);

        // The delta names exactly the partitions whose state differs.
        const metadata::ImageDelta delta = metadata::delta_between(at_snapshot, live);
        std::size_t differing = 0;
        for (const auto& [id, topic] : live.topics()) {
            for (const auto& [partition, state] : topic->partitions) {
                const auto* before = at_snapshot.find_partition(id, partition);
                if (before == nullptr || !(*before == state)) ++differing;
            }
        }
        for (const auto& [id, topic] : at_snapshot.topics()) {
            for (const auto& [partition, state] : topic->partitions) {
                if (live.find_partition(id, partition) == nullptr) ++differing;
            }
        }
        RC_ASSERT(delta.partitions.size() == differing);
    }));
}
