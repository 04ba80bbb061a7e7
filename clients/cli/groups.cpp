// kafka-consumer-groups.sh: which groups there are, who is in them, how far they are behind, and
// where they begin next.
#include <algorithm>
#include <charconv>
#include <memory>
#include <set>

#include "clients/admin/group_admin.h"
#include "clients/cli/command.h"
#include "clients/consumer/subscription_codec.h"

namespace gregor::cli {
namespace {

using client::Error;
using client::TopicPartition;
using protocol::Offset;
using protocol::PartitionId;
using Offsets = admin::GroupAdmin::Offsets;

struct Options {
    bool list = false;
    bool describe = false;
    bool remove = false;
    bool reset = false;
    std::vector<std::string> groups;
    bool all_groups = false;
    bool offsets = false;  // the default
    bool members = false;
    bool state = false;
    bool verbose = false;
    std::vector<std::string> topics;  // "t" or "t:0,1"
    bool all_topics = false;
    bool to_earliest = false;
    bool to_latest = false;
    bool to_current = false;
    std::optional<std::int64_t> to_offset;
    std::optional<std::int64_t> shift_by;
    bool execute = false;
    bool dry_run = false;
};

/// A group of either protocol.
struct Group {
    struct Member {
        std::string id;
        std::string host;
        std::string client_id;
        std::vector<TopicPartition> partitions;
    };

    std::string id;
    std::string state;
    std::string strategy;
    std::vector<Member> members;
};

Group to_group(const protocol::DescribeGroupsResponse::Group& described) {
    Group group{.id = described.group_id,
                .state = described.group_state,
                .strategy = described.protocol_data,
                .members = {}};
    for (const auto& member : described.members) {
        const auto assigned = consumer::decode_assignment(member.member_assignment);
        group.members.push_back({.id = member.member_id,
                                 .host = member.client_host,
                                 .client_id = member.client_id,
                                 .partitions = assigned.value_or(std::vector<TopicPartition>())});
    }
    return group;
}

Group to_group(const protocol::ConsumerGroupDescribeResponse::Group& described) {
    Group group{.id = described.group_id,
                .state = described.group_state,
                .strategy = described.assignor_name,
                .members = {}};
    for (const auto& member : described.members) {
        auto& each = group.members.emplace_back();
        each.id = member.member_id;
        each.host = member.client_host;
        each.client_id = member.client_id;
        for (const auto& topic : member.assignment.topic_partitions) {
            for (const PartitionId partition : topic.partitions) {
                each.partitions.push_back({topic.topic_name, partition});
            }
        }
    }
    return group;
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

class GroupsCommand {
public:
    GroupsCommand(Context& context, const Options& options)
        : context_(context), options_(options), groups_(context.cluster) {}

    [[nodiscard]] Result<int, Error> run() {
        if (options_.list) return list();
        const std::vector<std::string> names = TRY(wanted_groups());
        if (options_.remove) return remove(names);
        int code = kDone;
        for (const std::string& name : names) {
            const Group group = TRY(find(name));
            if (group.state == "Dead" && !options_.reset) {
                complain("Error: Consumer group '{}' does not exist.", name);
                code = kFailed;
                continue;
            }
            code = std::max(code, options_.reset ? TRY(reset(name, group)) : TRY(describe(group)));
        }
        return code;
    }

private:
    [[nodiscard]] Result<Group, Error> find(const std::string& name) {
        const auto described = TRY(groups_.describe_consumer_group(name));
        if (described) return to_group(*described);
        return to_group(TRY(groups_.describe_group(name)));
    }

    [[nodiscard]] Result<std::vector<std::string>, Error> wanted_groups() {
        if (!options_.all_groups) return options_.groups;
        std::vector<std::string> names;
        for (const auto& group : TRY(groups_.list_groups())) names.push_back(group.group_id);
        return names;
    }

    [[nodiscard]] Result<int, Error> list() {
        for (const auto& group : TRY(groups_.list_groups())) {
            if (options_.state) {
                fmt::print("{}\t{}\n", group.group_id, group.group_state);
            } else {
                fmt::print("{}\n", group.group_id);
            }
        }
        return kDone;
    }

    [[nodiscard]] Result<int, Error> remove(const std::vector<std::string>& names) {
        std::vector<std::string> removed;
        int code = kDone;
        for (const std::string& name : names) {
            const auto done = groups_.delete_group(name);
            if (done) {
                removed.push_back(fmt::format("'{}'", name));
                continue;
            }
            complain("* Group '{}' could not be deleted due to: {}", name, done.error().message);
            code = kFailed;
        }
        if (!removed.empty()) {
            fmt::print("Deletion of requested consumer groups ({}) was successful.\n",
                       fmt::join(removed, ", "));
        }
        return code;
    }

    // Describing. ---------------------------------------------------------------------------------

    [[nodiscard]] Result<int, Error> describe(const Group& group) {
        if (options_.state) return describe_state(group);
        if (group.members.empty()) {
            complain("Consumer group '{}' has no active members.", group.id);
        }
        return options_.members ? describe_members(group) : describe_offsets(group);
    }

    [[nodiscard]] int describe_state(const Group& group) {
        fmt::print("{}", to_table({{"GROUP", "ASSIGNMENT-STRATEGY", "STATE", "#MEMBERS"},
                                   {group.id, or_dash(group.strategy), group.state,
                                    std::to_string(group.members.size())}}));
        return kDone;
    }

    [[nodiscard]] int describe_members(const Group& group) {
        std::vector<std::vector<std::string>> rows{
            {"GROUP", "CONSUMER-ID", "HOST", "CLIENT-ID", "#PARTITIONS"}};
        if (options_.verbose) rows.front().emplace_back("ASSIGNMENT");
        for (const auto& member : group.members) {
            rows.push_back({group.id, member.id, member.host, member.client_id,
                            std::to_string(member.partitions.size())});
            if (options_.verbose) {
                rows.back().push_back(
                    or_dash(fmt::format("{}", fmt::join(member.partitions, ", "))));
            }
        }
        if (rows.size() > 1) fmt::print("{}", to_table(rows));
        return kDone;
    }

    [[nodiscard]] Result<int, Error> describe_offsets(const Group& group) {
        std::map<TopicPartition, const Group::Member*> owners;
        for (const auto& member : group.members) {
            for (const TopicPartition& each : member.partitions) owners[each] = &member;
        }
        const Offsets committed = TRY(groups_.committed_offsets(group.id));
        for (const auto& [partition, offset] : committed) owners.try_emplace(partition, nullptr);
        std::vector<std::vector<std::string>> rows{{"GROUP", "TOPIC", "PARTITION", "CURRENT-OFFSET",
                                                    "LOG-END-OFFSET", "LAG", "CONSUMER-ID", "HOST",
                                                    "CLIENT-ID"}};
        for (const auto& [partition, owner] : owners) {
            const Offset end = TRY(
                context_.admin.list_offset(partition.topic, partition.partition, admin::kLatest));
            const auto offset = committed.find(partition);
            const bool is_committed = offset != committed.end();
            rows.push_back(
                {group.id, partition.topic, fmt::format("{}", partition.partition),
                 is_committed ? fmt::format("{}", offset->second) : "-", fmt::format("{}", end),
                 is_committed ? std::to_string(end - offset->second) : "-",
                 owner == nullptr ? "-" : owner->id, owner == nullptr ? "-" : owner->host,
                 owner == nullptr ? "-" : owner->client_id});
        }
        if (rows.size() > 1) fmt::print("{}", to_table(rows));
        return kDone;
    }

    // Resetting. ----------------------------------------------------------------------------------

    [[nodiscard]] Result<int, Error> reset(const std::string& name, const Group& group) {
        if (!group.members.empty()) {
            complain(
                "Error: Assignments can only be reset if the group '{}' is inactive, but the "
                "current state is {}.",
                name, group.state);
            return kFailed;
        }
        const Offsets committed = TRY(groups_.committed_offsets(name));
        Offsets wanted;
        for (const TopicPartition& partition : TRY(partitions_to_reset(committed))) {
            wanted[partition] = TRY(new_offset(partition, committed));
        }
        if (options_.execute) TRY(groups_.commit_offsets(name, wanted));
        std::vector<std::vector<std::string>> rows{{"GROUP", "TOPIC", "PARTITION", "NEW-OFFSET"}};
        for (const auto& [partition, offset] : wanted) {
            rows.push_back({name, partition.topic, fmt::format("{}", partition.partition),
                            fmt::format("{}", offset)});
        }
        fmt::print("{}", to_table(rows));
        return kDone;
    }

    [[nodiscard]] Result<std::set<TopicPartition>, Error> partitions_to_reset(
        const Offsets& committed) {
        std::set<TopicPartition> partitions;
        if (options_.all_topics) {
            for (const auto& [partition, offset] : committed) partitions.insert(partition);
        }
        for (const std::string& text : options_.topics) {
            const std::size_t colon = text.find(':');
            const std::string topic = text.substr(0, colon);
            std::set<std::string> indexes;
            if (colon != std::string::npos) {
                for (std::string& index : split_list(text.substr(colon + 1))) {
                    indexes.insert(std::move(index));
                }
            }
            for (const auto& found : TRY(context_.admin.describe_topics({topic}))) {
                for (const auto& partition : found.partitions) {
                    const std::string index = fmt::format("{}", partition.partition_index);
                    if (!indexes.empty() && !indexes.contains(index)) continue;
                    partitions.insert({topic, partition.partition_index});
                }
            }
        }
        return partitions;
    }

    /// Never outside the log.
    [[nodiscard]] Result<Offset, Error> new_offset(const TopicPartition& partition,
                                                   const Offsets& committed) {
        const Offset earliest =
            TRY(context_.admin.list_offset(partition.topic, partition.partition, admin::kEarliest));
        const Offset latest =
            TRY(context_.admin.list_offset(partition.topic, partition.partition, admin::kLatest));
        if (options_.to_earliest) return earliest;
        const auto current = committed.find(partition);
        const Offset now = current == committed.end() ? latest : current->second;
        Offset wanted = latest;
        if (options_.to_current) wanted = now;
        if (options_.to_offset) wanted = Offset(*options_.to_offset);
        if (options_.shift_by) wanted = now + *options_.shift_by;
        return std::clamp(wanted, earliest, latest);
    }

    Context& context_;
    const Options& options_;
    admin::GroupAdmin groups_;
};

int run(Context& context, const Options& options) {
    const int actions =
        int{options.list} + int{options.describe} + int{options.remove} + int{options.reset};
    if (actions != 1) {
        complain(
            "Command must include exactly one action: --list, --describe, --delete, "
            "--reset-offsets");
        return kUsage;
    }
    if (!options.list && options.groups.empty() && !options.all_groups) {
        complain("One of --group and --all-groups is required.");
        return kUsage;
    }
    const int targets = int{options.to_earliest} + int{options.to_latest} +
                        int{options.to_current} + int{options.to_offset.has_value()} +
                        int{options.shift_by.has_value()};
    if (options.reset && targets != 1) {
        complain(
            "Option '--reset-offsets' takes exactly one of --to-earliest, --to-latest, "
            "--to-current, --to-offset, --shift-by");
        return kUsage;
    }
    if (options.reset && options.topics.empty() && !options.all_topics) {
        complain("One of the reset scopes should be defined: --topic, --all-topics.");
        return kUsage;
    }
    if (options.reset && !options.execute && !options.dry_run) {
        complain("WARN: No action will be performed as the --execute option is missing.");
    }
    const auto code = GroupsCommand(context, options).run();
    if (!code) return failed("consumer group", code.error());
    return *code;
}

}  // namespace

Action add_groups(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    command.add_flag("--list", options->list, "the groups");
    command.add_flag("--describe", options->describe, "offsets and lag, members or state");
    command.add_flag("--delete", options->remove, "groups without members");
    command.add_flag("--reset-offsets", options->reset, "of a group without members");
    command.add_option("--group", options->groups, "may be given again")->allow_extra_args(false);
    command.add_flag("--all-groups", options->all_groups, "instead of --group");
    command.add_flag("--offsets", options->offsets,
                     "what --describe shows without --members and --state");
    command.add_flag("--members", options->members, "describe: who is in the group");
    command.add_flag("--state", options->state, "describe, list: the state");
    command.add_flag("--verbose", options->verbose, "describe --members: what each one has");
    command.add_option("--topic", options->topics, "reset: t, or t:0,1 for some partitions")
        ->allow_extra_args(false);
    command.add_flag("--all-topics", options->all_topics, "reset: all that is committed");
    command.add_flag("--to-earliest", options->to_earliest, "reset to the log's start");
    command.add_flag("--to-latest", options->to_latest, "reset to the log's end");
    command.add_flag("--to-current", options->to_current, "reset to what is committed");
    command.add_option("--to-offset", options->to_offset, "reset to this offset");
    command.add_option("--shift-by", options->shift_by, "reset by so many, also negative");
    command.add_flag("--execute", options->execute, "reset: do it");
    command.add_flag("--dry-run", options->dry_run, "reset: only show it, the default");
    return [options](Context& context) { return run(context, *options); };
}

}  // namespace gregor::cli
