// Impostor: asks of a group what is to be refused. It acts in the name of members, as what is left
// of an old request may that arrives late: in an epoch that the member has left behind or never
// had, or under an id that nobody has, a static member's group.instance.id with it: then it is to
// hear that another has that (G5). It commits, sends heartbeats, asks for an assignment, joins and
// leaves. And it deletes offsets that are in use (G3).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "clients/client/coordinator_link.h"
#include "scenarios/applications/application.h"
#include "scenarios/applications/member.h"

namespace gregor::scenarios::applications {

class Impostor {
public:
    Impostor(const ApplicationContext& context, Runtime& runtime, const GroupSettings& group);

    /// One request, as this member. False: nothing was asked, or nobody answered.
    bool act_as(const MemberSlot& slot);
    /// Of a topic that the group's members subscribe to (KIP-496). False: nobody answered.
    bool delete_offsets();

private:
    enum class Lie : std::uint8_t { nobody, later, earlier };
    /// Who it says to be.
    struct Claim {
        consumer::Generation who;
        std::optional<std::string> group_instance_id;
        bool speaks_consumer = false;
        Lie lie = Lie::nobody;
    };
    /// Nothing: nobody answered.
    using Answer = std::optional<protocol::ErrorCode>;

    [[nodiscard]] Claim claim(const MemberSlot& slot);
    [[nodiscard]] bool may_join(const Claim& claim) const;
    /// By whoever coordinates the group.
    [[nodiscard]] bool is_counted(const consumer::Generation& member) const;
    /// Whether it is to be told that another has its group.instance.id.
    [[nodiscard]] bool must_be_fenced(const Claim& claim) const;
    Answer commit(const Claim& claim);
    Answer beat(const Claim& claim);
    Answer ask_for_assignment(const Claim& claim);
    Answer join(const Claim& claim);
    Answer leave(const Claim& claim);
    Answer beat_as_consumer(const Claim& claim, std::int32_t member_epoch);
    template <class Response, class Request>
    [[nodiscard]] Result<Response, client::Error> call(
        const Request& request, std::int16_t newest = Request::kMessage.versions.max);

    const ApplicationContext& context_;
    Runtime& runtime_;
    const GroupSettings& group_;
    client::Cluster cluster_;
    client::CoordinatorLink coordinator_;
};

}  // namespace gregor::scenarios::applications
