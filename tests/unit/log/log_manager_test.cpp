// A node's log directory.
#include "broker/log/log_manager.h"
#include "tests/support/log_harness.h"

namespace gregor::log::testing {
namespace {

const protocol::Uuid kTopicId = *protocol::parse_uuid("b53bvqciTUajLGACMHYgyA");
const TopicPartition kOrders{"orders-of.day", 3};

std::unique_ptr<LogManager> open_manager(
    Runtime& runtime,
    std::function<void(const TopicPartition&, std::string_view)> on_offline = {}) {
    auto manager =
        LogManager::open(runtime, {.folders = {"data"},
                                   .cluster_id = "cluster",
                                   .node_id = protocol::NodeId(1),
                                   .config_of = [](const std::string&) { return small_config(); },
                                   .on_offline = std::move(on_offline)});
    if (!manager) FAIL(manager.error().text);
    return *std::move(manager);
}

TEST_CASE("partition folders are named as Kafka names them") {
    REQUIRE(parse_partition_folder("orders-of.day-3") == kOrders);
    REQUIRE(!parse_partition_folder("orders"));
    REQUIRE(!parse_partition_folder("orders-"));
    REQUIRE(!parse_partition_folder("-3"));
    REQUIRE(!parse_partition_folder("orders-x3"));
    REQUIRE(leaving_folder_name({std::string(249, 't'), 3}, kTopicId, "-delete").size() == 255);
}

TEST_CASE("logs come back after a clean shutdown with their marks and ids") {
    LogHarness harness;
    protocol::Uuid directory_id;
    harness.run([&](Runtime& runtime) {
        const auto manager = open_manager(runtime);
        REQUIRE(!manager->previous_broker_epoch());
        directory_id = manager->directory_id(0);
        const LogRef log = *manager->create(kOrders, kTopicId);
        for (int i = 0; i < 50; ++i) REQUIRE(append(*log, build({})));
        log->set_high_watermark(Offset(45));
        REQUIRE(log->delete_records(Offset(12)));
        REQUIRE(manager->shut_down(77));
    });
    harness.machine().lose_power();
    harness.pass(std::chrono::seconds(1));
    harness.run([&](Runtime& runtime) {
        const auto manager = open_manager(runtime);
        REQUIRE(manager->previous_broker_epoch() == 77);
        REQUIRE(manager->directory_id(0) == directory_id);
        REQUIRE(manager->topic_id(kOrders) == kTopicId);
        const LogRef log = manager->find(kOrders);
        REQUIRE(log);
        REQUIRE(log->log_end_offset() == Offset(50));
        REQUIRE(log->high_watermark() == Offset(45));
        REQUIRE(log->log_start_offset() == Offset(12));
        REQUIRE(!manager->create(kOrders, protocol::kMetadataTopicId));
    });
    // That process ended without a shutdown.
    harness.run([&](Runtime& runtime) {
        const auto manager = open_manager(runtime);
        REQUIRE(!manager->previous_broker_epoch());
        REQUIRE(manager->find(kOrders)->log_end_offset() == Offset(50));
    });
}

TEST_CASE("a removed log leaves no trace, also when the node stops in between") {
    LogHarness harness;
    harness.run([&](Runtime& runtime) {
        const auto manager = open_manager(runtime);
        const LogRef log = *manager->create(kOrders, kTopicId);
        REQUIRE(append(*log, build({})));
        REQUIRE(manager->remove(kOrders));
        REQUIRE(!manager->find(kOrders));
        REQUIRE(append(*log, build({})).error() == ErrorCode::kafka_storage_error);
        const LogRef again = *manager->create(kOrders, protocol::kMetadataTopicId);
        REQUIRE(again->log_end_offset() == Offset(0));
        REQUIRE(manager->remove(kOrders));
    });
    harness.run([&](Runtime& runtime) {
        const auto manager = open_manager(runtime);
        REQUIRE(manager->partitions().empty());
        manager->remove_deleted();
        const auto entries = runtime.disk().list("data");
        for (const DirectoryEntry& entry : *entries) REQUIRE(!entry.is_directory);
    });
}

TEST_CASE("a log that is made anew begins without what was known of the last one of its name") {
    LogHarness harness;
    const protocol::Uuid next_id = *protocol::parse_uuid("mQlKZHyTQWGHWOsCpeMDnQ");
    const bool is_renamed = GENERATE(true, false);
    harness.run([&](Runtime& runtime) {
        const auto manager = open_manager(runtime);
        const LogRef log = *manager->create(kOrders, kTopicId);
        for (int i = 0; i < 10; ++i) REQUIRE(append(*log, build({})));
        log->set_high_watermark(Offset(8));
        REQUIRE(log->delete_records(Offset(4)));
        REQUIRE(log->flush());
        REQUIRE(manager->checkpoint_log_offsets());
        REQUIRE(manager->checkpoint_high_watermarks());
        if (!is_renamed) {
            harness.disk().trouble.failing_renames = {.path = "data/orders", .left = 1};
        }
        REQUIRE(manager->remove(kOrders).has_value() == is_renamed);
        const LogRef next = *manager->create(kOrders, next_id);
        REQUIRE(next->log_end_offset() == Offset(0));
        for (int i = 0; i < 6; ++i) REQUIRE(append(*next, build({})));
        REQUIRE(next->flush());
    });
    harness.run([&](Runtime& runtime) {  // that process ended without a shutdown
        const auto manager = open_manager(runtime);
        REQUIRE(manager->topic_id(kOrders) == next_id);
        const LogRef log = manager->find(kOrders);
        REQUIRE(log->log_end_offset() == Offset(6));
        REQUIRE(log->high_watermark() == Offset(0));
        REQUIRE(log->log_start_offset() == Offset(0));
    });
}

TEST_CASE("what a disk refuses to remove is removed later") {
    const bool is_renamed_durably = GENERATE(true, false);
    LogHarness harness;
    harness.run([&](Runtime& runtime) {
        const auto manager = open_manager(runtime);
        const LogRef log = *manager->create(kOrders, kTopicId);
        REQUIRE(append(*log, build({})));
        const auto is_left = [&] {
            runtime.clock().sleep_for(std::chrono::minutes(2));
            manager->remove_deleted();
            const auto entries = runtime.disk().list("data");
            return std::ranges::any_of(*entries, &DirectoryEntry::is_directory);
        };
        if (is_renamed_durably) {
            REQUIRE(manager->remove(kOrders));
            harness.disk().trouble.failing_removes = {.path = "data/orders", .left = 1};
            REQUIRE(is_left());
        } else {
            harness.disk().trouble.failing_syncs = {.path = "data", .left = 1};
            REQUIRE_FALSE(manager->remove(kOrders));
        }
        REQUIRE_FALSE(is_left());
    });
}

TEST_CASE("a log may be removed at any step of a flush, which says nothing about its directory") {
    bool met_nothing = false;
    for (int steps = 1; steps < 40; ++steps) {
        LogHarness harness;
        harness.run([&](Runtime& runtime) {
            const auto manager = open_manager(runtime);
            const LogRef log = *manager->create(kOrders, kTopicId);
            for (int i = 0; i < 20; ++i) REQUIRE(append(*log, build({})));
            bool flushed = false;
            with_task_group(runtime.tasks(), "flush", [&](TaskGroup& group) {
                group.spawn("flush", [&] { flushed = log->flush().has_value(); });
                runtime.clock().sleep_for(std::chrono::microseconds(steps));
                REQUIRE(manager->remove(kOrders));
                group.join();
            });
            met_nothing = met_nothing || !flushed;
            REQUIRE(!manager->has_failed(0));
            REQUIRE(manager->create(kOrders, kTopicId));
        });
    }
    REQUIRE(met_nothing);
}

TEST_CASE("a second process finds the directory locked, another cluster's is refused") {
    LogHarness harness;
    harness.run([&](Runtime& runtime) {
        const auto manager = open_manager(runtime);
        const auto second = LogManager::open(
            runtime,
            {.folders = {"data"}, .cluster_id = "cluster", .node_id = protocol::NodeId(1)});
        REQUIRE(second.error().io == IoError::locked);
    });
    harness.run([&](Runtime& runtime) {
        const auto other = LogManager::open(
            runtime, {.folders = {"data"}, .cluster_id = "other", .node_id = protocol::NodeId(1)});
        REQUIRE(!other);
    });
}

TEST_CASE("a log that cannot be opened is offline and the others serve") {
    LogHarness harness;
    harness.run([&](Runtime& runtime) {
        const auto manager = open_manager(runtime);
        for (const char* topic : {"a", "b"}) {
            REQUIRE(append(**manager->create({topic, 0}, kTopicId), build({})));
        }
        REQUIRE(manager->shut_down(1));
        const auto file = runtime.disk().open("data/a-0/leader-epoch-checkpoint", OpenMode::create);
        REQUIRE((*file)->truncate(0));
    });
    harness.run([&](Runtime& runtime) {
        std::vector<std::string> said;
        const auto manager = open_manager(runtime, [&](const TopicPartition& at, auto reason) {
            said.push_back(fmt::format("{}: {}", at, reason));
        });
        REQUIRE(manager->offline().contains({"a", 0}));
        REQUIRE(manager->find({"b", 0})->log_end_offset() == Offset(1));
        REQUIRE(manager->create({"a", 0}, kTopicId).error().text ==
                "a-0 is offline: data/a-0/leader-epoch-checkpoint is damaged");
        harness.disk().trouble.failing_opens = {.path = "c-0", .left = 1};
        REQUIRE(!manager->create({"c", 0}, kTopicId));
        REQUIRE(said == std::vector<std::string>{"a-0: data/a-0/leader-epoch-checkpoint is damaged",
                                                 "c-0: io_failed"});
    });
}

}  // namespace
}  // namespace gregor::log::testing
