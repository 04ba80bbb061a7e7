#include "scenarios/cluster/replica_mover.h"

#include "broker/protocol/messages/log_dirs.h"
#include "scenarios/cluster/settling.h"

namespace gregor::scenarios::cluster {

using protocol::ErrorCode;
using protocol::NodeId;

namespace {

std::pair<std::string, protocol::PartitionId> split(const std::string& partition) {
    const std::size_t dash = partition.rfind('-');
    return {partition.substr(0, dash),
            protocol::PartitionId(std::stoi(partition.substr(dash + 1)))};
}

}  // namespace

std::string log_directory(std::int64_t number) {
    return number == 1 ? "data" : fmt::format("data{}", number);
}

void ReplicaMover::move(NodeId broker, const std::string& partition, const std::string& path) {
    const auto [topic, index] = split(partition);
    protocol::AlterReplicaLogDirsRequest request;
    request.dirs.push_back({.path = path, .topics = {}});
    request.dirs.front().topics.push_back({.name = topic, .partitions = {index}});
    const auto answer = cluster_.call_node<protocol::AlterReplicaLogDirsResponse>(
        broker, request, runtime_.clock().now() + kAdminTryTimeout);
    const bool is_refused =
        answer && answer->results.at(0).partitions.at(0).error_code != ErrorCode::none;
    if (is_refused) wanted_.erase({broker, partition});
    else wanted_.insert_or_assign({broker, partition}, path);
}

void ReplicaMover::forget(NodeId broker) {
    std::erase_if(wanted_, [&](const auto& each) { return each.first.first == broker; });
}

std::string ReplicaMover::what_is_left() {
    for (auto it = wanted_.begin(); it != wanted_.end();) {
        const auto [replica, path] = *it;
        const auto& [broker, partition] = replica;
        const std::string what = fmt::format("{} on n{} to {}", partition, broker, path);
        const auto place = look(replica, path);
        if (!place) return "asking about " + what;
        if (*place == Place::on_its_way) return what + " is on its way";
        if (*place == Place::elsewhere) {
            move(broker, partition, path);
            return "asking again for " + what;
        }
        it = wanted_.erase(it);
    }
    return "";
}

std::optional<ReplicaMover::Place> ReplicaMover::look(const Replica& replica,
                                                      const std::string& path) {
    const auto& [broker, partition] = replica;
    const auto [topic, index] = split(partition);
    protocol::DescribeLogDirsRequest request;
    request.topics.emplace().push_back({.topic = topic, .partitions = {index}});
    const auto answer = cluster_.call_node<protocol::DescribeLogDirsResponse>(
        broker, request, runtime_.clock().now() + kAdminTryTimeout);
    if (!answer) return std::nullopt;
    Place place = Place::gone;
    for (const auto& directory : answer->results) {
        for (const auto& found : directory.topics) {
            for (const auto& each : found.partitions) {
                const bool is_wanted = directory.log_dir == path;
                if (each.is_future_key && is_wanted) return Place::on_its_way;
                if (!each.is_future_key) place = is_wanted ? Place::there : Place::elsewhere;
            }
        }
    }
    return place;
}

}  // namespace gregor::scenarios::cluster
