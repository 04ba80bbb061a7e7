// RunStore: the runs that were made, in an SQLite file: what each was made of, what it did and what
// was found. A run is stored when it has ended and is never changed. The file outlives builds:
// names of probes, faults and counts are rows, so that new ones need no new schema.
//
//     plans   builds          names (kind, text)
//          \   /                   |
//           runs ------------ measures (run, name, value)
//
// Runs of one scenario are told apart by their options ("--plant skip-flush"): what fails with a
// planted bug is no failure of the build.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reports/database.h"

namespace gregor::reports {

/// Where a run's plan came from.
enum class Origin : std::uint8_t {
    drawn,  // a seed of a campaign
    again,  // it had failed, and was run before the seeds
    given   // one seed, or a plan's file, that was asked for
};

[[nodiscard]] std::string_view name(Origin origin);

/// What a run belongs to.
struct RunGroup {
    std::string scenario;
    /// Options of the command line that change what is run; empty for most.
    std::string options;

    friend auto operator<=>(const RunGroup&, const RunGroup&) = default;
};

using Counts = std::map<std::string, std::uint64_t>;

struct StoredRun {
    /// Given by the store, from 1.
    std::int64_t id = 0;
    /// "2026-11-25 20:58:33", UTC; given by the store.
    std::string stored_at;
    RunGroup group;
    Origin origin = Origin::drawn;
    std::uint64_t seed = 0;
    /// The whole plan, as TOML.
    std::string plan;
    std::string build;
    /// "pass" or what else it is called.
    std::string verdict;
    /// The violated invariant, empty without one; what was seen, and when in the world's time.
    std::string invariant;
    std::string message;
    std::int64_t violated_at_ns = 0;
    /// What a vacuous run lacks.
    std::string shortfall;
    std::string digest;
    std::uint64_t digest_events = 0;
    std::int64_t simulated_ns = 0;
    std::int64_t cpu_ns = 0;
    Counts counts;
    /// Every probe of the build, with its hits.
    Counts probes;
    /// Kinds of faults that the plan holds, with how often each fired.
    Counts faults;
};

/// Which runs are listed; the newest come first.
struct RunFilter {
    std::optional<std::string> scenario;
    bool failed = false;
    std::int64_t limit = 50;
};

/// All that is stored of one group.
struct GroupSummary {
    struct Violations {
        std::string invariant;
        std::uint64_t runs = 0;
        std::int64_t first_run = 0;
        std::string first_build;
        std::int64_t last_run = 0;
    };

    RunGroup group;
    std::uint64_t runs = 0;
    std::uint64_t builds = 0;
    std::string first_at;
    std::string last_at;
    std::int64_t simulated_ns = 0;
    std::int64_t cpu_ns = 0;
    Counts verdicts;
    std::vector<Violations> violations;
    /// Probes that the newest run's build has, and those of them that no run ever reached.
    std::uint64_t probes = 0;
    std::vector<std::string> probes_never_reached;
    /// Kinds of faults that plans held and that never fired, with the number of those plans.
    Counts faults_never_fired;
};

class RunStore {
public:
    /// The error says what is wrong with the file: not ours, damaged, or of a newer build.
    [[nodiscard]] static Result<RunStore, std::string> open(const std::string& path,
                                                            Missing missing);

    /// Its id. All of the run is stored, or with an error nothing.
    [[nodiscard]] Result<std::int64_t, std::string> add(const StoredRun& run);

    /// Of each plan of the group the last run, if that did not pass; the oldest first. Only what
    /// was stored as one row: no counts, probes or faults.
    [[nodiscard]] Result<std::vector<StoredRun>, std::string> failed_last_time(
        const RunGroup& group);
    /// Behind the largest seed that a campaign of the group has drawn; nullopt: there was none.
    [[nodiscard]] Result<std::optional<std::uint64_t>, std::string> next_seed(
        const RunGroup& group);
    /// As failed_last_time(), without counts, probes and faults.
    [[nodiscard]] Result<std::vector<StoredRun>, std::string> list(const RunFilter& filter);
    /// A whole run; nullopt: there is none with this id.
    [[nodiscard]] Result<std::optional<StoredRun>, std::string> find(std::int64_t id);
    /// By group, in the order of their names.
    [[nodiscard]] Result<std::vector<GroupSummary>, std::string> summarize(
        const std::optional<std::string>& scenario);

    [[nodiscard]] const std::string& path() const { return database_.path(); }

private:
    explicit RunStore(Database database) : database_(std::move(database)) {}
    [[nodiscard]] Result<std::int64_t, std::string> id_of(std::string_view insert,
                                                          std::string_view select,
                                                          const std::vector<Value>& values);
    [[nodiscard]] Result<void, std::string> insert_run(const StoredRun& run);
    [[nodiscard]] Result<void, std::string> insert_measures(std::int64_t run, std::string_view kind,
                                                            const Counts& counts);
    [[nodiscard]] Result<std::vector<StoredRun>, std::string> runs_where(
        std::string_view condition, const std::vector<Value>& values);
    [[nodiscard]] Result<Counts, std::string> measures_of(std::int64_t run, std::string_view kind);
    [[nodiscard]] Result<GroupSummary, std::string> summarize_group(const RunGroup& group);
    [[nodiscard]] Result<void, std::string> add_violations(GroupSummary& summary);
    [[nodiscard]] Result<void, std::string> add_probes(GroupSummary& summary);
    [[nodiscard]] Result<void, std::string> add_silent_faults(GroupSummary& summary);

    Database database_;
};

}  // namespace gregor::reports
