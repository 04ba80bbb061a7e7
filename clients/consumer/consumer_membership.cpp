#include "clients/consumer/consumer_membership.h"

#include <algorithm>

#include "sim/base/check.h"
#include "sim/base/probe.h"

namespace gregor::consumer {

using protocol::ErrorCode;
using Request = protocol::ConsumerGroupHeartbeatRequest;
using Response = protocol::ConsumerGroupHeartbeatResponse;

namespace {

constexpr std::int32_t kLeave = -1;
constexpr std::int32_t kLeaveStatic = -2;

std::int32_t to_ms(Duration duration) {
    return static_cast<std::int32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

}  // namespace

std::string new_member_id(Random& random) {
    protocol::Uuid id;
    const std::uint64_t high = random.next();
    const std::uint64_t low = random.next();
    for (std::size_t i = 0; i < sizeof(high); ++i) {
        id.bytes[i] = static_cast<std::uint8_t>(high >> (8 * i));
        id.bytes[i + sizeof(high)] = static_cast<std::uint8_t>(low >> (8 * i));
    }
    return to_string(id);
}

// The application's side. -------------------------------------------------------------------------

void ConsumerMembership::subscribe(Instant now) {
    last_poll_ = now;
    left_late_ = false;
    if (is_fenced_) return;
    error_.reset();
    is_subscribed_ = true;
    wants_topics_ = true;
}

void ConsumerMembership::unsubscribe() {
    is_subscribed_ = false;
    wants_topics_ = false;
    has_topics_ = false;
    is_leaving_ = epoch_ > 0;
    if (!is_leaving_) left();
}

void ConsumerMembership::polled(Instant now) {
    last_poll_ = std::max(last_poll_, now);
    if (left_late_ && !is_leaving_) subscribe(now);
}

void ConsumerMembership::prepared(Instant now, const std::set<std::string>& topics) {
    CHECK(wants_topics_, "prepared and not asked for it");
    CHECK(!is_lost_, "it joins before it has given up what it lost");
    wants_topics_ = false;
    has_topics_ = true;
    topics_ = topics;
    must_say_all_ = true;
    has_news_ = true;
    next_heartbeat_ = now;
}

std::optional<std::set<TopicPartition>> ConsumerMembership::assignment_to_adopt() const {
    if (!to_adopt_ || is_lost_) return std::nullopt;
    return to_adopt_->by_name;
}

void ConsumerMembership::adopted(Instant now) {
    CHECK(to_adopt_.has_value(), "adopted, and there was nothing");
    owned_ = *std::exchange(to_adopt_, std::nullopt);
    if (const auto newer = std::exchange(newer_, std::nullopt)) take(*newer);
    // The others wait for what was given up.
    has_news_ = true;
    next_heartbeat_ = now;
}

void ConsumerMembership::request_rejoin(Instant /*now*/) {
    if (is_subscribed_) wants_topics_ = true;
}

std::optional<ErrorCode> ConsumerMembership::take_error() {
    if (is_fenced_) return ErrorCode::fenced_instance_id;
    return std::exchange(error_, std::nullopt);
}

// The coordinator's side. -------------------------------------------------------------------------

bool ConsumerMembership::is_late(Instant now) const {
    return epoch_ > 0 && now >= deadline_after(last_poll_, options_.max_poll_interval);
}

MembershipAction ConsumerMembership::next(Instant now) {
    check_invariants();
    if (!is_leaving_ && is_subscribed_ && is_late(now)) {
        // KIP-62: a member that makes no progress lets others have its partitions.
        PROBE("a member of the consumer protocol left because nobody polled");
        unsubscribe();
        left_late_ = true;
        is_lost_ = true;
        to_adopt_.reset();
        newer_.reset();
    }
    if (is_leaving_) return SendConsumerHeartbeat{leave_request()};
    // What was lost is given up before it joins again.
    if (!has_topics_ || is_lost_) return WaitUntil{kNever};
    if (now >= next_heartbeat_) {
        SendConsumerHeartbeat beat{heartbeat()};
        must_say_all_ = false;
        has_news_ = false;
        return beat;
    }
    if (epoch_ <= 0) return WaitUntil{next_heartbeat_};
    return WaitUntil{
        std::min(next_heartbeat_, deadline_after(last_poll_, options_.max_poll_interval))};
}

Request ConsumerMembership::heartbeat() const {
    Request request{.group_id = options_.group_id,
                    .member_id = options_.member_id,
                    .member_epoch = epoch_,
                    .instance_id = options_.group_instance_id,
                    .topic_partitions = std::nullopt};
    request.subscribed_topic_names.reset();
    if (must_say_all_ || epoch_ == 0) {
        request.rack_id = options_.rack_id;
        request.rebalance_timeout_ms = to_ms(options_.max_poll_interval);
        request.subscribed_topic_names.emplace(topics_.begin(), topics_.end());
        request.server_assignor = options_.remote_assignor;
    }
    // What it was told to have is its own before the application has it: nothing of it is free
    // where the coordinator thinks better of it meanwhile.
    ById may_own = owned_.by_id;
    for (const auto& told : {to_adopt_, newer_}) {
        if (!told) continue;
        for (const auto& [topic_id, partitions] : told->by_id) {
            may_own[topic_id].insert(partitions.begin(), partitions.end());
        }
    }
    request.topic_partitions.emplace();
    for (const auto& [topic_id, partitions] : may_own) {
        request.topic_partitions->push_back(
            {.topic_id = topic_id, .partitions = {partitions.begin(), partitions.end()}});
    }
    return request;
}

Request ConsumerMembership::leave_request() const {
    Request request{.group_id = options_.group_id,
                    .member_id = options_.member_id,
                    .member_epoch = options_.group_instance_id ? kLeaveStatic : kLeave,
                    .instance_id = options_.group_instance_id,
                    .topic_partitions = std::nullopt};
    request.subscribed_topic_names.reset();
    return request;
}

std::optional<GroupLeave> ConsumerMembership::last_words() const {
    if (epoch_ <= 0) return std::nullopt;
    return leave_request();
}

void ConsumerMembership::answered(Instant now, const Response& answer,
                                  const std::map<protocol::TopicId, std::string>& names) {
    if (is_leaving_ || !has_topics_) return;
    switch (answer.error_code) {
        case ErrorCode::none: break;
        case ErrorCode::fenced_member_epoch:
        case ErrorCode::unknown_member_id:
        case ErrorCode::group_id_not_found: return lose(now);
        default:
            if (protocol::is_retriable(answer.error_code)) return unanswered(now);
            return give_up(now, answer.error_code);
    }
    epoch_ = answer.member_epoch;
    next_heartbeat_ = has_news_ ? now : deadline_after(now, answer.heartbeat_interval_ms * 1ms);
    if (!answer.assignment) return;
    // Who cannot be told a name again keeps what it has all the same.
    names_.insert(names.begin(), names.end());
    Assignment assignment;
    for (const auto& topic : answer.assignment->topic_partitions) {
        const auto name = names_.find(topic.topic_id);
        if (name == names_.end()) {
            // It will be told again.
            must_say_all_ = true;
            continue;
        }
        for (const protocol::PartitionId partition : topic.partitions) {
            assignment.by_id[topic.topic_id].insert(partition);
            assignment.by_name.insert({name->second, partition});
        }
    }
    take(assignment);
}

void ConsumerMembership::take(const Assignment& assignment) {
    if (to_adopt_) {
        newer_ = assignment;
    } else if (assignment != owned_) {
        to_adopt_ = assignment;
    }
}

void ConsumerMembership::unanswered(Instant now) {
    must_say_all_ = true;
    next_heartbeat_ = deadline_after(now, options_.retry_backoff);
    // The session ends by itself.
    if (is_leaving_) left();
}

void ConsumerMembership::left() {
    is_leaving_ = false;
    epoch_ = 0;
    owned_ = {};
    to_adopt_.reset();
    newer_.reset();
}

void ConsumerMembership::commit_refused(Instant now, ErrorCode error, const Generation& of) {
    if (of != generation() || is_leaving_) return;
    if (error == ErrorCode::unknown_member_id || error == ErrorCode::fenced_member_epoch) lose(now);
}

void ConsumerMembership::lose(Instant now) {
    PROBE("a member of the consumer protocol lost its epoch");
    left();
    is_lost_ = true;
    has_topics_ = false;
    wants_topics_ = true;
    next_heartbeat_ = now;
}

/// What it had is lost too; the next subscribe() or poll() begins anew.
void ConsumerMembership::give_up(Instant now, ErrorCode error) {
    error_ = error;
    lose(now);
    if (error == ErrorCode::fenced_instance_id) {
        // Another process has this instance id; to join again would fence that one.
        is_fenced_ = true;
        is_subscribed_ = false;
        wants_topics_ = false;
    }
    last_poll_ = std::max(last_poll_, now);
}

Generation ConsumerMembership::generation() const {
    return {.generation_id = epoch_ > 0 ? epoch_ : -1, .member_id = options_.member_id};
}

void ConsumerMembership::check_invariants() const {
    CHECK(epoch_ > 0 || owned_.by_id.empty(), "it owns partitions and is no member");
    CHECK(!is_lost_ || epoch_ == 0 || is_leaving_, "lost, and yet in epoch {}", epoch_);
    CHECK(!newer_ || to_adopt_, "a second assignment without a first");
    CHECK(!is_fenced_ || epoch_ == 0, "fenced, and yet in epoch {}", epoch_);
}

}  // namespace gregor::consumer
