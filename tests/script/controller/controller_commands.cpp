#include "tests/script/controller/controller_commands.h"

#include <fmt/ranges.h>

#include <sstream>

namespace gregor::controller::test {
namespace {

using metadata::MetadataImage;
using metadata::PartitionState;

std::vector<NodeId> replicas_of(const std::string& text) {
    std::vector<NodeId> replicas;
    std::istringstream in(text);
    for (std::string each; std::getline(in, each, ',');) replicas.emplace_back(std::stoi(each));
    return replicas;
}

std::pair<std::string, std::string> setting_of(const std::string& text) {
    const std::size_t equals = text.find('=');
    return {text.substr(0, equals), text.substr(equals + 1)};
}

std::string text_of(const std::vector<NodeId>& nodes) {
    return nodes.empty() ? "-" : fmt::format("{}", fmt::join(nodes, ","));
}

std::string text_of(const std::string& topic, const PartitionState& state) {
    std::string text = fmt::format("{}: replicas {} isr {} leader {} epoch {}", topic,
                                   text_of(state.replicas), text_of(state.isr),
                                   state.has_leader() ? fmt::format("{}", state.leader) : "none",
                                   state.leader_epoch);
    if (!state.elr.empty()) text += " elr " + text_of(state.elr);
    if (!state.last_known_elr.empty()) text += " last known " + text_of(state.last_known_elr);
    if (!state.adding_replicas.empty()) text += " adding " + text_of(state.adding_replicas);
    if (!state.removing_replicas.empty()) text += " removing " + text_of(state.removing_replicas);
    if (state.leader_recovery_state == metadata::LeaderRecoveryState::recovering) {
        text += " recovering";
    }
    return text;
}

std::string text_of(ErrorCode code, const std::optional<std::string>& message) {
    if (code == ErrorCode::none) return "";
    return message && !message->empty() ? fmt::format("{}: {}", code, *message)
                                        : fmt::format("{}", code);
}

}  // namespace

std::vector<std::string> ControllerCommands::run(const std::string& line) {
    Words words;
    std::istringstream in(line);
    for (std::string word; in >> word;) words.push_back(word);
    if (words.at(0) == "elr") {
        elr_ = true;
        return {};
    }
    const MetadataImage before = world().controller.image();
    const std::string answer = execute(words);
    std::vector<std::string> said = changes_since(before);
    if (!answer.empty()) said.insert(said.begin(), answer);
    return said;
}

ControllerWorld& ControllerCommands::world() {
    if (!world_) world_ = std::make_unique<ControllerWorld>(WorldOptions{.elr = elr_});
    return *world_;
}

std::string ControllerCommands::execute(const Words& words) {
    const std::string& command = words[0];
    if (command == "broker") {
        for (std::size_t i = 1; i < words.size(); ++i) world().add_broker(std::stoi(words[i]));
    } else if (command == "fence") {
        world().apply(world().controller.fence(NodeId(std::stoi(words.at(1)))));
    } else if (command == "return") {
        return come_back(words);
    } else if (command == "beat") {
        const auto answer = world().beat(std::stoi(words.at(1)), words.size() > 2);
        return answer.should_shut_down ? "may shut down" : "";
    } else if (command == "dir-failed") {
        const int id = std::stoi(words.at(1));
        world().beat(
            id, false,
            {ControllerWorld::directory(id, static_cast<std::uint8_t>(std::stoi(words.at(2))))});
    } else if (command == "unregister") {
        const auto answer = world().handle(
            protocol::UnregisterBrokerRequest{.broker_id = NodeId(std::stoi(words.at(1)))});
        return text_of(answer.error_code, answer.error_message);
    } else if (command == "topic") {
        return create_topic(words);
    } else if (command == "set") {
        return set_config(words);
    } else if (command == "isr") {
        const auto answer = world().alter(world().wish(words.at(1), replicas_of(words.at(2))));
        return text_of(answer.error_code, std::nullopt);
    } else if (command == "reassign") {
        return reassign(words);
    } else if (command == "elect") {
        return elect(words);
    } else if (command == "feature") {
        return set_feature(words);
    } else {
        FAIL("unknown command " << command);
    }
    return "";
}

std::string ControllerCommands::come_back(const Words& words) {
    const int id = std::stoi(words.at(1));
    const bool clean = words.size() < 3;
    const metadata::BrokerImage* present = world().controller.image().find_broker(NodeId(id));
    const std::int64_t epoch = clean && present != nullptr ? present->broker_epoch : -1;
    const auto answer = world().register_broker(id, ++incarnation_, epoch);
    if (answer.error_code == ErrorCode::none) world().beat(id);
    return text_of(answer.error_code, std::nullopt);
}

std::string ControllerCommands::create_topic(const Words& words) {
    protocol::CreateTopicsRequest::Topic topic{
        .name = words.at(1), .num_partitions = -1, .replication_factor = -1};
    topic.assignments.push_back({PartitionId(0), replicas_of(words.at(2)), {}});
    for (std::size_t i = 3; i < words.size(); ++i) {
        auto [key, value] = setting_of(words[i]);
        topic.configs.push_back({.name = std::move(key), .value = std::move(value)});
    }
    const auto answer = world().create(std::move(topic));
    return text_of(answer.error_code, answer.error_message);
}

std::string ControllerCommands::set_config(const Words& words) {
    auto [key, value] = setting_of(words.at(2));
    protocol::IncrementalAlterConfigsRequest request;
    request.resources.push_back({.resource_type = 2, .resource_name = words.at(1)});
    request.resources[0].configs.push_back({.name = std::move(key), .value = std::move(value)});
    const auto answer = world().handle(request, 1).responses.at(0);
    return text_of(answer.error_code, answer.error_message);
}

std::string ControllerCommands::reassign(const Words& words) {
    std::optional<std::vector<NodeId>> target;
    if (words.at(2) != "cancel") target = replicas_of(words.at(2));
    protocol::AlterPartitionReassignmentsRequest request;
    request.topics.push_back({.name = words.at(1)});
    request.topics[0].partitions.push_back({PartitionId(0), std::move(target)});
    const auto answer = world().handle(request).responses.at(0).partitions.at(0);
    return text_of(answer.error_code, answer.error_message);
}

std::string ControllerCommands::elect(const Words& words) {
    protocol::ElectLeadersRequest request{
        .election_type = words.at(2) == "unclean" ? std::int8_t{1} : std::int8_t{0}};
    request.topic_partitions->push_back({.topic = words.at(1), .partitions = {PartitionId(0)}});
    const auto answer =
        world().handle(request).replica_election_results.at(0).partition_result.at(0);
    return text_of(answer.error_code, answer.error_message);
}

std::string ControllerCommands::set_feature(const Words& words) {
    protocol::UpdateFeaturesRequest request;
    request.feature_updates = {
        {.feature = words.at(1),
         .max_version_level = static_cast<std::int16_t>(std::stoi(words.at(2))),
         .upgrade_type = 2}};
    const auto answer = world().handle(request, 2);
    return text_of(answer.error_code, answer.error_message);
}

std::vector<std::string> ControllerCommands::changes_since(const MetadataImage& before) const {
    std::vector<std::string> said;
    const MetadataImage& now = world_->controller.image();
    for (const auto& [name, id] : now.topic_ids()) {
        const PartitionState& state = *now.find_partition(id, PartitionId(0));
        const PartitionState* old_state = before.find_partition(id, PartitionId(0));
        if (old_state == nullptr || !(*old_state == state)) said.push_back(text_of(name, state));
    }
    return said;
}

}  // namespace gregor::controller::test
