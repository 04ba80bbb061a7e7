#include "clients/consumer/consumer.h"

#include <algorithm>

#include "clients/consumer/leader_reader.h"
#include "clients/consumer/member_driver.h"
#include "clients/consumer/metadata_watch.h"
#include "clients/consumer/subscription_codec.h"

namespace gregor::consumer {

using client::error_of;
using protocol::ErrorCode;
using protocol::NodeId;

/// The consumer's fibers and what they share. They are a group of their own, below a fiber that
/// keeps this alive until the last of them has ended: the consumer itself may be gone by then.
struct Consumer::Fibers {
    Fibers(Runtime& runtime, ConsumerConfig config, std::vector<Endpoint> servers)
        : state(runtime, std::move(config), std::move(servers)), committer(state) {}

    static void start(const std::shared_ptr<Fibers>& fibers) {
        fibers->state.runtime.tasks().spawn("consumer", [fibers] { fibers->run(); });
    }

    void run() {
        with_task_group(state.runtime.tasks(), "consumer", [this](TaskGroup& group) {
            const auto start_reader = [this, &group](NodeId leader) {
                group.spawn("consumer reader",
                            [this, leader] { LeaderReader(state, leader).run(); });
            };
            group.spawn("consumer metadata",
                        [this, start_reader] { MetadataWatch(state, start_reader).run(); });
            group.spawn("consumer offsets", [this] { committer.run_lookups(); });
            if (!state.config.group_id.empty()) {
                group.spawn("consumer member", [this] { MemberDriver(state).run(); });
                group.spawn("consumer commits", [this] { committer.run_commits(); });
            }
            state.stop.wait();
        });
        state.ended.set();
    }

    ConsumerState state;
    Committer committer;
};

namespace {

std::vector<Endpoint> parse_servers(const std::string& text) {
    auto servers = client::parse_bootstrap_servers(text);
    CHECK(servers.has_value(), "{}", servers.error());
    return *std::move(servers);
}

}  // namespace

Consumer::Consumer(Runtime& runtime, ConsumerConfig config) {
    const auto problem = config.problem();
    CHECK(!problem, "{}", *problem);
    protocol_ = *supported_protocol(config.partition_assignment_strategy);
    auto servers = parse_servers(config.bootstrap_servers);
    fibers_ = std::make_shared<Fibers>(runtime, std::move(config), std::move(servers));
    state_ = &fibers_->state;
    group_metadata_ = {.group_id = state_->config.group_id,
                       .group_instance_id = state_->config.group_instance_id};
    Fibers::start(fibers_);
}

Consumer::~Consumer() { state_->stop.set(); }

void Consumer::observe(OffsetsObserver observer) {
    fibers_->committer.observe(std::move(observer));
}

// What is read. -----------------------------------------------------------------------------------

Result<void, Consumer::Error> Consumer::begin_subscription(RebalanceListener listener) {
    if (state_->config.group_id.empty()) {
        return fail(Error{ErrorCode::invalid_group_id,
                          "To use the group management or offset commit APIs, you must provide a "
                          "valid group.id in the consumer configuration."});
    }
    CHECK(is_subscribed() || state_->positions.assigned().empty(),
          "partitions are assigned by hand already");
    listener_ = std::move(listener);
    state_->membership.subscribe(state_->now());
    next_auto_commit_ = deadline_after(state_->now(), state_->config.auto_commit_interval);
    state_->want_metadata();
    return {};
}

Result<void, Consumer::Error> Consumer::subscribe(std::set<std::string> topics,
                                                  RebalanceListener listener) {
    if (topics.empty()) {
        unsubscribe();
        return {};
    }
    TRY(begin_subscription(std::move(listener)));
    state_->subscription.topics = std::move(topics);
    state_->subscription.pattern.reset();
    state_->notify();
    return {};
}

Result<void, Consumer::Error> Consumer::subscribe_pattern(const std::string& regex,
                                                          RebalanceListener listener) {
    std::optional<std::regex> pattern;
    try {
        pattern.emplace(regex);
    } catch (const std::regex_error&) {
    }
    if (!pattern) {
        return fail(Error{ErrorCode::invalid_request,
                          fmt::format("Topic pattern to subscribe to cannot be read: {}", regex)});
    }
    TRY(begin_subscription(std::move(listener)));
    state_->subscription.topics.clear();
    state_->subscription.pattern = std::move(pattern);
    state_->notify();
    return {};
}

void Consumer::unsubscribe() {
    if (is_subscribed()) {
        if (state_->membership.is_lost()) give_up_lost();
        revoke(state_->positions.assigned());
        state_->membership.unsubscribe();
        state_->membership.loss_noted();
    }
    state_->positions.assign({});
    state_->subscription = {};
    state_->notify();
}

Result<void, Consumer::Error> Consumer::assign(const std::set<TopicPartition>& partitions) {
    CHECK(!is_subscribed(), "a subscription is there already");
    state_->positions.assign(partitions);
    state_->want_metadata();
    state_->notify();
    return {};
}

std::set<TopicPartition> Consumer::assignment() const { return state_->positions.assigned(); }

bool Consumer::is_subscribed() const {
    return !state_->subscription.topics.empty() || state_->subscription.pattern.has_value();
}

// Records. ----------------------------------------------------------------------------------------

Result<Consumer::Records, Consumer::Error> Consumer::poll(Duration timeout) {
    CHECK(!is_closed_, "this consumer is closed");
    const Instant deadline = deadline_after(state_->now(), timeout);
    auto_commit();
    for (;;) {
        state_->membership.polled(state_->now());
        fibers_->committer.deliver();
        follow_group();
        if (auto error = take_error()) return fail(*std::move(error));
        auto taken =
            state_->positions.take(static_cast<std::size_t>(state_->config.max_poll_records));
        // There is room for more.
        if (!taken.records.empty()) state_->notify();
        if (taken.damaged) {
            state_->report({ErrorCode::corrupt_message,
                            fmt::format("a batch of {} cannot be read", *taken.damaged)});
        }
        if (!taken.records.empty()) return std::move(taken.records);
        if (taken.damaged) continue;
        if (state_->now() >= deadline || std::exchange(state_->is_woken, false)) return Records();
        // Whoever waits here is alive.
        state_->changed.wait(std::min(
            deadline, deadline_after(state_->now(), state_->config.max_poll_interval / 2)));
    }
}

void Consumer::wakeup() {
    state_->is_woken = true;
    state_->notify();
}

std::optional<Consumer::Error> Consumer::take_error() {
    if (const auto error = state_->membership.take_error()) return error_of(*error);
    return std::exchange(state_->error, std::nullopt);
}

void Consumer::auto_commit() {
    if (!state_->config.enable_auto_commit || state_->config.group_id.empty()) return;
    if (state_->now() < next_auto_commit_) return;
    if (is_subscribed() && !state_->membership.is_stable()) return;
    next_auto_commit_ = deadline_after(state_->now(), state_->config.auto_commit_interval);
    Offsets offsets = state_->positions.consumed();
    if (!offsets.empty()) fibers_->committer.commit_async(std::move(offsets), {});
}

// The group. --------------------------------------------------------------------------------------

void Consumer::follow_group() {
    if (!is_subscribed()) return;
    // Each step may wait, and meanwhile the membership may have changed again.
    for (;;) {
        if (state_->membership.is_lost()) {
            give_up_lost();
        } else if (state_->membership.is_preparing()) {
            prepare_join();
        } else if (state_->membership.assignment_to_adopt()) {
            adopt_assignment();
        } else {
            return;
        }
    }
}

void Consumer::give_up_lost() {
    state_->membership.loss_noted();
    const std::set<TopicPartition> lost = state_->positions.assigned();
    state_->positions.assign({});
    state_->notify();
    const auto& callback = listener_.lost ? listener_.lost : listener_.revoked;
    if (!lost.empty() && callback) callback(lost);
}

void Consumer::prepare_join() {
    if (state_->config.group_protocol == GroupProtocol::consumer) {
        // The coordinator says what is to be given up.
        state_->consumer.prepared(state_->now(), state_->subscription.topics);
        return state_->notify();
    }
    std::set<TopicPartition> revoked = state_->positions.assigned();
    if (protocol_ == RebalanceProtocol::cooperative) {
        std::erase_if(revoked, [this](const TopicPartition& each) {
            return state_->subscription.topics.contains(each.topic);
        });
    }
    if (!revoke(revoked)) return;
    if (!state_->membership.is_preparing() || state_->membership.is_lost()) return;
    state_->classic.prepared(state_->now(), protocols());
    state_->notify();
}

bool Consumer::revoke(const std::set<TopicPartition>& partitions) {
    if (partitions.empty()) return true;
    if (state_->config.enable_auto_commit) {
        Offsets offsets = state_->positions.consumed();
        std::erase_if(offsets,
                      [&](const auto& entry) { return !partitions.contains(entry.first); });
        const Duration patience =
            std::min(state_->config.default_api_timeout, state_->config.max_poll_interval / 2);
        // Whoever has them next reads again what could not be committed.
        static_cast<void>(
            fibers_->committer.commit_sync(offsets, deadline_after(state_->now(), patience)));
    }
    if (state_->membership.is_lost()) return false;
    if (listener_.revoked) listener_.revoked(partitions);
    if (state_->membership.is_lost()) return false;
    state_->positions.remove(partitions);
    state_->notify();
    return true;
}

void Consumer::adopt_assignment() {
    std::set<TopicPartition> assigned = *state_->membership.assignment_to_adopt();
    // The subscription may have changed since.
    std::erase_if(assigned, [this](const TopicPartition& each) {
        return !state_->subscription.topics.contains(each.topic);
    });
    const std::set<TopicPartition> owned = state_->positions.assigned();
    std::set<TopicPartition> added;
    std::set<TopicPartition> revoked;
    std::ranges::set_difference(assigned, owned, std::inserter(added, added.end()));
    std::ranges::set_difference(owned, assigned, std::inserter(revoked, revoked.end()));
    if (!revoke(revoked) || !state_->membership.assignment_to_adopt()) return;
    state_->positions.add(added);
    for (const TopicPartition& each : added) {
        state_->positions.set_leader(each, state_->cluster.known_leader(each));
    }
    last_assigned_.assign(assigned.begin(), assigned.end());
    const Generation generation = state_->membership.generation();
    last_generation_id_ = generation.generation_id;
    group_metadata_.generation_id = generation.generation_id;
    group_metadata_.member_id = generation.member_id;
    next_auto_commit_ = deadline_after(state_->now(), state_->config.auto_commit_interval);
    // What was given up is free to be assigned now (KIP-429).
    const bool is_classic = state_->config.group_protocol == GroupProtocol::classic;
    if (is_classic && !revoked.empty()) state_->membership.request_rejoin(state_->now());
    state_->membership.adopted(state_->now());
    state_->want_metadata();
    state_->notify();
    if (listener_.assigned) listener_.assigned(added);
}

std::vector<protocol::JoinGroupRequest::Protocol> Consumer::protocols() const {
    MemberSubscription subscription{
        .member_id = {},
        .topics = {state_->subscription.topics.begin(), state_->subscription.topics.end()}};
    const std::set<TopicPartition> owned = state_->positions.assigned();
    subscription.owned = {owned.begin(), owned.end()};
    subscription.generation_id = last_generation_id_;
    if (!state_->config.client_rack.empty()) subscription.rack_id = state_->config.client_rack;
    std::vector<protocol::JoinGroupRequest::Protocol> protocols;
    for (const std::string& name : state_->config.partition_assignment_strategy) {
        const Assignor* const assignor = find_assignor(name);
        subscription.user_data = assignor->user_data(last_assigned_, last_generation_id_);
        protocols.push_back(
            {.name = std::string(assignor->name), .metadata = encode_subscription(subscription)});
    }
    return protocols;
}

Result<void, Consumer::Error> Consumer::close(Duration timeout) {
    if (is_closed_) return {};
    is_closed_ = true;
    const Instant deadline = deadline_after(state_->now(), timeout);
    Result<void, Error> committed;
    const GroupMember& membership = state_->membership;
    const bool has_lost = is_subscribed() && membership.is_lost();
    if (state_->config.enable_auto_commit && !state_->config.group_id.empty() && !has_lost) {
        committed = fibers_->committer.commit_sync(state_->positions.consumed(), deadline);
    }
    fibers_->committer.deliver();
    const std::set<TopicPartition> owned = state_->positions.assigned();
    if (is_subscribed() && membership.is_lost()) {
        give_up_lost();
    } else if (is_subscribed() && !owned.empty() && listener_.revoked) {
        listener_.revoked(owned);
    }
    state_->positions.assign({});
    state_->stop.set();
    state_->ended.wait();
    const auto last_words = membership.last_words();
    if (is_subscribed() && last_words) {
        send_leave(state_->coordinator, CoordinatorLink::Channel::offsets, *last_words, deadline);
    }
    return committed;
}

// Offsets. ----------------------------------------------------------------------------------------

Instant Consumer::api_deadline() {
    return deadline_after(state_->now(), state_->config.default_api_timeout);
}

Result<void, Consumer::Error> Consumer::commit_sync() {
    return commit_sync(state_->positions.consumed());
}

Result<void, Consumer::Error> Consumer::commit_sync(const Offsets& offsets) {
    return fibers_->committer.commit_sync(offsets, api_deadline());
}

Result<void, Consumer::Error> Consumer::commit_async(CommitCallback done) {
    return commit_async(state_->positions.consumed(), std::move(done));
}

Result<void, Consumer::Error> Consumer::commit_async(Offsets offsets, CommitCallback done) {
    if (fibers_->committer.commit_async(std::move(offsets), std::move(done))) return {};
    return fail(Error{ErrorCode::throttling_quota_exceeded, "too many commits have no answer yet"});
}

Result<Offsets, Consumer::Error> Consumer::committed(const std::set<TopicPartition>& partitions) {
    return fibers_->committer.committed(partitions, api_deadline());
}

void Consumer::seek(const TopicPartition& partition, const OffsetAndMetadata& to) {
    state_->positions.seek(partition, to);
    state_->notify();
}

void Consumer::seek_to_beginning(const std::set<TopicPartition>& partitions) {
    for (const TopicPartition& each : partitions) state_->positions.reset(each, kEarliest);
    state_->notify();
}

void Consumer::seek_to_end(const std::set<TopicPartition>& partitions) {
    for (const TopicPartition& each : partitions) state_->positions.reset(each, kLatest);
    state_->notify();
}

void Consumer::pause(const std::set<TopicPartition>& partitions) {
    for (const TopicPartition& each : partitions) state_->positions.pause(each);
}

void Consumer::resume(const std::set<TopicPartition>& partitions) {
    for (const TopicPartition& each : partitions) state_->positions.resume(each);
    state_->notify();
}

Result<protocol::Offset, Consumer::Error> Consumer::position(const TopicPartition& partition) {
    const Instant deadline = api_deadline();
    for (;;) {
        if (const auto position = state_->positions.position(partition)) return *position;
        if (!state_->positions.contains(partition)) {
            return fail(Error{ErrorCode::unknown_topic_or_partition,
                              fmt::format("{} is not assigned to this consumer", partition)});
        }
        if (auto error = take_error()) return fail(*std::move(error));
        if (!state_->changed.wait(deadline)) return fail(error_of(ErrorCode::request_timed_out));
    }
}

std::optional<std::int64_t> Consumer::lag(const TopicPartition& partition) const {
    return state_->positions.lag(partition);
}

Result<std::map<TopicPartition, OffsetAndTimestamp>, Consumer::Error> Consumer::offsets_for_times(
    std::map<TopicPartition, std::int64_t> timestamps) {
    return look_up_offsets(state_->cluster, std::move(timestamps), state_->config.isolation_level,
                           api_deadline());
}

Result<std::map<TopicPartition, OffsetAndTimestamp>, Consumer::Error> Consumer::look_up(
    const std::set<TopicPartition>& partitions, std::int64_t timestamp) {
    std::map<TopicPartition, std::int64_t> timestamps;
    for (const TopicPartition& each : partitions) timestamps[each] = timestamp;
    return offsets_for_times(std::move(timestamps));
}

Result<std::map<TopicPartition, OffsetAndTimestamp>, Consumer::Error> Consumer::beginning_offsets(
    const std::set<TopicPartition>& partitions) {
    return look_up(partitions, kEarliest);
}

Result<std::map<TopicPartition, OffsetAndTimestamp>, Consumer::Error> Consumer::end_offsets(
    const std::set<TopicPartition>& partitions) {
    return look_up(partitions, kLatest);
}

}  // namespace gregor::consumer
