#include "tests/script/coordinator/group_commands.h"

#include <fmt/ranges.h>

#include <sstream>

#include "broker/coordinator/versioned_bytes.h"
#include "broker/protocol/messages/embedded.h"
#include "tests/support/script_line.h"

namespace gregor::coordinator::test {
namespace {

std::vector<std::string> split(const std::string& text, char at) {
    std::vector<std::string> parts;
    std::istringstream in(text);
    for (std::string each; std::getline(in, each, at);) parts.push_back(each);
    return parts;
}

/// "orders-0"
OffsetKey partition_of(const std::string& text) {
    const std::size_t dash = text.rfind('-');
    return {text.substr(0, dash), protocol::PartitionId(std::stoi(text.substr(dash + 1)))};
}

Bytes subscription(const std::vector<std::string>& topics, const std::vector<std::string>& owned) {
    protocol::ConsumerProtocolSubscription subscription{.topics = topics};
    for (const std::string& each : owned) {
        const auto [topic, partition] = partition_of(each);
        subscription.owned_partitions.push_back({.topic = topic, .partitions = {partition}});
    }
    return encode_versioned(subscription, owned.empty() ? 0 : 1);
}

/// "orders-0+orders-1" is what consumers understand; what names no partitions is sent as it is.
Bytes assignment(const std::string& text) {
    if (text.find('-') == std::string::npos) return Bytes::copy_of(text);
    protocol::ConsumerProtocolAssignment assignment;
    for (const std::string& each : split(text, '+')) {
        const auto [topic, partition] = partition_of(each);
        assignment.assigned_partitions.push_back({.topic = topic, .partitions = {partition}});
    }
    return encode_versioned(assignment, 0);
}

}  // namespace

struct GroupCommands::Line : testing::ScriptLine {
    using ScriptLine::ScriptLine;
    [[nodiscard]] const std::string& group() const { return words.at(0); }
};

std::vector<std::string> GroupCommands::run(const std::string& text) {
    const Line line(text);
    if (line.command == "config") {
        configure(line);
        return {};
    }
    if (line.command == "log") return written();
    if (move(line)) return news(0, "");
    const RequestId asked = world().ask(request_of(line));
    const bool by_client = line.words.size() > 1 && clients_.contains(line.words[1]);
    const std::string who = by_client ? line.words[1] : line.command;
    askers_[asked] = who;
    return news(asked, who);
}

testing::GroupWorld& GroupCommands::world() {
    if (!world_) world_ = std::make_unique<testing::GroupWorld>(config_);
    return *world_;
}

void GroupCommands::configure(const Line& line) {
    config_.initial_rebalance_delay_ms =
        line.number("initial-delay", config_.initial_rebalance_delay_ms);
    config_.max_size = line.number("max-size", config_.max_size);
    if (line.text("migration") == "disabled") {
        config_.consumer.migration_policy = MigrationPolicy::disabled;
    }
    config_.consumer.max_size = line.number("max-consumers", config_.consumer.max_size);
    config_.min_session_timeout_ms = line.number("min-session", config_.min_session_timeout_ms);
    config_.offset_metadata_max_bytes =
        line.number("max-metadata", config_.offset_metadata_max_bytes);
    if (line.named.contains("retention"))
        config_.offsets_retention_ms = line.number("retention", 0);
    if (line.named.contains("check-interval")) {
        config_.offsets_check_interval_ms = line.number("check-interval", 0);
    }
}

/// What is no request of a client.
bool GroupCommands::move(const Line& line) {
    const std::string& command = line.command;
    if (command == "topic") {
        world().add_topic(line.words.at(0), std::stoi(line.words.at(1)));
    } else if (command == "delete-topic") {
        world().remove_topic(line.words.at(0));
    } else if (command == "group-config") {
        for (const auto& [name, value] : line.named) {
            world().set_group_config(line.group(), name, value);
        }
    } else if (command == "wait") {
        world().advance(std::stoi(line.words.at(0)));
    } else if (command == "hold") {
        world().hold();
    } else if (command == "commit-log") {
        world().commit();
    } else if (command == "fail-commits") {
        world().fail_commits();
    } else if (command == "refuse-append") {
        world().refuse_next_append();
    } else if (command == "fail-over") {
        world().fail_over();
    } else if (command == "compact") {
        world().compact(false);
    } else {
        return false;
    }
    return true;
}

GroupCommands::Client& GroupCommands::client(const Line& line) {
    return clients_[line.words.at(1)];
}

GroupRequest GroupCommands::request_of(const Line& line) {
    const std::string& command = line.command;
    if (command == "join") return join_of(line, client(line));
    if (command == "sync") return sync_of(line, client(line));
    if (command == "leave") return leave_of(line);
    if (command == "commit") return commit_of(line);
    if (command == "commit-txn") return commit_in_transaction(line);
    if (command == "fetch") return fetch_of(line);
    if (command == "delete-offsets") return delete_offsets_of(line);
    if (command == "heartbeat") {
        const Client& who = client(line);
        return Heartbeat{{.group_id = line.group(),
                          .generation_id = line.number("generation", who.generation_id),
                          .member_id = who.member_id,
                          .group_instance_id = who.group_instance_id}};
    }
    if (command == "beat") return beat_of(line);
    if (command == "describe-consumers") return DescribeConsumerGroup{line.group()};
    if (command == "describe") {
        return DescribeGroup{.group_id = line.group(),
                             .version = static_cast<std::int16_t>(line.number("version", 6))};
    }
    if (command == "list") return ListGroups{{.states_filter = line.words, .types_filter = {}}};
    if (command == "delete") return DeleteGroup{line.group()};
    CHECK(false, "unknown command: {}", command);
    return {};
}

SyncGroup GroupCommands::sync_of(const Line& line, const Client& who) const {
    protocol::SyncGroupRequest request{
        .group_id = line.group(),
        .generation_id = line.number("generation", who.generation_id),
        .member_id = who.member_id,
        .group_instance_id = who.group_instance_id,
        .protocol_type = std::nullopt,
        .protocol_name = std::nullopt,
        .assignments = {}};
    for (const auto& [name, value] : line.named) {
        if (name == "generation") continue;
        request.assignments.push_back({.member_id = real(name), .assignment = assignment(value)});
    }
    return {std::move(request)};
}

LeaveGroup GroupCommands::leave_of(const Line& line) {
    protocol::LeaveGroupRequest request{.group_id = line.group(), .members = {}};
    auto& leaver = request.members.emplace_back();
    if (line.named.contains("static")) {
        leaver.group_instance_id = line.text("static");
    } else {
        leaver.member_id = client(line).member_id;
        leaver.group_instance_id = client(line).group_instance_id;
    }
    return {std::move(request)};
}

ConsumerGroupHeartbeat GroupCommands::beat_of(const Line& line) {
    Client& who = client(line);
    who.member_id = line.text("id", line.words.at(1));
    aliases_.try_emplace(who.member_id, who.member_id);
    if (line.named.contains("static")) who.group_instance_id = line.text("static");
    const bool says_topics = line.named.contains("topics") || line.named.contains("regex");
    ConsumerGroupHeartbeat beat{
        .request = {.group_id = line.group(),
                    .member_id = who.member_id,
                    .member_epoch = line.number("epoch", says_topics ? 0 : who.member_epoch),
                    .instance_id = who.group_instance_id,
                    .subscribed_topic_names = std::nullopt,
                    .topic_partitions = std::nullopt},
        .version = static_cast<std::int16_t>(line.number("version", 1)),
        .client_id = line.words[1],
        .client_host = "/127.0.0.1"};
    auto& request = beat.request;
    const bool joins = request.member_epoch == kJoinEpoch;
    if (joins) request.rebalance_timeout_ms = line.number("rebalance", 60'000);
    if (joins) request.topic_partitions.emplace();
    if (line.named.contains("topics"))
        request.subscribed_topic_names = split(line.text("topics"), ',');
    if (line.named.contains("regex")) request.subscribed_topic_regex = line.text("regex");
    if (line.named.contains("assignor")) request.server_assignor = line.text("assignor");
    if (line.named.contains("owned")) {
        const std::string owned = line.text("owned");
        request.topic_partitions = to_wire<protocol::ConsumerGroupHeartbeatRequest::TopicPartition>(
            owned == "told" ? who.told : partitions_of(owned));
    }
    return beat;
}

TopicPartitions GroupCommands::partitions_of(const std::string& text) {
    TopicPartitions partitions;
    for (const std::string& each : split(text, ',')) {
        const auto [topic, partition] = partition_of(each);
        partitions[world().image().find_topic(topic)->id].insert(partition);
    }
    return partitions;
}

std::string GroupCommands::names_of(const TopicPartitions& partitions) {
    std::string text;
    for (const auto& [topic_id, numbers] : partitions) {
        const auto* topic = world().image().find_topic(topic_id);
        for (const protocol::PartitionId number : numbers) {
            text += fmt::format("{}{}-{}", text.empty() ? "" : ",",
                                topic == nullptr ? "gone" : topic->name, number);
        }
    }
    return text.empty() ? "nothing" : text;
}

FetchOffsets GroupCommands::fetch_of(const Line& line) {
    FetchOffsets fetch;
    fetch.group.group_id = line.group();
    if (line.named.contains("member")) {
        fetch.group.member_id = line.text("member");
        fetch.group.member_epoch = line.number("epoch", 0);
    }
    fetch.group.topics.reset();
    for (std::size_t i = 1; i < line.words.size(); ++i) {
        const auto [topic, partition] = partition_of(line.words[i]);
        if (!fetch.group.topics) fetch.group.topics.emplace();
        fetch.group.topics->push_back({.name = topic, .partition_indexes = {partition}});
    }
    return fetch;
}

DeleteOffsets GroupCommands::delete_offsets_of(const Line& line) {
    DeleteOffsets request;
    request.request.group_id = line.group();
    for (std::size_t i = 1; i < line.words.size(); ++i) {
        const auto [topic, partition] = partition_of(line.words[i]);
        request.request.topics.push_back({.name = topic, .partitions = {{partition}}});
    }
    return request;
}

JoinGroup GroupCommands::join_of(const Line& line, Client& who) {
    if (line.named.contains("static")) who.group_instance_id = line.text("static");
    if (line.named.contains("anew")) who.member_id.clear();
    JoinGroup join{.request = {.group_id = line.group(),
                               .session_timeout_ms = line.number("session", 10'000),
                               .rebalance_timeout_ms = line.number("rebalance", 60'000),
                               .member_id = who.member_id,
                               .group_instance_id = who.group_instance_id,
                               .protocol_type = line.text("type", "consumer"),
                               .protocols = {}},
                   .version = static_cast<std::int16_t>(line.number("version", 9)),
                   .client_id = line.words.at(1),
                   .client_host = "/127.0.0.1"};
    for (const std::string& name : split(line.text("protocols", "range"), ',')) {
        join.request.protocols.push_back(
            {.name = name,
             .metadata = subscription(split(line.text("topics", "orders"), ','),
                                      split(line.text("owns"), ','))});
    }
    return join;
}

CommitOffsets GroupCommands::commit_of(const Line& line) {
    CommitOffsets commit{
        .request = {.group_id = line.group(), .group_instance_id = {}, .topics = {}},
        .version = static_cast<std::int16_t>(line.number("version", 9))};
    if (line.words.at(1) != "-") {
        const Client& who = client(line);
        const bool is_consumer = who.member_epoch > 0;
        commit.request.generation_id_or_member_epoch =
            line.number("generation", is_consumer ? who.member_epoch : who.generation_id);
        commit.request.member_id = who.member_id;
        commit.request.group_instance_id = who.group_instance_id;
    }
    for (const auto& [name, value] : line.named) {
        if (name == "version" || name == "generation" || name == "retention") continue;
        const auto [topic, partition] = partition_of(name);
        const auto parts = split(value, ',');
        commit.request.topics.push_back(
            {.name = topic,
             .partitions = {{.partition_index = partition,
                             .committed_offset = protocol::Offset(std::stoll(parts.at(0))),
                             .committed_metadata = parts.size() > 1 ? parts[1] : ""}}});
    }
    const auto retention = line.named.find("retention");
    commit.request.retention_time_ms =
        retention == line.named.end() ? -1 : std::stoll(retention->second);
    return commit;
}

/// The same offsets, as the producer of a transaction says them.
CommitTransactionOffsets GroupCommands::commit_in_transaction(const Line& line) {
    const protocol::OffsetCommitRequest said = commit_of(line).request;
    protocol::TxnOffsetCommitRequest request{.transactional_id = "t",
                                             .group_id = said.group_id,
                                             .producer_id = protocol::ProducerId(1),
                                             .producer_epoch = protocol::ProducerEpoch(0),
                                             .generation_id = said.generation_id_or_member_epoch,
                                             .member_id = said.member_id,
                                             .group_instance_id = said.group_instance_id,
                                             .topics = {}};
    for (const auto& topic : said.topics) {
        auto& each = request.topics.emplace_back();
        each.name = topic.name;
        for (const auto& partition : topic.partitions) {
            each.partitions.push_back({.partition_index = partition.partition_index,
                                       .committed_offset = partition.committed_offset,
                                       .committed_metadata = partition.committed_metadata});
        }
    }
    return {.request = std::move(request)};
}

// What was said. ----------------------------------------------------------------------------------

std::vector<std::string> GroupCommands::news(RequestId asked, const std::string& who) {
    std::vector<std::string> lines;
    bool is_answered = asked == 0;
    for (auto& [id, answer] : world().take_answers()) {
        is_answered = is_answered || id == asked;
        const auto asker = askers_.extract(id);
        if (asker.empty()) continue;  // the world's own
        const std::string text = answer ? text_of(*answer, names()) : text_of(answer.error());
        if (answer) {
            if (const auto* joined = std::get_if<protocol::JoinGroupResponse>(&*answer)) {
                Client& client = clients_[asker.mapped()];
                const bool is_told = joined->error_code == protocol::ErrorCode::none ||
                                     joined->error_code == protocol::ErrorCode::member_id_required;
                if (is_told) client.member_id = joined->member_id;
                if (joined->error_code == protocol::ErrorCode::none) {
                    client.generation_id = joined->generation_id;
                }
            }
        }
        if (answer) {
            if (const auto* beat = std::get_if<protocol::ConsumerGroupHeartbeatResponse>(&*answer);
                beat != nullptr && beat->error_code == protocol::ErrorCode::none) {
                Client& client = clients_[asker.mapped()];
                client.member_epoch = beat->member_epoch;
                if (beat->assignment) {
                    client.told = to_topic_partitions(beat->assignment->topic_partitions);
                }
            }
        }
        lines.push_back(fmt::format("{}: {}", asker.mapped(), text));
    }
    if (!is_answered) lines.push_back(fmt::format("{}: waits", who));
    return lines;
}

std::vector<std::string> GroupCommands::written() {
    std::vector<std::string> lines;
    for (const CoordinatorRecord& record : world().take_records()) {
        const auto decoded = decode_group_record(record);
        CHECK(decoded.has_value());
        const std::string line = text_of(*decoded, names());
        if (!line.empty()) lines.push_back(line);
    }
    return lines;
}

GroupNames GroupCommands::names() {
    return {.member = [this](const std::string& id) { return alias(id); },
            .partitions = [this](const TopicPartitions& each) { return names_of(each); }};
}

std::string GroupCommands::alias(const std::string& member_id) {
    if (member_id.empty()) return "-";
    const auto it = aliases_.try_emplace(member_id, fmt::format("m{}", aliases_.size() + 1)).first;
    return it->second;
}

std::string GroupCommands::real(const std::string& alias) const {
    for (const auto& [id, known] : aliases_) {
        if (known == alias) return id;
    }
    return alias;
}

}  // namespace gregor::coordinator::test
