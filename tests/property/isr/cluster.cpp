#include "tests/property/isr/cluster.h"

#include <algorithm>

namespace gregor::isr_test {

namespace {

constexpr Duration kLagMax = 40ms;
constexpr std::size_t kMaxEntries = 3;  // in one answer

LogMarks marks_of(const Partition& state, const MemoryLog& log) {
    LogMarks marks = state.marks();
    marks.log_end_offset = log.end();
    marks.high_watermark = std::min(marks.high_watermark, log.end());
    marks.last_stable_offset = Offset(0);
    return marks;
}

}  // namespace

Cluster::Cluster(const Setup& setup)
    : setup_(setup),
      random_(setup.seed),
      controller_(setup.replicas, static_cast<std::size_t>(setup.min_isr)) {
    for (int i = 0; i < setup.replicas; ++i) {
        const PartitionSettings settings{.min_insync_replicas = setup.min_isr,
                                         .replica_lag_time_max = kLagMax};
        replicas_.push_back({.id = NodeId(i),
                             .state = Partition(NodeId(i), {}, settings),
                             .log = {},
                             .images = {},
                             .request = {},
                             .response = {},
                             .cut = {},
                             .before = {}});
        replicas_.back().broker_epoch = controller_.image().brokers->at(NodeId(i));
    }
    publish();
    for (Replica& each : replicas_) take_image(each);
}

std::optional<std::string> Cluster::run() {
    for (int i = 0; i < setup_.steps && !violation_; ++i) step();
    if (!violation_) settle();
    return violation_;
}

Cluster::Replica& Cluster::pick(bool (*suits)(const Replica&)) {
    std::vector<Replica*> those;
    for (Replica& each : replicas_) {
        if (suits(each)) those.push_back(&each);
    }
    return those.empty() ? pick() : *random_.pick(those);
}

void Cluster::begin_step() {
    for (Replica& each : replicas_) {
        each.before = each.state.stamp();
        each.truncated = false;
    }
}

void Cluster::step() {
    begin_step();
    now_ += random_.between(Duration(0), Duration(1ms));
    act();
    check();
}

/// Mostly something is brought forward; how often something goes wrong is the run's own.
void Cluster::act() {
    if (random_.below(1000) < setup_.faults_per_mille) return do_harm();
    const std::uint64_t action = random_.below(100);
    if (action < 18) return produce(pick([](const Replica& r) { return r.state.is_leader(); }));
    if (action < 38) {
        Replica& follower = pick([](const Replica& r) { return r.state.is_follower(); });
        if (follower.id == setup_.slow_follower && random_.below(8) != 0) return;
        return ask(follower);
    }
    if (action < 58) return serve(pick([](const Replica& r) { return r.request.has_value(); }));
    if (action < 76)
        return take_answer(pick([](const Replica& r) { return r.response.has_value(); }));
    if (action < 82) return do_cut(pick([](const Replica& r) { return r.cut.has_value(); }));
    if (action < 88) {
        Replica& reader = pick([](const Replica& r) { return !r.images.empty(); });
        if (reader.id == setup_.slow_reader && random_.below(8) != 0) return;
        return take_image(reader);
    }
    if (action < 96) return advance_alter();
    if (action < 98) return pick().log.sync();
    now_ += random_.between(Duration(0), Duration(25ms));
    tick();
}

/// Any of those on their way, in whatever order; some reach the controller twice.
void Cluster::advance_alter() {
    if (alters_.empty()) return;
    const std::size_t alter = random_.below(alters_.size());
    if (alters_[alter].answer) return take_alter_answer(alter);
    reach_controller(alter, random_.below(8) == 0);
}

/// Nothing goes wrong any more: everybody is in sync before long.
void Cluster::settle() {
    for (Replica& each : replicas_) {
        restart(each);
        // One who was fenced and never crashed registers nothing anew.
        if (!controller_.is_eligible(each.id)) controller_.unfence(each.id, each.broker_epoch);
    }
    publish();
    constexpr int kRounds = 300;
    for (int round = 0; round < kRounds && !violation_; ++round) {
        now_ += 1ms;
        settle_round();
    }
    if (!violation_) check_settled();
}

void Cluster::settle_round() {
    const auto checked = [this](auto&& action) {
        begin_step();
        action();
        check();
    };
    for (Replica& each : replicas_) {
        while (!each.images.empty()) checked([&] { take_image(each); });
        checked([&] { do_cut(each); });
        checked([&] { ask(each); });
        checked([&] { serve(each); });
        checked([&] { take_answer(each); });
    }
    checked([&] { tick(); });
    while (!alters_.empty()) {
        checked([&] {
            if (alters_[0].answer) take_alter_answer(0);
            else reach_controller(0, false);
        });
    }
}

void Cluster::publish() {
    for (Replica& each : replicas_) {
        if (each.running) each.images.push_back(controller_.image());
    }
}

// Leading. ---------------------------------------------------------------------------------------

void Cluster::produce(Replica& replica) {
    if (!replica.running) return;
    const auto acks = static_cast<std::int16_t>(random_.below(4) == 0 ? 1 : -1);
    if (replica.state.check_append(acks) != ErrorCode::none) return;
    const Entry entry{replica.state.leader()->epoch, next_value_++};
    if (acks == -1) appends_.push_back({replica.id, entry.epoch, replica.log.end(), entry});
    replica.log.append(entry);
    replica.state.appended(now_, replica.log.end());
}

void Cluster::serve(Replica& follower) {
    if (!follower.request) return;
    const Request request = *std::exchange(follower.request, std::nullopt);
    Replica& leader = replica(request.leader);
    Response response{.asked = request.position, .answer = {}, .entries = {}};
    response.error = leader.running ? leader.state.check_serving(request.position.leader_epoch)
                                    : ErrorCode::network_exception;
    response.leader_end = leader.log.end();
    response.answer.high_watermark = leader.state.marks().high_watermark;
    if (response.error == ErrorCode::none && !leader.state.leads_replica(follower.id)) {
        response.error = ErrorCode::unknown_leader_epoch;
    }
    const Offset from = request.position.fetch_offset;
    if (response.error == ErrorCode::none &&
        request.position.last_fetched_epoch != protocol::kNoLeaderEpoch) {
        const auto diverging = compare_history(leader.log.epochs(), Offset(0), leader.log.end(),
                                               request.position.last_fetched_epoch, from);
        if (!diverging) response.error = diverging.error();
        else response.answer.diverging = *diverging;
    }
    if (response.error == ErrorCode::none && from > leader.log.end()) {
        response.error = ErrorCode::offset_out_of_range;
    }
    if (response.error == ErrorCode::none && !response.answer.diverging) {
        for (Offset at = from; at < leader.log.end() && response.entries.size() < kMaxEntries;
             ++at) {
            response.entries.push_back(leader.log.at(at));
        }
        note_fetch(leader, follower, request);
    }
    follower.response = std::move(response);
}

void Cluster::note_fetch(Replica& leader, const Replica& follower, const Request& request) {
    if (request.position.leader_epoch == leader.state.leader_epoch()) {
        Offset& known = fetched_[{request.position.leader_epoch, follower.id}];
        known = std::max(known, request.position.fetch_offset);
    }
    const auto proposal =
        leader.state.follower_fetched(now_, {.replica = follower.id,
                                             .broker_epoch = request.broker_epoch,
                                             .fetch_offset = request.position.fetch_offset,
                                             .log_start_offset = Offset(0)});
    if (proposal) propose(leader, *proposal);
}

void Cluster::tick() {
    for (Replica& each : replicas_) {
        if (each.running) propose(each, each.state.tick(now_));
    }
}

void Cluster::propose(const Replica& replica, const std::optional<IsrProposal>& proposal) {
    if (proposal) alters_.push_back({replica.id, *proposal, std::nullopt});
}

void Cluster::reach_controller(std::size_t alter, bool again) {
    Alter& sent = alters_[alter];
    const std::int32_t before = controller_.state().partition_epoch;
    const std::size_t members = controller_.state().isr.size();
    sent.answer = controller_.alter(sent.from, sent.proposal);
    if (controller_.state().partition_epoch != before) {
        ++(controller_.state().isr.size() > members ? coverage_.expansions : coverage_.shrinks);
        publish();
    }
    // The answer is lost and the request sent anew.
    if (again) sent.answer.reset();
}

void Cluster::take_alter_answer(std::size_t alter) {
    const Alter answered = alters_[alter];
    alters_.erase(alters_.begin() + static_cast<std::ptrdiff_t>(alter));
    Replica& leader = replica(answered.from);
    if (!leader.running) return;
    if (leader.state.isr_answered(now_, answered.proposal, *answered.answer) == IsrOutcome::retry) {
        alters_.push_back({answered.from, answered.proposal, std::nullopt});
    }
}

// Following. -------------------------------------------------------------------------------------

void Cluster::take_image(Replica& replica) {
    if (!replica.running || replica.images.empty()) return;
    // A broker that is behind may be shown several changes as one.
    if (random_.below(4) != 0) replica.images = {replica.images.back()};
    const Image image = replica.images.front();
    replica.images.pop_front();
    replica.state.brokers_changed(now_, image.brokers);
    check();
    begin_step();
    const RolePlan plan = replica.state.plan(image.assignment);
    if (plan.change == RoleChange::changed) replica.cut.reset();
    if (plan.begins_epoch) replica.log.begin_epoch(*plan.begins_epoch);
    if (plan.truncate_to) {
        replica.log.truncate_to(*plan.truncate_to);
        replica.state.given_up();
        replica.state.truncated(marks_of(replica.state, replica.log));
        replica.truncated = true;
    }
    replica.state.assign(now_, image.assignment);
}

void Cluster::ask(Replica& replica) {
    if (!replica.running || replica.request || replica.response || replica.cut) return;
    const auto position = replica.state.fetch_position(replica.log.epochs());
    if (!position) return;
    replica.request = Request{*position, replica.state.leader_id(), replica.broker_epoch};
}

void Cluster::take_answer(Replica& replica) {
    if (!replica.running || !replica.response || replica.cut) return;
    const Response response = *std::exchange(replica.response, std::nullopt);
    FollowStep step;
    if (response.error == ErrorCode::none) {
        step = replica.state.leader_answered(response.asked, response.answer, replica.log.epochs());
    } else if (response.error == ErrorCode::offset_out_of_range) {
        step =
            replica.state.leader_range(response.asked, response.leader_start, response.leader_end);
    }
    if (step.action == FollowAction::truncate) {
        replica.cut = step;
    } else if (step.action == FollowAction::append) {
        for (const Entry& entry : response.entries) {
            if (entry.epoch <= response.asked.leader_epoch) replica.log.append(entry);
        }
        replica.state.replicated(replica.log.end(), response.answer.high_watermark);
    }
}

void Cluster::do_cut(Replica& replica) {
    if (!replica.running || !replica.cut) return;
    const FollowStep step = *std::exchange(replica.cut, std::nullopt);
    if (step.offset < replica.state.marks().high_watermark) {
        violated(
            fmt::format("R10: n{} cuts to {} below its high watermark", replica.id, step.offset));
    }
    replica.log.truncate_to(step.offset);
    replica.state.truncated(marks_of(replica.state, replica.log));
    replica.truncated = true;
    ++coverage_.truncations;
}

}  // namespace gregor::isr_test
