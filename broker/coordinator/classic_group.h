// ClassicGroup: one group of the classic protocol while it lives: its members, who waits for what,
// and where it is between two generations.
//
//     Empty ──first JoinGroup──> PreparingRebalance ──all have joined, or time is up──>
//     CompletingRebalance ──the leader's SyncGroup is stored──> Stable ──join, leave, expiry──>
//     PreparingRebalance …; from any of them, when the last member is gone: Empty
//
// Generation, protocol, leader, members and assignments are written when a generation is complete
// (GroupMetadataValue) and come back from there; the rest dies with the coordinator.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "broker/coordinator/coordinator.h"
#include "broker/protocol/messages/group_membership.h"
#include "broker/protocol/messages/group_records.h"

namespace gregor::coordinator {

enum class GroupState : std::uint8_t { empty, preparing_rebalance, completing_rebalance, stable };

/// "PreparingRebalance", as DescribeGroups says it.
[[nodiscard]] std::string_view name(GroupState state);

using MemberProtocols = std::vector<protocol::JoinGroupRequest::Protocol>;

struct ClassicMember {
    std::string member_id;
    std::optional<std::string> group_instance_id;  // of a static member (KIP-345)
    std::string client_id;
    std::string client_host;
    std::int32_t rebalance_timeout_ms = 0;
    std::int32_t session_timeout_ms = 0;
    MemberProtocols protocols;  // the preferred one first
    Bytes assignment;
    /// It has never had an answer, so that it cannot send heartbeats.
    bool is_new = false;
    std::optional<RequestId> awaiting_join;
    std::optional<RequestId> awaiting_sync;

    [[nodiscard]] bool is_static() const { return group_instance_id.has_value(); }
    [[nodiscard]] bool supports(std::string_view protocol) const;
    /// Empty if it does not support the protocol.
    [[nodiscard]] Bytes metadata(std::string_view protocol) const;
    /// The same protocols in the same order.
    [[nodiscard]] bool matches(const MemberProtocols& other) const;
};

class ClassicGroup {
public:
    /// Empty, and made just now.
    ClassicGroup(std::string group_id, std::int64_t wall_ms)
        : group_id_(std::move(group_id)), state_timestamp_ms_(wall_ms) {}
    /// As it was written.
    ClassicGroup(std::string group_id, const protocol::GroupMetadataValue& value);

    // What it is. ---------------------------------------------------------------------------------
    [[nodiscard]] const std::string& group_id() const { return group_id_; }
    [[nodiscard]] GroupState state() const { return state_; }
    [[nodiscard]] bool is_in(GroupState state) const { return state_ == state; }
    [[nodiscard]] GroupState previous_state() const { return previous_state_; }
    /// Wall clock ms of the last transition; nothing if an old record did not say.
    [[nodiscard]] std::optional<std::int64_t> state_timestamp_ms() const {
        return state_timestamp_ms_;
    }
    [[nodiscard]] std::int32_t generation_id() const { return generation_id_; }
    [[nodiscard]] const std::optional<std::string>& protocol_type() const { return protocol_type_; }
    [[nodiscard]] const std::optional<std::string>& protocol() const { return protocol_; }
    [[nodiscard]] const std::optional<std::string>& leader() const { return leader_; }
    [[nodiscard]] bool is_leader(const std::string& member_id) const {
        return leader_ == member_id;
    }
    [[nodiscard]] const std::map<std::string, ClassicMember>& members() const { return members_; }
    [[nodiscard]] std::map<std::string, ClassicMember>& members() { return members_; }
    [[nodiscard]] ClassicMember* find_member(const std::string& member_id);
    [[nodiscard]] const ClassicMember* find_member(const std::string& member_id) const;
    /// nullptr: no static member of that name.
    [[nodiscard]] const std::string* find_static(const std::string& group_instance_id) const;
    [[nodiscard]] bool is_pending_member(const std::string& member_id) const {
        return pending_members_.contains(member_id);
    }
    [[nodiscard]] const std::set<std::string>& pending_members() const { return pending_members_; }
    [[nodiscard]] const std::set<std::string>& pending_sync() const { return pending_sync_; }
    [[nodiscard]] bool is_simple() const { return !protocol_type_.has_value(); }

    /// Whether this member is who it says: UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID.
    [[nodiscard]] protocol::ErrorCode check_member(
        const std::string& member_id, const std::optional<std::string>& group_instance_id) const;
    /// Whether a member that supports these could be in one generation with the others.
    [[nodiscard]] bool accepts_protocols(const std::string& protocol_type,
                                         const MemberProtocols& protocols) const;
    [[nodiscard]] std::size_t joining_members() const;
    /// Every member waits for the next generation, and nobody who was given an id is missing.
    [[nodiscard]] bool have_all_joined() const;
    /// The longest rebalance timeout of a member.
    [[nodiscard]] std::int32_t rebalance_timeout_ms() const;
    /// What most members prefer of what all support; of equals what the leader has first.
    [[nodiscard]] std::string select_protocol() const;
    /// Nothing if it is not known: not consumers, or a subscription that does not parse.
    [[nodiscard]] const std::optional<std::set<std::string>>& subscribed_topics() const {
        return subscribed_topics_;
    }
    [[nodiscard]] bool subscribes(const std::string& topic) const {
        return subscribed_topics_ ? subscribed_topics_->contains(topic) : uses_consumer_protocol();
    }
    [[nodiscard]] bool uses_consumer_protocol() const { return protocol_type_ == "consumer"; }

    // What becomes of it. -------------------------------------------------------------------------
    void add_pending(const std::string& member_id) { pending_members_.insert(member_id); }
    void remove_pending(const std::string& member_id) { pending_members_.erase(member_id); }
    /// The first member gives the group its protocol type, and leads it.
    ClassicMember& add(ClassicMember member, const std::string& protocol_type);
    /// A leader that goes hands over to another member.
    void remove(const std::string& member_id);
    /// The static member goes on under a new id (KIP-345).
    ClassicMember& replace_static(const std::string& old_id, const std::string& new_id);
    /// Whether a member that has joined leads, one that has not giving way; false: none has joined.
    [[nodiscard]] bool elect_joined_leader();
    /// Stable in this generation with the members that were added: it was a consumer group until
    /// now.
    void continue_from(std::int32_t generation_id, std::int64_t wall_ms);
    /// The next generation: CompletingRebalance, or Empty without members.
    void begin_generation(std::int64_t wall_ms);
    void transition_to(GroupState state, std::int64_t wall_ms);
    void synced(const std::string& member_id) { pending_sync_.erase(member_id); }
    void await_sync_of_all();

    /// A member has joined a group that waits before its first rebalance.
    bool newcomer = false;
    /// How much longer the first rebalance may be put off for them.
    std::int32_t initial_delay_left_ms = 0;

    /// As it is written, with these assignments by member id.
    [[nodiscard]] protocol::GroupMetadataValue to_value(
        const std::map<std::string, Bytes>& assignments) const;
    [[nodiscard]] std::map<std::string, Bytes> assignments() const;

    /// One leader, a member (G7); no state without what belongs to it. CHECKs.
    void check_invariants() const;

private:
    void read_subscriptions();

    std::string group_id_;
    GroupState state_ = GroupState::empty;
    GroupState previous_state_ = GroupState::empty;
    std::optional<std::int64_t> state_timestamp_ms_;
    std::int32_t generation_id_ = 0;
    std::optional<std::string> protocol_type_;
    std::optional<std::string> protocol_;
    std::optional<std::string> leader_;
    std::map<std::string, ClassicMember> members_;
    std::map<std::string, std::string> static_members_;  // member id by instance id
    std::set<std::string> pending_members_;              // told MEMBER_ID_REQUIRED (KIP-394)
    std::set<std::string> pending_sync_;                 // of this generation
    std::optional<std::set<std::string>> subscribed_topics_;
};

}  // namespace gregor::coordinator
