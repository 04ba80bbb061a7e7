// One decision counts as a whole or not at all (M7), and a controller that ran ahead goes back.
#include "broker/metadata/metadata_batch.h"
#include "tests/unit/controller/controller_world.h"

using namespace gregor;
using namespace gregor::controller;
using namespace gregor::controller::test;

TEST_CASE("a decision too large for one batch is a metadata transaction") {
    ControllerWorld world;
    world.add_brokers(2);
    for (const char* const topic : {"a", "b"}) {
        REQUIRE(world.create({.name = topic, .num_partitions = 6000, .replication_factor = 2})
                    .error_code == ErrorCode::none);
    }
    const auto records = world.controller.fence(NodeId(1));
    REQUIRE(!metadata::fits_one_batch(records));
    REQUIRE(std::holds_alternative<protocol::BeginTransactionRecord>(records.front().record));
    REQUIRE(std::holds_alternative<protocol::EndTransactionRecord>(records.back().record));
    const metadata::MetadataImage before = world.controller.image();
    for (const auto& record : std::span(records).first(records.size() - 1)) {
        REQUIRE(world.controller.apply(world.controller.loader().next_offset(), record.record));
        if (world.controller.loader().in_transaction()) continue;
        FAIL("outside of the transaction");
    }
    REQUIRE(world.controller.loader().visible() == before);
    REQUIRE(world.controller.apply(world.controller.loader().next_offset(), records.back().record));
    world.controller.check_invariants();
    REQUIRE(world.controller.loader().visible().find_broker(NodeId(1))->fenced);
}

TEST_CASE("a transaction that a dead leader left open is aborted by the next one") {
    ControllerWorld world;
    world.apply({versioned(protocol::BeginTransactionRecord{}, 21)});
    const metadata::MetadataImage before = world.controller.loader().visible();
    world.apply(
        {versioned(protocol::TopicRecord{.name = "a", .topic_id = protocol::Uuid{{1}}}, 21)});
    world.apply(world.controller.activation_records());
    REQUIRE(world.controller.image() == before);
}

TEST_CASE("a controller that loses the leadership goes back to what is committed") {
    ControllerWorld world;
    world.add_brokers(2);
    world.create_on("a", nodes({1, 2}));
    const metadata::MetadataLoader committed = world.controller.loader();
    const protocol::Offset end = world.next;
    world.set_isr("a", nodes({1}));
    world.apply(world.controller.fence(NodeId(2)));
    world.controller.restore(committed);
    REQUIRE(world.controller.loader().next_offset() == end);
    REQUIRE(world.partition().isr == nodes({1, 2}));
    world.now_ms = 100'000;
    world.controller.become_leader({.now_ms = world.now_ms, .leaderless_since_ms = world.now_ms});
    REQUIRE(world.controller.fence_expired(world.now_ms).empty());
}
