// gregorctl: what Kafka's bin/*.sh do, as one program.
//
//     gregorctl topics --bootstrap-server H:P --create --topic t --partitions 3
//     gregorctl configs | produce | consume | quorum | features | groups | reassign …
//     gregorctl log dump --files F,F --print-data-log
//
// Exit codes: 0 done, 1 failed, 254 bad command line.
#include "clients/cli/command.h"
#include "sim/real/real_runtime.h"

namespace gregor::cli {
namespace {

struct Command {
    std::string_view name;
    std::string_view what;
    Action (*add)(CLI::App&);
};

constexpr Command kCommands[] = {
    {"topics", "create, list, describe, alter and delete topics", add_topics},
    {"configs", "describe and alter the configs of topics and brokers", add_configs},
    {"produce", "lines of standard input become records", add_produce},
    {"perf", "how fast records are produced, consumed, and passed on", add_perf},
    {"consume", "records become lines of standard output", add_consume},
    {"quorum", "the metadata quorum", add_quorum},
    {"features", "the features' levels, of metadata and the quorum too", add_features},
    {"cluster", "the cluster's id and endpoints", add_cluster},
    {"get-offsets", "offsets of partitions, by time", add_get_offsets},
    {"reassign", "move partitions between brokers", add_reassign},
    {"log-dirs", "log directories of brokers: what is in them", add_log_dirs},
    {"groups", "consumer groups: members, offsets, lag", add_groups},
    {"transactions", "transactions: who is in one, and which hang", add_transactions},
};

int run_local(const LocalAction& action) {
    real::RealMachine machine;
    real::RealRuntime runtime(machine, {.name = "gregorctl"});
    int code = kFailed;
    machine.run([&] {
        code = action(runtime);
        std::fflush(stdout);
    });
    return code;
}

int run_action(const Action& action, const std::string& servers) {
    auto endpoints = client::parse_bootstrap_servers(servers);
    if (!endpoints) {
        complain("{}", endpoints.error());
        return kUsage;
    }
    return run_local([&](Runtime& runtime) {
        client::Cluster cluster(
            runtime, {.bootstrap_servers = *std::move(endpoints), .client_id = "gregorctl"});
        admin::Admin admin(cluster);
        Context context{
            .runtime = runtime, .cluster = cluster, .admin = admin, .bootstrap_servers = servers};
        return action(context);
    });
}

int run(int argc, char** argv) {
    CLI::App app("What Kafka's command line tools do, for Gregor and Kafka clusters.", "gregorctl");
    app.require_subcommand(1);
    std::string servers;
    std::vector<std::pair<CLI::App*, Action>> actions;
    for (const Command& command : kCommands) {
        CLI::App* added = app.add_subcommand(std::string(command.name), std::string(command.what));
        added
            ->add_option("--bootstrap-server,--bootstrap-controller", servers,
                         "host:port,… of some of the cluster's nodes")
            ->required();
        actions.emplace_back(added, command.add(*added));
    }
    CLI::App* log = app.add_subcommand("log", "a partition's files");
    log->require_subcommand(1);
    CLI::App* dump = log->add_subcommand("dump", "what is in them; needs no cluster");
    const LocalAction dump_action = add_log_dump(*dump);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? kDone : kUsage;
    }
    if (dump->parsed()) return run_local(dump_action);
    for (const auto& [command, action] : actions) {
        if (command->parsed()) return run_action(action, servers);
    }
    return kUsage;
}

}  // namespace
}  // namespace gregor::cli

int main(int argc, char** argv) { return gregor::cli::run(argc, argv); }
