#include "clients/cli/reassignment_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

namespace gregor::cli {
namespace {

using admin::TopicPartition;
using Json = nlohmann::ordered_json;

constexpr std::string_view kAnyLogDir = "any";

/// The list `key` of a file of version 1, which is the default.
Result<Json, std::string> list_in(std::string_view text, const std::string& key) {
    const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) return fail(std::string("The input string is not a valid JSON"));
    const auto version = json.find("version");
    if (version != json.end() && *version != 1) {
        return fail(fmt::format("Not supported version field value {}", version->dump()));
    }
    const auto list = json.find(key);
    if (list == json.end()) return Json::array();
    if (!list->is_array()) return fail(fmt::format("\"{}\" is no list", key));
    return *list;
}

Result<std::string, std::string> topic_in(const Json& entry) {
    const bool has_topic =
        entry.is_object() && entry.contains("topic") && entry.at("topic").is_string();
    if (!has_topic) return fail(fmt::format("no \"topic\" in {}", entry.dump()));
    return entry.at("topic").get<std::string>();
}

std::optional<std::int32_t> id_in(const Json& json) {
    if (!json.is_number_integer()) return std::nullopt;
    const auto number = json.get<std::int64_t>();
    if (number < 0 || number > std::numeric_limits<std::int32_t>::max()) return std::nullopt;
    return static_cast<std::int32_t>(number);
}

Result<admin::Replicas, std::string> replicas_in(const Json& entry, const std::string& name) {
    const auto listed = entry.find("replicas");
    if (listed == entry.end() || !listed->is_array()) {
        return fail(fmt::format("no \"replicas\" of {}", name));
    }
    admin::Replicas replicas;
    for (const Json& each : *listed) {
        const auto id = id_in(each);
        if (!id) return fail(fmt::format("{} is no broker id, in {}", each.dump(), name));
        const protocol::NodeId replica(*id);
        if (std::ranges::find(replicas, replica) != replicas.end()) {
            return fail(
                fmt::format("Partition replica lists may not contain duplicate entries: "
                            "{} contains multiple entries for {}",
                            name, replica));
        }
        replicas.push_back(replica);
    }
    return replicas;
}

/// Of the replicas, in their order; empty where any will do.
Result<std::vector<std::string>, std::string> log_dirs_in(const Json& entry, std::size_t replicas,
                                                          const std::string& name) {
    std::vector<std::string> paths(replicas);
    const auto listed = entry.find("log_dirs");
    if (listed == entry.end()) return paths;
    if (!listed->is_array() || listed->size() != replicas) {
        return fail(
            fmt::format("Size of replicas list {} is different from size of log dirs list "
                        "{} for partition {}",
                        entry.at("replicas").dump(), listed->dump(), name));
    }
    for (std::size_t i = 0; i < replicas; ++i) {
        const Json& path = listed->at(i);
        if (!path.is_string()) {
            return fail(fmt::format("{} is no log directory, in {}", path.dump(), name));
        }
        if (path != kAnyLogDir) paths[i] = path.get<std::string>();
    }
    return paths;
}

}  // namespace

Result<std::set<std::string>, std::string> parse_topics_to_move(std::string_view text) {
    std::set<std::string> topics;
    const Json list = TRY(list_in(text, "topics"));
    for (const Json& entry : list) {
        const std::string topic = TRY(topic_in(entry));
        if (topics.insert(topic).second) continue;
        return fail(
            fmt::format("List of topics to reassign contains duplicate entries: {}", topic));
    }
    return topics;
}

Result<Reassignment, std::string> parse_reassignment(std::string_view text) {
    Reassignment reassignment;
    const Json list = TRY(list_in(text, "partitions"));
    for (const Json& entry : list) {
        const std::string topic = TRY(topic_in(entry));
        const auto index =
            entry.contains("partition") ? id_in(entry.at("partition")) : std::nullopt;
        if (!index) return fail(fmt::format("no \"partition\" in {}", entry.dump()));
        const TopicPartition partition{topic, protocol::PartitionId(*index)};
        const std::string name = admin::to_string(partition);
        admin::Replicas replicas = TRY(replicas_in(entry, name));
        if (replicas.empty())
            return fail(fmt::format("Partition replica list cannot be empty: {}", name));
        const auto paths = TRY(log_dirs_in(entry, replicas.size(), name));
        for (std::size_t i = 0; i < paths.size(); ++i) {
            if (paths[i].empty()) continue;
            reassignment.directories.insert({{partition, replicas[i]}, paths[i]});
        }
        if (reassignment.replicas.emplace(partition, std::move(replicas)).second) continue;
        return fail(
            fmt::format("Partition reassignment contains duplicate topic partitions: {}", name));
    }
    if (reassignment.replicas.empty()) {
        return fail(std::string("Partition reassignment list cannot be empty"));
    }
    return reassignment;
}

std::string to_json(const admin::Assignment& assignment) {
    Json partitions = Json::array();
    for (const auto& [partition, replicas] : assignment) {
        Json ids = Json::array();
        for (const protocol::NodeId replica : replicas) ids.push_back(replica.value());
        partitions.push_back({{"topic", partition.topic},
                              {"partition", partition.partition.value()},
                              {"replicas", ids},
                              {"log_dirs", Json(replicas.size(), Json(kAnyLogDir))}});
    }
    return Json{{"version", 1}, {"partitions", partitions}}.dump();
}

}  // namespace gregor::cli
