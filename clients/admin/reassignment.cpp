#include "clients/admin/reassignment.h"

#include <fmt/format.h>

namespace gregor::admin {
namespace {

void add_to(std::string& list, const TopicPartition& partition, const std::set<NodeId>& brokers) {
    for (const NodeId broker : brokers) {
        list += fmt::format("{}{}:{}", list.empty() ? "" : ",", partition.partition, broker);
    }
}

}  // namespace

Moves moves_between(const ActiveReassignments& active, const Assignment& current,
                    const Assignment& proposed) {
    Moves moves;
    for (const auto& [partition, reassignment] : active) {
        Move& move = moves[partition];
        move.destinations = {reassignment.adding.begin(), reassignment.adding.end()};
        for (const NodeId replica : reassignment.replicas) {
            if (!move.destinations.contains(replica)) move.sources.insert(replica);
        }
    }
    for (const auto& [partition, replicas] : proposed) {
        Move& move = moves[partition];
        if (move.sources.empty() && current.contains(partition)) {
            const Replicas& present = current.at(partition);
            move.sources = {present.begin(), present.end()};
        }
        move.destinations.clear();
        for (const NodeId replica : replicas) {
            if (!move.sources.contains(replica)) move.destinations.insert(replica);
        }
    }
    return moves;
}

std::map<std::string, ThrottledReplicas> throttled_replicas(const Moves& moves) {
    std::map<std::string, ThrottledReplicas> throttled;
    for (const auto& [partition, move] : moves) {
        add_to(throttled[partition.topic].leader, partition, move.sources);
        add_to(throttled[partition.topic].follower, partition, move.destinations);
    }
    return throttled;
}

std::set<NodeId> brokers_of(const Moves& moves) {
    std::set<NodeId> brokers;
    for (const auto& [partition, move] : moves) {
        brokers.insert(move.sources.begin(), move.sources.end());
        brokers.insert(move.destinations.begin(), move.destinations.end());
    }
    return brokers;
}

std::set<NodeId> brokers_of(const Assignment& assignment) {
    std::set<NodeId> brokers;
    for (const auto& [partition, replicas] : assignment) {
        brokers.insert(replicas.begin(), replicas.end());
    }
    return brokers;
}

std::set<std::string> topics_of(const Assignment& assignment) {
    std::set<std::string> topics;
    for (const auto& [partition, replicas] : assignment) topics.insert(partition.topic);
    return topics;
}

std::string to_string(const TopicPartition& partition) {
    return fmt::format("{}-{}", partition.topic, partition.partition);
}

}  // namespace gregor::admin
