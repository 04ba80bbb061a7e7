// Several log directories, of which some fail.
#include "broker/log/log_manager.h"
#include "tests/support/log_harness.h"

namespace gregor::log::testing {
namespace {

const protocol::Uuid kTopicId = *protocol::parse_uuid("b53bvqciTUajLGACMHYgyA");

TopicPartition orders(int partition) { return {"orders", partition}; }

/// A manager over two directories and what it told of them.
struct TwoDirectories {
    explicit TwoDirectories(Runtime& runtime, std::size_t logs_at_once = 1) {
        auto opened = LogManager::open(
            runtime, {.folders = {"left", "right"},
                      .cluster_id = "cluster",
                      .node_id = protocol::NodeId(1),
                      .config_of = [](const auto&) { return small_config(); },
                      .logs_at_once = logs_at_once,
                      .on_directory_failure =
                          [this](const DirectoryFailure& it) { failures.push_back(it); }});
        if (!opened) FAIL(opened.error().text);
        manager = *std::move(opened);
    }

    std::vector<DirectoryFailure> failures;
    std::unique_ptr<LogManager> manager;
};

/// Partitions 0 and 2 in the left directory, 1 and 3 in the right one.
void make_four(LogManager& manager) {
    for (int i = 0; i < 4; ++i) {
        const auto log = manager.create(orders(i), kTopicId);
        REQUIRE(log);
        REQUIRE((*log)->folder().starts_with(i % 2 == 0 ? "left" : "right"));
        REQUIRE(append(**log, build({})));
    }
}

TEST_CASE("a directory that fails takes its own logs with it and no others") {
    LogHarness harness;
    harness.run([&](Runtime& runtime) {
        TwoDirectories two(runtime);
        make_four(*two.manager);
        harness.disk().trouble.failing_writes = {.path = "left/orders-2", .left = 1};
        REQUIRE(append(*two.manager->find(orders(2)), build({})).error() ==
                ErrorCode::kafka_storage_error);
        REQUIRE(two.failures.size() == 1);
        REQUIRE(two.failures[0].path == "left");
        REQUIRE(two.failures[0].id == two.manager->directory_id(0));
        REQUIRE(two.failures[0].partitions == std::vector{orders(0), orders(2)});
        REQUIRE_FALSE(two.failures[0].is_last);
        REQUIRE(two.manager->has_failed(0));
        REQUIRE_FALSE(two.manager->has_failed(1));

        REQUIRE_FALSE(append(*two.manager->find(orders(0)), build({})));
        REQUIRE(append(*two.manager->find(orders(1)), build({})));
        REQUIRE_FALSE(two.manager->create(orders(0), kTopicId));
        REQUIRE((*two.manager->create(orders(4), kTopicId))->folder() == "right/orders-4");
        REQUIRE(two.manager->checkpoint_high_watermarks());
        REQUIRE_FALSE(two.manager->shut_down(7));
    });
    // The disk was mended: what was in the failed directory is recovered.
    harness.run([&](Runtime& runtime) {
        const TwoDirectories two(runtime);
        REQUIRE(two.failures.empty());
        REQUIRE_FALSE(two.manager->previous_broker_epoch());
        REQUIRE(two.manager->find(orders(0))->log_end_offset() == Offset(1));
        REQUIRE(two.manager->find(orders(1))->log_end_offset() == Offset(2));
    });
}

TEST_CASE("logs are recovered side by side, also when their directory fails meanwhile") {
    LogHarness harness;
    harness.run([&](Runtime& runtime) {
        TwoDirectories two(runtime);
        make_four(*two.manager);
    });
    harness.run([&](Runtime& runtime) {
        const TwoDirectories two(runtime, /*logs_at_once=*/4);
        REQUIRE(two.failures.empty());
        for (int i = 0; i < 4; ++i) {
            REQUIRE(two.manager->find(orders(i))->log_end_offset() == Offset(1));
        }
    });
    harness.disk().trouble.failing_reads = {.path = "left/orders-2", .left = 1};
    harness.run([&](Runtime& runtime) {
        const TwoDirectories two(runtime, /*logs_at_once=*/4);
        REQUIRE(two.failures.size() == 1);
        REQUIRE(two.failures[0].path == "left");
        for (const int i : {0, 2}) {
            const LogRef log = two.manager->find(orders(i));
            const bool serves = log != nullptr && append(*log, build({}));
            REQUIRE_FALSE(serves);
        }
        REQUIRE(append(*two.manager->find(orders(1)), build({})));
        REQUIRE(append(*two.manager->find(orders(3)), build({})));
    });
}

TEST_CASE("the failure of the last directory is told as such") {
    LogHarness harness;
    harness.run([&](Runtime& runtime) {
        TwoDirectories two(runtime);
        make_four(*two.manager);
        harness.disk().trouble.failing_writes = {.path = "orders-", .left = 2};
        REQUIRE_FALSE(append(*two.manager->find(orders(0)), build({})));
        REQUIRE_FALSE(append(*two.manager->find(orders(1)), build({})));
        REQUIRE(two.failures.size() == 2);
        REQUIRE(two.failures[1].is_last);
        REQUIRE_FALSE(two.manager->create(orders(5), kTopicId));
    });
}

TEST_CASE("without a directory that cannot be read the others serve, but no log is made anew") {
    LogHarness harness;
    harness.run([](Runtime& runtime) {
        TwoDirectories two(runtime);
        make_four(*two.manager);
        REQUIRE(two.manager->shut_down(7));
    });
    harness.disk().trouble.failing_opens = {.path = "left", .left = 1000};
    harness.run([](Runtime& runtime) {
        TwoDirectories two(runtime);
        REQUIRE(two.failures.size() == 1);
        REQUIRE(two.failures[0].path == "left");
        REQUIRE_FALSE(two.failures[0].is_last);
        REQUIRE_FALSE(two.manager->previous_broker_epoch());
        REQUIRE(two.manager->find(orders(1)));
        REQUIRE(two.manager->create(orders(1), kTopicId));
        // It may be in there.
        REQUIRE_FALSE(two.manager->create(orders(0), kTopicId));
    });
    harness.disk().trouble.failing_opens = {};
    harness.run([](Runtime& runtime) {
        const TwoDirectories two(runtime);
        REQUIRE(two.failures.empty());
        REQUIRE(two.manager->find(orders(0))->log_end_offset() == Offset(1));
    });
}

TEST_CASE("a node whose only directory cannot be read does not start") {
    LogHarness harness;
    harness.run([&](Runtime& runtime) {
        harness.disk().trouble.failing_opens = {.path = "data", .left = 1000};
        REQUIRE_FALSE(LogManager::open(
            runtime,
            {.folders = {"data"}, .cluster_id = "cluster", .node_id = protocol::NodeId(1)}));
    });
}

}  // namespace
}  // namespace gregor::log::testing
