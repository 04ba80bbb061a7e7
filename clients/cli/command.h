// What the commands of gregorctl share. A command is a function that adds its flags to a
// subcommand and returns what is to be done once they are parsed:
//
//     Action add_topics(CLI::App& command);
//
// An action prints what a program reads to standard output, what went wrong to standard error, and
// returns the exit code. Flags and formats are those of Kafka's tools.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/protocol/ids.h"
#include "clients/admin/admin.h"
#include "clients/client/cluster.h"
#include "sim/runtime/runtime.h"

namespace gregor::cli {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 254;

struct Context {
    Runtime& runtime;
    client::Cluster& cluster;
    admin::Admin& admin;
    std::string bootstrap_servers = {};
};

using Action = std::function<int(Context& context)>;
/// Of a command that needs no cluster.
using LocalAction = std::function<int(Runtime& runtime)>;

[[nodiscard]] Action add_topics(CLI::App& command);
[[nodiscard]] Action add_configs(CLI::App& command);
[[nodiscard]] Action add_produce(CLI::App& command);
[[nodiscard]] Action add_consume(CLI::App& command);
[[nodiscard]] Action add_quorum(CLI::App& command);
[[nodiscard]] Action add_features(CLI::App& command);
[[nodiscard]] Action add_cluster(CLI::App& command);
[[nodiscard]] Action add_get_offsets(CLI::App& command);
[[nodiscard]] Action add_reassign(CLI::App& command);
[[nodiscard]] Action add_log_dirs(CLI::App& command);
[[nodiscard]] Action add_groups(CLI::App& command);
[[nodiscard]] Action add_perf(CLI::App& command);
[[nodiscard]] Action add_transactions(CLI::App& command);
[[nodiscard]] LocalAction add_log_dump(CLI::App& command);

template <class... Args>
void complain(fmt::format_string<Args...> format, Args&&... args) {
    const std::string line = fmt::format(format, std::forward<Args>(args)...) + "\n";
    std::fwrite(line.data(), 1, line.size(), stderr);
}

/// "Error while executing topic command : …", exit code 1.
[[nodiscard]] inline int failed(std::string_view what, const client::Error& error) {
    complain("Error while executing {} command : {}", what, error.message);
    return kFailed;
}

/// "1,2,3".
[[nodiscard]] inline std::string joined(const std::vector<protocol::NodeId>& nodes) {
    return fmt::format("{}", fmt::join(nodes, ","));
}

/// The parts of "a=1,b=[x,y]": commas in brackets do not part. Empty parts are left out.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text);

/// "key=value".
struct Setting {
    std::string key;
    std::string value;
};

/// Complains, and gives nothing, if one is not key=value. Brackets around a value go.
[[nodiscard]] std::optional<std::vector<Setting>> parse_settings(
    const std::vector<std::string>& texts);

/// Rows in columns as wide as their widest cell; the first row is the head.
[[nodiscard]] std::string to_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace gregor::cli
