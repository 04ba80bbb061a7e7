#include "clients/consumer/membership.h"

#include <algorithm>

#include "clients/consumer/subscription_codec.h"
#include "sim/base/check.h"
#include "sim/base/probe.h"

namespace gregor::consumer {

using protocol::ErrorCode;

namespace {

constexpr std::string_view kProtocolType = "consumer";

std::int32_t to_ms(Duration duration) {
    return static_cast<std::int32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

/// Whoever asks again, perhaps of another coordinator, may get another answer.
bool is_passing(ErrorCode error) {
    return protocol::is_retriable(error) || error == ErrorCode::rebalance_in_progress;
}

}  // namespace

// The application's side. -------------------------------------------------------------------------

void Membership::subscribe(Instant now) {
    last_poll_ = now;
    is_late_ = false;
    if (is_fenced_) return;
    error_.reset();
    if (is<Idle>()) {
        state_ = Preparing{};
    } else {
        request_rejoin(now);
    }
}

void Membership::unsubscribe() {
    state_ = Idle{};
    is_leaving_ = !member_id_.empty() && !options_.group_instance_id;
    if (!is_leaving_) left();
}

void Membership::polled(Instant now) {
    last_poll_ = std::max(last_poll_, now);
    if (is_late_ && !is_leaving_ && is<Idle>()) {
        is_late_ = false;
        state_ = Preparing{};
    }
}

bool Membership::is_preparing() const { return is<Preparing>(); }

void Membership::prepared(Instant now,
                          std::vector<protocol::JoinGroupRequest::Protocol> protocols) {
    CHECK(is_preparing(), "prepared while {}", state_name());
    CHECK(!is_lost_, "it joins before it has given up what it lost");
    protocols_ = std::move(protocols);
    wants_rejoin_ = false;
    join_after(now);
}

/// What cannot be read assigns nothing.
std::optional<std::set<TopicPartition>> Membership::assignment_to_adopt() const {
    const auto* const adopting = std::get_if<Adopting>(&state_);
    if (adopting == nullptr) return std::nullopt;
    const auto decoded = decode_assignment(adopting->assignment);
    if (!decoded) return std::set<TopicPartition>();
    return std::set<TopicPartition>(decoded->begin(), decoded->end());
}

void Membership::adopted(Instant now) {
    CHECK(is<Adopting>(), "adopted while {}", state_name());
    state_ = Stable{};
    if (wants_rejoin_) request_rejoin(now);
    check_invariants();
}

void Membership::request_rejoin(Instant /*now*/) {
    wants_rejoin_ = true;
    if (is<Stable>()) state_ = Preparing{};
}

std::optional<ErrorCode> Membership::take_error() {
    if (is_fenced_) return ErrorCode::fenced_instance_id;
    return std::exchange(error_, std::nullopt);
}

// The coordinator's side. -------------------------------------------------------------------------

MembershipAction Membership::next(Instant now) {
    check_invariants();
    if (is_leaving_) return SendLeave{leave_request()};
    if (sends_heartbeats() && !member_id_.empty() &&
        now >= deadline_after(last_poll_, options_.max_poll_interval)) {
        // KIP-62: a member that makes no progress lets others have its partitions.
        PROBE("a consumer left its group because nobody polled");
        is_late_ = true;
        is_lost_ = true;
        unsubscribe();
        if (!is_leaving_) return WaitUntil{kNever};
        return SendLeave{leave_request()};
    }
    if (is<Joining>()) return join_or_wait(now);
    if (const auto* const assigning = std::get_if<Assigning>(&state_)) {
        if (assigning->is_there) return LearnAssignment{assigning->members};
        return RunAssignor{assignor_, assigning->members};
    }
    if (const auto* const syncing = std::get_if<Syncing>(&state_)) {
        if (now < syncing->not_before) return WaitUntil{syncing->not_before};
        return SendSync{{.group_id = options_.group_id,
                         .generation_id = generation_id_,
                         .member_id = member_id_,
                         .group_instance_id = options_.group_instance_id,
                         .protocol_type = std::string(kProtocolType),
                         .protocol_name = assignor_,
                         .assignments = syncing->assignments}};
    }
    return heartbeat_or_wait(now);
}

MembershipAction Membership::join_or_wait(Instant now) const {
    const Instant not_before = std::get<Joining>(state_).not_before;
    if (now < not_before) return WaitUntil{not_before};
    return SendJoin{{.group_id = options_.group_id,
                     .session_timeout_ms = to_ms(options_.session_timeout),
                     .rebalance_timeout_ms = to_ms(options_.max_poll_interval),
                     .member_id = member_id_,
                     .group_instance_id = options_.group_instance_id,
                     .protocol_type = std::string(kProtocolType),
                     .protocols = protocols_}};
}

MembershipAction Membership::heartbeat_or_wait(Instant now) {
    if (!sends_heartbeats() || generation_id_ < 0) return WaitUntil{kNever};
    const Instant too_late = deadline_after(last_poll_, options_.max_poll_interval);
    if (now < next_heartbeat_) return WaitUntil{std::min(next_heartbeat_, too_late)};
    next_heartbeat_ = deadline_after(now, options_.heartbeat_interval);
    return SendHeartbeat{{.group_id = options_.group_id,
                          .generation_id = generation_id_,
                          .member_id = member_id_,
                          .group_instance_id = options_.group_instance_id}};
}

void Membership::joined(Instant now, const protocol::JoinGroupResponse& answer) {
    // Who has unsubscribed meanwhile learns here under which name he is to leave.
    if (!is<Joining>()) {
        if (member_id_.empty() && !answer.member_id.empty() && !options_.group_instance_id) {
            member_id_ = answer.member_id;
            is_leaving_ = true;
        }
        return;
    }
    switch (answer.error_code) {
        case ErrorCode::none: break;
        case ErrorCode::member_id_required:  // KIP-394
            member_id_ = answer.member_id;
            return join_after(now);
        case ErrorCode::unknown_member_id: return lose(/*keep_member_id=*/false);
        case ErrorCode::illegal_generation: return lose(/*keep_member_id=*/true);
        default:
            if (is_passing(answer.error_code)) {
                return join_after(deadline_after(now, options_.retry_backoff));
            }
            return give_up(now, answer.error_code);
    }
    if (answer.protocol_name.value_or("").empty()) {
        return give_up(now, ErrorCode::inconsistent_group_protocol);
    }
    member_id_ = answer.member_id;
    generation_id_ = answer.generation_id;
    assignor_ = *answer.protocol_name;
    is_leader_ = answer.leader == answer.member_id;
    next_heartbeat_ = deadline_after(now, options_.heartbeat_interval);
    if (is_leader_) {
        state_ = Assigning{.members = answer.members, .is_there = answer.skip_assignment};
    } else {
        state_ = Syncing{.assignments = {}, .not_before = now};
    }
}

void Membership::assigned(std::vector<protocol::SyncGroupRequest::Assignment> assignments) {
    if (!is<Assigning>()) return;
    state_ = Syncing{.assignments = std::move(assignments), .not_before = {}};
}

void Membership::synced(Instant now, const protocol::SyncGroupResponse& answer) {
    if (!is<Syncing>()) return;
    switch (answer.error_code) {
        case ErrorCode::none: break;
        case ErrorCode::unknown_member_id: return lose(/*keep_member_id=*/false);
        case ErrorCode::illegal_generation: return lose(/*keep_member_id=*/true);
        default:
            if (is_passing(answer.error_code)) return join_after(now);
            return give_up(now, answer.error_code);
    }
    state_ = Adopting{answer.assignment};
    // What changed while it joined counts for the next time.
    next_heartbeat_ = deadline_after(now, options_.heartbeat_interval);
}

void Membership::heartbeat_answered(Instant now, ErrorCode error, const Generation& of) {
    if (error == ErrorCode::none || of != generation() || !sends_heartbeats()) return;
    switch (error) {
        case ErrorCode::rebalance_in_progress: return request_rejoin(now);
        case ErrorCode::unknown_member_id: return lose(/*keep_member_id=*/false);
        case ErrorCode::illegal_generation: return lose(/*keep_member_id=*/true);
        default:
            if (is_passing(error)) return unanswered(now);
            return give_up(now, error);
    }
}

void Membership::left() {
    is_leaving_ = false;
    member_id_.clear();
    generation_id_ = -1;
    is_leader_ = false;
}

void Membership::unanswered(Instant now) {
    const Instant later = deadline_after(now, options_.retry_backoff);
    if (is_leaving_) {
        // The session ends by itself.
        left();
    } else if (is<Joining>()) {
        join_after(later);
    } else if (is<Syncing>()) {
        std::get<Syncing>(state_).not_before = later;
    } else {
        next_heartbeat_ = std::min(next_heartbeat_, later);
    }
}

void Membership::lose(bool keep_member_id) {
    PROBE("a consumer's generation was lost");
    if (!keep_member_id) member_id_.clear();
    generation_id_ = -1;
    is_leader_ = false;
    is_lost_ = true;
    state_ = Preparing{};
}

/// What it had is lost too; the next subscribe() or poll() begins anew.
void Membership::give_up(Instant now, ErrorCode error) {
    error_ = error;
    lose(/*keep_member_id=*/false);
    if (error == ErrorCode::fenced_instance_id) {
        // Another process has this instance id; to join again would fence that one.
        is_fenced_ = true;
        state_ = Idle{};
    }
    last_poll_ = std::max(last_poll_, now);
}

bool Membership::is_stable() const { return is<Stable>(); }

protocol::LeaveGroupRequest Membership::leave_request() const {
    // The first form is that of older versions.
    return {.group_id = options_.group_id,
            .member_id = member_id_,
            .members = {{.member_id = member_id_,
                         .group_instance_id = options_.group_instance_id,
                         .reason = std::nullopt}}};
}

std::optional<GroupLeave> Membership::last_words() const {
    if (member_id_.empty() || options_.group_instance_id) return std::nullopt;
    return leave_request();
}

std::string_view Membership::state_name() const {
    static constexpr std::string_view kNames[] = {"idle",    "preparing", "joining", "assigning",
                                                  "syncing", "adopting",  "stable"};
    return kNames[state_.index()];
}

void Membership::check_invariants() const {
    const bool is_member = is<Assigning>() || is<Syncing>() || is<Adopting>() || is<Stable>();
    CHECK(!is_member || generation_id_ >= 0, "{} without a generation", state_name());
    CHECK(!is_member || !member_id_.empty(), "{} without a member id", state_name());
    CHECK(!is_lost_ || is<Preparing>() || is<Idle>(), "lost, and yet {}", state_name());
    CHECK(!is_fenced_ || is<Idle>(), "fenced, and yet {}", state_name());
    CHECK(!is_leaving_ || !member_id_.empty(), "nobody leaves");
}

}  // namespace gregor::consumer
