#include "scenarios/cluster/scenes.h"

#include <array>

#include "scenarios/cluster/roles.h"
#include "sim/base/random.h"

namespace gregor::scenarios::cluster {
namespace {

using simulated::Cue;
using simulated::Fault;
using simulated::FaultKind;
using simulated::Plan;
using std::chrono::milliseconds;

/// No scene begins before the topics are likely made, or so late that it is cut short.
constexpr milliseconds kFirst = 4s;
constexpr milliseconds kLongest = 10s;

class Director {
public:
    explicit Director(Plan& plan)
        : plan_(plan), random_(Random::stream(plan.seed, plan.scenario + " scenes")) {
        const bool apart = workload("separate_controllers") != 0;
        first_controller_ = apart ? workload("brokers") + 1 : 1;
    }

    void draw(std::int64_t count) {
        for (; count > 0; --count) draw_scene();
    }

private:
    using Scene = void (Director::*)();

    void draw_scene() {
        // Those that come to what they are about in the fewest runs are drawn the most.
        constexpr std::array<Scene, 6> kOfBrokers{
            &Director::late_news,     &Director::late_news,     &Director::together,
            &Director::last_standing, &Director::last_standing, &Director::laggard};
        constexpr std::array<Scene, 4> kOfVoters{&Director::lone_leader, &Director::rivals,
                                                 &Director::rivals, &Director::in_a_row};
        const auto last = std::chrono::floor<milliseconds>(plan_.duration) - kLongest;
        at_ = milliseconds(number(kFirst.count(), std::max(kFirst, last).count()));
        const std::int64_t partition = number(0, workload("partitions") - 1);
        partition_ = fmt::format("t{}-{}", number(0, workload("topics") - 1), partition);
        const bool has_rivals = workload("controllers") >= 3;
        const bool of_voters = has_rivals && coin();
        const Scene scene = of_voters ? random_.pick(kOfVoters) : random_.pick(kOfBrokers);
        (this->*scene)();
    }

    // The scenes. ---------------------------------------------------------------------------------

    /// What the last leader wrote and only the deaf follower has is taken back meanwhile, and in
    /// the end the first may lead again.
    void late_news() {
        const milliseconds begin = at_;
        at_ += milliseconds(number(0, 300));
        // The one that lags is the next to lead, as replicas are asked in their order.
        const milliseconds lag(number(400, 1'500));
        add(coin() ? FaultKind::clog : FaultKind::one_way_partition, of(kLeaderOf),
            {.peer = of(kFollowerOf), .lasts = lag});
        at_ += milliseconds(number(100, lag.count()));
        const std::int64_t crashes = number(0, 3) == 0 ? 3 : 2;
        for (std::int64_t i = 0; i < crashes; ++i) {
            add(FaultKind::kill, of(kLeaderOf), {.lasts = milliseconds(number(20, 400))});
            // Time for the first to be in sync again.
            at_ += milliseconds(number(1'500, 4'000));
        }
        const milliseconds whole = at_ - begin - milliseconds(number(0, 1'200));
        at_ = begin;
        cut_from_controllers(of(kLastFollowerOf), whole, FaultKind::partition);
    }

    void lone_leader() {
        const FaultKind kind =
            number(0, 3) == 0 ? FaultKind::one_way_partition : FaultKind::partition;
        cut_from_controllers(std::string(kActiveController), milliseconds(number(2'000, 10'000)),
                             kind);
    }

    /// Followers whose last answer came at the same moment miss their leader at the same moment.
    void rivals() {
        for (std::int64_t turns = number(1, 3); turns > 0; --turns) {
            const Cue tells{.event = "image_published", .node = std::string(kActiveController)};
            const milliseconds lasts(number(20, 3'000));
            add(number(0, 3) == 0 ? FaultKind::pause : FaultKind::kill,
                std::string(kActiveController), {.lasts = lasts, .cue = tells});
            for (std::int64_t deaths = number(1, 4); deaths > 0; --deaths) {
                add(FaultKind::kill, std::string(simulated::kTeller),
                    {.lasts = milliseconds(number(5, 150)), .cue = draw_vote()});
            }
            at_ += fetch_timeout() + milliseconds(number(500, 2'000));
        }
    }

    /// A moment at which a voter has just given its vote, to another or, with the first news of an
    /// epoch without a leader, to itself.
    Cue draw_vote() {
        constexpr std::array<std::pair<std::string_view, std::int64_t>, 4> kMoments{{
            {"vote_received", 8},
            {"vote_answered", 8},
            {"metadata_leader_changed", 1},
            {"metadata_leader_changed", 3},
        }};
        const auto& [event, last] = random_.pick(kMoments);
        return {.event = std::string(event),
                .node = std::string(simulated::kAnyone),
                .occurrence = static_cast<std::uint64_t>(number(1, last))};
    }

    void in_a_row() {
        const std::string slow =
            fmt::format("n{}", first_controller_ + number(0, workload("controllers") - 1));
        const milliseconds lasts(number(500, 5'000));
        add(coin() ? FaultKind::clog : FaultKind::disk_slow, slow, {.lasts = lasts});
        for (std::int64_t turns = number(3, 6); turns > 0; --turns) {
            switch (number(0, 2)) {
                case 0:
                    cut_from_controllers(std::string(kActiveController),
                                         milliseconds(number(300, 2'500)), FaultKind::partition);
                    break;
                default:
                    add(FaultKind::kill, std::string(kActiveController),
                        {.lasts = milliseconds(number(20, 1'500))});
            }
            at_ += milliseconds(number(200, 1'000));
            if (coin()) at_ += fetch_timeout();
        }
    }

    void together() {
        constexpr std::array kKinds{FaultKind::kill, FaultKind::kill, FaultKind::power_loss,
                                    FaultKind::pause, FaultKind::partition};
        const FaultKind kind = random_.pick(kKinds);
        const milliseconds session = setting("broker.session.timeout.ms");
        const std::string leader = of(kLeaderOf);
        const std::string follower = of(kLastFollowerOf);
        // A follower first: whoever leads is one no more once it is gone.
        add(kind, follower, {.lasts = session + milliseconds(number(500, 4'000))});
        add(kind, leader, {.lasts = session + milliseconds(number(500, 4'000))});
        if (number(0, 2) == 0) return;
        at_ += milliseconds(number(0, 300));
        add(FaultKind::kill, std::string(kActiveController),
            {.lasts = milliseconds(number(20, 500))});
    }

    void last_standing() {
        const milliseconds alone =
            std::max(setting("broker.session.timeout.ms"), setting("replica.lag.time.max.ms"));
        const milliseconds rest(number(500, 3'000));
        for (const std::string_view role : {kFollowerOf, kLastFollowerOf}) {
            add(FaultKind::partition, of(role), {.lasts = alone + rest});
        }
        at_ += setting("broker.session.timeout.ms") + milliseconds(number(0, 2'000));
        const milliseconds lasts(number(20, 2'000));
        add(number(0, 3) == 0 ? FaultKind::kill : FaultKind::power_loss, of(kLeaderOf),
            {.lasts = lasts});
    }

    /// A follower that goes on fetching and gets less at a time than is written meanwhile.
    void laggard() {
        plan_.broker["replica.fetch.max.bytes"] = "1";  // one batch
        plan_.broker["replica.lag.time.max.ms"] = fmt::to_string(number(1'000, 1'500));
        at_ = kFirst + milliseconds(number(0, 4'000));
        add(FaultKind::disk_slow, of(kFollowerOf),
            {.path = partition_, .lasts = milliseconds(number(10'000, 15'000))});
    }

    // What they are made of. ----------------------------------------------------------------------

    struct More {
        std::string peer{};
        std::string path{};
        milliseconds lasts{};
        std::optional<Cue> cue{};
    };

    void add(FaultKind kind, std::string node, More more) {
        plan_.faults.push_back({.kind = kind,
                                .at = at_,
                                .cue = std::move(more.cue),
                                .node = std::move(node),
                                .peer = std::move(more.peer),
                                .path = std::move(more.path),
                                .duration = more.lasts});
    }

    /// A role, or a node: it and each controller but itself.
    void cut_from_controllers(const std::string& node, milliseconds lasts, FaultKind kind) {
        const bool outwards = coin();
        for (std::int64_t i = 0; i < workload("controllers"); ++i) {
            const std::string controller = fmt::format("n{}", first_controller_ + i);
            if (outwards) {
                add(kind, node, {.peer = controller, .lasts = lasts});
            } else {
                add(kind, controller, {.peer = node, .lasts = lasts});
            }
        }
    }

    [[nodiscard]] std::string of(std::string_view role) const {
        return std::string(role) + partition_;
    }
    std::int64_t number(std::int64_t low, std::int64_t high) { return random_.between(low, high); }
    bool coin() { return random_.below(2) == 0; }
    [[nodiscard]] std::int64_t workload(const std::string& key) const {
        return plan_.workload.at(key);
    }
    [[nodiscard]] milliseconds setting(const std::string& key) const {
        return milliseconds(std::stoll(plan_.broker.at(key)));
    }
    [[nodiscard]] milliseconds fetch_timeout() const {
        return setting("controller.quorum.fetch.timeout.ms");
    }

    Plan& plan_;
    Random random_;
    std::int64_t first_controller_ = 1;
    milliseconds at_{};
    std::string partition_;
};

}  // namespace

void add_scenes(std::int64_t count, Plan& plan) { Director(plan).draw(count); }

}  // namespace gregor::scenarios::cluster
