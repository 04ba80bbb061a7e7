// Application: what runs on a cluster's client machines in place of the wire workload: programs
// made of our own client library, whose history is judged. The cluster's engine starts the
// machines, again after a crash; the application says what runs on each.
//
//     faults       the programs work; their machines are killed, stopped, paused and cut off
//     finishing    they come to an end, or to rest: unfinished() is empty
//     closing      closing_reads.h reads everything from start to end
//     verdict      of the history, by settings()
//
// A process that was killed leaves nothing behind but what the application keeps here, outside the
// machines; whoever starts again does so under a new name.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "clients/client/topic_partition.h"
#include "scenarios/applications/history.h"
#include "scenarios/clients/workload.h"
#include "scenarios/numbers.h"

namespace gregor::scenarios::applications {

/// One process of a client machine, as its programs see it.
struct Process {
    Runtime& runtime;
    /// It was asked to stop in an orderly way.
    bool is_stopping = false;
};

struct ApplicationContext {
    clients::Workload& workload;
    History& history;
    /// Every partition of the topics that have a history, as the newest metadata have them.
    std::function<std::vector<client::TopicPartition>()> partitions;
};

/// What a run must at least have met: the name of a count, how often, and how often it has to be.
struct Floor {
    std::string_view what;
    std::uint64_t reached = 0;
    std::uint64_t wanted = 0;
};

class Application {
public:
    using Program = std::function<void(Process&)>;

    virtual ~Application() = default;

    /// What a process of the client machine of this number runs, all at once, from its start. It
    /// ends when all have returned.
    [[nodiscard]] virtual std::vector<Program> programs(std::size_t machine) = 0;
    /// What has not come to its end, once nothing is wrong with the cluster any more.
    [[nodiscard]] virtual Stuck unfinished() = 0;
    /// How long that may take beyond what the cluster may take.
    [[nodiscard]] virtual Duration patience() const = 0;
    /// Groups of consumers, whose offsets and whose share of each partition are looked at in the
    /// end.
    [[nodiscard]] virtual std::vector<std::string> groups() const { return {}; }
    [[nodiscard]] virtual bool subscribes(const std::string& /*group*/,
                                          const std::string& /*topic*/) const {
        return true;
    }
    /// What else there is to be looked at when all is read, on the machine that read it; what is
    /// wrong is the judge's.
    virtual void look_at_the_end(Runtime& /*runtime*/) {}
    /// For the report.
    [[nodiscard]] virtual std::map<std::string, std::uint64_t> counts() const = 0;
    [[nodiscard]] virtual std::vector<Floor> floors() const = 0;
};

/// What a scenario needs to know of an application before there is one.
class ApplicationKind {
public:
    /// Besides the cluster's numbers.
    [[nodiscard]] virtual std::span<const NumberRange> numbers() const = 0;
    /// Draw a plan's numbers, then, when all numbers are known, its brokers' settings, then faults.
    virtual void draw_numbers(simulated::Plan& plan) const = 0;
    virtual void draw_settings(simulated::Plan& plan) const = 0;
    virtual void draw_faults(simulated::Plan& plan) const = 0;
    [[nodiscard]] virtual std::unique_ptr<Application> make(
        const ApplicationContext& context) const = 0;
    [[nodiscard]] virtual HistorySettings settings(const simulated::Plan& plan) const = 0;
    /// Whether all that is ever written to the topic stands in the history.
    [[nodiscard]] virtual bool has_history_of(const std::string& topic) const {
        return topic.starts_with('t');
    }

protected:
    ~ApplicationKind() = default;
};

/// What the plan says of the cluster; of the clients: acks=all, idempotent, read_uncommitted.
[[nodiscard]] HistorySettings settings_of_cluster(const simulated::Plan& plan);
/// "n1:9092,n2:9092".
[[nodiscard]] std::string bootstrap_servers(const clients::Workload& workload);

}  // namespace gregor::scenarios::applications
