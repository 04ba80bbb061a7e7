// GroupMember: what is common to the two ways to be in a group, as the application's side and the
// driver see it: the classic protocol (membership.h), in which a member leads, and the consumer
// protocol (consumer_membership.h), in which the coordinator assigns. Both are machines that say
// what is to be asked next and are told what came of it; neither ever waits.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "broker/protocol/messages/consumer_groups.h"
#include "broker/protocol/messages/group_membership.h"
#include "clients/client/topic_partition.h"
#include "sim/base/time.h"

namespace gregor::consumer {

using client::TopicPartition;

/// Who the member is in the group; offsets are committed under this name.
struct Generation {
    std::int32_t generation_id = -1;  // or member epoch
    std::string member_id;

    friend bool operator==(const Generation&, const Generation&) = default;
};

/// What the driver does next.
struct WaitUntil {
    Instant time;  // or until something happens
};
struct SendJoin {
    protocol::JoinGroupRequest request;
};
/// The member leads: who joined, and the assignor that all of them know.
struct RunAssignor {
    std::string assignor;
    std::vector<protocol::JoinGroupResponse::Member> members;
};
/// The member leads a generation whose assignment is there already (KIP-814): what is it?
struct LearnAssignment {
    std::vector<protocol::JoinGroupResponse::Member> members;
};
struct SendSync {
    protocol::SyncGroupRequest request;
};
struct SendHeartbeat {
    protocol::HeartbeatRequest request;
};
struct SendConsumerHeartbeat {
    protocol::ConsumerGroupHeartbeatRequest request;
};
struct SendLeave {
    protocol::LeaveGroupRequest request;
};
using MembershipAction = std::variant<WaitUntil, SendJoin, RunAssignor, LearnAssignment, SendSync,
                                      SendHeartbeat, SendConsumerHeartbeat, SendLeave>;

/// How a member says that it goes.
using GroupLeave =
    std::variant<protocol::LeaveGroupRequest, protocol::ConsumerGroupHeartbeatRequest>;

class GroupMember {
public:
    virtual ~GroupMember() = default;

    // The application's side.

    /// From now on it is a member; joins once it is prepared.
    virtual void subscribe(Instant now) = 0;
    /// Leaves the group, and says so if that is its way.
    virtual void unsubscribe() = 0;
    /// The application is alive; after max.poll.interval.ms without this the member leaves.
    virtual void polled(Instant now) = 0;
    /// The machine wants to be told with what to join.
    [[nodiscard]] virtual bool is_preparing() const = 0;
    /// What it had belongs to nobody or to somebody else already: nothing can be committed.
    [[nodiscard]] virtual bool is_lost() const = 0;
    /// The application has given it up.
    virtual void loss_noted() = 0;
    /// What it is to have; nothing while there is nothing to adopt.
    [[nodiscard]] virtual std::optional<std::set<TopicPartition>> assignment_to_adopt() const = 0;
    /// The application has given up and taken over what that asks for.
    virtual void adopted(Instant now) = 0;
    /// Says its topics anew as soon as it can: they have changed.
    virtual void request_rejoin(Instant now) = 0;
    /// What ends a try to be a member, once: FENCED_INSTANCE_ID, UNSUPPORTED_ASSIGNOR …
    [[nodiscard]] virtual std::optional<protocol::ErrorCode> take_error() = 0;

    // The coordinator's side.

    [[nodiscard]] virtual MembershipAction next(Instant now) = 0;
    /// What was asked last has no answer.
    virtual void unanswered(Instant now) = 0;
    virtual void left() = 0;
    /// A commit of the generation `of` was answered so.
    virtual void commit_refused(Instant now, protocol::ErrorCode error, const Generation& of) = 0;
    /// What a member that ends has to say; nothing: it goes silently.
    [[nodiscard]] virtual std::optional<GroupLeave> last_words() const = 0;

    [[nodiscard]] virtual Generation generation() const = 0;
    [[nodiscard]] virtual bool is_stable() const = 0;
};

}  // namespace gregor::consumer
