// One group with members of both protocols, which come, go, crash and come back, so that it becomes
// classic and consumer again and again (KIP-848), under commits that fail and coordinators that
// change: whatever happens,
//
//     no partition is owned by two clients whose members the coordinator knows (G4)
//     a replay of the log gives the running state, compacted or not (G9)
//     every request is answered, or waits for a rebalance that time ends
//     once it is quiet every partition has one owner, whatever the group is by then (G6)
#include <fmt/format.h>

#include "broker/coordinator/consumer/classic_protocol.h"
#include "broker/coordinator/versioned_bytes.h"
#include "tests/support/catch.h"
#include "tests/support/group_world.h"

using namespace gregor;
using namespace gregor::coordinator;
using protocol::ErrorCode;

namespace {

constexpr int kSteps = 800;
constexpr std::size_t kClients = 5;
constexpr int kPartitions = 6;
const std::string kGroup = "g";
const std::string kTopic = "orders";

struct Client {
    bool is_classic = false;
    std::string member_id;
    std::int32_t epoch = -1;  // or generation
    bool is_member = false;
    bool is_waiting = false;
    bool must_join = true;
    bool must_sync = false;
    int life = 0;                      // answers to an earlier one are nobody's
    std::vector<std::string> members;  // as a leader was told
    TopicPartitions owned;
    TopicPartitions assigned;
};

class Clients {
public:
    explicit Clients(std::uint64_t seed)
        : random_(Random::stream(seed, "migration")), world_(config(), seed) {
        world_.add_topic(kTopic, kPartitions);
        clients_.resize(kClients);
        for (std::size_t i = 0; i < kClients; ++i) restart(i);
    }

    void step() {
        ++steps_;
        const auto which = static_cast<std::size_t>(random_.below(kClients));
        const std::uint64_t draw = random_.below(60);
        if (draw < 36) {
            act(which);
        } else if (draw < 42) {
            leave(which);
        } else if (draw < 44) {
            restart(which);
        } else if (draw < 49) {
            world_.advance(random_.between(std::int64_t{0}, std::int64_t{5'000}));
        } else if (draw < 52) {
            world_.hold();
        } else if (draw < 56) {
            world_.commit();
        } else if (draw < 58) {
            random_.happens({500'000}) ? world_.refuse_next_append() : world_.fail_commits();
        } else if (draw < 59) {
            world_.fail_over();
            world_.check_replay();
        }
        listen();
        check_owners();
        count_changes();
    }

    void finish() {
        world_.commit();
        listen();
        for (int round = 0; round < 60; ++round) {
            for (std::size_t i = 0; i < kClients; ++i) {
                act(i);
                listen();
                check_owners();
            }
            world_.advance(2'000);
            listen();
        }
        REQUIRE(world_.waiting() == 0);
        std::size_t owned = 0;
        for (const Client& client : clients_) owned += count(client.owned);
        REQUIRE(owned == kPartitions);
        world_.check_replay();
        world_.compact(random_.happens({500'000}));
        world_.check_replay();
        world_.fail_over();
        world_.check_replay();
    }

    [[nodiscard]] int changes() const { return changes_; }

private:
    using Told = std::move_only_function<void(const Result<GroupResponse, ErrorCode>&)>;

    static GroupConfig config() {
        GroupConfig config;
        config.initial_rebalance_delay_ms = 0;
        return config;
    }

    void ask(std::size_t which, GroupRequest request, Told told) {
        const RequestId id = world_.ask(std::move(request));
        clients_[which].is_waiting = true;
        told_[id] = [this, which, life = clients_[which].life,
                     told = std::move(told)](const auto& answer) mutable {
            if (clients_[which].life != life) return;
            clients_[which].is_waiting = false;
            told(answer);
        };
    }
    void listen() {
        for (auto answers = world_.take_answers(); !answers.empty();
             answers = world_.take_answers()) {
            for (const auto& [id, answer] : answers) {
                auto told = told_.extract(id);
                if (!told.empty()) told.mapped()(answer);
            }
        }
    }

    void act(std::size_t which) {
        Client& client = clients_[which];
        if (client.is_waiting) return;
        if (!client.is_classic) return beat(which);
        if (client.must_join) return join(which);
        if (client.must_sync) return sync(which);
        heartbeat(which);
    }

    // The consumer protocol. ----------------------------------------------------------------------

    void beat(std::size_t which) {
        Client& client = clients_[which];
        // What it must give up it has given up by now.
        client.owned = intersection(client.owned, client.assigned);
        ConsumerGroupHeartbeat beat{.request = {.group_id = kGroup,
                                                .member_id = client.member_id,
                                                .member_epoch = client.is_member ? client.epoch : 0,
                                                .instance_id = std::nullopt,
                                                .rebalance_timeout_ms = 20'000,
                                                .subscribed_topic_names = {{kTopic}},
                                                .topic_partitions = std::nullopt},
                                    .version = 1};
        beat.request.topic_partitions =
            to_wire<protocol::ConsumerGroupHeartbeatRequest::TopicPartition>(client.owned);
        ask(which, std::move(beat), [this, which](const auto& answer) {
            if (!answer) return;
            beaten(clients_[which], std::get<protocol::ConsumerGroupHeartbeatResponse>(*answer));
        });
    }

    static void beaten(Client& client, const protocol::ConsumerGroupHeartbeatResponse& response) {
        if (response.error_code != ErrorCode::none) return give_up(client);
        client.is_member = true;
        client.epoch = response.member_epoch;
        client.assigned = to_topic_partitions(response.assignment->topic_partitions);
        if (is_subset(client.owned, client.assigned)) client.owned = client.assigned;
    }

    // The classic protocol. -----------------------------------------------------------------------

    void join(std::size_t which) {
        Client& client = clients_[which];
        client.owned.clear();  // eager
        JoinGroup join{.request = {.group_id = kGroup,
                                   .session_timeout_ms = 10'000,
                                   .rebalance_timeout_ms = 20'000,
                                   .member_id = client.member_id,
                                   .protocol_type = "consumer",
                                   .protocols = {}},
                       .version = 3};
        join.request.protocols.push_back(
            {.name = "range",
             .metadata =
                 encode_versioned(protocol::ConsumerProtocolSubscription{.topics = {kTopic}}, 1)});
        ask(which, std::move(join), [this, which](const auto& answer) {
            Client& joined = clients_[which];
            if (!answer) return;
            const auto& response = std::get<protocol::JoinGroupResponse>(*answer);
            if (response.error_code == ErrorCode::unknown_member_id) joined.member_id.clear();
            if (response.error_code != ErrorCode::none) return;
            joined.member_id = response.member_id;
            joined.epoch = response.generation_id;
            joined.must_join = false;
            joined.must_sync = true;
            joined.members.clear();
            for (const auto& each : response.members) joined.members.push_back(each.member_id);
        });
    }

    void sync(std::size_t which) {
        Client& client = clients_[which];
        protocol::SyncGroupRequest request{.group_id = kGroup,
                                           .generation_id = client.epoch,
                                           .member_id = client.member_id,
                                           .protocol_type = std::nullopt,
                                           .protocol_name = std::nullopt,
                                           .assignments = {}};
        for (std::size_t i = 0; i < client.members.size(); ++i) {
            TopicPartitions share;
            for (std::size_t p = i; p < kPartitions; p += client.members.size()) {
                share[world_.image().find_topic(kTopic)->id].emplace(static_cast<int>(p));
            }
            request.assignments.push_back(
                {.member_id = client.members[i],
                 .assignment = write_assignment(share, {}, world_.image())});
        }
        ask(which, SyncGroup{std::move(request)}, [this, which](const auto& answer) {
            Client& synced = clients_[which];
            if (!answer) return;
            const auto& response = std::get<protocol::SyncGroupResponse>(*answer);
            synced.must_sync = false;
            if (response.error_code != ErrorCode::none) return rejoin(synced, response.error_code);
            synced.is_member = true;
            synced.owned = *read_assignment(response.assignment, world_.image());
            synced.assigned = synced.owned;
        });
    }

    void heartbeat(std::size_t which) {
        const Client& client = clients_[which];
        ask(which,
            Heartbeat{
                {.group_id = kGroup, .generation_id = client.epoch, .member_id = client.member_id}},
            [this, which](const auto& answer) {
                if (!answer) return;
                const auto error = std::get<protocol::HeartbeatResponse>(*answer).error_code;
                if (error != ErrorCode::none) rejoin(clients_[which], error);
            });
    }

    static void rejoin(Client& client, ErrorCode error) {
        if (error != ErrorCode::rebalance_in_progress) give_up(client);
        if (error == ErrorCode::unknown_member_id) client.member_id.clear();
        client.must_join = true;
    }

    // Both. ---------------------------------------------------------------------------------------

    static void give_up(Client& client) {
        client.is_member = false;
        client.must_join = true;
        client.must_sync = false;
        client.owned.clear();
        client.assigned.clear();
    }

    void leave(std::size_t which) {
        const Client& client = clients_[which];
        if (client.is_classic) {
            protocol::LeaveGroupRequest request{.group_id = kGroup, .members = {}};
            request.members.emplace_back().member_id = client.member_id;
            world_.ask(LeaveGroup{std::move(request)});
        } else {
            world_.ask(ConsumerGroupHeartbeat{.request = {.group_id = kGroup,
                                                          .member_id = client.member_id,
                                                          .member_epoch = kLeaveEpoch,
                                                          .instance_id = std::nullopt,
                                                          .subscribed_topic_names = std::nullopt,
                                                          .topic_partitions = std::nullopt},
                                              .version = 1});
        }
        restart(which);
    }

    /// Its process ends, and another begins, perhaps with another protocol.
    void restart(std::size_t which) {
        Client& client = clients_[which];
        const int life = client.life + 1;
        // Now most of them are of one kind, and then of the other.
        const bool is_mostly_classic = steps_ / 50 % 2 == 0;
        client = Client{.is_classic = random_.happens({is_mostly_classic ? 900'000U : 100'000U}),
                        .life = life};
        if (!client.is_classic) client.member_id = fmt::format("c{}-{}", which, life);
    }

    [[nodiscard]] bool knows(const Client& client) const {
        const auto& machine = world_.machine();
        const ConsumerGroup* consumer = machine.image().find_consumer_group(kGroup);
        if (consumer != nullptr) return consumer->find_member(client.member_id) != nullptr;
        const auto classic = machine.groups().find(kGroup);
        // Who is of an older generation will hear of it before it may commit anything.
        return classic != machine.groups().end() &&
               classic->second.find_member(client.member_id) != nullptr &&
               classic->second.generation_id() == client.epoch;
    }

    void check_owners() const {
        TopicPartitions owned;
        for (const Client& client : clients_) {
            if (!client.is_member || !knows(client)) continue;
            REQUIRE(intersection(owned, client.owned).empty());
            add(owned, client.owned);
        }
    }

    void count_changes() {
        const bool is_consumer = world_.machine().image().find_consumer_group(kGroup) != nullptr;
        if (is_consumer != was_consumer_) ++changes_;
        was_consumer_ = is_consumer;
    }

    Random random_;
    testing::GroupWorld world_;
    std::vector<Client> clients_;
    std::map<RequestId, Told> told_;
    bool was_consumer_ = false;
    int steps_ = 0;
    int changes_ = 0;
};

}  // namespace

TEST_CASE("a group may change its protocol whatever happens to commits and coordinators") {
    int changes = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        INFO("seed " << seed);
        Clients clients(seed);
        for (int i = 0; i < kSteps; ++i) clients.step();
        clients.finish();
        changes += clients.changes();
    }
    REQUIRE(changes > 400);
}
