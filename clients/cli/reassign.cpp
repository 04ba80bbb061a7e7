// kafka-reassign-partitions.sh
#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <ranges>

#include "clients/admin/reassigner.h"
#include "clients/admin/replica_placement.h"
#include "clients/cli/command.h"
#include "clients/cli/reassignment_json.h"

namespace gregor::cli {
namespace {

using admin::ActiveReassignments;
using admin::Assignment;
using admin::brokers_of;
using admin::to_string;
using admin::TopicPartition;
using admin::topics_of;
using client::Error;
using protocol::ErrorCode;
using protocol::NodeId;

constexpr std::int64_t kNoThrottle = -1;
constexpr Duration kRetry = 100ms;

struct Options {
    bool generate = false;
    bool execute = false;
    bool verify = false;
    bool cancel = false;
    bool list = false;
    std::string reassignment_file;
    std::string topics_file;
    std::string brokers;
    bool disable_rack_aware = false;
    std::int64_t throttle = kNoThrottle;
    std::int64_t log_dirs_throttle = kNoThrottle;
    bool additional = false;
    bool preserve_throttles = false;
    std::int64_t timeout_ms = 10'000;

    [[nodiscard]] int actions() const { return generate + execute + verify + cancel + list; }
};

Error invalid(std::string message) {
    return {protocol::ErrorCode::invalid_request, std::move(message)};
}

/// Of partitions, or of replicas.
template <class Range>
std::string names_of(const Range& partitions) {
    std::vector<std::string> names;
    for (const auto& each : partitions) names.push_back(to_string(each));
    return fmt::format("{}", fmt::join(names, ","));
}

std::set<TopicPartition> partitions_of(const Assignment& assignment) {
    std::set<TopicPartition> partitions;
    for (const auto& [partition, replicas] : assignment) partitions.insert(partition);
    return partitions;
}

std::string_view plural(std::size_t count) { return count == 1 ? "" : "s"; }

Error refusal(std::string head, const admin::Refusals& refusals) {
    for (const auto& [partition, error] : refusals) {
        head += fmt::format("\n{}: {}", to_string(partition), error.message);
    }
    return invalid(std::move(head));
}

/// One run of the tool; `run` prints, and gives what went wrong.
class Tool {
public:
    Tool(Context& context, const Options& options)
        : context_(context),
          options_(options),
          reassigner_(context.admin),
          directories_(context.cluster, std::chrono::milliseconds(options.timeout_ms)) {}

    Result<void, Error> run() {
        if (options_.list) return list();
        if (options_.generate) return generate();
        const Reassignment target = TRY(read_json(options_.reassignment_file, parse_reassignment));
        if (options_.execute) return execute(target);
        return options_.verify ? verify(target) : cancel(target);
    }

private:
    template <class Parse>
    auto read_json(const std::string& path, Parse parse)
        -> Result<typename decltype(parse(std::string_view()))::value_type, Error> {
        const auto text = read_file(context_.runtime.disk(), path);
        if (!text) return fail(invalid(fmt::format("{}: {}", path, name(text.error()))));
        auto parsed = parse(text->text());
        if (!parsed) return fail(invalid(std::move(parsed).error()));
        return *std::move(parsed);
    }

    // Generate. -----------------------------------------------------------------------------------

    Result<void, Error> generate() {
        const auto topics = TRY(read_json(options_.topics_file, parse_topics_to_move));
        const auto brokers = TRY(named_brokers());
        const Assignment current = TRY(reassigner_.current(topics));
        Assignment proposed;
        for (auto it = current.begin(); it != current.end();) {
            const auto next = std::find_if(it, current.end(), [&](const auto& each) {
                return each.first.topic != it->first.topic;
            });
            const std::size_t replicas = it->second.size();
            if (replicas > brokers.size()) {
                return fail(
                    invalid(fmt::format("Replication factor: {} larger than available brokers: {}.",
                                        replicas, brokers.size())));
            }
            auto placed = place_replicas(brokers, static_cast<std::size_t>(std::distance(it, next)),
                                         replicas, context_.runtime.random());
            for (std::size_t i = 0; it != next; ++it, ++i) proposed[it->first] = placed[i];
        }
        fmt::print("Current partition replica assignment\n{}\n\n", to_json(current));
        fmt::print("Proposed partition reassignment configuration\n{}\n", to_json(proposed));
        return {};
    }

    /// Those of --broker-list, with their racks unless these are to be left out of account.
    Result<std::vector<admin::PlacementBroker>, Error> named_brokers() {
        std::set<NodeId> named;
        for (const std::string& text : split_list(options_.brokers)) {
            std::int32_t id = 0;
            const char* const last = text.data() + text.size();
            if (std::from_chars(text.data(), last, id).ptr != last) {
                return fail(invalid(fmt::format("{} is no broker id", text)));
            }
            if (!named.insert(NodeId(id)).second) {
                return fail(invalid("Broker list contains duplicate entries: " + text));
            }
        }
        const auto cluster = TRY(context_.admin.describe_cluster());
        std::vector<admin::PlacementBroker> brokers;
        for (const auto& broker : cluster.brokers) {
            if (named.erase(broker.broker_id) == 0) continue;
            const bool with_rack = broker.rack && !options_.disable_rack_aware;
            brokers.push_back({broker.broker_id, with_rack ? *broker.rack : ""});
        }
        if (!named.empty()) {
            return fail(invalid(fmt::format("Unknown broker id {}", *named.begin())));
        }
        const auto has_rack = [](const auto& broker) { return !broker.rack.empty(); };
        if (std::ranges::any_of(brokers, has_rack) && !std::ranges::all_of(brokers, has_rack)) {
            return fail(
                invalid("Not all brokers have rack information. Add --disable-rack-aware in "
                        "command line to make replica assignment without rack information."));
        }
        return brokers;
    }

    // Execute. ------------------------------------------------------------------------------------

    Result<void, Error> execute(const Reassignment& target) {
        const Assignment& proposed = target.replicas;
        const ActiveReassignments active = TRY(reassigner_.active());
        if (!active.empty() && !options_.additional) {
            return fail(invalid(
                "Cannot execute because there is an existing partition assignment.  Use "
                "--additional to override this and create a new partition assignment in addition "
                "to the existing one. The --additional flag can also be used to change the "
                "throttle by resubmitting the current reassignment."));
        }
        TRY(check_brokers(proposed));
        const Assignment current = TRY(current_of(proposed));
        fmt::print(
            "Current partition replica assignment\n\n{}\n\nSave this to use as the "
            "--reassignment-json-file option during rollback\n",
            to_json(current));
        if (options_.throttle != kNoThrottle) {
            fmt::print(
                "Warning: You must run --verify periodically, until the reassignment completes, "
                "to ensure the throttle is removed.\n");
            TRY(reassigner_.throttle(moves_between(active, current, proposed), options_.throttle));
            fmt::print("The inter-broker throttle limit was set to {} B/s\n", options_.throttle);
        }
        const admin::Refusals refusals = TRY(reassigner_.start(proposed));
        if (!refusals.empty()) return fail(refusal("Error reassigning partition(s):", refusals));
        fmt::print("Successfully started partition reassignment{} for {}\n",
                   plural(proposed.size()), names_of(partitions_of(proposed)));
        return move_to_directories(target.directories);
    }

    /// A broker that does not have its replica yet is asked again.
    Result<void, Error> move_to_directories(std::map<admin::Replica, std::string> pending) {
        const Instant until = deadline_after(context_.runtime.clock().now(),
                                             std::chrono::milliseconds(options_.timeout_ms));
        for (; !pending.empty(); context_.runtime.clock().sleep_for(kRetry)) {
            std::set<admin::Replica> started;
            for (const auto& [replica, code] : TRY(directories_.move(pending))) {
                if (code == ErrorCode::replica_not_available) continue;
                if (code != ErrorCode::none) {
                    return fail(invalid(
                        fmt::format("Failed to alter dir for {}: {}", to_string(replica), code)));
                }
                started.insert(replica);
            }
            if (!started.empty()) {
                fmt::print("Successfully started log directory move{} for: {}\n",
                           plural(started.size()), names_of(started));
            }
            for (const admin::Replica& replica : started) pending.erase(replica);
            if (pending.empty() || context_.runtime.clock().now() < until) continue;
            return fail(invalid(
                fmt::format("Timed out before log directory move{} could be started for: {}",
                            plural(pending.size()), names_of(std::views::keys(pending)))));
        }
        return {};
    }

    Result<void, Error> check_brokers(const Assignment& proposed) {
        std::set<NodeId> unknown = brokers_of(proposed);
        const auto cluster = TRY(context_.admin.describe_cluster());
        for (const auto& broker : cluster.brokers) unknown.erase(broker.broker_id);
        if (unknown.empty()) return {};
        return fail(invalid(fmt::format("Unknown broker id {}", *unknown.begin())));
    }

    /// The replicas of these partitions and no others.
    Result<Assignment, Error> current_of(const Assignment& wanted) {
        Assignment current = TRY(reassigner_.current(topics_of(wanted)));
        for (const auto& [partition, replicas] : wanted) {
            if (current.contains(partition)) continue;
            return fail(invalid(fmt::format("Unable to find a partition {} in topic {}",
                                            partition.partition, partition.topic)));
        }
        std::erase_if(current, [&](const auto& each) { return !wanted.contains(each.first); });
        return current;
    }

    // Verify, cancel, list. -----------------------------------------------------------------------

    Result<void, Error> verify(const Reassignment& reassignment) {
        const Assignment& target = reassignment.replicas;
        const ActiveReassignments active = TRY(reassigner_.active());
        const Assignment current = TRY(reassigner_.current(topics_of(target)));
        bool is_done = true;
        fmt::print("Status of partition reassignment:\n");
        for (const auto& [partition, replicas] : target) {
            const std::string name = to_string(partition);
            const auto present = current.find(partition);
            if (active.contains(partition)) {
                is_done = false;
                fmt::print("Reassignment of partition {} is still in progress.\n", name);
            } else if (present != current.end() && present->second == replicas) {
                fmt::print("Reassignment of partition {} is completed.\n", name);
            } else {
                const std::string now = present == current.end() ? "" : joined(present->second);
                fmt::print(
                    "There is no active reassignment of partition {}, but replica set is {} "
                    "rather than {}.\n",
                    name, now, joined(replicas));
            }
        }
        const bool have_moved = TRY(verify_directories(reassignment.directories));
        fmt::print("\n");
        if (is_done && have_moved && !options_.preserve_throttles) return clear_throttles(target);
        return {};
    }

    /// Whether no replica is on its way to another log directory.
    Result<bool, Error> verify_directories(const std::map<admin::Replica, std::string>& wanted) {
        bool is_done = true;
        for (const auto& [replica, place] : TRY(places_of(wanted))) {
            const std::string& path = wanted.at(replica);
            const std::string name = to_string(replica);
            const std::string partition = to_string(replica.partition);
            if (place.directory == path) {
                fmt::print("Reassignment of replica {} completed successfully.\n", name);
            } else if (place.future == path) {
                is_done = false;
                fmt::print("Reassignment of replica {} is still in progress.\n", name);
            } else if (!place.future.empty()) {
                is_done = false;
                fmt::print(
                    "Partition {} on broker {} is being moved to log dir {} instead of {}.\n",
                    partition, replica.broker, place.future, path);
            } else if (!place.directory.empty()) {
                fmt::print("Partition {} on broker {} is not being moved from log dir {} to {}.\n",
                           partition, replica.broker, place.directory, path);
            } else {
                fmt::print("Partition {} is not found in any live log dir on broker {}.{}\n",
                           partition, replica.broker,
                           place.may_be_offline
                               ? " There is likely an offline log directory on the broker."
                               : "");
            }
        }
        return is_done;
    }

    auto places_of(const std::map<admin::Replica, std::string>& wanted)
        -> Result<std::map<admin::Replica, admin::ReplicaPlace>, Error> {
        std::set<admin::Replica> replicas;
        for (const auto& [replica, path] : wanted) replicas.insert(replica);
        return directories_.places(replicas);
    }

    Result<void, Error> cancel(const Reassignment& reassignment) {
        const Assignment& target = reassignment.replicas;
        const ActiveReassignments active = TRY(reassigner_.active());
        std::set<TopicPartition> cancelled = partitions_of(target);
        std::erase_if(cancelled, [&](const auto& each) { return !active.contains(each); });
        if (cancelled.empty()) {
            fmt::print("None of the specified partition reassignments are active.\n");
        } else {
            const admin::Refusals refusals = TRY(reassigner_.cancel(cancelled));
            if (!refusals.empty()) {
                return fail(refusal(fmt::format("Error cancelling partition reassignment{} for:",
                                                plural(refusals.size())),
                                    refusals));
            }
            fmt::print("Successfully cancelled partition reassignment{} for: {}\n",
                       plural(cancelled.size()), names_of(cancelled));
        }
        TRY(cancel_moves(reassignment.directories));
        return options_.preserve_throttles ? Result<void, Error>() : clear_throttles(target);
    }

    /// Who is told to move to where it is, stays.
    Result<void, Error> cancel_moves(const std::map<admin::Replica, std::string>& wanted) {
        std::map<admin::Replica, std::string> back;
        for (const auto& [replica, place] : TRY(places_of(wanted))) {
            if (!place.future.empty()) back.emplace(replica, place.directory);
        }
        if (back.empty()) {
            fmt::print("None of the specified partition moves are active.\n");
            return {};
        }
        for (const auto& [replica, code] : TRY(directories_.move(back))) {
            if (code == ErrorCode::none) continue;
            return fail(
                invalid(fmt::format("Failed to alter dir for {}: {}", to_string(replica), code)));
        }
        fmt::print("Successfully cancelled log directory move{} for: {}\n", plural(back.size()),
                   names_of(std::views::keys(back)));
        return {};
    }

    Result<void, Error> clear_throttles(const Assignment& target) {
        std::set<NodeId> brokers = brokers_of(target);
        const auto cluster = TRY(context_.admin.describe_cluster());
        for (const auto& broker : cluster.brokers) brokers.insert(broker.broker_id);
        fmt::print("Clearing broker-level throttles on broker{} {}\n", plural(brokers.size()),
                   fmt::join(brokers, ","));
        TRY(reassigner_.clear_rates(brokers));
        const std::set<std::string> topics = topics_of(target);
        fmt::print("Clearing topic-level throttles on topic{} {}\n", plural(topics.size()),
                   fmt::join(topics, ","));
        return reassigner_.clear_throttled_replicas(topics);
    }

    Result<void, Error> list() {
        const ActiveReassignments active = TRY(reassigner_.active());
        if (active.empty()) {
            fmt::print("No partition reassignments found.\n");
            return {};
        }
        fmt::print("Current partition reassignments:\n");
        for (const auto& [partition, each] : active) {
            const auto part = [](std::string_view what, const admin::Replicas& replicas) {
                return replicas.empty() ? std::string()
                                        : fmt::format(" {}: {}.", what, joined(replicas));
            };
            fmt::print("{}: replicas: {}.{}{}\n", to_string(partition), joined(each.replicas),
                       part("adding", each.adding), part("removing", each.removing));
        }
        return {};
    }

    Context& context_;
    const Options& options_;
    admin::Reassigner reassigner_;
    admin::LogDirectories directories_;
};

// The command line. -------------------------------------------------------------------------------

/// A flag that was given, and the actions that know it.
struct Flag {
    std::string_view name;
    bool is_given = false;
    std::vector<std::string_view> actions;
    bool is_required = false;
};

std::vector<Flag> flags_of(const Options& options) {
    return {
        {"reassignment-json-file",
         !options.reassignment_file.empty(),
         {"execute", "verify", "cancel"},
         true},
        {"topics-to-move-json-file", !options.topics_file.empty(), {"generate"}, true},
        {"broker-list", !options.brokers.empty(), {"generate"}, true},
        {"disable-rack-aware", options.disable_rack_aware, {"generate"}},
        {"throttle", options.throttle != kNoThrottle, {"execute"}},
        {"replica-alter-log-dirs-throttle", options.log_dirs_throttle != kNoThrottle, {"execute"}},
        {"additional", options.additional, {"execute"}},
        {"preserve-throttles", options.preserve_throttles, {"verify", "cancel"}},
    };
}

std::string_view action_of(const Options& options) {
    if (options.generate) return "generate";
    if (options.execute) return "execute";
    if (options.verify) return "verify";
    return options.cancel ? "cancel" : "list";
}

/// What is wrong with the command line; empty: nothing.
std::string find_usage_fault(const Options& options) {
    if (options.actions() != 1) {
        return "Command must include exactly one action: --generate, --execute, --verify, "
               "--cancel, --list";
    }
    const std::string_view action = action_of(options);
    for (const Flag& flag : flags_of(options)) {
        const bool is_known = std::ranges::find(flag.actions, action) != flag.actions.end();
        if (is_known && flag.is_required && !flag.is_given) {
            return fmt::format("Missing required argument \"[{}]\"", flag.name);
        }
        if (!is_known && flag.is_given) {
            return fmt::format("Option \"[{}]\" can't be used with action \"[{}]\"", flag.name,
                               action);
        }
    }
    if (options.log_dirs_throttle != kNoThrottle) {
        return "--replica-alter-log-dirs-throttle: moves between log directories have no throttle";
    }
    return "";
}

int run(Context& context, const Options& options) {
    if (const std::string fault = find_usage_fault(options); !fault.empty()) {
        complain("{}", fault);
        return kUsage;
    }
    admin::Admin with_timeout(context.cluster, std::chrono::milliseconds(options.timeout_ms));
    Context timed{.runtime = context.runtime, .cluster = context.cluster, .admin = with_timeout};
    const auto done = Tool(timed, options).run();
    if (done) return kDone;
    complain("Error: {}", done.error().message);
    return kFailed;
}

}  // namespace

Action add_reassign(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    command.add_flag("--generate", options->generate, "propose where topics could go");
    command.add_flag("--execute", options->execute, "start what the file says");
    command.add_flag("--verify", options->verify,
                     "whether what the file says is done; if it is, its throttles go");
    command.add_flag("--cancel", options->cancel, "what is active of the file, and its throttles");
    command.add_flag("--list", options->list, "what is active");
    command.add_option("--reassignment-json-file", options->reassignment_file,
                       R"({"partitions":[{"topic":"t","partition":0,"replicas":[1,2],)"
                       R"("log_dirs":["any","/data2"]}]})");
    command.add_option("--topics-to-move-json-file", options->topics_file,
                       R"({"topics":[{"topic":"t"}]})");
    command.add_option("--broker-list", options->brokers, "where to: 1,2,3");
    command.add_flag("--disable-rack-aware", options->disable_rack_aware,
                     "replicas of a partition may share a rack");
    command
        .add_option("--throttle", options->throttle,
                    "bytes per second that each broker sends and fetches for what moves")
        ->check(CLI::NonNegativeNumber);
    command
        .add_option("--replica-alter-log-dirs-throttle", options->log_dirs_throttle,
                    "refused: moves between log directories have no throttle")
        ->check(CLI::NonNegativeNumber);
    command.add_flag("--additional", options->additional, "beside what is active already");
    command.add_flag("--preserve-throttles", options->preserve_throttles, "leave throttles alone");
    command.add_option("--timeout", options->timeout_ms, "milliseconds for each request")
        ->check(CLI::PositiveNumber);
    return [options](Context& context) { return run(context, *options); };
}

}  // namespace gregor::cli
