// Disks of nodes that do not run, with files put there by hand.
#include "scenarios/cluster/leftovers.h"

#include "broker/protocol/records/batch_builder.h"
#include "broker/protocol/records/batch_header.h"
#include "sim/simulated/world.h"
#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::scenarios;

namespace {

class Disks {
public:
    Disks() : judge_([] { return Instant(); }, [] {}) {
        nodes_.all.push_back({.id = 1, .machine = &world_.add_machine("n1", {})});
    }

    void put(const std::string& folder, const std::string& file, const Bytes& content = {}) {
        simulated::DiskStore& disk = *nodes_.all[0].machine->disk().store;
        REQUIRE(disk.create_directories("data/" + folder).has_value());
        const auto opened = disk.open("data/" + folder + "/" + file, OpenMode::create);
        REQUIRE(opened.has_value());
        if (content.size() > 0) (*opened)->write(0, content, Instant());
    }
    /// A batch of one record, as the first one of a partition.
    void put_batch(const std::string& partition, records::CompressionCodec codec) {
        records::BatchBuilder builder({.codec = codec});
        builder.append({.timestamp = 1'000});
        put(partition, "00000000000000000000.log", std::move(builder).build());
    }
    [[nodiscard]] std::string judge_formats(const std::string& key, const std::string& value) {
        simulated::Plan plan;
        plan.broker[key] = value;
        cluster::check_formats(nodes_, plan, judge_);
        return judge_.violation() ? judge_.violation()->invariant : "";
    }
    [[nodiscard]] Stuck left() const { return cluster::what_is_left_of_the_deleted(nodes_); }
    [[nodiscard]] cluster::ClusterNode& node() { return nodes_.all[0]; }

private:
    simulated::World world_{1, {}};
    cluster::Nodes nodes_;
    Judge judge_;
};

}  // namespace

TEST_CASE("files of what was deleted are left on a disk") {
    Disks disks;
    disks.put("t0-0", "00000000000000000000.log");
    REQUIRE(disks.left().text.empty());
    SECTION("of a segment") {
        disks.put("t0-0", "00000000000000000000.index.deleted");
        REQUIRE(disks.left().invariant == "V7");
    }
    SECTION("of a topic") {
        disks.put("t1-0.0123456789abcdef-delete", "00000000000000000000.log");
        REQUIRE(disks.left().invariant == "V7");
        disks.node().is_absent = true;
        REQUIRE(disks.left().text.empty());
    }
}

TEST_CASE("a batch is stored as the plan's settings say") {
    Disks disks;
    disks.put_batch("t0-0", records::CompressionCodec::gzip);
    disks.put_batch("__consumer_offsets-0", records::CompressionCodec::none);
    REQUIRE(disks.judge_formats("compression.type", "producer").empty());
    REQUIRE(disks.judge_formats("compression.type", "gzip").empty());
    REQUIRE(disks.judge_formats("log.message.timestamp.type", "CreateTime").empty());
    SECTION("with another codec") {
        REQUIRE(disks.judge_formats("compression.type", "lz4") == "L7");
    }
    SECTION("with another's time") {
        REQUIRE(disks.judge_formats("log.message.timestamp.type", "LogAppendTime") == "L7");
    }
}
