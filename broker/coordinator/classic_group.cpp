#include "broker/coordinator/classic_group.h"

#include <algorithm>

#include "broker/coordinator/consumer/classic_protocol.h"
#include "sim/base/check.h"
#include "sim/base/planted.h"

namespace gregor::coordinator {

using protocol::ErrorCode;

std::string_view name(GroupState state) {
    switch (state) {
        case GroupState::empty: return "Empty";
        case GroupState::preparing_rebalance: return "PreparingRebalance";
        case GroupState::completing_rebalance: return "CompletingRebalance";
        case GroupState::stable: return "Stable";
    }
    UNREACHABLE();
}

bool ClassicMember::supports(std::string_view wanted) const {
    return std::ranges::any_of(protocols, [&](const auto& each) { return each.name == wanted; });
}

Bytes ClassicMember::metadata(std::string_view wanted) const {
    for (const auto& each : protocols) {
        if (each.name == wanted) return each.metadata;
    }
    return {};
}

bool ClassicMember::matches(const MemberProtocols& other) const {
    return std::ranges::equal(protocols, other, [](const auto& a, const auto& b) {
        return a.name == b.name && a.metadata == b.metadata;
    });
}

ClassicGroup::ClassicGroup(std::string group_id, const protocol::GroupMetadataValue& value)
    : group_id_(std::move(group_id)) {
    if (!value.protocol_type.empty()) protocol_type_ = value.protocol_type;
    generation_id_ = value.generation;
    protocol_ = value.protocol;
    if (value.current_state_timestamp != -1) state_timestamp_ms_ = value.current_state_timestamp;
    for (const auto& written : value.members) {
        ClassicMember member{.member_id = written.member_id,
                             .group_instance_id = written.group_instance_id,
                             .client_id = written.client_id,
                             .client_host = written.client_host,
                             .rebalance_timeout_ms = written.rebalance_timeout == -1
                                                         ? written.session_timeout
                                                         : written.rebalance_timeout,
                             .session_timeout_ms = written.session_timeout,
                             .protocols = {},
                             .assignment = written.assignment};
        member.protocols.push_back(
            {.name = protocol_.value_or(""), .metadata = written.subscription});
        if (member.is_static()) static_members_[*member.group_instance_id] = member.member_id;
        members_.emplace(written.member_id, std::move(member));
    }
    if (members_.empty()) {
        protocol_.reset();
    } else {
        state_ = GroupState::stable;
        leader_ = value.leader;
        if (!leader_ || !members_.contains(*leader_)) leader_ = members_.begin()->first;
    }
    read_subscriptions();
}

ClassicMember* ClassicGroup::find_member(const std::string& member_id) {
    const auto it = members_.find(member_id);
    return it == members_.end() ? nullptr : &it->second;
}

const ClassicMember* ClassicGroup::find_member(const std::string& member_id) const {
    const auto it = members_.find(member_id);
    return it == members_.end() ? nullptr : &it->second;
}

const std::string* ClassicGroup::find_static(const std::string& group_instance_id) const {
    const auto it = static_members_.find(group_instance_id);
    return it == static_members_.end() ? nullptr : &it->second;
}

ErrorCode ClassicGroup::check_member(const std::string& member_id,
                                     const std::optional<std::string>& group_instance_id) const {
    if (group_instance_id) {
        const std::string* current = find_static(*group_instance_id);
        if (current == nullptr) return ErrorCode::unknown_member_id;
        const bool is_another = *current != member_id && !PLANTED(static_member_not_fenced);
        if (is_another) return ErrorCode::fenced_instance_id;
    }
    return members_.contains(member_id) ? ErrorCode::none : ErrorCode::unknown_member_id;
}

bool ClassicGroup::accepts_protocols(const std::string& protocol_type,
                                     const MemberProtocols& protocols) const {
    if (state_ == GroupState::empty) return !protocol_type.empty() && !protocols.empty();
    if (protocol_type_ != protocol_type) return false;
    return std::ranges::any_of(protocols, [&](const auto& each) {
        return std::ranges::all_of(
            members_, [&](const auto& member) { return member.second.supports(each.name); });
    });
}

std::size_t ClassicGroup::joining_members() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        members_, [](const auto& member) { return member.second.awaiting_join.has_value(); }));
}

bool ClassicGroup::have_all_joined() const {
    return pending_members_.empty() && joining_members() == members_.size();
}

std::int32_t ClassicGroup::rebalance_timeout_ms() const {
    std::int32_t longest = 0;
    for (const auto& [id, member] : members_) {
        longest = std::max(longest, member.rebalance_timeout_ms);
    }
    return longest;
}

std::string ClassicGroup::select_protocol() const {
    CHECK(!members_.empty());
    const ClassicMember* leads = leader_ ? find_member(*leader_) : nullptr;
    const ClassicMember& arbiter = leads != nullptr ? *leads : members_.begin()->second;
    std::map<std::string, int> votes;  // of the protocols that all support
    for (const auto& each : arbiter.protocols) {
        const bool is_common = std::ranges::all_of(
            members_, [&](const auto& member) { return member.second.supports(each.name); });
        if (is_common) votes.try_emplace(each.name, 0);
    }
    for (const auto& [id, member] : members_) {
        const auto vote = std::ranges::find_if(
            member.protocols, [&](const auto& each) { return votes.contains(each.name); });
        CHECK(vote != member.protocols.end(), "{} of {} has no protocol with the others", id,
              group_id_);
        ++votes[vote->name];
    }
    std::string selected;
    int most = 0;
    for (const auto& each : arbiter.protocols) {
        const auto it = votes.find(each.name);
        if (it == votes.end() || it->second <= most) continue;
        selected = each.name;
        most = it->second;
    }
    return selected;
}

ClassicMember& ClassicGroup::add(ClassicMember member, const std::string& protocol_type) {
    if (members_.empty()) protocol_type_ = protocol_type;
    if (!leader_) leader_ = member.member_id;
    if (member.is_static()) static_members_[*member.group_instance_id] = member.member_id;
    pending_members_.erase(member.member_id);
    const std::string id = member.member_id;
    return members_.insert_or_assign(id, std::move(member)).first->second;
}

void ClassicGroup::remove(const std::string& member_id) {
    const auto removed = members_.extract(member_id);
    pending_members_.erase(member_id);
    pending_sync_.erase(member_id);
    if (removed.empty()) return;
    const ClassicMember& member = removed.mapped();
    if (member.is_static()) static_members_.erase(*member.group_instance_id);
    if (leader_ != member_id) return;
    leader_.reset();
    if (!members_.empty()) leader_ = members_.begin()->first;
}

ClassicMember& ClassicGroup::replace_static(const std::string& old_id, const std::string& new_id) {
    auto node = members_.extract(old_id);
    CHECK(!node.empty());
    CHECK(node.mapped().is_static());
    node.key() = new_id;
    node.mapped().member_id = new_id;
    node.mapped().awaiting_join.reset();
    node.mapped().awaiting_sync.reset();
    static_members_[*node.mapped().group_instance_id] = new_id;
    if (leader_ == old_id) leader_ = new_id;
    if (pending_sync_.erase(old_id) > 0) pending_sync_.insert(new_id);
    return members_.insert(std::move(node)).position->second;
}

bool ClassicGroup::elect_joined_leader() {
    if (!leader_) return false;
    if (members_.at(*leader_).awaiting_join) return true;
    const auto joined = std::ranges::find_if(
        members_, [](const auto& member) { return member.second.awaiting_join.has_value(); });
    if (joined == members_.end()) return false;
    leader_ = joined->first;
    return true;
}

void ClassicGroup::continue_from(std::int32_t generation_id, std::int64_t wall_ms) {
    generation_id_ = generation_id;
    protocol_ = select_protocol();
    state_ = GroupState::stable;
    state_timestamp_ms_ = wall_ms;
    read_subscriptions();
}

void ClassicGroup::begin_generation(std::int64_t wall_ms) {
    ++generation_id_;
    pending_sync_.clear();
    newcomer = false;
    if (members_.empty()) {
        protocol_.reset();
        transition_to(GroupState::empty, wall_ms);
    } else {
        protocol_ = select_protocol();
        transition_to(GroupState::completing_rebalance, wall_ms);
    }
    read_subscriptions();
}

void ClassicGroup::transition_to(GroupState state, std::int64_t wall_ms) {
    const auto is_legal = [&] {
        switch (state) {
            case GroupState::empty: return state_ == GroupState::preparing_rebalance;
            case GroupState::preparing_rebalance: return state_ != state;
            case GroupState::completing_rebalance: return state_ == GroupState::preparing_rebalance;
            case GroupState::stable: return state_ == GroupState::completing_rebalance;
        }
        UNREACHABLE();
    };
    CHECK(is_legal(), "{}: from {} to {}", group_id_, name(state_), name(state));
    previous_state_ = state_;
    state_ = state;
    state_timestamp_ms_ = wall_ms;
}

void ClassicGroup::await_sync_of_all() {
    for (const auto& [id, member] : members_) pending_sync_.insert(id);
}

void ClassicGroup::read_subscriptions() {
    subscribed_topics_.reset();
    if (members_.empty()) {
        subscribed_topics_.emplace();
        return;
    }
    if (!uses_consumer_protocol() || !protocol_) return;
    std::set<std::string> topics;
    for (const auto& [id, member] : members_) {
        const auto subscription = read_subscription(member.metadata(*protocol_));
        if (!subscription) return;
        topics.insert(subscription->topics.begin(), subscription->topics.end());
    }
    subscribed_topics_ = std::move(topics);
}

protocol::GroupMetadataValue ClassicGroup::to_value(
    const std::map<std::string, Bytes>& assignments) const {
    protocol::GroupMetadataValue value;
    value.protocol_type = protocol_type_.value_or("");
    value.generation = generation_id_;
    value.protocol = protocol_;
    value.leader = leader_;
    value.current_state_timestamp = state_timestamp_ms_.value_or(-1);
    for (const auto& [id, member] : members_) {
        const auto assignment = assignments.find(id);
        value.members.push_back(
            {.member_id = id,
             .group_instance_id = member.group_instance_id,
             .client_id = member.client_id,
             .client_host = member.client_host,
             .rebalance_timeout = member.rebalance_timeout_ms,
             .session_timeout = member.session_timeout_ms,
             .subscription = member.metadata(protocol_.value_or("")),
             .assignment = assignment == assignments.end() ? Bytes() : assignment->second});
    }
    return value;
}

std::map<std::string, Bytes> ClassicGroup::assignments() const {
    std::map<std::string, Bytes> all;
    for (const auto& [id, member] : members_) all.emplace(id, member.assignment);
    return all;
}

void ClassicGroup::check_invariants() const {
    CHECK(leader_.has_value() == !members_.empty(), "{}: a leader and its members", group_id_);
    CHECK(!leader_ || members_.contains(*leader_), "{}: its leader is no member", group_id_);
    CHECK(state_ != GroupState::empty || members_.empty(), "{}: empty with members", group_id_);
    const bool has_generation =
        state_ == GroupState::completing_rebalance || state_ == GroupState::stable;
    CHECK(!has_generation || protocol_.has_value(), "{}: a generation without a protocol",
          group_id_);
    CHECK(state_ == GroupState::completing_rebalance || pending_sync_.empty() ||
              state_ == GroupState::stable || state_ == GroupState::preparing_rebalance,
          "{}: awaits SyncGroup in {}", group_id_, name(state_));
    for (const auto& [instance, id] : static_members_) {
        CHECK(members_.contains(id), "{}: static member {} is no member", group_id_, instance);
    }
    for (const auto& [id, member] : members_) {
        CHECK(!pending_members_.contains(id), "{}: {} is a member already", group_id_, id);
        CHECK(!member.awaiting_sync || state_ == GroupState::completing_rebalance,
              "{}: {} awaits an assignment in {}", group_id_, id, name(state_));
        if (!member.is_static() || PLANTED(b34_static_member_id_not_replaced)) continue;
        const std::string* const current = find_static(*member.group_instance_id);
        CHECK(current != nullptr && *current == id, "{}: two members are {}", group_id_,
              *member.group_instance_id);
    }
}

}  // namespace gregor::coordinator
