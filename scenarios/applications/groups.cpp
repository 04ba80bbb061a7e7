#include "scenarios/applications/groups.h"

#include <algorithm>

#include "clients/admin/admin.h"
#include "scenarios/applications/group_inspector.h"
#include "scenarios/applications/group_settings.h"
#include "scenarios/applications/group_watch.h"
#include "scenarios/applications/idler.h"
#include "scenarios/applications/impostor.h"
#include "scenarios/applications/member.h"
#include "scenarios/applications/recorded_producer.h"
#include "scenarios/applications/regex_member.h"

namespace gregor::scenarios::applications {
namespace {

using client::TopicPartition;
using clients::Phase;

/// Each on the machine of its number, counted round.
class Groups final : public Application {
public:
    explicit Groups(const ApplicationContext& context)
        : context_(context),
          workload_(context.workload),
          groups_(group_settings(workload_)),
          producers_(static_cast<std::size_t>(workload_.setting("producers"))) {
        for (const GroupSettings& group : groups_) make_slots(group);
    }

    std::vector<Program> programs(std::size_t machine) override {
        std::vector<Program> programs;
        std::size_t next = 0;
        const auto machines = static_cast<std::size_t>(workload_.setting("clients"));
        const auto add = [&](Program program) {
            if (next++ % machines == machine) programs.push_back(std::move(program));
        };
        for (MemberSlot& slot : slots_) {
            add([this, &slot](Process& process) { run_member(context_, process, slot, counts_); });
        }
        for (std::size_t i = 0; i < producers_.size(); ++i) {
            add([this, i](Process& process) { produce(process, i); });
        }
        for (const GroupSettings& group : groups_) {
            add([this, &group](Process& process) { watch(process, group.name); });
            add([this, &group](Process& process) { impersonate(process, group); });
            for (std::int64_t i = 0; i < group.idlers; ++i) {
                add([this, &group, i](Process& process) {
                    run_idler(context_, process, group, fmt::format("{}-idler{}", group.name, i),
                              idlers_);
                });
            }
        }
        add([this](Process& process) { grow(process); });
        if (workload_.setting("protocols") != 0) {
            add([this](Process& process) { run_regex_member(context_, process, regex_member_); });
        }
        return programs;
    }

    Stuck unfinished() override {
        std::string text;
        for (std::size_t i = 0; i < producers_.size(); ++i) {
            if (producers_[i].is_done) continue;
            text +=
                fmt::format("p{} has {} sends without an answer; ", i, producers_[i].unanswered);
        }
        if (!text.empty()) return {"V3", text};
        for (const GroupSettings& group : groups_) text += what_is_unstable(group);
        text += what_regex_member_lacks(regex_member_);
        if (idlers_ > 0) text += fmt::format("{} idlers are still counted as members; ", idlers_);
        return {"V6", text};
    }

    /// Sessions that have to end, a rebalance that waits for whoever is gone, one for a member that
    /// idles, and one more for what they change: each may come right behind the other.
    Duration patience() const override {
        Duration longest{};
        for (const GroupSettings& group : groups_) {
            longest = std::max(longest, group.session_timeout + group.max_poll_interval);
        }
        return 4 * longest + 20s;
    }

    std::vector<std::string> groups() const override {
        std::vector<std::string> names;
        for (const GroupSettings& group : groups_) names.push_back(group.name);
        return names;
    }

    bool subscribes(const std::string& name, const std::string& topic) const override {
        const auto group = std::ranges::find(groups_, name, &GroupSettings::name);
        if (group->by_pattern) return true;
        for (std::int64_t i = 0; i < workload_.setting("topics"); ++i) {
            if (topic == fmt::format("t{}", i)) return true;
        }
        return false;
    }

    /// The groups are stable, and stay so.
    void look_at_the_end(Runtime& runtime) override {
        for (const GroupSettings& group : groups_) {
            Impostor impostor(context_, runtime, group);
            while (!impostor.delete_offsets()) runtime.clock().sleep_for(100ms);
            inspect(runtime, group);
        }
    }

    std::map<std::string, std::uint64_t> counts() const override {
        return {{"members_started", counts_.members_started},
                {"members_crashed", counts_.crashes},
                {"members_fenced", counts_.fenced},
                {"members_too_slow", counts_.too_slow},
                {"members_of_consumer_protocol", counts_.of_consumer_protocol},
                {"committed_offsets_looked_at", looked_at_},
                {"partitions_added", added_},
                {"impersonations", impersonations_},
                {"joins_by_regex", regex_member_.joined}};
    }

    std::vector<Floor> floors() const override {
        // Few that choose by themselves, or by the time, may all come to the classic protocol.
        const bool may_lack =
            counts_.members_started < 12 &&
            std::ranges::none_of(
                groups_,
                [](const GroupSettings& group) { return group.protocols == Protocols::consumer; });
        const bool speaks_consumer = workload_.setting("protocols") != 0 && !may_lack;
        const std::uint64_t guests = speaks_consumer ? 1 : 0;
        return {{"members started", counts_.members_started, groups_.size()},
                {"members of the consumer protocol", counts_.of_consumer_protocol, guests},
                {"looks at committed offsets", looked_at_, 5}};
    }

private:
    /// Until what administrators are told is right: who has gone may be counted for a while.
    void inspect(Runtime& runtime, const GroupSettings& group) {
        GroupInspector inspector(context_, runtime);
        std::vector<const MemberSlot*> members;
        for (const MemberSlot& slot : slots_) {
            if (slot.group == &group) members.push_back(&slot);
        }
        for (;;) {
            const std::string wrong = inspector.what_is_wrong(group.name, members);
            if (wrong.empty()) break;
            workload_.note("closing", wrong);
            runtime.clock().sleep_for(200ms);
        }
        workload_.doing.erase("closing");
    }

    struct ProducerSlot {
        std::uint64_t started = 0;
        std::uint64_t unanswered = 0;
        bool is_done = false;
    };

    void make_slots(const GroupSettings& group) {
        for (std::int64_t i = 0; i < group.members; ++i) {
            MemberSlot slot{.group = &group, .name = fmt::format("{}-m{}", group.name, i)};
            if (i < group.static_members) {
                slot.group_instance_id = fmt::format("{}-i{}", group.name, i);
            }
            slots_.push_back(std::move(slot));
        }
        for (std::int64_t i = 0; i < std::min(group.twins, group.static_members); ++i) {
            slots_.push_back({.group = &group,
                              .name = fmt::format("{}-twin{}", group.name, i),
                              .group_instance_id = fmt::format("{}-i{}", group.name, i),
                              .kind = MemberSlot::Kind::twin});
        }
        for (std::int64_t i = 0; i < group.guests; ++i) {
            slots_.push_back({.group = &group,
                              .name = fmt::format("{}-guest{}", group.name, i),
                              .kind = MemberSlot::Kind::guest});
        }
    }

    [[nodiscard]] bool is_finishing() const { return workload_.phase == Phase::finishing; }

    // Groups that are to be stable. ---------------------------------------------------------------

    [[nodiscard]] std::string what_is_unstable(const GroupSettings& group) const {
        std::set<TopicPartition> missing;
        for (const TopicPartition& each : context_.partitions()) {
            if (subscribes(group.name, each.topic)) missing.insert(each);
        }
        std::set<std::int32_t> generations;
        std::string text;
        for (const MemberSlot& slot : slots_) {
            if (slot.group != &group || slot.is_passing()) continue;
            if (slot.now == nullptr || !(*slot.now)->is_stable()) {
                text += fmt::format("{} is not stable; ", slot.name);
                continue;
            }
            generations.insert((*slot.now)->generation().generation_id);
            for (const TopicPartition& each : (*slot.now)->assignment()) missing.erase(each);
        }
        if (generations.size() > 1) {
            text += fmt::format("members of {} are in generations {} to {}; ", group.name,
                                *generations.begin(), *generations.rbegin());
        }
        if (text.empty() && !missing.empty()) {
            text = fmt::format("{} of {} is nobody's; ", *missing.begin(), group.name);
        }
        return text;
    }

    // The other programs. -------------------------------------------------------------------------

    void produce(Process& process, std::size_t index) {
        ProducerSlot& slot = producers_[index];
        if (slot.is_done) return;  // who reads the ends relies on that
        Random& random = process.runtime.random();
        producer::ProducerConfig config;
        config.bootstrap_servers = workload_.brokers;
        config.client_id = fmt::format("p{}.{}", index, ++slot.started);
        config.request_timeout = 3s;
        config.metadata_max_age = 2s;
        RecordedProducer producer(context_.history, process.runtime, config.client_id, config);
        const auto send_to = [&](const TopicPartition& partition) {
            const auto bytes = static_cast<std::size_t>(workload_.setting("record_bytes"));
            static_cast<void>(producer.send({.to = partition, .bytes = bytes}));
            slot.unanswered = producer.unanswered();
        };
        const Duration pace =
            Duration(1s) * workload_.setting("producers") / workload_.setting("produce_per_second");
        while (!process.is_stopping && !is_finishing()) {
            process.runtime.clock().sleep_for(random.between(pace / 2, pace * 3 / 2));
            const std::vector<TopicPartition> partitions = context_.partitions();
            if (partitions.empty()) continue;
            const TopicPartition& to = random.pick(partitions);
            for (std::int64_t i = 0; i < workload_.setting("records_per_batch"); ++i) send_to(to);
        }
        // One more for everybody, to be seen by all groups.
        if (!process.is_stopping) std::ranges::for_each(context_.partitions(), send_to);
        static_cast<void>(producer->flush(process.is_stopping
                                              ? deadline_after(process.runtime.clock().now(), 3s)
                                              : gregor::kNever));
        producer->close(1s);
        slot.unanswered = producer.unanswered();
        slot.is_done = is_finishing() && !process.is_stopping;
    }

    void watch(Process& process, const std::string& group) {
        GroupWatch watch(context_, process.runtime, "watcher-" + group);
        while (!process.is_stopping) {
            if (watch.look_at(group)) ++looked_at_;
            process.runtime.clock().sleep_for(
                process.runtime.random().between(Duration(200ms), Duration(2s)));
        }
    }

    /// Somebody of the group's, now and then.
    void impersonate(Process& process, const GroupSettings& group) {
        Impostor impostor(context_, process.runtime, group);
        Random& random = process.runtime.random();
        while (!process.is_stopping) {
            process.runtime.clock().sleep_for(random.between(Duration(500ms), Duration(3s)));
            std::vector<const MemberSlot*> present;
            for (const MemberSlot& slot : slots_) {
                if (slot.group == &group && slot.now != nullptr) present.push_back(&slot);
            }
            if (present.empty() || process.is_stopping) continue;
            if (impostor.act_as(*random.pick(present))) ++impersonations_;
        }
    }

    /// Gives topics more partitions, and makes topics that match a pattern.
    void grow(Process& process) {
        client::Cluster cluster(
            process.runtime,
            {.bootstrap_servers = workload_.brokers, .client_id = "grower", .request_timeout = 3s});
        admin::Admin admin(cluster, /*timeout=*/5s);
        Random& random = process.runtime.random();
        while (!process.is_stopping && !is_finishing()) {
            process.runtime.clock().sleep_for(random.between(Duration(1s), Duration(6s)));
            if (is_finishing() || !workload_.topics_made) continue;
            if (late_topics_ < workload_.setting("late_topics") && random.below(2) == 0) {
                make_topic(admin);
            } else if (static_cast<std::int64_t>(added_) < workload_.setting("added_partitions")) {
                add_partition(admin, random);
            }
        }
    }

    void make_topic(admin::Admin& admin) {
        const std::int64_t number = workload_.setting("topics") + late_topics_;
        const auto made = admin.create_topic({.name = fmt::format("t{}", number),
                                              .num_partitions = 2,
                                              .replication_factor = workload_.replication_factor});
        if (made) ++late_topics_;
    }

    void add_partition(admin::Admin& admin, Random& random) {
        const std::vector<TopicPartition> partitions = context_.partitions();
        if (partitions.empty()) return;
        const std::string& topic = random.pick(partitions).topic;
        const auto count = std::ranges::count(partitions, topic, &TopicPartition::topic);
        const auto grown = admin.create_partitions({.name = topic,
                                                    .count = static_cast<std::int32_t>(count + 1),
                                                    .assignments = std::nullopt});
        if (grown) ++added_;
    }

    const ApplicationContext& context_;
    clients::Workload& workload_;
    const std::vector<GroupSettings> groups_;
    std::vector<MemberSlot> slots_;
    std::vector<ProducerSlot> producers_;
    MemberCounts counts_;
    std::int64_t idlers_ = 0;
    RegexMemberState regex_member_;
    std::int64_t late_topics_ = 0;
    std::uint64_t added_ = 0;
    std::uint64_t looked_at_ = 0;
    std::uint64_t impersonations_ = 0;
};

}  // namespace

std::span<const NumberRange> GroupsKind::numbers() const { return group_numbers(); }
void GroupsKind::draw_settings(simulated::Plan& plan) const { draw_group_settings(plan); }
void GroupsKind::draw_faults(simulated::Plan& plan) const { draw_group_faults(plan); }
std::unique_ptr<Application> GroupsKind::make(const ApplicationContext& context) const {
    return std::make_unique<Groups>(context);
}

/// Each group commits after its work, or by itself, which promises no more.
HistorySettings GroupsKind::settings(const simulated::Plan& plan) const {
    HistorySettings settings = settings_of_cluster(plan);
    settings.consumer_protocol = plan.workload.at("protocols") != 0;
    return settings;
}

constinit const GroupsKind kGroups(draw_classic_groups);
constinit const GroupsKind kMixedClients(draw_mixed_groups);

}  // namespace gregor::scenarios::applications
