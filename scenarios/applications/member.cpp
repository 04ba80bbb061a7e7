#include "scenarios/applications/member.h"

namespace gregor::scenarios::applications {
namespace {

using clients::Phase;
using protocol::ErrorCode;

constexpr Duration kClosing = 3s;

class Member {
public:
    Member(const ApplicationContext& context, Process& process, MemberSlot& slot,
           MemberCounts& counts)
        : context_(context),
          process_(process),
          random_(process.runtime.random()),
          slot_(slot),
          counts_(counts),
          traffic_(counts.traffic[slot.group->name]) {}

    void run() {
        if (slot_.is_passing()) rest(2s, 15s);
        while (!is_over()) {
            if (comes_behind_others()) wait_for_others();
            live();
            if (comes_behind_others()) {
                rest(200ms, 2s);
            } else if (slot_.is_passing()) {
                rest(3s, 15s);
            } else {
                rest(50ms, is_finishing() ? 200ms : 3s);
            }
        }
    }

private:
    [[nodiscard]] bool is_finishing() const { return context_.workload.phase == Phase::finishing; }
    [[nodiscard]] bool is_over() const {
        return process_.is_stopping || (slot_.is_passing() && is_finishing());
    }
    [[nodiscard]] Instant now() { return process_.runtime.clock().now(); }

    /// A passing one's ends with the faults.
    void rest(Duration least, Duration most) {
        const Instant end = now() + random_.between(least, most);
        while (now() < end && !is_over()) {
            process_.runtime.clock().sleep_for(std::min<Duration>(end - now(), 200ms));
        }
    }

    /// A guest of those who are slow to give up what others are to have.
    [[nodiscard]] bool comes_behind_others() const {
        return slot_.kind == MemberSlot::Kind::guest && slot_.group->revokes_slowly;
    }

    /// Until somebody has joined whom a rebalance gives something, and the group is classic yet.
    void wait_for_others() {
        const Duration behind = random_.between(Duration(500ms), Duration(3s));
        const auto is_time = [&] {
            const Duration since(context_.history.now() - traffic_.last_classic_join);
            return traffic_.of_consumer_protocol == 0 && since >= behind && since < behind + 500ms;
        };
        while (!is_time() && !is_over()) process_.runtime.clock().sleep_for(50ms);
    }

    /// One process of the member, as its group sees it.
    void live() {
        const auto [protocol, until] = protocol_now();
        const Noted noted(traffic_, protocol, context_.history.now());
        consumer::ConsumerConfig config =
            consumer_config(*slot_.group, protocol, context_.workload);
        const std::string name = fmt::format("{}.{}", slot_.name, ++slot_.started);
        config.client_id = name;
        config.group_instance_id = slot_.group_instance_id;
        ++counts_.members_started;
        if (protocol == consumer::GroupProtocol::consumer) ++counts_.of_consumer_protocol;
        RecordedConsumer consumer(context_.history, process_.runtime, name, std::move(config));
        slot_.speaks = protocol;
        const Present present(slot_, consumer);
        subscribe(consumer);
        const Duration life =
            std::chrono::milliseconds(context_.workload.setting("member_life_ms"));
        const Duration longest = comes_behind_others() ? life / 2 : life * 2;
        work(consumer, std::min(now() + random_.between(life / 4, longest), until));
        // A crash: its group hears nothing of it.
        const bool crashes = random_.below(3) == 0 && !comes_behind_others();
        if (crashes && !process_.is_stopping) {
            ++counts_.crashes;
            return;
        }
        static_cast<void>(consumer.close(kClosing));
    }

    struct Speech {
        consumer::GroupProtocol protocol;
        Instant until = gregor::kNever;
    };

    /// A group that migrates goes over in the middle third of the run, one member after the other,
    /// and goes back in the last.
    [[nodiscard]] Speech protocol_now() {
        using enum consumer::GroupProtocol;
        if (slot_.kind == MemberSlot::Kind::guest) return {consumer};
        switch (slot_.group->protocols) {
            case Protocols::classic: return {classic};
            case Protocols::consumer: return {consumer};
            case Protocols::either: return {random_.below(2) == 0 ? classic : consumer};
            case Protocols::migrating: break;
        }
        const Duration ran(context_.history.now());
        const Duration third = context_.workload.plan.duration / 3;
        const Duration hesitates = random_.between(Duration(), Duration(3s));
        if (ran < third) return {classic, now() + (third - ran) + hesitates};
        if (ran < 2 * third) return {consumer, now() + (2 * third - ran) + hesitates};
        return {classic};
    }

    /// In its group's traffic while the process lives.
    class Noted {
    public:
        Noted(GroupTraffic& traffic, consumer::GroupProtocol protocol, std::int64_t now)
            : traffic_(traffic), is_consumer_(protocol == consumer::GroupProtocol::consumer) {
            if (is_consumer_) {
                ++traffic_.of_consumer_protocol;
            } else {
                traffic_.last_classic_join = now;
            }
        }
        ~Noted() {
            if (is_consumer_) --traffic_.of_consumer_protocol;
        }
        Noted(const Noted&) = delete;
        Noted& operator=(const Noted&) = delete;

    private:
        GroupTraffic& traffic_;
        bool is_consumer_;
    };

    /// In the slot while the process lives.
    class Present {
    public:
        Present(MemberSlot& slot, RecordedConsumer& consumer) : slot_(slot) {
            slot_.now = &consumer;
        }
        ~Present() { slot_.now = nullptr; }
        Present(const Present&) = delete;
        Present& operator=(const Present&) = delete;

    private:
        MemberSlot& slot_;
    };

    void subscribe(RecordedConsumer& consumer) {
        consumer::RebalanceListener listener;
        const bool commits = slot_.group->commits != Commits::automatic;
        if (commits || slot_.group->revokes_slowly) {
            listener.revoked = [this, commits, &consumer](const auto&) {
                finish_up();
                if (commits) static_cast<void>(consumer->commit_sync());
            };
            listener.lost = [](const auto&) {};
        }
        std::set<std::string> topics;
        for (std::int64_t i = 0; i < context_.workload.setting("topics"); ++i) {
            topics.insert(fmt::format("t{}", i));
        }
        const auto subscribed = slot_.group->by_pattern
                                    ? consumer.subscribe_pattern("t.*", std::move(listener))
                                    : consumer.subscribe(topics, std::move(listener));
        CHECK(subscribed.has_value(), "{}", subscribed.error().message);
    }

    void work(RecordedConsumer& consumer, Instant end) {
        while (!is_over() && (is_finishing() || now() < end)) {
            const auto records = consumer.poll(random_.between(Duration(50ms), Duration(300ms)));
            if (!records) {
                if (records.error().code == ErrorCode::fenced_instance_id) {
                    ++counts_.fenced;
                    return;
                }
                process_.runtime.clock().sleep_for(100ms);
                continue;
            }
            if (records->empty()) continue;
            process_.runtime.clock().sleep_for(random_.between(Duration(), Duration(20ms)));
            if (!is_finishing() && random_.below(400) == 0) dawdle();
            commit(consumer);
        }
    }

    /// What it is to give up is its own until it says so.
    void finish_up() {
        if (!slot_.group->revokes_slowly || random_.below(4) == 0) return;
        const Duration most = slot_.group->max_poll_interval / 2;
        const Instant end = now() + random_.between(most / 4, most);
        while (now() < end && !is_over()) {
            process_.runtime.clock().sleep_for(std::min<Duration>(end - now(), 100ms));
        }
    }

    /// It works on what it was given for longer than its group waits (KIP-62), or nearly.
    void dawdle() {
        ++counts_.too_slow;
        const Duration most = slot_.group->max_poll_interval;
        process_.runtime.clock().sleep_for(random_.between(most / 2, most * 3 / 2));
    }

    void commit(RecordedConsumer& consumer) {
        switch (slot_.group->commits) {
            case Commits::automatic: break;
            case Commits::after_each_poll: static_cast<void>(consumer->commit_sync()); break;
            case Commits::without_waiting: static_cast<void>(consumer->commit_async()); break;
        }
    }

    const ApplicationContext& context_;
    Process& process_;
    Random& random_;
    MemberSlot& slot_;
    MemberCounts& counts_;
    GroupTraffic& traffic_;
};

}  // namespace

void run_member(const ApplicationContext& context, Process& process, MemberSlot& slot,
                MemberCounts& counts) {
    Member(context, process, slot, counts).run();
}

}  // namespace gregor::scenarios::applications
