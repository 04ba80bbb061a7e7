// A cluster's worth of trouble around one controller, over many seeds: after every step the
// invariants of image and change hold (ControllerWorld checks them), a second image that reads the
// records back is the same (M2), topic ids are new (M8), and no candidate for the leadership misses
// committed records (R2). At the end everybody comes back, and every partition has a leader (V1).
#include <fmt/ranges.h>

#include "broker/metadata/snapshot.h"
#include "sim/base/planted.h"
#include "tests/property/controller/cluster_model.h"

using namespace gregor;
using namespace gregor::controller;
using namespace gregor::controller::test;

namespace {

/// Reads the records as a broker does: from their bytes.
class Reader {
public:
    void catch_up(const ControllerWorld& world) {
        for (; read_ < world.log.size(); ++read_) {
            auto decoded = metadata::decode_record(metadata::encode_record(world.log[read_]));
            REQUIRE(decoded.has_value());
            REQUIRE(loader_.apply(loader_.next_offset(), decoded->record).has_value());
            const auto* topic = std::get_if<protocol::TopicRecord>(&decoded->record);
            if (topic != nullptr) REQUIRE(topic_ids_.insert(topic->topic_id).second);
        }
        REQUIRE(loader_.image() == world.controller.image());
    }

private:
    std::size_t read_ = 0;
    metadata::MetadataLoader loader_;
    std::set<protocol::TopicId> topic_ids_;
};

void check_snapshot(const metadata::MetadataImage& image) {
    ByteBuffer file;
    for (const Bytes& batch :
         metadata::encode_snapshot({.image = image}, protocol::LeaderEpoch(1), 5)) {
        file.append(batch);
    }
    const auto snapshot = metadata::decode_snapshot(std::move(file).freeze());
    REQUIRE(snapshot.has_value());
    REQUIRE(snapshot->image == image);
}

void run(const ClusterOptions& options, int steps, std::map<std::string, int>& done) {
    INFO("seed " << options.seed << " elr " << options.elr);
    ClusterModel model(options);
    Reader reader;
    for (int i = 0; i < steps; ++i) {
        model.step();
        reader.catch_up(model.world());
        const auto violation = model.find_violation();
        INFO("step " << i << " " << model.last_step() << ": " << violation.value_or(""));
        REQUIRE(!violation);
    }
    check_snapshot(model.world().controller.image());
    model.heal();
    reader.catch_up(model.world());
    for (const auto& [id, topic] : model.world().controller.image().topics()) {
        for (const auto& [partition, state] : topic->partitions) {
            INFO(fmt::format("{}-{} of {} with isr {} and elr {} is without a leader", topic->name,
                             partition, state.replicas, state.isr, state.elr));
            REQUIRE(state.has_leader());
        }
    }
    for (const auto& [step, times] : model.steps_done()) done[step] += times;
}

/// The first violation that some seed finds, with a bug brought back.
std::optional<std::string> find_with(PlantedBug bug, bool elr) {
    plant(bug, true);
    std::optional<std::string> found;
    for (std::uint64_t seed = 1; seed <= 40 && !found; ++seed) {
        ClusterModel model(
            {.seed = seed, .elr = elr, .unclean_restarts = elr, .check_invariants = false});
        for (int i = 0; i < 600 && !found; ++i) {
            model.step();
            found = model.find_violation();
        }
    }
    plant(bug, false);
    return found;
}

}  // namespace

TEST_CASE("no candidate for the leadership misses committed records, whatever happens to brokers") {
    std::map<std::string, int> done;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        run({.seed = seed, .elr = true}, 400, done);
        run({.seed = seed, .elr = false, .unclean_restarts = false}, 400, done);
    }
    // No vacuous pass: the rare steps were taken too.
    for (const char* const step :
         {"registered", "fenced", "shut down", "lost power", "unregistered", "directory failed",
          "isr: NONE", "isr: INELIGIBLE_REPLICA", "isr: INVALID_UPDATE_VERSION",
          "isr: NEW_LEADER_ELECTED", "reassign: NONE", "reassign: NO_REASSIGNMENT_IN_PROGRESS"}) {
        INFO(step);
        REQUIRE(done[step] > 0);
    }
}

TEST_CASE("eligible leader replicas go on and off under way") {
    std::map<std::string, int> done;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        run({.seed = seed, .elr = true, .unclean_restarts = false, .change_features = true}, 400,
            done);
    }
    REQUIRE(done["feature: NONE"] > 100);
}

TEST_CASE("the historical bugs of the controller are found when they are brought back") {
    REQUIRE(find_with(PlantedBug::b12_fenced_broker_in_isr, false));
    REQUIRE(find_with(PlantedBug::b13b_unclean_restart_stays_in_isr, true));
    REQUIRE(find_with(PlantedBug::b17_lost_update_in_batch, false));
    REQUIRE(find_with(PlantedBug::b17_lost_update_in_batch, true));
}
