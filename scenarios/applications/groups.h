// groups: classic consumer groups whose members come, go, crash and stand still while topics grow,
// and whose coordinators vanish.
//
//     producers ──> t0, t1 … (which get more partitions, and later sisters)
//                     └──> g0: g0-m0, g0-m1 …   range, automatic commits, a list of topics └──> g1:
//                     …                cooperative-sticky, commits after each poll, a pattern
//     watchers    ask for each group's committed offsets, from outside
//     idlers      join a group, send heartbeats and never ask for their assignment
//     twins       second processes with the group.instance.id of another that lives
//
// What must hold is in the history; and when the faults are over each group is stable within a
// bound: its members agree on a generation, share out all partitions, and are given all records.
#pragma once

#include "scenarios/applications/application.h"

namespace gregor::scenarios::applications {

class GroupsKind final : public ApplicationKind {
public:
    [[nodiscard]] std::span<const NumberRange> numbers() const override;
    void draw_numbers(simulated::Plan& plan) const override;
    void draw_settings(simulated::Plan& plan) const override;
    void draw_faults(simulated::Plan& plan) const override;
    [[nodiscard]] std::unique_ptr<Application> make(
        const ApplicationContext& context) const override;
    /// Each group commits after its work, or by itself, which promises no more.
    [[nodiscard]] HistorySettings settings(const simulated::Plan& plan) const override {
        return settings_of_cluster(plan);
    }
};

extern const GroupsKind kGroups;

}  // namespace gregor::scenarios::applications
