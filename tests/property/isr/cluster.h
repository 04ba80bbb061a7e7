// Cluster: the replicas of one partition, pure, with logs in memory, a fake controller, and between
// them messages that come late, in another order, or never. One seed makes one run; after every
// step the rules of replication are held against all replicas (cluster_rules.cpp).
//
// What a run may do is what a real cluster must survive: images late by broker, fetches and answers
// lost, AlterPartitions lost, doubled and reordered with their answers, elections at any moment,
// crashes with their tails lost as long as somebody who is electable keeps what is committed.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/random.h"
#include "tests/property/isr/fake_controller.h"
#include "tests/property/isr/memory_log.h"

namespace gregor::isr_test {

struct Setup {
    std::uint64_t seed = 1;
    int replicas = 3;
    std::int32_t min_isr = 2;
    int steps = 800;
    std::uint64_t faults_per_mille = 50;
    NodeId slow_reader = protocol::kNoNode;    // of images
    NodeId slow_follower = protocol::kNoNode;  // asks seldom
};

/// What was reached, so that a run that proves nothing is seen.
struct Coverage {
    int acknowledged = 0;
    int truncations = 0;
    int elections = 0;
    int expansions = 0;
    int shrinks = 0;
    int lossy_crashes = 0;
};

class Cluster {
public:
    explicit Cluster(const Setup& setup);

    /// The first rule that was broken and how; nothing if all held.
    std::optional<std::string> run();
    [[nodiscard]] const Coverage& coverage() const { return coverage_; }

private:
    struct Request {
        FetchPosition position;
        NodeId leader;
        std::int64_t broker_epoch;
    };
    struct Response {
        FetchPosition asked;
        ErrorCode error = ErrorCode::none;
        LeaderAnswer answer;
        std::vector<Entry> entries;
        Offset leader_start{0};
        Offset leader_end{0};
    };
    struct Replica {
        NodeId id;
        Partition state;
        MemoryLog log;
        bool running = true;
        bool lost_data = false;  // in its last crash
        std::int64_t broker_epoch = 0;
        std::deque<Image> images;  // on their way
        std::optional<Request> request;
        std::optional<Response> response;
        std::optional<FollowStep> cut;  // decided, not yet done
        PartitionStamp before;          // the step
        bool truncated = false;         // in this step
    };
    struct Alter {
        NodeId from;
        IsrProposal proposal;
        std::optional<Result<IsrDecision, ErrorCode>> answer;
    };
    struct Append {
        NodeId leader;
        LeaderEpoch epoch;
        Offset offset;
        Entry entry;
    };

    // cluster.cpp: what replicas do
    void begin_step();
    void step();
    void settle();
    void settle_round();
    void act();
    void advance_alter();
    void produce(Replica& replica);
    void take_image(Replica& replica);
    void ask(Replica& replica);
    void serve(Replica& follower);
    void note_fetch(Replica& leader, const Replica& follower, const Request& request);
    void take_answer(Replica& replica);
    void do_cut(Replica& replica);
    void tick();
    void propose(const Replica& replica, const std::optional<IsrProposal>& proposal);
    void reach_controller(std::size_t alter, bool again);
    void take_alter_answer(std::size_t alter);
    void publish();

    // cluster_faults.cpp
    void lose_message(Replica& replica);
    void do_harm();
    void lose_alter();
    void crash(Replica& replica);
    void restart(Replica& replica);
    [[nodiscard]] bool may_lose_data(const Replica& replica) const;

    // cluster_rules.cpp
    void check();
    void check_leader(const Replica& replica);
    void check_follower(const Replica& replica);
    void check_epochs(const Replica& replica);
    void check_candidates();
    void check_logs_match();
    void check_settled();
    void note_committed();
    void note_acknowledged();
    void violated(std::string what);

    [[nodiscard]] Replica& pick() { return random_.pick(replicas_); }
    /// One to which `suits` applies, if there is any.
    [[nodiscard]] Replica& pick(bool (*suits)(const Replica&));
    [[nodiscard]] Replica& replica(NodeId id) {
        return replicas_[static_cast<std::size_t>(id.value())];
    }

    Setup setup_;
    Random random_;
    FakeController controller_;
    std::vector<Replica> replicas_;
    std::vector<Alter> alters_;
    std::vector<Append> appends_;  // that wait for their acknowledgement
    Instant now_;
    int next_value_ = 1;

    // What the rules remember.
    std::vector<Entry> committed_;           // by offset: below some leader's high watermark once
    std::vector<LeaderEpoch> committed_in_;  // the epoch of that leader
    std::map<Offset, Entry> acknowledged_;
    std::map<std::pair<LeaderEpoch, NodeId>, Offset> fetched_;  // of that epoch, not diverging
    std::map<LeaderEpoch, NodeId> leaders_;
    std::optional<std::string> violation_;
    Coverage coverage_;
};

}  // namespace gregor::isr_test
