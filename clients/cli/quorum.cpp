// kafka-metadata-quorum.sh: describe, add-controller, remove-controller (KIP-853)
#include <algorithm>
#include <memory>
#include <optional>

#include "clients/cli/command.h"
#include "clients/cli/controller_properties.h"

namespace gregor::cli {
namespace {

using Replica = protocol::DescribeQuorumResponse::ReplicaState;
using Partition = protocol::DescribeQuorumResponse::Partition;

struct Options {
    bool status = false;
    bool replication = false;
    bool human_readable = false;
    bool dry_run = false;
    std::string command_config;
    std::int32_t controller_id = -1;
    std::string controller_directory_id;
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

/// NAME://host:port
std::string url_of(const auto& listener) {
    const bool is_ipv6 = listener.host.find(':') != std::string::npos;
    return is_ipv6 ? fmt::format("{}://[{}]:{}", listener.name, listener.host, listener.port)
                   : fmt::format("{}://{}:{}", listener.name, listener.host, listener.port);
}

std::string endpoints_of(const protocol::DescribeQuorumResponse& quorum, protocol::NodeId id) {
    std::vector<std::string> endpoints;
    for (const auto& node : quorum.nodes) {
        if (node.node_id != id) continue;
        for (const auto& listener : node.listeners) {
            endpoints.push_back(fmt::format("\"{}\"", url_of(listener)));
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

/// Milliseconds since 1970, or how long ago that is.
std::string time_of(std::int64_t timestamp_ms, std::optional<std::int64_t> now_ms) {
    if (!now_ms || timestamp_ms < 0) return fmt::format("{}", timestamp_ms);
    return fmt::format("{} ms ago", *now_ms - timestamp_ms);
}

/// `now_ms` for humans.
int print_replication(const Partition& partition, const Replica& leader,
                      std::optional<std::int64_t> now_ms) {
    std::vector<std::vector<std::string>> rows{{"NodeId", "DirectoryId", "LogEndOffset", "Lag",
                                                "LastFetchTimestamp", "LastCaughtUpTimestamp",
                                                "Status"}};
    const auto add = [&](const Replica& replica, std::string_view status) {
        rows.push_back({fmt::format("{}", replica.replica_id),
                        fmt::format("{}", replica.replica_directory_id),
                        fmt::format("{}", replica.log_end_offset),
                        fmt::format("{}", leader.log_end_offset - replica.log_end_offset),
                        time_of(replica.last_fetch_timestamp, now_ms),
                        time_of(replica.last_caught_up_timestamp, now_ms), std::string(status)});
    };
    add(leader, "Leader");
    for (const Replica& voter : partition.current_voters) {
        if (voter.replica_id != leader.replica_id) add(voter, "Follower");
    }
    for (const Replica& observer : partition.observers) add(observer, "Observer");
    fmt::print("{}", to_table(rows));
    return kDone;
}

int describe(Context& context, const Options& options) {
    if (options.status == options.replication) {
        complain("One of --status or --replication must be specified with describe sub-command");
        return kUsage;
    }
    if (options.status && options.human_readable) {
        complain("The option --human-readable is only supported along with --replication");
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
    if (options.status) return print_status(context, *quorum, partition, *leader);
    std::optional<std::int64_t> now_ms;
    if (options.human_readable) now_ms = to_epoch_ms(context.runtime.clock().wall());
    return print_replication(partition, *leader, now_ms);
}

/// As the controller's own files describe it.
Result<protocol::AddRaftVoterRequest, std::string> read_controller(Disk& disk,
                                                                   const std::string& path) {
    const auto server = read_file(disk, path);
    if (!server) return fail(fmt::format("Properties file {} does not exist.", path));
    const Properties properties = parse_property_lines(server->text());
    const std::string directory = TRY(metadata_directory(properties));
    const auto meta = read_file(disk, directory + "/meta.properties");
    if (!meta) return fail(fmt::format("Unable to read meta.properties from {}", directory));
    return described_controller(properties, parse_property_lines(meta->text()), directory);
}

int add_controller(Context& context, const Options& options) {
    if (options.command_config.empty()) {
        complain(
            "You must supply the configuration file of the controller you are adding when using "
            "add-controller.");
        return kUsage;
    }
    auto request = read_controller(context.runtime.disk(), options.command_config);
    if (!request) {
        complain("{}", request.error());
        return kFailed;
    }
    if (!options.dry_run) {
        const auto added = context.admin.add_raft_voter(*request);
        if (!added) return failed("quorum", added.error());
    }
    std::vector<std::string> endpoints;
    for (const auto& listener : request->listeners) endpoints.push_back(url_of(listener));
    fmt::print("{} controller {} with directory id {} and endpoints: {}\n",
               options.dry_run ? "DRY RUN of adding" : "Added", request->voter_id,
               request->voter_directory_id, fmt::join(endpoints, ", "));
    return kDone;
}

int remove_controller(Context& context, const Options& options) {
    if (options.controller_id < 0) {
        complain("Invalid negative --controller-id: {}", options.controller_id);
        return kFailed;
    }
    const auto directory_id = protocol::parse_uuid(options.controller_directory_id);
    if (!directory_id) {
        complain("Failed to parse --controller-directory-id: {} is no uuid",
                 options.controller_directory_id);
        return kFailed;
    }
    const protocol::NodeId id(options.controller_id);
    if (!options.dry_run) {
        const auto removed = context.admin.remove_raft_voter(id, *directory_id);
        if (!removed) return failed("quorum", removed.error());
    }
    // Kafka's tool, too, leaves two blanks.
    fmt::print("{} KRaft controller {} with directory id {}\n",
               options.dry_run ? "DRY RUN of removing " : "Removed ", id, *directory_id);
    return kDone;
}

}  // namespace

Action add_quorum(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    command.require_subcommand(1);
    command.fallthrough();
    command.add_option("--command-config", options->command_config,
                       "server.properties of the controller that is added");
    CLI::App* describing = command.add_subcommand("describe", "the quorum as its leader sees it");
    describing->add_flag("--status", options->status, "leader, epoch, voters and observers");
    describing->add_flag("--replication", options->replication, "how far each replica is");
    describing->add_flag("--human-readable", options->human_readable, "how long ago");
    CLI::App* adding = command.add_subcommand(
        "add-controller", "a controller that follows the quorum becomes one of its voters");
    CLI::App* removing = command.add_subcommand("remove-controller", "a voter ceases to be one");
    removing->add_option("-i,--controller-id", options->controller_id, "its node id")->required();
    removing
        ->add_option("-d,--controller-directory-id", options->controller_directory_id,
                     "the id of its metadata log's directory")
        ->required();
    for (CLI::App* each : {describing, adding, removing}) each->fallthrough();
    for (CLI::App* each : {adding, removing}) {
        each->add_flag("--dry-run", options->dry_run, "say what would be done");
    }
    return [options, adding, removing](Context& context) {
        if (adding->parsed()) return add_controller(context, *options);
        if (removing->parsed()) return remove_controller(context, *options);
        return describe(context, *options);
    };
}

}  // namespace gregor::cli
