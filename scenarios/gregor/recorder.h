// Recorder: a campaign's hand on the run store. What failed last time is put before the seeds, and
// every run is stored as it comes in.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "reports/run_store.h"
#include "scenarios/gregor/campaign.h"
#include "scenarios/gregor/target.h"

namespace gregor::scenarios {

/// --store of a command, as given.
void add_store_option(CLI::App& command, std::string& file);
/// `given`, else the environment's GREGOR_STORE; empty: there is no store.
[[nodiscard]] std::string store_path(const std::string& given);

/// How a stored run is run again, whatever today's build makes of its seed: "gregor runs show 7
/// --save run7.toml && gregor replay run7.toml --trace".
[[nodiscard]] std::string again_line(std::string_view program, std::string_view verb,
                                     std::int64_t id, const std::string& options,
                                     const std::string& store);

class Recorder {
public:
    /// Opens the file, or makes it; the error says what is wrong with it.
    [[nodiscard]] static Result<Recorder, std::string> open(const std::string& path,
                                                            const TargetOptions& target,
                                                            const Scenario& scenario);

    /// Puts the plans that failed last time before the seeds. One that this build cannot run is
    /// left out, with a line on standard error.
    [[nodiscard]] Result<void, std::string> put_failed_first(CampaignOptions& options);
    /// The first seed that no campaign of these options has drawn; 1 if there was none.
    [[nodiscard]] Result<std::uint64_t, std::string> next_seed();

    /// Stores a run; `is_given`: one that was asked for by its seed or its plan's file.
    void record(const CampaignOptions& options, const RunReport& report, const Task& task,
                bool is_given);

    /// The id of a run of this campaign that did not pass.
    [[nodiscard]] std::optional<std::int64_t> id_of(const Task& task) const;
    /// Why a run could not be stored; the first time.
    [[nodiscard]] const std::optional<std::string>& trouble() const { return trouble_; }

private:
    Recorder(reports::RunStore store, reports::RunGroup group);

    reports::RunStore store_;
    reports::RunGroup group_;
    std::string build_;
    /// By first_plan and seed.
    std::map<std::pair<std::size_t, std::uint64_t>, std::int64_t> failed_ids_;
    std::optional<std::string> trouble_;
};

}  // namespace gregor::scenarios
