#include "tests/property/raft/random_quorum.h"

#include <fmt/format.h>

#include <algorithm>

namespace gregor::raft::test {
namespace {

class RandomQuorum {
public:
    explicit RandomQuorum(const QuorumRun& run)
        : run_(run), random_(Random::stream(run.seed, "quorum")), cluster_(draw_options()) {}

    void run() {
        cluster_.set_verbose(run_.verbose);
        cluster_.start_all();
        for (int i = 0; i < run_.steps; ++i) step();
        come_to_rest();
    }

    [[nodiscard]] RaftCluster& cluster() { return cluster_; }

private:
    ClusterOptions draw_options() {
        ClusterOptions options{.seed = run_.seed};
        const auto voters = static_cast<int>(random_.between(1, 5));
        for (int id = 1; id <= voters; ++id) options.voters.push_back(id);
        const auto spares = static_cast<int>(random_.between(0, 2));
        for (int id = 6; id < 6 + spares; ++id) options.spares.push_back(id);
        const auto observers = static_cast<int>(random_.between(0, 1));
        for (int id = 9; id < 9 + observers; ++id) options.observers.push_back(id);
        options.static_voters = random_.below(5) == 0;
        options.syncs_at_once = random_.below(3) == 0;
        // Each run has its own mixture of faults (swarm).
        for (std::uint64_t& weight : weights_)
            weight = random_.below(3) == 0 ? 0 : random_.below(8);
        weights_[kDeliver] = 40 + random_.below(60);
        weights_[kAdvance] = 5 + random_.below(20);
        weights_[kFlush] = options.syncs_at_once ? 0 : 5 + random_.below(20);
        weights_[kStart] = 4;
        weights_[kHeal] = weights_[kIsolate] + weights_[kCut] > 0 ? 2 : 0;
        return options;
    }

    enum Action {
        kDeliver,
        kAdvance,
        kFlush,
        kAppend,
        kDrop,
        kRepeat,
        kIsolate,
        kCut,
        kHeal,
        kStop,
        kStart,
        kResign,
        kSnapshot,
        kTrim,
        kAddVoter,
        kRemoveVoter,
        kLongAdvance,
        kActions
    };

    Action draw_action() {
        std::uint64_t total = 0;
        for (const std::uint64_t weight : weights_) total += weight;
        std::uint64_t drawn = random_.below(total);
        for (int action = 0; action < kActions; ++action) {
            if (drawn < weights_[static_cast<std::size_t>(action)]) return Action(action);
            drawn -= weights_[static_cast<std::size_t>(action)];
        }
        UNREACHABLE();
    }

    int any_node() {
        const std::vector<int> ids = cluster_.ids();
        return random_.pick(ids);
    }

    void step() {
        auto& messages = cluster_.messages();
        const int node = any_node();
        switch (draw_action()) {
            case kDeliver: deliver_some(); break;
            case kAdvance:
                cluster_.advance(random_.between(Duration(1), Duration(50ms)), false);
                break;
            case kLongAdvance:
                cluster_.advance(random_.between(Duration(500ms), Duration(3s)),
                                 random_.below(2) == 0);
                break;
            case kFlush: cluster_.flush(node); break;
            case kAppend: append(); break;
            case kDrop:
                if (!messages.empty()) {
                    messages.erase(messages.begin() +
                                   static_cast<std::ptrdiff_t>(random_.below(messages.size())));
                }
                break;
            case kRepeat:
                if (!messages.empty()) messages.push_back(Message(random_.pick(messages)));
                break;
            case kIsolate: cluster_.isolate(node); break;
            case kCut: cluster_.cut(node, any_node()); break;
            case kHeal: cluster_.heal(); break;
            case kStop:
                if (cluster_.is_up(node)) cluster_.stop(node, random_.below(3) != 0);
                break;
            case kStart:
                if (!cluster_.is_up(node)) cluster_.start(node);
                break;
            case kResign:
                if (cluster_.is_up(node)) cluster_.resign(node);
                break;
            case kSnapshot: cluster_.snapshot(node); break;
            case kTrim: cluster_.trim(node); break;
            case kAddVoter: change_voters(node, true); break;
            case kRemoveVoter: change_voters(node, false); break;
            case kActions: break;
        }
    }

    void deliver_some() {
        for (std::uint64_t count = random_.between(1, 8); count > 0; --count) {
            if (cluster_.messages().empty()) return;
            // Mostly in order.
            const std::size_t bound = random_.below(4) == 0 ? cluster_.messages().size() : 1;
            cluster_.deliver(random_.below(bound));
        }
    }

    // Every leader that there is, old ones too.
    void append() {
        for (const int id : cluster_.ids()) {
            if (!cluster_.is_up(id) || !cluster_.raft(id).is_leader()) continue;
            if (random_.below(2) == 0) cluster_.append(id, fmt::format("r{}", ++appended_));
        }
    }

    void change_voters(int voter, bool adds) {
        for (const int id : cluster_.ids()) {
            if (!cluster_.is_up(id) || !cluster_.raft(id).is_leader()) continue;
            const bool is_voter = cluster_.raft(id).voters().contains_id(NodeId(voter));
            if (is_voter == adds || !cluster_.at(voter).config.can_vote) continue;
            if (adds) {
                cluster_.add_voter(id, voter);
            } else {
                cluster_.remove_voter(id, voter);
            }
        }
    }

    // V4, V8: within a minute of quiet all agree.
    void come_to_rest() {
        cluster_.heal();
        for (const int id : cluster_.ids()) {
            if (!cluster_.is_up(id)) cluster_.start(id);
            cluster_.flush(id);
        }
        bool was_appended = false;
        for (int second = 0; second < 60; ++second) {
            for (int tenth = 0; tenth < 10; ++tenth) {
                cluster_.advance(100ms, true);
                for (const int id : cluster_.ids()) cluster_.flush(id);
            }
            const int leader = cluster_.leader();
            if (leader == 0) continue;
            if (was_appended && is_at_rest(leader)) return;
            if (second % 5 == 4) was_appended |= cluster_.append(leader, "last");
        }
        throw Violation("V4: " + state());
    }

    bool is_at_rest(int leader) {
        const Raft& first = cluster_.raft(leader);
        if (first.high_watermark() != first.end_offset()) return false;
        return std::ranges::all_of(cluster_.ids(), [&](int id) {
            const Raft& raft = cluster_.raft(id);
            return raft.epoch() == first.epoch() && raft.leader_id() == NodeId(leader) &&
                   raft.end_offset() == first.end_offset() &&
                   raft.high_watermark() == first.high_watermark();
        });
    }

    std::string state() {
        std::string text = "no rest:";
        for (const int id : cluster_.ids()) {
            const Raft& raft = cluster_.raft(id);
            text += fmt::format(" n{} {} epoch={} leader={} end={} hw={} voters=", id,
                                name_of(raft.role()), raft.epoch(), raft.leader_id(),
                                raft.end_offset(), raft.high_watermark());
            for (const auto& [voter, each] : raft.voters().voters())
                text += fmt::format("{},", voter);
        }
        return text;
    }

    QuorumRun run_;
    Random random_;
    std::array<std::uint64_t, kActions> weights_{};
    RaftCluster cluster_;
    int appended_ = 0;
};

}  // namespace

QuorumVerdict run_random_quorum(const QuorumRun& run) {
    // A core's own check ends the run as the others do.
    set_check_handler([](const CheckFailure& failure) {
        throw Violation(fmt::format("CHECK {}:{}: {} {}", failure.file, failure.line,
                                    failure.condition, failure.message));
    });
    RandomQuorum quorum(run);
    QuorumVerdict verdict;
    try {
        quorum.run();
    } catch (const Violation& violation) {
        verdict.violation = violation.what();
    }
    set_check_handler(nullptr);
    verdict.commits_checked = quorum.cluster().checks().commits_checked();
    verdict.committed = quorum.cluster().checks().committed().value();
    const auto& lines = quorum.cluster().lines();
    const std::size_t first = lines.size() > 60 ? lines.size() - 60 : 0;
    for (std::size_t i = first; i < lines.size(); ++i) verdict.tail += lines[i] + "\n";
    return verdict;
}

}  // namespace gregor::raft::test
