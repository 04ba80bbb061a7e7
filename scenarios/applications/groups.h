// groups, mixed-clients: consumer groups whose members come, go, crash and stand still while topics
// grow, and whose coordinators vanish.
//
//     producers ──> t0, t1 … (which get more partitions, and later sisters)
//                     ├──> g0: g0-m0, g0-m1 …   range, automatic commits, a list of topics
//                     └──> g1: …   cooperative-sticky, commits after each poll, a pattern
//     watchers    ask for each group's committed offsets, from outside
//     idlers      join a group, send heartbeats and never ask for their assignment
//     twins       second processes with the group.instance.id of another that lives
//     guests      members of the consumer protocol that pass by
//
// The groups of `groups` are classic. Those of `mixed-clients` speak the consumer protocol
// (KIP-848), migrate to it and back, or have members of both: each member that starts again, and
// each guest that comes and goes, may turn its group into one of the other kind.
//
// What must hold is in the history; and when the faults are over each group is stable within a
// bound: its members agree on a generation, share out all partitions, and are given all records.
#pragma once

#include "scenarios/applications/application.h"

namespace gregor::scenarios::applications {

class GroupsKind final : public ApplicationKind {
public:
    constexpr explicit GroupsKind(void (*draw)(simulated::Plan&)) : draw_numbers_(draw) {}

    [[nodiscard]] std::span<const NumberRange> numbers() const override;
    void draw_numbers(simulated::Plan& plan) const override { draw_numbers_(plan); }
    void draw_settings(simulated::Plan& plan) const override;
    void draw_faults(simulated::Plan& plan) const override;
    [[nodiscard]] std::unique_ptr<Application> make(
        const ApplicationContext& context) const override;
    [[nodiscard]] HistorySettings settings(const simulated::Plan& plan) const override;

private:
    void (*draw_numbers_)(simulated::Plan&);
};

extern const GroupsKind kGroups;
extern const GroupsKind kMixedClients;

}  // namespace gregor::scenarios::applications
