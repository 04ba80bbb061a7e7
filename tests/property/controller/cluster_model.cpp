#include "tests/property/controller/cluster_model.h"

#include <algorithm>

#include "broker/controller/election_rules.h"

namespace gregor::controller::test {

using metadata::LeaderRecoveryState;
using metadata::MetadataImage;
using metadata::PartitionState;

ClusterModel::ClusterModel(ClusterOptions options)
    : options_(options),
      random_(options.seed),
      world_({.seed = options.seed,
              .elr = options.elr,
              .check_invariants = options.check_invariants}) {
    for (std::int32_t id = 1; id <= kBrokers; ++id) {
        brokers_[id] = {};
        come_back(id);
        beat(id);
    }
    follow_image();
}

void ClusterModel::step() {
    switch (random_.below(20)) {
        case 0: die(any_broker()); break;
        case 1:
        case 2: come_back(any_broker()); break;
        case 3: let_time_pass(); break;
        case 4:
        case 5: create_or_delete_topic(); break;
        case 6: reassign(); break;
        case 7: elect(); break;
        case 8: change_configs(); break;
        case 9: fail_or_assign_directory(); break;
        case 10:
            if (happens(10)) unregister();
            if (options_.change_features && happens(20)) change_feature();
            break;
        case 11:
        case 12:
        case 13: alter_isr(); break;
        case 14:
        case 15:
        case 16: write_and_replicate(); break;
        default: beat(any_broker()); break;
    }
    follow_image();
}

void ClusterModel::heal() {
    healing_ = true;
    for (int round = 0; round < 4; ++round) {
        for (std::int32_t id = 1; id <= kBrokers; ++id) {
            brokers_[id].wants_shut_down = false;
            brokers_[id].failed_directories.clear();
            if (round == 0 && brokers_[id].alive) die(id);  // stopping brokers stop first
        }
        world_.now_ms += 10'000;
        for (auto records = world_.controller.fence_expired(world_.now_ms); !records.empty();
             records = world_.controller.fence_expired(world_.now_ms)) {
            world_.apply(records);
        }
        for (std::int32_t id = 1; id <= kBrokers; ++id) {
            come_back(id);
            beat(id);
        }
        follow_image();
    }
}

// ---- Brokers ----

void ClusterModel::beat(std::int32_t id) {
    Broker& broker = brokers_[id];
    if (!broker.alive || !is_registered(id)) return;
    note("beat");
    if (!healing_ && happens(4)) broker.wants_shut_down = true;
    std::vector<protocol::Uuid> failed;
    for (const std::uint8_t index : broker.failed_directories) {
        failed.push_back(ControllerWorld::directory(id, index));
    }
    const auto answer = world_.beat(id, broker.wants_shut_down, std::move(failed));
    REQUIRE(answer.error_code == ErrorCode::none);
    if (answer.should_shut_down) {
        note("shut down");
        broker.clean_epoch = world_.broker_epoch(id);
        broker.alive = false;
    }
}

/// A process that is killed keeps its log and its clean-shutdown mark; one that loses power may
/// not.
void ClusterModel::die(std::int32_t id) {
    Broker& broker = brokers_[id];
    if (!broker.alive) return;
    broker.alive = false;
    if (is_registered(id)) broker.clean_epoch = world_.broker_epoch(id);
    if (!options_.unclean_restarts || happens(50)) return note("killed");
    note("lost power");
    broker.clean_epoch = -1;
    broker.lossy = true;
    for (auto& [key, ghost] : ghosts_) {
        const auto it = ghost.ends.find(NodeId(id));
        if (it != ghost.ends.end()) it->second -= std::min<std::int64_t>(it->second, 2);
    }
}

void ClusterModel::come_back(std::int32_t id) {
    Broker& broker = brokers_[id];
    if (broker.alive) return;
    ++broker.incarnation;
    const auto answer = world_.register_broker(id, broker.incarnation, broker.clean_epoch);
    if (answer.error_code != ErrorCode::none) {
        REQUIRE(answer.error_code == ErrorCode::duplicate_broker_registration);
        return note("registered too early");
    }
    note("registered");
    broker.alive = true;
    broker.lossy = false;
    broker.wants_shut_down = false;
    broker.failed_directories.clear();
}

void ClusterModel::let_time_pass() {
    note("time passes");
    world_.now_ms += random_.between(1000, 12'000);
    for (std::int32_t id = 1; id <= kBrokers; ++id) {
        if (happens(60)) beat(id);
    }
    for (auto records = world_.controller.fence_expired(world_.now_ms); !records.empty();
         records = world_.controller.fence_expired(world_.now_ms)) {
        note("fenced");
        world_.apply(records);
        follow_image();
    }
}

void ClusterModel::unregister() {
    const std::int32_t id = any_broker();
    if (brokers_[id].alive || !is_registered(id)) return;
    note("unregistered");
    world_.handle(protocol::UnregisterBrokerRequest{.broker_id = NodeId(id)});
}

void ClusterModel::fail_or_assign_directory() {
    const std::int32_t id = any_broker();
    if (!brokers_[id].alive || !is_registered(id)) return;
    const auto index = static_cast<std::uint8_t>(random_.below(2));
    if (happens(20)) {
        note("directory failed");
        brokers_[id].failed_directories.insert(index);
        return beat(id);
    }
    const auto key = any_partition();
    if (!key) return;
    note("directory assigned");
    protocol::AssignReplicasToDirsRequest request{.broker_id = NodeId(id),
                                                  .broker_epoch = world_.broker_epoch(id)};
    request.directories.push_back({.id = ControllerWorld::directory(id, index)});
    request.directories[0].topics.push_back({.topic_id = key->first});
    request.directories[0].topics[0].partitions.push_back({key->second});
    world_.handle(request);
}

// ---- Partitions ----

void ClusterModel::write_and_replicate() {
    const auto key = any_partition();
    if (!key) return;
    const PartitionState& state = state_of(*key);
    if (!state.has_leader() || !may_act(state.leader)) return;
    note("written");
    Ghost& ghost = ghosts_[*key];
    ghost.ends[state.leader] += random_.between(0, 3);
    for (const NodeId node : state.replicas) {
        if (may_act(node) && happens(70)) ghost.ends[node] = ghost.ends[state.leader];
    }
    commit(*key, world_.controller.image().find_topic(key->first)->name);
}

/// The leader counts who has all that is committed, as a leader does; sometimes it is mistaken
/// about who is alive, or about the epochs.
void ClusterModel::alter_isr() {
    const auto key = any_partition();
    if (!key) return;
    const PartitionState& state = state_of(*key);
    if (!state.has_leader() || !may_act(state.leader)) return;
    note("isr altered");
    const Ghost& ghost = ghosts_[*key];
    protocol::AlterPartitionRequest request{
        .broker_id = state.leader, .broker_epoch = world_.broker_epoch(state.leader.value())};
    request.topics.push_back({.topic_id = key->first});
    request.topics[0].partitions.push_back({.partition_index = key->second,
                                            .leader_epoch = state.leader_epoch,
                                            .partition_epoch = state.partition_epoch});
    auto& wanted = request.topics[0].partitions[0];
    if (happens(5)) --wanted.partition_epoch;
    const std::int64_t leader_end = ghost.ends.at(state.leader);
    for (const NodeId node : state.replicas) {
        const bool follows = node != state.leader;
        const auto end = ghost.ends.find(node);
        const bool caught_up = end != ghost.ends.end() && end->second >= leader_end;
        const bool stays = state.is_in_isr(node) && happens(70);
        if (follows && !stays && !(caught_up && happens(80))) continue;
        const metadata::BrokerImage* broker = world_.controller.image().find_broker(node);
        wanted.new_isr_with_epochs.push_back(
            {.broker_id = node, .broker_epoch = broker == nullptr ? 7 : broker->broker_epoch});
    }
    const auto response = world_.handle(request, 3);
    note(fmt::format("isr: {}", response.topics.at(0).partitions.at(0).error_code));
}

void ClusterModel::create_or_delete_topic() {
    const std::string name = any_topic();
    if (world_.controller.image().find_topic(name) == nullptr) {
        note("topic created");
        world_.create({.name = name,
                       .num_partitions = static_cast<std::int32_t>(1 + random_.below(3)),
                       .replication_factor = static_cast<std::int16_t>(1 + random_.below(4)),
                       .configs = {{.name = "min.insync.replicas",
                                    .value = fmt::format("{}", 1 + random_.below(3))}}});
    } else if (happens(10)) {
        note("topic deleted");
        protocol::DeleteTopicsRequest request;
        request.topic_names = {name};
        world_.handle(request, 5);
    } else if (happens(20)) {
        note("partitions created");
        protocol::CreatePartitionsRequest request;
        request.topics.push_back({.name = name, .count = 3, .assignments = std::nullopt});
        world_.handle(request, 3);
    }
}

void ClusterModel::reassign() {
    const auto key = any_partition();
    if (!key) return;
    protocol::AlterPartitionReassignmentsRequest request;
    request.topics.push_back({.name = world_.controller.image().find_topic(key->first)->name});
    std::optional<std::vector<NodeId>> target;
    const auto count = static_cast<std::size_t>(1 + random_.below(4));
    if (!happens(30)) target = any_replicas(count);
    request.topics[0].partitions.push_back({key->second, std::move(target)});
    const auto response = world_.handle(request);
    note(fmt::format("reassign: {}", response.responses.at(0).partitions.at(0).error_code));
}

void ClusterModel::elect() {
    if (happens(30)) {
        note("balanced");
        return world_.apply(world_.controller.balance_leaders());
    }
    note("elected");
    protocol::ElectLeadersRequest request{.election_type =
                                              happens(15) ? std::int8_t{1} : std::int8_t{0}};
    request.topic_partitions = std::nullopt;
    world_.handle(request);
}

void ClusterModel::change_configs() {
    note("config changed");
    protocol::IncrementalAlterConfigsRequest request;
    if (happens(70)) {
        request.resources.push_back({.resource_type = 2, .resource_name = any_topic()});
    } else {
        request.resources.push_back({.resource_type = 4, .resource_name = ""});
    }
    request.resources[0].configs.push_back(
        {.name = "min.insync.replicas",
         .config_operation = static_cast<std::int8_t>(random_.below(2)),
         .value = fmt::format("{}", 1 + random_.below(4))});
    world_.handle(request, 1);
}

void ClusterModel::change_feature() {
    note("feature changed");
    protocol::UpdateFeaturesRequest request;
    const bool on = !world_.controller.image().is_elr_enabled();
    request.feature_updates = {{.feature = "metadata.version", .max_version_level = 23},
                               {.feature = std::string(metadata::kElrFeature),
                                .max_version_level = on ? std::int16_t{1} : std::int16_t{0},
                                .upgrade_type = 2}};
    const auto response = world_.handle(request, 2);
    note(fmt::format("feature: {}", response.error_code));
}

// ---- Ghosts ----

void ClusterModel::follow_image() {
    const MetadataImage& image = world_.controller.image();
    std::erase_if(ghosts_, [&](const auto& ghost) {
        return image.find_partition(ghost.first.first, ghost.first.second) == nullptr;
    });
    for (const auto& [id, topic] : image.topics()) {
        for (const auto& [partition, state] : topic->partitions) {
            follow_partition({id, partition}, state);
        }
    }
}

/// A new leader's log is the truth: others that are longer will cut theirs. One that recovers is
/// where committed records may go.
void ClusterModel::follow_partition(const Key& key, const PartitionState& state) {
    Ghost& ghost = ghosts_[key];
    for (const NodeId node : state.replicas) ghost.ends.try_emplace(node, 0);
    std::erase_if(ghost.ends, [&](const auto& end) { return !state.is_replica(end.first); });
    if (!state.has_leader()) return;
    const std::int64_t end = ghost.ends.at(state.leader);
    if (state.leader_recovery_state == LeaderRecoveryState::recovering) {
        ghost.committed = std::min(ghost.committed, end);
    }
    if (!may_act(state.leader)) return;  // nobody hears of a dead leader's log
    const auto led = std::pair(state.leader_epoch, state.leader);
    if (std::exchange(led_[key], led) == led) return;
    for (auto& [node, other] : ghost.ends) other = std::min(other, end);
}

void ClusterModel::commit(const Key& key, const std::string& topic) {
    const PartitionState& state = state_of(key);
    const ElectionRules rules =
        election_rules(world_.controller.image(), world_.controller.config(), topic);
    const auto min_isr = std::min(static_cast<std::size_t>(rules.min_isr), state.replicas.size());
    if (rules.elr_enabled && state.isr.size() < min_isr) return;
    Ghost& ghost = ghosts_[key];
    std::int64_t high_watermark = ghost.ends.at(state.leader);
    for (const NodeId node : state.isr) {
        high_watermark = std::min(high_watermark, ghost.ends.at(node));
    }
    ghost.committed = std::max(ghost.committed, high_watermark);
}

std::optional<std::string> ClusterModel::find_violation() const {
    const MetadataImage& image = world_.controller.image();
    for (const auto& [key, ghost] : ghosts_) {
        const PartitionState& state = state_of(key);
        std::vector<NodeId> candidates = state.isr;
        candidates.insert(candidates.end(), state.elr.begin(), state.elr.end());
        for (const NodeId node : candidates) {
            const auto broker = brokers_.find(node.value());
            if (broker != brokers_.end() && broker->second.lossy) continue;
            if (ghost.ends.at(node) >= ghost.committed) continue;
            return fmt::format("{}-{}: {} is a candidate with {} of {} committed",
                               image.find_topic(key.first)->name, key.second, node,
                               ghost.ends.at(node), ghost.committed);
        }
        if (state.has_leader() && !state.is_in_isr(state.leader)) {
            return fmt::format("{}-{}: {} leads from outside the isr",
                               image.find_topic(key.first)->name, key.second, state.leader);
        }
        for (const NodeId node : state.isr) {
            if (!state.has_leader() || image.is_active(node)) continue;
            return fmt::format("{}-{}: {} is fenced and in the isr",
                               image.find_topic(key.first)->name, key.second, node);
        }
    }
    return std::nullopt;
}

// ---- Choices ----

void ClusterModel::note(std::string step) {
    ++steps_done_[step];
    last_step_ = std::move(step);
}

std::optional<ClusterModel::Key> ClusterModel::any_partition() {
    if (ghosts_.empty()) return std::nullopt;
    auto it = ghosts_.begin();
    std::advance(it, random_.below(ghosts_.size()));
    if (world_.controller.image().find_partition(it->first.first, it->first.second) == nullptr) {
        return std::nullopt;
    }
    return it->first;
}

std::vector<NodeId> ClusterModel::any_replicas(std::size_t count) {
    std::vector<NodeId> replicas;
    while (replicas.size() < count) {
        const NodeId node(any_broker());
        if (std::ranges::find(replicas, node) == replicas.end()) replicas.push_back(node);
    }
    return replicas;
}

bool ClusterModel::is_registered(std::int32_t id) const {
    return world_.controller.image().find_broker(NodeId(id)) != nullptr;
}

bool ClusterModel::may_act(NodeId node) const {
    const auto it = brokers_.find(node.value());
    return it != brokers_.end() && it->second.alive && is_registered(node.value());
}

const PartitionState& ClusterModel::state_of(const Key& key) const {
    return *world_.controller.image().find_partition(key.first, key.second);
}

}  // namespace gregor::controller::test
