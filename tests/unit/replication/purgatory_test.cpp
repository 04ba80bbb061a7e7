// Requests that wait, on a simulated node.
#include "broker/replication/purgatory.h"

#include <string>

#include "tests/unit/replication/on_node.h"

using namespace gregor;
using namespace gregor::replication;
using replication_test::Keeper;
using replication_test::on_node;

namespace {

/// Writes down why and when it was completed.
class Note final : public ParkedRequest {
public:
    Note(std::vector<std::string>& log, std::string name, Runtime& runtime)
        : log_(log), name_(std::move(name)), runtime_(runtime), parked_(runtime.clock().now()) {}
    void complete(WakeUp why, std::unique_ptr<ParkedRequest>) override {
        constexpr const char* kNames[] = {"grown", "disturbed", "expired", "overflow", "shut down"};
        log_.push_back(name_ + " " + kNames[static_cast<int>(why)] + " after " +
                       to_string(runtime_.clock().now() - parked_));
    }

private:
    std::vector<std::string>& log_;
    std::string name_;
    Runtime& runtime_;
    Instant parked_;
};

struct Setup {
    Setup(Runtime& node, Keeper& keeper, Purgatory::Limits limits = {})
        : runtime(node),
          purgatory(keeper.make<Purgatory>(node, limits)),
          log(keeper.make<std::vector<std::string>>()) {
        for (int i = 0; i < 3; ++i) partitions.push_back(std::make_shared<Watchers>(LogMarks{}));
    }

    ParkOrder order(std::string name, std::uint64_t need, std::vector<std::size_t> watched,
                    Duration wait = 1h) {
        ParkOrder order{.request = std::make_unique<Note>(log, std::move(name), runtime),
                        .need = need,
                        .deadline = deadline_after(runtime.clock().now(), wait)};
        for (const std::size_t i : watched) {
            order.marks.push_back({.watchers = partitions[i],
                                   .mark = Mark::high_watermark_bytes,
                                   .base = partitions[i]->value(Mark::high_watermark_bytes)});
        }
        return order;
    }
    void append(std::size_t partition, std::uint64_t bytes) {
        const Offset end(++ends[partition]);
        std::vector<ParkedId> due;
        partitions[partition]->progressed(
            {.last_stable_offset = end, .high_watermark = end, .log_end_offset = end}, bytes, due);
        purgatory.notify(due, WakeUp::grown);
    }
    std::vector<std::string> happened() {
        runtime.clock().sleep_for(1ns);
        return std::exchange(log, {});
    }

    Runtime& runtime;
    Purgatory& purgatory;
    std::vector<std::string>& log;
    std::vector<std::shared_ptr<Watchers>> partitions;
    std::int64_t ends[3] = {};
};

}  // namespace

TEST_CASE("a request is completed once its partitions have grown enough together") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Setup setup(runtime, keeper);
        setup.purgatory.park(setup.order("a", 100, {0, 1, 2}));
        setup.append(0, 40);
        setup.append(1, 59);
        REQUIRE(setup.happened().empty());
        setup.append(2, 1);
        REQUIRE(setup.happened().size() == 1);
        REQUIRE(setup.purgatory.parked() == 0);
        for (const auto& partition : setup.partitions) REQUIRE(partition->size() == 0);
    });
}

TEST_CASE("growth beyond a partition's cap does not count") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Setup setup(runtime, keeper);
        ParkOrder order = setup.order("a", 100, {0, 1});
        order.marks[0].cap = 30;
        setup.purgatory.park(std::move(order));
        setup.append(0, 1000);
        REQUIRE(setup.happened().empty());
        setup.append(1, 69);
        REQUIRE(setup.happened().empty());
        setup.append(1, 1);
        REQUIRE(setup.happened().size() == 1);
    });
}

TEST_CASE("requests expire at their deadlines, in their order") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Setup setup(runtime, keeper);
        setup.purgatory.park(setup.order("late", 1, {0}, 2s));
        setup.purgatory.park(setup.order("soon", 1, {0}, 1s));
        runtime.clock().sleep_for(3s);
        REQUIRE(setup.log ==
                std::vector<std::string>{"soon expired after 1s", "late expired after 2s"});
        REQUIRE(setup.partitions[0]->size() == 0);
    });
}

TEST_CASE("a met need, a past deadline and a full purgatory never wait") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Setup setup(runtime, keeper, {.max_parked = 1});
        ParkOrder met = setup.order("met", 10, {0});
        setup.append(0, 10);
        setup.purgatory.park(std::move(met));
        setup.purgatory.park(setup.order("past", 10, {0}, 0s));
        setup.purgatory.park(setup.order("first", 10, {0}));
        setup.purgatory.park(setup.order("second", 10, {0}));
        const std::vector<std::string> happened = setup.happened();
        REQUIRE(happened.size() == 3);
        REQUIRE(happened[0].starts_with("met grown"));
        REQUIRE(happened[1].starts_with("past expired"));
        REQUIRE(happened[2].starts_with("second overflow"));
        REQUIRE(setup.purgatory.parked() == 1);
    });
}

TEST_CASE("a disturbed partition completes all its requests, whatever they lack") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Setup setup(runtime, keeper);
        setup.purgatory.park(setup.order("a", 100, {0, 1}));
        setup.purgatory.park(setup.order("b", 100, {1}));
        std::vector<ParkedId> due;
        setup.partitions[0]->disturb({}, due);
        setup.purgatory.notify(due, WakeUp::disturbed);
        REQUIRE(setup.happened().front().starts_with("a disturbed"));
        REQUIRE(setup.purgatory.parked() == 1);
    });
}

TEST_CASE("a shut-down purgatory answers those who wait and those who come") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Setup setup(runtime, keeper);
        setup.purgatory.park(setup.order("a", 100, {0}));
        setup.purgatory.shut_down();
        setup.purgatory.park(setup.order("b", 100, {0}));
        const std::vector<std::string> happened = setup.happened();
        REQUIRE(happened.size() == 2);
        REQUIRE(happened[1].starts_with("b shut down"));
    });
}

TEST_CASE("an append that is enough for nobody looks at nobody") {
    on_node([](Runtime& runtime, Keeper& keeper) {
        Setup setup(runtime, keeper);
        for (int i = 0; i < 1000; ++i) setup.purgatory.park(setup.order("x", 1'000'000, {0}));
        for (int i = 0; i < 999; ++i) setup.append(0, 1000);
        REQUIRE(setup.purgatory.sums_taken() == 0);
        setup.append(0, 1000);
        REQUIRE(setup.purgatory.sums_taken() == 1000);
        REQUIRE(setup.happened().size() == 1000);
    });
}
