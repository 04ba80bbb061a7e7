#include "scenarios/applications/member.h"

namespace gregor::scenarios::applications {
namespace {

using clients::Phase;
using protocol::ErrorCode;

constexpr Duration kClosing = 3s;

class Member {
public:
    Member(const ApplicationContext& context, Process& process, MemberSlot& slot,
           Instances& instances, MemberCounts& counts)
        : context_(context),
          process_(process),
          random_(process.runtime.random()),
          slot_(slot),
          instances_(instances),
          counts_(counts) {}

    void run() {
        if (slot_.is_twin) rest(2s, 15s);
        while (!is_over()) {
            live();
            if (slot_.is_twin) {
                rest(3s, 15s);
            } else {
                rest(50ms, is_finishing() ? 200ms : 3s);
            }
        }
    }

private:
    [[nodiscard]] bool is_finishing() const { return context_.workload.phase == Phase::finishing; }
    [[nodiscard]] bool is_over() const {
        return process_.is_stopping || (slot_.is_twin && is_finishing());
    }
    [[nodiscard]] Instant now() { return process_.runtime.clock().now(); }

    /// A rest of a twin ends with the faults.
    void rest(Duration least, Duration most) {
        const Instant end = now() + random_.between(least, most);
        while (now() < end && !is_over()) {
            process_.runtime.clock().sleep_for(std::min<Duration>(end - now(), 200ms));
        }
    }

    /// One process of the member, as its group sees it.
    void live() {
        consumer::ConsumerConfig config = consumer_config(*slot_.group, context_.workload);
        const std::string name = fmt::format("{}.{}", slot_.name, ++slot_.started);
        config.client_id = name;
        config.group_instance_id = slot_.group_instance_id;
        ++counts_.members_started;
        RecordedConsumer consumer(context_.history, process_.runtime, name, std::move(config));
        const Present present(*this, consumer);
        subscribe(consumer);
        const Duration life =
            std::chrono::milliseconds(context_.workload.setting("member_life_ms"));
        work(consumer, now() + random_.between(life / 4, life * 2));
        // A crash: its group hears nothing of it.
        const bool crashes = random_.below(3) == 0;
        if (crashes && !process_.is_stopping) {
            ++counts_.crashes;
            return;
        }
        static_cast<void>(consumer.close(kClosing));
    }

    /// In the slot, and in its instance's place, while the process lives.
    class Present {
    public:
        Present(Member& member, RecordedConsumer& consumer) : member_(member), consumer_(consumer) {
            member_.slot_.now = &consumer;
            if (!member_.slot_.group_instance_id) return;
            RecordedConsumer*& newest = member_.instances_[*member_.slot_.group_instance_id];
            if (newest != nullptr) newest->replaced();
            newest = &consumer;
        }
        ~Present() {
            member_.slot_.now = nullptr;
            for (auto& [id, newest] : member_.instances_) {
                if (newest == &consumer_) newest = nullptr;
            }
        }
        Present(const Present&) = delete;
        Present& operator=(const Present&) = delete;

    private:
        Member& member_;
        RecordedConsumer& consumer_;
    };

    void subscribe(RecordedConsumer& consumer) {
        consumer::RebalanceListener listener;
        if (slot_.group->commits != Commits::automatic) {
            listener.revoked = [&consumer](const auto&) {
                static_cast<void>(consumer->commit_sync());
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
    Instances& instances_;
    MemberCounts& counts_;
};

}  // namespace

void run_member(const ApplicationContext& context, Process& process, MemberSlot& slot,
                Instances& instances, MemberCounts& counts) {
    Member(context, process, slot, instances, counts).run();
}

}  // namespace gregor::scenarios::applications
