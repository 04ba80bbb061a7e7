// What run and replay are pointed at, and the options that both take.
#pragma once

#include <string>
#include <vector>

#include "scenarios/gregor/campaign.h"
#include "scenarios/gregor/program.h"
#include "sim/base/result.h"

namespace CLI {
class App;
}

namespace gregor::scenarios {

struct TargetOptions {
    const GregorProgram* program = nullptr;  // whose scenarios
    std::string target;                      // a scenario's name or a plan's file
    std::vector<std::string> planted;
    std::vector<std::string> disabled_faults;
    std::vector<std::string> workload;  // key=value
    std::vector<std::string> muted;     // ids of invariants
};

void add_target_options(CLI::App& command, const GregorProgram& program, TargetOptions& options);

/// Fills in scenario, plan, bugs, faults and workload numbers; the error says what to do.
[[nodiscard]] Result<CampaignOptions, std::string> resolve(const TargetOptions& options);

/// The options alone: "--plant skip-flush"; empty for most.
[[nodiscard]] std::string options_of(const TargetOptions& options);
/// The arguments that give the same target again: for replay lines.
[[nodiscard]] std::string arguments_of(const TargetOptions& options);

/// "gcc 12.2.0, zstd 1.5.4, lz4 1.9.4, zlib 1.2.13, snappy 1.1.9, release": what a digest depends
/// on.
[[nodiscard]] std::string build_id();
/// That, behind a digest of the program itself: "1f0c9a3e52d7 (12.2.0, zstd …)". Two builds that
/// differ in anything differ here.
[[nodiscard]] std::string program_id();

}  // namespace gregor::scenarios
