// ClusterModel: brokers that register, die, lose their unsynced tails and come back, around one
// controller, with a ghost log for each replica: how long it is, and how much of the partition was
// ever committed. What the controller decides must never make a leader, or a candidate for one, of
// a replica that misses committed records (invariant R2), unless it says so by RECOVERING.
//
// Steps are drawn from one stream of a seed. Requests are often wrong on purpose: stale epochs,
// dead members, unknown brokers.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "tests/unit/controller/controller_world.h"

namespace gregor::controller::test {

struct ClusterOptions {
    std::uint64_t seed = 1;
    bool elr = false;
    bool unclean_restarts = true;  // brokers lose the ends of their logs
    bool change_features = false;
    bool check_invariants = true;  // or leave it to find_violation()
};

class ClusterModel {
public:
    static constexpr std::int32_t kBrokers = 5;

    explicit ClusterModel(ClusterOptions options);

    void step();
    /// Everybody comes back and is heard of; nobody dies any more.
    void heal();

    /// What is wrong now, if anything; `last` names the step that came before.
    [[nodiscard]] std::optional<std::string> find_violation() const;
    [[nodiscard]] const std::string& last_step() const { return last_step_; }
    [[nodiscard]] ControllerWorld& world() { return world_; }
    [[nodiscard]] const std::map<std::string, int>& steps_done() const { return steps_done_; }

private:
    struct Broker {
        bool alive = false;
        bool lossy = false;  // lost something since its last registration
        std::uint8_t incarnation = 0;
        std::int64_t clean_epoch = -1;  // at which it stopped cleanly
        bool wants_shut_down = false;
        std::set<std::uint8_t> failed_directories;
    };
    struct Ghost {
        std::map<NodeId, std::int64_t> ends;
        std::int64_t committed = 0;
    };
    using Key = std::pair<protocol::TopicId, PartitionId>;

    // Steps
    void beat(std::int32_t id);
    void die(std::int32_t id);
    void come_back(std::int32_t id);
    void let_time_pass();
    void write_and_replicate();
    void alter_isr();
    void create_or_delete_topic();
    void reassign();
    void elect();
    void change_configs();
    void fail_or_assign_directory();
    void unregister();
    void change_feature();

    void note(std::string step);
    [[nodiscard]] std::int32_t any_broker() {
        return static_cast<std::int32_t>(1 + random_.below(kBrokers));
    }
    [[nodiscard]] bool happens(std::uint32_t percent) {
        return random_.happens(Chance{percent * 10'000});
    }
    [[nodiscard]] std::string any_topic() { return fmt::format("t{}", random_.below(4)); }
    [[nodiscard]] std::optional<Key> any_partition();
    [[nodiscard]] std::vector<NodeId> any_replicas(std::size_t count);
    [[nodiscard]] bool is_registered(std::int32_t id) const;
    [[nodiscard]] bool may_act(NodeId node) const;
    [[nodiscard]] const metadata::PartitionState& state_of(const Key& key) const;

    /// Ghosts follow what the controller has decided.
    void follow_image();
    void follow_partition(const Key& key, const metadata::PartitionState& state);
    void commit(const Key& key, const std::string& topic);

    ClusterOptions options_;
    Random random_;
    ControllerWorld world_;
    std::map<std::int32_t, Broker> brokers_;
    std::map<Key, Ghost> ghosts_;
    std::map<Key, std::pair<protocol::LeaderEpoch, NodeId>> led_;
    bool healing_ = false;
    std::string last_step_;
    std::map<std::string, int> steps_done_;
};

}  // namespace gregor::controller::test
