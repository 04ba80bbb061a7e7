// kafka-metadata-quorum.sh describe
#include <algorithm>
#include <memory>
#include <optional>

#include "clients/cli/command.h"

namespace gregor::cli {
namespace {

using Replica = protocol::DescribeQuorumResponse::ReplicaState;
using Partition = protocol::DescribeQuorumResponse::Partition;

struct Options {
    bool status = false;
    bool replication = false;
};

const Replica* find(const std::vector<Replica>& replicas, protocol::NodeId node) {
    const auto found = std::ranges::find(replicas, node, &Replica::replica_id);
    return found == replicas.end() ? nullptr : &*found;
}

/// The voter that is furthest behind.
const Replica& slowest(const std::vector<Replica>& voters) {
    return *std::ranges::min_element(voters, {}, &Replica::log_end_offset);
}

std::int64_t lag_time_ms(const Replica& leader, const Replica& follower) {
    if (leader.log_end_offset == follower.log_end_offset) return 0;
    const bool both_known =
        leader.last_caught_up_timestamp >= 0 && follower.last_caught_up_timestamp >= 0;
    return both_known ? leader.last_caught_up_timestamp - follower.last_caught_up_timestamp : -1;
}

std::string endpoints_of(const protocol::DescribeQuorumResponse& quorum, protocol::NodeId id) {
    std::vector<std::string> endpoints;
    for (const auto& node : quorum.nodes) {
        if (node.node_id != id) continue;
        for (const auto& listener : node.listeners) {
            const bool is_ipv6 = listener.host.find(':') != std::string::npos;
            endpoints.push_back(
                is_ipv6
                    ? fmt::format("\"{}://[{}]:{}\"", listener.name, listener.host, listener.port)
                    : fmt::format("\"{}://{}:{}\"", listener.name, listener.host, listener.port));
        }
    }
    return fmt::format("{}", fmt::join(endpoints, ", "));
}

std::string described(const protocol::DescribeQuorumResponse& quorum,
                      const std::vector<Replica>& replicas, bool with_endpoints) {
    std::vector<std::string> parts;
    for (const Replica& replica : replicas) {
        std::string part = fmt::format("{{\"id\": {}, \"directoryId\": \"{}\"", replica.replica_id,
                                       replica.replica_directory_id);
        if (with_endpoints) {
            part += fmt::format(", \"endpoints\": [{}]", endpoints_of(quorum, replica.replica_id));
        }
        parts.push_back(part + "}");
    }
    return fmt::format("[{}]", fmt::join(parts, ", "));
}

int print_status(Context& context, const protocol::DescribeQuorumResponse& quorum,
                 const Partition& partition, const Replica& leader) {
    const auto cluster = context.admin.describe_cluster();
    if (!cluster) return failed("quorum", cluster.error());
    const Replica& last = slowest(partition.current_voters);
    const auto line = [](std::string_view name, const auto& value) {
        fmt::print("{:<24}{}\n", name, value);
    };
    line("ClusterId:", cluster->cluster_id);
    line("LeaderId:", partition.leader_id);
    line("LeaderEpoch:", partition.leader_epoch);
    line("HighWatermark:", partition.high_watermark);
    line("MaxFollowerLag:", leader.log_end_offset - last.log_end_offset);
    line("MaxFollowerLagTimeMs:", lag_time_ms(leader, last));
    line("CurrentVoters:", described(quorum, partition.current_voters, true));
    line("CurrentObservers:", described(quorum, partition.observers, false));
    return kDone;
}

int print_replication(const Partition& partition, const Replica& leader) {
    std::vector<std::vector<std::string>> rows{{"NodeId", "DirectoryId", "LogEndOffset", "Lag",
                                                "LastFetchTimestamp", "LastCaughtUpTimestamp",
                                                "Status"}};
    const auto add = [&](const Replica& replica, std::string_view status) {
        rows.push_back({fmt::format("{}", replica.replica_id),
                        fmt::format("{}", replica.replica_directory_id),
                        fmt::format("{}", replica.log_end_offset),
                        fmt::format("{}", leader.log_end_offset - replica.log_end_offset),
                        fmt::format("{}", replica.last_fetch_timestamp),
                        fmt::format("{}", replica.last_caught_up_timestamp), std::string(status)});
    };
    add(leader, "Leader");
    for (const Replica& voter : partition.current_voters) {
        if (voter.replica_id != leader.replica_id) add(voter, "Follower");
    }
    for (const Replica& observer : partition.observers) add(observer, "Observer");
    fmt::print("{}", to_table(rows));
    return kDone;
}

int run(Context& context, const Options& options) {
    if (options.status == options.replication) {
        complain("One of --status or --replication must be specified with describe sub-command");
        return kUsage;
    }
    const auto quorum = context.admin.describe_quorum();
    if (!quorum) return failed("quorum", quorum.error());
    const Partition& partition = quorum->topics.front().partitions.front();
    const Replica* leader = find(partition.current_voters, partition.leader_id);
    if (leader == nullptr) {
        complain("Error while executing quorum command : the quorum has no leader at present");
        return kFailed;
    }
    return options.status ? print_status(context, *quorum, partition, *leader)
                          : print_replication(partition, *leader);
}

}  // namespace

Action add_quorum(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    CLI::App* describe = command.add_subcommand("describe", "the quorum as its leader sees it");
    command.require_subcommand(1);
    command.fallthrough();
    describe->fallthrough();
    describe->add_flag("--status", options->status, "leader, epoch, voters and observers");
    describe->add_flag("--replication", options->replication, "how far each replica is");
    return [options](Context& context) { return run(context, *options); };
}

}  // namespace gregor::cli
