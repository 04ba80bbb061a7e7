// Impostor: asks of a group what is to be refused. It commits offsets in the name of members, as
// what is left of an old request may that arrives late: in an epoch that the member has left behind
// or never had, or under an id that nobody has (G5). And it deletes offsets that are in use (G3).
#pragma once

#include <cstdint>

#include "clients/client/coordinator_link.h"
#include "scenarios/applications/application.h"
#include "scenarios/applications/member.h"

namespace gregor::scenarios::applications {

class Impostor {
public:
    Impostor(const ApplicationContext& context, Runtime& runtime, const std::string& group);

    /// One commit, as this member. False: nothing was asked, or nobody answered.
    bool commit_as(const MemberSlot& slot);
    /// Of a topic that the group's members subscribe to (KIP-496). False: nobody answered.
    bool delete_offsets();

private:
    const ApplicationContext& context_;
    Runtime& runtime_;
    const std::string group_;
    client::Cluster cluster_;
    client::CoordinatorLink coordinator_;
};

}  // namespace gregor::scenarios::applications
