#include "scenarios/applications/application_run.h"

#include "scenarios/applications/closing_reads.h"

namespace gregor::scenarios::applications {
namespace {

/// The programs of one process, until each has returned.
class ProcessProgram final : public simulated::Program {
public:
    ProcessProgram(Runtime& runtime, std::vector<Application::Program> programs)
        : process_{.runtime = runtime}, programs_(std::move(programs)) {}

    void run() override {
        TaskGroup group(process_.runtime.tasks(), "programs");
        for (const Application::Program& program : programs_) {
            group.spawn("program", [this, &program] { program(process_); });
        }
        group.join();
    }
    void request_stop() override { process_.is_stopping = true; }

private:
    Process process_;
    std::vector<Application::Program> programs_;
};

}  // namespace

namespace {

/// What is wrong with a transaction shows in its group's offsets, and in the effects, too.
bool is_of_transactions(Anomaly anomaly) {
    switch (anomaly) {
        case Anomaly::aborted_read:
        case Anomaly::intermediate_read:
        case Anomaly::split_outcome:
        case Anomaly::torn_transaction:
        case Anomaly::zombie_transaction: return true;
        default: return false;
    }
}

}  // namespace

ApplicationRun::ApplicationRun(const ApplicationKind& kind, simulated::World& world,
                               clients::Workload& workload,
                               std::function<std::vector<client::TopicPartition>()> partitions,
                               HistoryWorld history_world)
    : world_(world),
      workload_(workload),
      settings_(kind.settings(workload.plan)),
      history_(settings_, std::move(history_world)),
      context_{.workload = workload, .history = history_, .partitions = std::move(partitions)},
      application_(kind.make(context_)) {}

void ApplicationRun::start_machines() {
    const auto machines = static_cast<std::size_t>(workload_.setting("clients"));
    for (std::size_t i = 0; i < machines; ++i) {
        machines_.push_back(&world_.add_machine(fmt::format("c{}", i), {}));
        machines_.back()->start([this, i](Runtime& runtime) {
            return std::make_unique<ProcessProgram>(runtime, application_->programs(i));
        });
    }
}

void ApplicationRun::start_closing_reads() {
    closing_.push_back([this](Runtime& runtime) {
        read_to_the_ends(context_, *application_, settings_.read_committed, runtime);
        application_->look_at_the_end(runtime);
        is_read_ = true;
    });
    world_.add_machine("closing", {}).start([this](Runtime& runtime) {
        return std::make_unique<ClientProgram>(runtime, closing_);
    });
}

Stuck ApplicationRun::unread() const {
    if (is_read_) return {};
    const auto doing = workload_.doing.find("closing");
    const std::string what = doing == workload_.doing.end() ? "not begun" : doing->second;
    if (what.starts_with(kWaitingForStableOffset)) return {"T4", "closing: " + what};
    return {application_->groups().empty() ? "V3" : "V6", "closing: " + what};
}

void ApplicationRun::stop_machines() {
    for (simulated::Machine* machine : machines_) machine->stop();
}

Stuck ApplicationRun::unstopped() const {
    std::string running;
    for (const simulated::Machine* machine : machines_) {
        if (machine->running()) running += (running.empty() ? "" : ", ") + machine->name();
    }
    if (running.empty()) return {};
    return {"V3", "processes that were asked to stop on " + running};
}

std::string ApplicationRun::judge_history() {
    if (std::exchange(is_judged_, true)) return "";
    const HistoryVerdict& verdict = history_.finish();
    workload_.judge.compared(verdict.comparisons);
    const Finding* first = nullptr;
    for (const Finding& finding : verdict.findings) {
        if (finding.excuse != Excuse::none || finding.anomaly == Anomaly::unseen) continue;
        if (workload_.judge.mutes(invariant_of(finding.anomaly))) {
            report(finding);
            continue;
        }
        const bool goes_first = first == nullptr || (is_of_transactions(finding.anomaly) &&
                                                     !is_of_transactions(first->anomaly));
        if (goes_first) first = &finding;
    }
    if (first == nullptr) return verdict.shortfall;
    report(*first);
    return "";
}

void ApplicationRun::report(const Finding& finding) {
    workload_.judge.violated(invariant_of(finding.anomaly), "{}: {} (line {} of the history)",
                             name_of(finding.anomaly), finding.message, finding.line());
}

}  // namespace gregor::scenarios::applications
