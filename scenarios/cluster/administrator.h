// Administrator: does what a plan lists under operations, by the same calls as gregorctl, one after
// the other, while faults happen.
//
// A call that was not answered may be done all the same, and later than what was asked next: a
// broker goes on to ask the controller in its client's name. So the administrator does what a
// careful one does: once the faults are over it waits until nothing of the past can be on its way,
// looks where everything is, and says again what it last wanted of each partition. Only then must
// all be as it was told (V7), with no throttle left.
//
// An operation that names a broker which is not there, or is to go, is left out; so is what has not
// begun when the faults are over.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "clients/admin/reassigner.h"
#include "scenarios/clients/workload.h"
#include "scenarios/cluster/nodes.h"
#include "scenarios/cluster/replica_mover.h"
#include "sim/simulated/world.h"

namespace gregor::scenarios::cluster {

class Administrator {
public:
    struct Counts {
        std::uint64_t reassignments_asked = 0;  // partitions
        std::uint64_t throttled = 0;            // requests
        std::uint64_t brokers_added = 0;
        std::uint64_t brokers_removed = 0;
    };

    Administrator(simulated::World& world, clients::Workload& workload, Nodes& nodes)
        : world_(world), workload_(workload), nodes_(nodes) {}

    /// Calls `start` at once, or when the broker is to come.
    void start_when_due(std::size_t node, std::function<void()> start);
    /// The body of its client.
    void run(Runtime& runtime);
    /// All is as it was told; true as well if the plan has no operations.
    [[nodiscard]] bool is_done() const { return is_done_ || !has_work(); }
    /// Whether the plan has anything for it.
    [[nodiscard]] bool has_work() const;
    [[nodiscard]] const Counts& counts() const { return counts_; }

private:
    using Group = std::vector<const simulated::Operation*>;

    [[nodiscard]] std::vector<Group> groups() const;
    void wait_until(Instant time);
    void pause(Duration duration);
    void doing(std::string_view what) { workload_.note(kName, what); }

    void execute(const Group& group);
    void reassign(const Group& group);
    void cancel(const simulated::Operation& operation);
    void move_replica(const simulated::Operation& operation);
    void remove_broker(std::int32_t id);
    void unregister(std::int32_t id);
    [[nodiscard]] bool may_hold_replicas(std::int64_t id) const;
    void throttle(const admin::Assignment& target, std::int64_t rate);
    [[nodiscard]] Result<admin::Assignment, client::Error> everything();
    [[nodiscard]] bool has_replicas(const admin::Assignment& all, std::int32_t id) const;
    [[nodiscard]] admin::Replicas instead_of(const admin::Replicas& replicas,
                                             std::size_t turn) const;
    void move_off(const admin::Assignment& all, const admin::ActiveReassignments& active);

    void end_throttles();
    [[nodiscard]] std::string what_is_left();
    void clear_throttles();

    static constexpr const char* kName = "administrator";

    simulated::World& world_;
    clients::Workload& workload_;
    Nodes& nodes_;
    Runtime* runtime_ = nullptr;
    admin::Admin* admin_ = nullptr;
    std::optional<admin::Reassigner> reassigner_;
    std::optional<ReplicaMover> mover_;
    /// What was asked for last, of each partition that was ever reassigned.
    admin::Assignment wanted_;
    std::set<std::int32_t> leaving_;
    bool is_throttled_ = false;
    bool is_done_ = false;
    Counts counts_;
};

}  // namespace gregor::scenarios::cluster
