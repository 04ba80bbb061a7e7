// VoterAdministrator: changes the quorum's voters as a plan lists it (KIP-853), by the same calls
// as gregorctl quorum, while faults happen. Each change is a fiber: changes that a plan has close
// together are on their way together, now through a broker, now straight to the controllers.
//
// What was not answered may be done all the same, and later. So once the faults are over the
// administrator waits until nothing of the past can be on its way, looks who votes, and asks again
// for what it last wanted of each controller. Only then must the voters be those (V4).
//
// What has not begun when the faults are over is left out.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "clients/admin/admin.h"
#include "scenarios/clients/workload.h"
#include "scenarios/cluster/nodes.h"
#include "sim/simulated/world.h"

namespace gregor::scenarios::cluster {

class VoterAdministrator {
public:
    struct Counts {
        std::uint64_t asked = 0;
        std::uint64_t done = 0;  // as the answer said, while faults happened
    };

    VoterAdministrator(simulated::World& world, clients::Workload& workload, const Nodes& nodes);

    /// Whether the plan has anything for it.
    [[nodiscard]] bool has_work() const { return has_work_; }
    /// The body of its client.
    void run(Runtime& runtime);
    [[nodiscard]] bool is_done() const { return is_done_ || !has_work_; }
    /// Who votes, in the eyes of the active controller, and should not, or the other way round;
    /// empty: nobody, or the plan has no changes. Once it is done.
    [[nodiscard]] std::string what_is_stuck() const;
    [[nodiscard]] const Counts& counts() const { return counts_; }

private:
    void change_all(TaskGroup& changes);
    void change(const simulated::Operation& operation);
    [[nodiscard]] Result<void, client::Error> ask(admin::Admin& admin, protocol::NodeId id,
                                                  bool is_voter);
    void raise_kraft_version();
    /// As some answer of DescribeQuorum has it.
    [[nodiscard]] std::optional<protocol::Uuid> directory_of(protocol::NodeId id);
    void learn(const protocol::DescribeQuorumResponse& quorum);
    [[nodiscard]] std::string what_is_left();
    [[nodiscard]] std::vector<Endpoint> controllers() const;
    void pause(Duration duration) { runtime_->clock().sleep_for(duration); }
    void doing(std::string_view what) { workload_.note(kName, what); }

    static constexpr const char* kName = "voter-administrator";

    simulated::World& world_;
    clients::Workload& workload_;
    const Nodes& nodes_;
    bool has_work_ = false;
    Runtime* runtime_ = nullptr;
    admin::Admin* by_brokers_ = nullptr;
    std::map<protocol::NodeId, protocol::Uuid> directories_;
    /// Of each controller whether it is to vote, as was last asked, or else at the beginning.
    std::map<protocol::NodeId, bool> wanted_;
    bool is_done_ = false;
    Counts counts_;
};

}  // namespace gregor::scenarios::cluster
