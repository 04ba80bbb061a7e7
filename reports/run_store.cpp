#include "reports/run_store.h"

#include <fmt/format.h>

#include <array>

#include "sim/base/check.h"
#include "sim/base/digest.h"

namespace gregor::reports {
namespace {

constexpr std::int32_t kApplicationId = 0x47524752;  // "GRGR"

constexpr std::array<const char*, 1> kMigrations{R"sql(
CREATE TABLE plans (
    id INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    toml TEXT NOT NULL
) STRICT;
CREATE TABLE builds (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    stored_at INTEGER NOT NULL DEFAULT (unixepoch()),
    scenario TEXT NOT NULL,
    options TEXT NOT NULL,
    origin TEXT NOT NULL,
    seed INTEGER NOT NULL,
    plan INTEGER NOT NULL REFERENCES plans,
    build INTEGER NOT NULL REFERENCES builds,
    verdict TEXT NOT NULL,
    invariant TEXT NOT NULL,
    message TEXT NOT NULL,
    violated_at_ns INTEGER NOT NULL,
    shortfall TEXT NOT NULL,
    digest TEXT NOT NULL,
    digest_events INTEGER NOT NULL,
    simulated_ns INTEGER NOT NULL,
    cpu_ns INTEGER NOT NULL
) STRICT;
CREATE INDEX runs_by_plan ON runs (scenario, options, plan);
CREATE TABLE names (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    UNIQUE (kind, text)
) STRICT;
CREATE TABLE measures (
    run INTEGER NOT NULL REFERENCES runs,
    name INTEGER NOT NULL REFERENCES names,
    value INTEGER NOT NULL,
    PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;
)sql"};

constexpr std::array<std::string_view, 3> kOrigins{"drawn", "again", "given"};

constexpr std::string_view kCount = "count";
constexpr std::string_view kProbe = "probe";
constexpr std::string_view kFault = "fault";

/// SQLite's integers have a sign; all 64 bits are kept.
std::int64_t stored(std::uint64_t number) { return static_cast<std::int64_t>(number); }
std::uint64_t unsigned_at(const Row& row, std::size_t column) {
    return static_cast<std::uint64_t>(row.number(column));
}

std::string digest_of_text(const std::string& text) {
    return to_string(digest_of({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
}

Origin origin_of(std::string_view text) {
    for (std::size_t i = 0; i < kOrigins.size(); ++i) {
        if (kOrigins[i] == text) return static_cast<Origin>(i);
    }
    return Origin::given;  // of a later build: not one of a campaign's own
}

constexpr std::string_view kRunColumns =
    "SELECT runs.id, datetime(stored_at, 'unixepoch'), scenario, options, origin, seed, toml, "
    "builds.text, verdict, invariant, message, violated_at_ns, shortfall, runs.digest, "
    "digest_events, simulated_ns, cpu_ns "
    "FROM runs JOIN plans ON plans.id = runs.plan JOIN builds ON builds.id = runs.build ";

StoredRun run_of(const Row& row) {
    return {.id = row.number(0),
            .stored_at = row.text(1),
            .group = {.scenario = row.text(2), .options = row.text(3)},
            .origin = origin_of(row.text(4)),
            .seed = unsigned_at(row, 5),
            .plan = row.text(6),
            .build = row.text(7),
            .verdict = row.text(8),
            .invariant = row.text(9),
            .message = row.text(10),
            .violated_at_ns = row.number(11),
            .shortfall = row.text(12),
            .digest = row.text(13),
            .digest_events = unsigned_at(row, 14),
            .simulated_ns = row.number(15),
            .cpu_ns = row.number(16)};
}

std::vector<Value> values_of(const RunGroup& group) { return {group.scenario, group.options}; }

}  // namespace

std::string_view name(Origin origin) { return kOrigins.at(static_cast<std::size_t>(origin)); }

Result<RunStore, std::string> RunStore::open(const std::string& path, Missing missing) {
    return RunStore(TRY(Database::open(
        path, {.application_id = kApplicationId, .migrations = kMigrations}, missing)));
}

// Writing. ----------------------------------------------------------------------------------------

Result<std::int64_t, std::string> RunStore::add(const StoredRun& run) {
    std::int64_t id = 0;
    const auto insert = [&]() -> Result<void, std::string> {
        TRY(insert_run(run));
        id = database_.last_row_id();
        TRY(insert_measures(id, kCount, run.counts));
        TRY(insert_measures(id, kProbe, run.probes));
        return insert_measures(id, kFault, run.faults);
    };
    TRY(database_.transaction(insert));
    return id;
}

/// The row that these values name; it is made if it is not there.
Result<std::int64_t, std::string> RunStore::id_of(std::string_view insert, std::string_view select,
                                                  const std::vector<Value>& values) {
    for (const bool is_there : {false, true}) {
        const auto rows = TRY(database_.query(select, values));
        if (!rows.empty()) return rows[0].number(0);
        CHECK(!is_there, "a row that was just made is not found: {}", select);
        TRY(database_.query(insert, values));
    }
    UNREACHABLE();
}

Result<void, std::string> RunStore::insert_run(const StoredRun& run) {
    TRY(database_.query("INSERT INTO plans (digest, toml) VALUES (?, ?) ON CONFLICT DO NOTHING",
                        std::vector<Value>{digest_of_text(run.plan), run.plan}));
    const std::int64_t build = TRY(id_of("INSERT INTO builds (text) VALUES (?)",
                                         "SELECT id FROM builds WHERE text = ?", {run.build}));
    const std::vector<Value> values{run.group.scenario,
                                    run.group.options,
                                    std::string(name(run.origin)),
                                    stored(run.seed),
                                    digest_of_text(run.plan),
                                    build,
                                    run.verdict,
                                    run.invariant,
                                    run.message,
                                    run.violated_at_ns,
                                    run.shortfall,
                                    run.digest,
                                    stored(run.digest_events),
                                    run.simulated_ns,
                                    run.cpu_ns};
    TRY(database_.query(
        "INSERT INTO runs (scenario, options, origin, seed, plan, build, verdict, invariant, "
        "message, violated_at_ns, shortfall, digest, digest_events, simulated_ns, cpu_ns) "
        "VALUES (?, ?, ?, ?, (SELECT id FROM plans WHERE digest = ?), "
        "?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        values));
    return {};
}

Result<void, std::string> RunStore::insert_measures(std::int64_t run, std::string_view kind,
                                                    const Counts& counts) {
    for (const auto& [text, value] : counts) {
        const std::int64_t name = TRY(id_of("INSERT INTO names (kind, text) VALUES (?, ?)",
                                            "SELECT id FROM names WHERE kind = ? AND text = ?",
                                            {std::string(kind), text}));
        TRY(database_.query("INSERT INTO measures (run, name, value) VALUES (?, ?, ?)",
                            std::vector<Value>{run, name, stored(value)}));
    }
    return {};
}

// Reading. ----------------------------------------------------------------------------------------

Result<std::vector<StoredRun>, std::string> RunStore::runs_where(std::string_view condition,
                                                                 const std::vector<Value>& values) {
    std::vector<StoredRun> runs;
    const auto rows =
        TRY(database_.query(std::string(kRunColumns) + std::string(condition), values));
    for (const Row& row : rows) runs.push_back(run_of(row));
    return runs;
}

Result<std::vector<StoredRun>, std::string> RunStore::failed_last_time(const RunGroup& group) {
    return runs_where(
        "WHERE scenario = ? AND options = ? AND verdict <> 'pass' AND runs.id = "
        "(SELECT max(id) FROM runs AS later WHERE later.scenario = runs.scenario "
        "AND later.options = runs.options AND later.plan = runs.plan) ORDER BY runs.id",
        values_of(group));
}

Result<std::optional<std::uint64_t>, std::string> RunStore::next_seed(const RunGroup& group) {
    const auto rows = TRY(database_.query(
        "SELECT seed FROM runs WHERE scenario = ? AND options = ? AND origin = 'drawn' "
        "ORDER BY seed DESC LIMIT 1",
        values_of(group)));
    if (rows.empty()) return std::nullopt;
    return unsigned_at(rows[0], 0) + 1;
}

Result<std::vector<StoredRun>, std::string> RunStore::list(const RunFilter& filter) {
    const Value scenario = filter.scenario ? Value(*filter.scenario) : Value();
    return runs_where(
        "WHERE scenario = coalesce(?, scenario) AND (? = 0 OR verdict <> 'pass') "
        "ORDER BY runs.id DESC LIMIT ?",
        {scenario, std::int64_t{filter.failed}, filter.limit});
}

Result<Counts, std::string> RunStore::measures_of(std::int64_t run, std::string_view kind) {
    Counts counts;
    const auto rows = TRY(
        database_.query("SELECT text, value FROM measures JOIN names ON names.id = measures.name "
                        "WHERE run = ? AND kind = ?",
                        std::vector<Value>{run, std::string(kind)}));
    for (const Row& row : rows) counts[row.text(0)] = unsigned_at(row, 1);
    return counts;
}

Result<std::optional<StoredRun>, std::string> RunStore::find(std::int64_t id) {
    auto runs = TRY(runs_where("WHERE runs.id = ?", {id}));
    if (runs.empty()) return std::nullopt;
    runs[0].counts = TRY(measures_of(id, kCount));
    runs[0].probes = TRY(measures_of(id, kProbe));
    runs[0].faults = TRY(measures_of(id, kFault));
    return std::move(runs[0]);
}

// Summaries. --------------------------------------------------------------------------------------

Result<std::vector<GroupSummary>, std::string> RunStore::summarize(
    const std::optional<std::string>& scenario) {
    std::vector<GroupSummary> summaries;
    const auto rows =
        TRY(database_.query("SELECT DISTINCT scenario, options FROM runs "
                            "WHERE scenario = coalesce(?, scenario) ORDER BY scenario, options",
                            std::vector<Value>{scenario ? Value(*scenario) : Value()}));
    for (const Row& row : rows) {
        summaries.push_back(
            TRY(summarize_group({.scenario = row.text(0), .options = row.text(1)})));
    }
    return summaries;
}

Result<GroupSummary, std::string> RunStore::summarize_group(const RunGroup& group) {
    GroupSummary summary{.group = group};
    const auto sums = TRY(database_.query(
        "SELECT count(*), count(DISTINCT build), datetime(min(stored_at), 'unixepoch'), "
        "datetime(max(stored_at), 'unixepoch'), sum(simulated_ns), sum(cpu_ns) "
        "FROM runs WHERE scenario = ? AND options = ?",
        values_of(group)));
    summary.runs = unsigned_at(sums[0], 0);
    summary.builds = unsigned_at(sums[0], 1);
    summary.first_at = sums[0].text(2);
    summary.last_at = sums[0].text(3);
    summary.simulated_ns = sums[0].number(4);
    summary.cpu_ns = sums[0].number(5);
    const auto verdicts = TRY(database_.query(
        "SELECT verdict, count(*) FROM runs WHERE scenario = ? AND options = ? GROUP BY verdict",
        values_of(group)));
    for (const Row& row : verdicts) summary.verdicts[row.text(0)] = unsigned_at(row, 1);
    TRY(add_violations(summary));
    TRY(add_probes(summary));
    TRY(add_silent_faults(summary));
    return summary;
}

Result<void, std::string> RunStore::add_violations(GroupSummary& summary) {
    const auto rows = TRY(database_.query(
        "SELECT found.invariant, violations, first_run, last_run, builds.text FROM "
        "(SELECT invariant, count(*) AS violations, min(id) AS first_run, max(id) AS last_run "
        "FROM runs WHERE scenario = ? AND options = ? AND invariant <> '' GROUP BY invariant) AS "
        "found "
        "JOIN runs ON runs.id = first_run JOIN builds ON builds.id = runs.build "
        "ORDER BY violations DESC, found.invariant",
        values_of(summary.group)));
    for (const Row& row : rows) {
        summary.violations.push_back({.invariant = row.text(0),
                                      .runs = unsigned_at(row, 1),
                                      .first_run = row.number(2),
                                      .first_build = row.text(4),
                                      .last_run = row.number(3)});
    }
    return {};
}

/// A run that ended its process has no probes: the newest one that has them knows the build's.
Result<void, std::string> RunStore::add_probes(GroupSummary& summary) {
    const auto rows = TRY(database_.query(
        "WITH ours AS (SELECT id FROM runs WHERE scenario = ? AND options = ?), "
        "hits AS (SELECT name, sum(value) AS total, max(run) AS newest FROM measures "
        "JOIN names ON names.id = measures.name WHERE kind = 'probe' AND run IN ours GROUP BY "
        "name) "
        "SELECT text, total > 0 FROM hits JOIN names ON names.id = hits.name "
        "WHERE newest = (SELECT max(newest) FROM hits) ORDER BY text",
        values_of(summary.group)));
    for (const Row& row : rows) {
        ++summary.probes;
        if (row.number(1) == 0) summary.probes_never_reached.push_back(row.text(0));
    }
    return {};
}

Result<void, std::string> RunStore::add_silent_faults(GroupSummary& summary) {
    const auto rows = TRY(database_.query(
        "SELECT text, count(*) FROM measures JOIN names ON names.id = measures.name "
        "JOIN runs ON runs.id = measures.run WHERE scenario = ? AND options = ? "
        "AND kind = 'fault' GROUP BY name HAVING sum(value) = 0 ORDER BY text",
        values_of(summary.group)));
    for (const Row& row : rows) summary.faults_never_fired[row.text(0)] = unsigned_at(row, 1);
    return {};
}

}  // namespace gregor::reports
