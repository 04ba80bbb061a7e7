#include "broker/controller/features.h"

#include "tests/unit/controller/controller_world.h"

using namespace gregor;
using namespace gregor::controller;
using namespace gregor::controller::test;

namespace {

using Updates = std::vector<protocol::UpdateFeaturesRequest::FeatureUpdate>;

protocol::UpdateFeaturesResponse update(ControllerWorld& world, Updates updates,
                                        std::int16_t version = 2, bool validate_only = false) {
    protocol::UpdateFeaturesRequest request{.validate_only = validate_only};
    request.feature_updates = std::move(updates);
    return world.handle(request, version);
}

constexpr const char* kElr = "eligible.leader.replicas.version";

}  // namespace

TEST_CASE("a feature is raised together with the metadata.version that it needs") {
    ControllerWorld world;
    REQUIRE(update(world, {{.feature = kElr, .max_version_level = 1}}).error_code ==
            ErrorCode::invalid_update_version);
    const Updates both{{.feature = kElr, .max_version_level = 1},
                       {.feature = "metadata.version", .max_version_level = 23}};
    const std::size_t records = world.log.size();
    REQUIRE(update(world, both, 2, true).error_code == ErrorCode::none);
    REQUIRE(world.log.size() == records);
    REQUIRE(update(world, both).error_code == ErrorCode::none);
    REQUIRE(world.controller.image().is_elr_enabled());
    REQUIRE(world.controller.image().metadata_version() == 23);
}

TEST_CASE("of several updates with one error none is made") {
    ControllerWorld world;
    const Updates updates{{.feature = "transaction.version", .max_version_level = 1},
                          {.feature = "no.such.feature", .max_version_level = 1}};
    const std::size_t records = world.log.size();
    const auto response = update(world, updates, 1);
    REQUIRE(world.log.size() == records);
    REQUIRE(response.error_code == ErrorCode::none);
    REQUIRE(response.results.size() == 2);
    REQUIRE(response.results[1].error_message ==
            "Invalid update version 1 for feature no.such.feature. Local controller 1 does not "
            "support this feature.");
    const auto newer = update(world, updates);
    REQUIRE(newer.error_code == ErrorCode::invalid_update_version);
    REQUIRE(newer.error_message->starts_with("The update failed for all features since"));
    REQUIRE(newer.results.empty());
}

TEST_CASE("levels beyond what controller or brokers can do are refused") {
    ControllerWorld world;
    protocol::BrokerRegistrationRequest request{.broker_id = NodeId(7), .cluster_id = "cluster"};
    request.incarnation_id.bytes[0] = 1;
    request.listeners.push_back({.name = "PLAINTEXT", .host = "n", .port = 9092});
    request.log_dirs = {ControllerWorld::directory(7, 0)};
    request.features.push_back(
        {.name = "metadata.version", .min_supported_version = 7, .max_supported_version = 21});
    REQUIRE(world.handle(request).error_code == ErrorCode::none);
    const auto message = [&](const std::string& feature, std::int16_t level) {
        return *update(world, {{.feature = feature, .max_version_level = level}}, 1)
                    .results.at(0)
                    .error_message;
    };
    REQUIRE(message("metadata.version", 22) ==
            "Invalid metadata.version 22. Broker 7 only supports versions 7-21");
    REQUIRE(message("metadata.version", 99) ==
            "Invalid metadata.version 99. Local controller 1 only supports versions 7-25");
    REQUIRE(message("group.version", 1).ends_with("Broker 7 does not support this feature."));
    REQUIRE(message("kraft.version", 1).ends_with("Broker 7 does not support this feature."));
    REQUIRE(message("group.version", -1).ends_with("A feature version cannot be less than 0."));
}

namespace {

class Quorum final : public KRaftVersionView {
public:
    [[nodiscard]] std::int16_t level() const override { return present; }
    [[nodiscard]] std::optional<std::string> find_fault(std::int16_t) const override {
        return fault;
    }
    std::int16_t present = 0;
    std::optional<std::string> fault;
};

}  // namespace

TEST_CASE("kraft.version is the quorum's to raise, and never falls") {
    ControllerWorld world;
    Quorum quorum;
    const auto ask = [&](std::int16_t level, bool validate_only = false) {
        protocol::UpdateFeaturesRequest request{.validate_only = validate_only};
        request.feature_updates.push_back(
            {.feature = "kraft.version", .max_version_level = level, .upgrade_type = 2});
        return world.controller.handle(
            ControllerContext{.request_version = 2, .kraft_version = &quorum}, request);
    };
    REQUIRE(ask(1).kraft_version == 1);
    REQUIRE(ask(1).records.empty());
    REQUIRE(!ask(1, true).kraft_version);
    REQUIRE(!ask(0).kraft_version);
    quorum.fault = "not now";
    REQUIRE(!ask(1).kraft_version);
    REQUIRE(ask(1).response.error_code == ErrorCode::invalid_update_version);
    REQUIRE(ask(1).response.error_message->ends_with("not now"));
    quorum.present = 1;
    REQUIRE(ask(1).response.error_code == ErrorCode::none);
    REQUIRE(!ask(1).kraft_version);
    REQUIRE(ask(0).response.error_code == ErrorCode::invalid_update_version);
}

TEST_CASE("levels fall only when that is asked for, and nothing is lost") {
    ControllerWorld world;
    const auto fall = [&](std::int16_t level, std::int8_t type) {
        return update(world, {{.feature = "metadata.version",
                               .max_version_level = level,
                               .upgrade_type = type}})
            .error_code;
    };
    REQUIRE(fall(20, 1) == ErrorCode::invalid_update_version);
    REQUIRE(fall(20, 9) == ErrorCode::invalid_update_version);
    REQUIRE(fall(20, 2) == ErrorCode::none);
    REQUIRE(fall(16, 2) == ErrorCode::invalid_update_version);
    REQUIRE(fall(16, 3) == ErrorCode::invalid_update_version);
    REQUIRE(world.controller.image().metadata_version() == 20);
}

TEST_CASE("eligible leader replicas are switched on and off under live partitions") {
    ControllerWorld world({.elr = true, .static_configs = {{"min.insync.replicas", "2"}}});
    world.add_brokers(3);
    world.create_on("a", nodes({1, 2, 3}));
    for (const std::int32_t id : {3, 2, 1}) world.apply(world.controller.fence(NodeId(id)));
    REQUIRE(world.partition().elr == nodes({2, 1}));
    const auto set = [&](std::int16_t level) {
        return update(world, {{.feature = kElr, .max_version_level = level, .upgrade_type = 2}})
            .error_code;
    };
    REQUIRE(set(0) == ErrorCode::none);
    REQUIRE(world.partition().isr == nodes({2, 1}));
    REQUIRE(world.partition().elr.empty());
    REQUIRE(set(1) == ErrorCode::none);
    // All controllers must see one min.insync.replicas from now on.
    REQUIRE(world.controller.image()
                .configs_of({metadata::ConfigResourceType::broker, ""})
                .at("min.insync.replicas") == "2");
    world.beat(1);
    REQUIRE(world.partition().leader == NodeId(1));
}

TEST_CASE("the feature is not given up while a partition's data is known to nobody else") {
    ControllerWorld world({.elr = true});
    world.add_brokers(2);
    world.create_on("a", nodes({1, 2}));
    world.apply(world.controller.fence(NodeId(2)));
    world.restart(1, 2, false);
    const auto response =
        update(world, {{.feature = kElr, .max_version_level = 0, .upgrade_type = 2}});
    REQUIRE(response.error_code == ErrorCode::feature_update_failed);
    REQUIRE(world.controller.image().is_elr_enabled());
}

TEST_CASE("every supported feature has a range, by name") {
    std::string_view before;
    for (const SupportedFeature& feature : supported_features()) {
        REQUIRE(before < feature.name);
        REQUIRE(feature.min_level <= feature.max_level);
        before = feature.name;
    }
}
