#include "scenarios/gregor/campaign.h"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>

#include "scenarios/gregor/report_json.h"
#include "sim/base/check.h"
#include "sim/simulated/tripwire.h"

/// There only in a build that measures coverage (preset `coverage`), else null: writes what the
/// process has counted so far, which leaving by _exit would lose.
extern "C" [[gnu::weak]] int __llvm_profile_write_file();

namespace gregor::scenarios {
namespace {

/// A run that takes longer in real time spins without ever yielding.
constexpr unsigned kRunLimitSeconds = 300;

// The worker's side. ------------------------------------------------------------------------------

// What the handler of a failed CHECK reports; one run at a time in a worker.
int g_report_pipe = -1;
RunReport g_current;

/// Memory stays with the worker from run to run: giving it back and asking for it again is page
/// faults. Allocators other than glibc's, such as a sanitizer's, take no advice.
void keep_memory() { (void)::mallopt(M_TRIM_THRESHOLD, 1 << 30); }

/// Ends a worker, without what the supervisor has yet to do at its own end.
[[noreturn]] void leave() {
    if (__llvm_profile_write_file != nullptr) (void)__llvm_profile_write_file();
    ::_exit(0);
}

void write_line(int pipe, std::string line) {
    line.push_back('\n');
    std::string_view left = line;
    while (!left.empty()) {
        const ssize_t done = ::write(pipe, left.data(), left.size());
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) ::_exit(255);
        left.remove_prefix(static_cast<std::size_t>(done));
    }
}

void report_failed_check(const CheckFailure& failure) {
    disarm_tripwire();
    g_current.verdict = Verdict::violated;
    g_current.violation = Violation{
        "CHECK",
        fmt::format("{}:{}: {} {}", failure.file, failure.line, failure.condition, failure.message),
        Instant{}};
    write_line(g_report_pipe, to_json(g_current));
    leave();
}

[[noreturn]] void work(const CampaignOptions& options, int tasks_in, int reports_out) {
    g_report_pipe = reports_out;
    keep_memory();
    set_check_handler(report_failed_check);
    Task task;
    while (::read(tasks_in, &task, sizeof task) == static_cast<ssize_t>(sizeof task)) {
        g_current = {};
        g_current.scenario = options.scenario->name();
        g_current.seed = task.seed;
        ::alarm(kRunLimitSeconds);
        const RunReport report = run_task(options, task);
        ::alarm(0);
        write_line(reports_out, to_json(report));
    }
    leave();
}

// The supervisor's side. --------------------------------------------------------------------------

struct Worker {
    pid_t pid = -1;
    int tasks = -1;    // to the worker
    int reports = -1;  // from the worker
    std::string partial;
    Task task;
    bool busy = false;
};

class Supervisor {
public:
    explicit Supervisor(const CampaignOptions& options)
        : options_(options), next_seed_(options.first_seed), started_(now()) {}

    CampaignReport run() {
        workers_.resize(static_cast<std::size_t>(std::max(options_.jobs, 1)));
        for (Worker& worker : workers_) assign(worker);
        while (
            std::any_of(workers_.begin(), workers_.end(), [](const auto& w) { return w.busy; })) {
            wait_for_reports();
        }
        for (Worker& worker : workers_) dismiss(worker);
        return std::move(report_);
    }

private:
    static Duration now() {
        timespec time{};
        ::clock_gettime(CLOCK_MONOTONIC, &time);
        return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
    }

    [[nodiscard]] bool wants_more() const {
        if (options_.stop_at_failure && !report_.failures.empty()) return false;
        if (options_.time_limit > Duration::zero()) {
            return now() - started_ < options_.time_limit;
        }
        return next_plan_ < options_.first_plans.size() ||
               next_seed_ < options_.first_seed + options_.seeds;
    }

    Task next_task() {
        if (next_plan_ == options_.first_plans.size()) return {.seed = next_seed_++};
        const std::size_t place = next_plan_++;
        return {.seed = options_.first_plans[place].seed, .first_plan = place};
    }

    void assign(Worker& worker) {
        if (!wants_more()) return;
        if (worker.pid < 0) hire(worker);
        worker.task = next_task();
        worker.busy = true;
        CHECK(::write(worker.tasks, &worker.task, sizeof worker.task) ==
              static_cast<ssize_t>(sizeof worker.task));
    }

    void hire(Worker& worker) {
        int tasks[2];
        int reports[2];
        CHECK(::pipe2(tasks, O_CLOEXEC) == 0);
        CHECK(::pipe2(reports, O_CLOEXEC) == 0);
        std::fflush(nullptr);
        worker.pid = ::fork();
        CHECK(worker.pid >= 0, "cannot fork a worker");
        if (worker.pid == 0) {
            ::close(tasks[1]);
            ::close(reports[0]);
            // The other workers' ends too: each must see the end of its own pipe.
            for (const Worker& other : workers_) {
                if (&other == &worker || other.pid < 0) continue;
                ::close(other.tasks);
                ::close(other.reports);
            }
            work(options_, tasks[0], reports[1]);
        }
        ::close(tasks[0]);
        ::close(reports[1]);
        worker.tasks = tasks[1];
        worker.reports = reports[0];
        worker.partial.clear();
    }

    /// Closes its pipes and waits for its end; its status.
    int dismiss(Worker& worker) {
        if (worker.pid < 0) return 0;
        ::close(worker.tasks);
        ::close(worker.reports);
        int status = 0;
        rusage used{};
        while (::wait4(worker.pid, &status, 0, &used) < 0 && errno == EINTR) {
        }
        report_.largest_worker_kb =
            std::max<std::int64_t>(report_.largest_worker_kb, used.ru_maxrss);
        worker.pid = -1;
        return status;
    }

    void wait_for_reports() {
        std::vector<pollfd> waits;
        for (const Worker& worker : workers_) {
            waits.push_back({.fd = worker.busy ? worker.reports : -1, .events = POLLIN});
        }
        if (::poll(waits.data(), waits.size(), -1) < 0) return;
        for (std::size_t i = 0; i < workers_.size(); ++i) {
            if (waits[i].revents != 0) receive(workers_[i]);
        }
    }

    void receive(Worker& worker) {
        std::array<char, 65536> buffer{};
        const ssize_t size = ::read(worker.reports, buffer.data(), buffer.size());
        if (size > 0) {
            worker.partial.append(buffer.data(), static_cast<std::size_t>(size));
            const std::size_t end = worker.partial.find('\n');
            if (end == std::string::npos) return;
            auto report = parse_report(std::string_view(worker.partial).substr(0, end));
            worker.partial.erase(0, end + 1);
            CHECK(report.has_value(), "a worker's report: {}", report.error());
            finish(worker, *report);
            return;
        }
        if (size < 0 && errno == EINTR) return;
        const bool was_busy = worker.busy;
        const int status = dismiss(worker);
        if (was_busy) finish(worker, died(worker.task.seed, status));
    }

    /// A worker that ended without a report, other than by a failed CHECK.
    RunReport died(std::uint64_t seed, int status) const {
        RunReport report;
        report.scenario = options_.scenario->name();
        report.seed = seed;
        report.verdict = Verdict::violated;
        std::string message = "the worker process ended without a report";
        if (WIFSIGNALED(status)) {
            message = WTERMSIG(status) == SIGALRM
                          ? fmt::format(
                                "the run did not end within {} s of real time: something "
                                "spins without waiting",
                                kRunLimitSeconds)
                          : fmt::format("the worker process died of signal {}", WTERMSIG(status));
        }
        report.violation = Violation{"CRASH", message, Instant{}};
        return report;
    }

    void finish(Worker& worker, const RunReport& report) {
        const Task task = worker.task;
        worker.busy = false;
        report_.add(report, task);
        // A failed CHECK ended the worker behind its report.
        if (report.violation && report.violation->invariant == "CHECK") dismiss(worker);
        assign(worker);
        // While the worker is at its next run.
        if (options_.on_report) options_.on_report(report, task);
    }

    const CampaignOptions& options_;
    std::size_t next_plan_ = 0;
    std::uint64_t next_seed_;
    Duration started_;
    std::vector<Worker> workers_;
    CampaignReport report_;
};

/// The first trace line in which two runs of the plan differ.
std::string first_difference(const CampaignOptions& options, const simulated::Plan& plan) {
    std::array<std::vector<std::string>, 2> lines;
    for (auto& trace : lines) {
        (void)run_plan(*options.scenario, plan,
                       {.trace = [&trace](std::string_view line) { trace.emplace_back(line); },
                        .mute = options.mute});
    }
    const auto [a, b] =
        std::mismatch(lines[0].begin(), lines[0].end(), lines[1].begin(), lines[1].end());
    const auto text = [&](auto it, const auto& all) {
        return it == all.end() ? std::string("the end of the run") : *it;
    };
    return fmt::format("event {}: \"{}\" or \"{}\"", a - lines[0].begin(), text(a, lines[0]),
                       text(b, lines[1]));
}

}  // namespace

void CampaignReport::add(const RunReport& report, const Task& task) {
    ++runs;
    ++verdicts[report.verdict];
    if (report.violation) ++violations[report.violation->invariant];
    for (const auto& [id, each] : report.muted) {
        MutedRuns& sum = muted[id];
        if (++sum.runs == 1) {
            sum.first_seed = report.seed;
            sum.first = each.first;
        }
        sum.times += each.times;
    }
    const bool has_failed = report.verdict != Verdict::pass && report.verdict != Verdict::muted;
    if (has_failed && failures.size() < 10) {
        failures.push_back({.report = report, .task = task});
    }
    for (const auto& [key, value] : report.counts) counts[key] += value;
    faults.add(report.faults);
    for (const simulated::FaultKind kind : report.enabled_faults) {
        if (std::find(enabled_faults.begin(), enabled_faults.end(), kind) == enabled_faults.end()) {
            enabled_faults.push_back(kind);
        }
    }
    for (const auto& [key, value] : report.probes) probes[key] += value;
    simulated += report.simulated;
    cpu += report.cpu;
}

Verdict CampaignReport::verdict() const {
    for (const Verdict verdict :
         {Verdict::nondeterministic, Verdict::violated, Verdict::vacuous, Verdict::muted}) {
        if (verdicts.contains(verdict)) return verdict;
    }
    return runs == 0 ? Verdict::vacuous : Verdict::pass;
}

simulated::Plan plan_for(const CampaignOptions& options, std::uint64_t seed) {
    simulated::Plan plan =
        options.plan ? *options.plan : options.scenario->expand(seed, options.workload);
    plan.seed = seed;
    for (const auto& [key, value] : options.workload) plan.workload[key] = value;
    std::erase_if(plan.faults, [&](const simulated::Fault& fault) {
        return std::find(options.disabled_faults.begin(), options.disabled_faults.end(),
                         fault.kind) != options.disabled_faults.end();
    });
    return plan;
}

simulated::Plan plan_for(const CampaignOptions& options, const Task& task) {
    if (task.first_plan != Task::kDrawn) return options.first_plans.at(task.first_plan);
    return plan_for(options, task.seed);
}

RunReport run_task(const CampaignOptions& options, const Task& task) {
    for (const PlantedBug bug : options.planted) plant(bug, true);
    const simulated::Plan plan = plan_for(options, task);
    const RunOptions run_options{.mute = options.mute};
    RunReport report = run_plan(*options.scenario, plan, run_options);
    if (!options.check_determinism) return report;
    const RunReport again = run_plan(*options.scenario, plan, run_options);
    report.cpu += again.cpu;
    report.simulated += again.simulated;
    if (again.digest == report.digest) return report;
    report.verdict = Verdict::nondeterministic;
    report.violation = Violation{
        "DIGEST",
        fmt::format("digests {} and {}, after {} and {} events; {}", to_string(report.digest),
                    to_string(again.digest), report.digest_events, again.digest_events,
                    first_difference(options, plan)),
        Instant{}};
    return report;
}

CampaignReport run_campaign(const CampaignOptions& options) { return Supervisor(options).run(); }

RunReport run_alone(CampaignOptions options, const simulated::Plan& plan) {
    options.first_plans.clear();
    options.plan = plan;
    options.first_seed = plan.seed;
    options.seeds = 1;
    options.jobs = 1;
    options.disabled_faults.clear();
    options.workload.clear();
    std::optional<RunReport> report;
    options.on_report = [&](const RunReport& one, const Task&) { report = one; };
    (void)run_campaign(options);
    return *std::move(report);
}

std::string kind_of(const Violation& violation) {
    if (violation.invariant != "CHECK" && violation.invariant != "CRASH") {
        return violation.invariant;
    }
    return violation.invariant + " " + violation.message.substr(0, violation.message.find(": "));
}

}  // namespace gregor::scenarios
