// ApplicationRun: an application on its client machines c0, c1 …, from the start of their processes
// to the verdict of its history.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "scenarios/applications/application.h"
#include "scenarios/clients/programs.h"
#include "scenarios/judge.h"

namespace gregor::scenarios::applications {

class ApplicationRun {
public:
    /// `partitions`: of the topics that have a history.
    ApplicationRun(const ApplicationKind& kind, simulated::World& world,
                   clients::Workload& workload,
                   std::function<std::vector<client::TopicPartition>()> partitions,
                   HistoryWorld history_world);

    void start_machines();
    [[nodiscard]] const Application& application() const { return *application_; }
    [[nodiscard]] Stuck unfinished() { return application_->unfinished(); }

    void start_closing_reads();
    [[nodiscard]] Stuck unread() const;
    void stop_machines();
    [[nodiscard]] Stuck unstopped() const;

    /// Once: the first violation that the history shows is the judge's, and all that are muted.
    /// What keeps it from being judged, if there is none; nothing is taken after this.
    [[nodiscard]] std::string judge_history();
    [[nodiscard]] const History& history() const { return history_; }

private:
    void report(const Finding& finding);

    simulated::World& world_;
    clients::Workload& workload_;
    HistorySettings settings_;
    History history_;
    ApplicationContext context_;
    std::unique_ptr<Application> application_;
    std::vector<simulated::Machine*> machines_;
    std::vector<ClientProgram::Body> closing_;
    bool is_read_ = false;
    bool is_judged_ = false;
};

}  // namespace gregor::scenarios::applications
