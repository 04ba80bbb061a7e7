// gregord: one node of a real cluster.
//
//     gregord --config server.properties              a formatted node
//     gregord --dev --data ./data                     broker and controller on 127.0.0.1:9092
//     gregord format --config server.properties [--cluster-id ID]
//         [--standalone | --initial-controllers ID@HOST:PORT:DIRECTORY,… |
//         --no-initial-controllers]
//
// Settings: the file, then KAFKA_* variables as Kafka's container images read them, then
// --override. Standard output is for programs: "listening PLAINTEXT 127.0.0.1:40123" for each
// listener (METRICS: metrics.listener), then "ready". Standard error is the log, one line an event.
// SIGTERM and SIGINT stop it in an orderly way; a second one ends it at once. Exit codes: 0 stopped
// in an orderly way, 1 failed, 254 bad command line or configuration.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "broker/server/initial_controllers.h"
#include "broker/server/node.h"
#include "broker/server/storage.h"
#include "sim/real/freed_memory.h"
#include "sim/real/open_file_limit.h"
#include "sim/real/real_runtime.h"
#include "sim/real/signal_watch.h"

namespace gregor::server {
namespace {

constexpr int kClean = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 254;

struct Arguments {
    std::string config_file;
    std::string data_dir;
    std::vector<std::string> overrides;
    std::string cluster_id;
    std::string initial_controllers;
    bool standalone = false;
    bool no_initial_controllers = false;
    bool dev = false;
    bool trace = false;
    bool ignore_formatted = false;
};

template <class... Args>
void log_line(fmt::format_string<Args...> format, Args&&... args) {
    const std::string line =
        fmt::format("gregord: {}\n", fmt::format(format, std::forward<Args>(args)...));
    std::fwrite(line.data(), 1, line.size(), stderr);
}

std::string local_host() {
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) != 0 || host[0] == '\0') return "localhost";
    return host.data();
}

Result<Properties, std::string> read_properties(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(fmt::format("cannot read {}", path));
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    auto properties = parse_properties(text);
    if (!properties) return fail(fmt::format("{}: {}", path, properties.error()));
    return properties;
}

void apply_environment(Properties& properties) {
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view text(*variable);
        const std::size_t equals = text.find('=');
        if (equals == std::string_view::npos) continue;
        const std::string key = key_of_variable(text.substr(0, equals));
        if (key.empty()) continue;
        log_line("{} comes from {}", key, text.substr(0, equals));
        properties[key] = text.substr(equals + 1);
    }
}

Result<Properties, std::string> gather_properties(const Arguments& arguments) {
    Properties properties;
    if (arguments.config_file.empty()) {
        properties =
            development_properties(arguments.data_dir.empty() ? "gregor-data" : arguments.data_dir);
    } else {
        properties = TRY(read_properties(arguments.config_file));
        if (!arguments.data_dir.empty()) properties["log.dirs"] = arguments.data_dir;
    }
    apply_environment(properties);
    for (const std::string& text : arguments.overrides) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos) {
            return fail(fmt::format("--override wants key=value, not '{}'", text));
        }
        properties[std::string(trimmed(text.substr(0, equals)))] =
            std::string(trimmed(text.substr(equals + 1)));
    }
    return properties;
}

std::optional<Config> load_config(const Arguments& arguments) {
    const auto properties = gather_properties(arguments);
    if (!properties) {
        log_line("{}", properties.error());
        return std::nullopt;
    }
    auto config = Config::from(*properties, local_host());
    if (config) return *std::move(config);
    for (const std::string& error : config.error()) log_line("configuration: {}", error);
    return std::nullopt;
}

std::string node_name(const Config& config) { return fmt::format("n{}", config.node_id()); }

void announce(const Node& node) {
    for (const ListenerConfig& listener : node.bound_listeners()) {
        fmt::print("listening {} {}\n", listener.name, to_string(listener.endpoint));
    }
    if (const auto& metrics = node.bound_metrics_listener()) {
        fmt::print("listening METRICS {}\n", to_string(*metrics));
    }
    fmt::print("ready\n");
    std::fflush(stdout);
    log_line("ready");
}

int run_node(Config config, const Arguments& arguments) {
    for (const std::string& note : config.notes()) log_line("configuration: {}", note);
    log_line("node {} starts in {}, with up to {} open files", config.node_id(),
             config.log_dirs().front(), real::raise_open_file_limit());
    real::keep_freed_memory();
    real::RealMachine machine;
    real::RealRuntime runtime(machine, {.name = node_name(config), .trace = arguments.trace});
    Node* started = nullptr;
    NodeOptions options{.format_missing = arguments.dev || arguments.config_file.empty(),
                        .cluster_id = arguments.cluster_id,
                        .on_ready = [&started] { announce(*started); },
                        .on_notice = [](std::string_view text) { log_line("{}", text); }};
    Node node(runtime, std::move(config), std::move(options));
    started = &node;
    bool stopping = false;
    real::SignalWatch signals(machine.poller(), {SIGTERM, SIGINT}, [&](int signal) {
        if (stopping) ::_exit(kFailed);
        stopping = true;
        log_line("stops on signal {}", signal);
        node.request_stop();
    });
    machine.run([&node] { node.run(); });
    if (node.failure()) {
        log_line("{}", *node.failure());
        return kFailed;
    }
    log_line("stopped");
    return kClean;
}

/// The voters that the flags give the quorum to begin with (KIP-853); none: they are configured, or
/// found later.
Result<raft::VoterSet, std::string> initial_voters(const Config& config, const Arguments& arguments,
                                                   Random& random) {
    const bool is_dynamic = arguments.standalone || arguments.no_initial_controllers ||
                            !arguments.initial_controllers.empty();
    if (is_dynamic && !config.quorum_voters().empty()) {
        return fail(std::string(
            "You cannot specify controller.quorum.voters and format the node with --standalone, "
            "--initial-controllers or --no-initial-controllers. Leave it out and specify "
            "controller.quorum.bootstrap.servers instead."));
    }
    if (!is_dynamic && config.is_controller() && config.quorum_voters().empty()) {
        return fail(std::string(
            "Because controller.quorum.voters is not set on this controller, you must specify one "
            "of the following: --standalone, --initial-controllers, or "
            "--no-initial-controllers."));
    }
    if (arguments.standalone) return standalone_controller(config, random);
    if (arguments.initial_controllers.empty()) return raft::VoterSet();
    return parse_initial_controllers(config, arguments.initial_controllers);
}

int run_format(const Config& config, const Arguments& arguments) {
    real::RealMachine machine;
    real::RealRuntime runtime(machine, {.name = node_name(config), .trace = arguments.trace});
    int exit_code = kClean;
    machine.run([&] {
        const auto formatted = formatted_cluster_id(runtime, config);
        if (formatted && *formatted && arguments.ignore_formatted) {
            log_line("{} is formatted already, for cluster {}", config.log_dirs().front(),
                     **formatted);
            return;
        }
        const std::string cluster_id = arguments.cluster_id.empty()
                                           ? random_cluster_id(runtime.random())
                                           : arguments.cluster_id;
        const auto done = [&]() -> Result<void, std::string> {
            const auto voters = TRY(initial_voters(config, arguments, runtime.random()));
            return format_storage(runtime, config,
                                  {.cluster_id = cluster_id, .initial_voters = voters});
        }();
        if (!done) {
            log_line("{}", done.error());
            exit_code = kFailed;
            return;
        }
        log_line("formatted {} for cluster {}", config.log_dirs().front(), cluster_id);
    });
    return exit_code;
}

int run(int argc, char** argv) {
    Arguments arguments;
    CLI::App app("One node of a Gregor cluster.", "gregord");
    const auto add_options = [&arguments](CLI::App& command) {
        command.add_option("--config", arguments.config_file, "server.properties");
        command.add_option("--data", arguments.data_dir, "the log directory, before log.dirs");
        command.add_option("--override", arguments.overrides, "key=value, before the file")
            ->allow_extra_args(false);
        command.add_option("--cluster-id", arguments.cluster_id,
                           "of a directory that is formatted");
        command.add_flag("--trace", arguments.trace, "log every event, requests too");
    };
    add_options(app);
    app.add_flag("--dev", arguments.dev, "format the log directory if need be");
    CLI::App* format = app.add_subcommand("format", "format the log directories and end");
    add_options(*format);
    format->add_flag("--ignore-formatted", arguments.ignore_formatted, "formatted already is fine");
    CLI::Option* standalone = format->add_flag("-s,--standalone", arguments.standalone,
                                               "the quorum begins with this controller alone");
    CLI::Option* initial =
        format->add_option("-I,--initial-controllers", arguments.initial_controllers,
                           "id@host:port:directory,… that the quorum begins with");
    CLI::Option* none =
        format->add_flag("-N,--no-initial-controllers", arguments.no_initial_controllers,
                         "the quorum is there already, or begins elsewhere");
    standalone->excludes(initial)->excludes(none);
    initial->excludes(none);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? kClean : kUsage;
    }
    std::optional<Config> config = load_config(arguments);
    if (!config) return kUsage;
    if (format->parsed()) return run_format(*config, arguments);
    return run_node(*std::move(config), arguments);
}

}  // namespace
}  // namespace gregor::server

int main(int argc, char** argv) { return gregor::server::run(argc, argv); }
