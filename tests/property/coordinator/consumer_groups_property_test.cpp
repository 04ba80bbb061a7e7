// Random members of consumer groups (KIP-848), commits that come late or never, coordinators that
// change, topics that come and go: whatever happens,
//
//     no partition is owned by two clients whose members the coordinator knows (G4)
//     epochs never go back, a replay of the log gives the running state, compacted or not (G7, G9)
//     who has not the member's epoch commits nothing (G5)
//     once it is quiet each member has its target, and each subscribed partition one owner (G6, G7)
#include <fmt/format.h>

#include "tests/support/catch.h"
#include "tests/support/group_world.h"

using namespace gregor;
using namespace gregor::coordinator;
using protocol::ErrorCode;
using Request = protocol::ConsumerGroupHeartbeatRequest;
using Response = protocol::ConsumerGroupHeartbeatResponse;

namespace {

constexpr int kSteps = 1'000;
constexpr std::size_t kClients = 6;

const std::vector<std::string> kGroups{"g", "h"};
const std::vector<std::string> kTopics{"orders", "orders-eu", "payments"};

/// A process that is a member, or wants to be.
struct Client {
    std::string group;
    std::string member_id;
    std::optional<std::string> instance_id;
    std::int32_t epoch = 0;
    std::int32_t last_asked = 0;  // answers to older requests are too late
    bool is_member = false;
    std::vector<std::string> topics;
    std::string regex;
    TopicPartitions owned;
    TopicPartitions assigned;  // as it was last told
};

class Clients {
public:
    explicit Clients(std::uint64_t seed)
        : random_(Random::stream(seed, "consumer groups")), world_({}, seed) {
        world_.add_topic("orders", 4);
        world_.add_topic("payments", 3);
        for (std::size_t i = 0; i < kClients; ++i) {
            Client client{.group = kGroups[i % kGroups.size()]};
            if (i >= 4) client.instance_id = fmt::format("i{}", i);
            clients_.push_back(client);
            restart(i);
        }
    }

    void step() {
        const auto which = static_cast<std::size_t>(random_.below(kClients));
        Client& client = clients_[which];
        const std::uint64_t draw = random_.below(60);
        if (draw < 30) {
            beat(which);
        } else if (draw < 36) {
            release(client);
        } else if (draw < 38) {
            subscribe_anew(client);
        } else if (draw < 40) {
            leave(which);
        } else if (draw < 42) {
            restart(which);
        } else if (draw < 46) {
            commit(client);
        } else if (draw < 50) {
            world_.advance(random_.between(std::int64_t{0}, std::int64_t{9'000}));
        } else if (draw < 52) {
            world_.hold();
        } else if (draw < 55) {
            world_.commit();
        } else if (draw < 57) {
            random_.happens({500'000}) ? world_.refuse_next_append() : world_.fail_commits();
        } else if (draw < 58) {
            world_.fail_over();
            world_.check_replay();
        } else {
            change_topics();
        }
        listen();
        check_owners();
    }

    void finish() {
        world_.commit();
        listen();
        for (int round = 0; round < 40; ++round) {
            for (std::size_t i = 0; i < kClients; ++i) {
                release(clients_[i]);
                beat(i);
                listen();
                check_owners();
            }
            world_.advance(5'000);
        }
        for (const auto& [id, group] : world_.machine().image().consumer_groups()) {
            INFO(id);
            REQUIRE(group.state() == ConsumerGroupState::stable);
            check_targets(group);
        }
        for (const Client& client : clients_) REQUIRE(client.owned == client.assigned);
        world_.check_replay();
        world_.compact(random_.happens({500'000}));
        world_.check_replay();
        world_.fail_over();
        world_.check_replay();
    }

    [[nodiscard]] int moved() const { return moved_; }
    [[nodiscard]] int commits() const { return commits_; }

private:
    using Told = std::move_only_function<void(const Result<GroupResponse, ErrorCode>&)>;

    void ask(GroupRequest request, Told told) {
        const RequestId id = world_.ask(std::move(request));
        told_[id] = std::move(told);
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

    void beat(std::size_t which) {
        Client& client = clients_[which];
        ConsumerGroupHeartbeat beat{.request = {.group_id = client.group,
                                                .member_id = client.member_id,
                                                .member_epoch = client.is_member ? client.epoch : 0,
                                                .instance_id = client.instance_id,
                                                .subscribed_topic_names = std::nullopt,
                                                .topic_partitions = std::nullopt},
                                    .version = 1,
                                    .client_id = "c",
                                    .client_host = "/10.0.0.1"};
        const bool is_full = !client.is_member || random_.happens({300'000});
        if (is_full) {
            beat.request.rebalance_timeout_ms = 30'000;
            beat.request.subscribed_topic_names = client.topics;
            beat.request.subscribed_topic_regex = client.regex;
        }
        if (is_full || random_.happens({700'000})) {
            beat.request.topic_partitions = to_wire<Request::TopicPartition>(client.owned);
        }
        const std::int32_t number = ++client.last_asked;
        ask(std::move(beat), [this, which, number, id = client.member_id](const auto& answer) {
            Client& told = clients_[which];
            if (!answer || number != told.last_asked || id != told.member_id) return;
            take(which, std::get<Response>(*answer));
        });
    }

    void take(std::size_t which, const Response& response) {
        Client& client = clients_[which];
        switch (response.error_code) {
            case ErrorCode::none: break;
            case ErrorCode::unreleased_instance_id: return;
            case ErrorCode::fenced_member_epoch:
            case ErrorCode::unknown_member_id:
            case ErrorCode::group_id_not_found: return give_up(client);
            case ErrorCode::fenced_instance_id: return restart(which);
            default: FAIL("a heartbeat is answered " << static_cast<int>(response.error_code));
        }
        if (client.is_member) REQUIRE(response.member_epoch >= client.epoch);
        client.is_member = true;
        client.epoch = response.member_epoch;
        if (!response.assignment) return;
        client.assigned = to_topic_partitions(response.assignment->topic_partitions);
        // What is new it takes at once; what it must give up it gives up when it can.
        const TopicPartitions more = difference(client.assigned, client.owned);
        moved_ += static_cast<int>(count(more));
        if (is_subset(client.owned, client.assigned)) add(client.owned, more);
    }

    /// It has stopped to use what is not its own any more.
    static void release(Client& client) { client.owned = client.assigned; }

    static void give_up(Client& client) {
        client.is_member = false;
        client.epoch = 0;
        client.owned.clear();
        client.assigned.clear();
    }

    void subscribe_anew(Client& client) {
        if (client.is_member && !client.instance_id) give_up(client);
        draw_subscription(client);
    }

    void draw_subscription(Client& client) {
        client.topics.clear();
        client.regex.clear();
        for (const std::string& topic : kTopics) {
            if (random_.happens({600'000})) client.topics.push_back(topic);
        }
        if (random_.happens({200'000})) client.regex = "ord.*";
    }

    void leave(std::size_t which) {
        Client& client = clients_[which];
        const bool for_a_while = client.instance_id && random_.happens({700'000});
        ask(ConsumerGroupHeartbeat{.request = {.group_id = client.group,
                                               .member_id = client.member_id,
                                               .member_epoch =
                                                   for_a_while ? kLeaveStaticEpoch : kLeaveEpoch,
                                               .instance_id = client.instance_id,
                                               .subscribed_topic_names = std::nullopt,
                                               .topic_partitions = std::nullopt},
                                   .version = 1},
            [](const auto&) {});
        restart(which);
    }

    /// Its process ends, and another begins.
    void restart(std::size_t which) {
        Client& client = clients_[which];
        give_up(client);
        client.member_id = fmt::format("c{}-{}", which, ++last_id_);
        draw_subscription(client);
    }

    void commit(const Client& client) {
        CommitOffsets commit{.request = {.group_id = client.group, .topics = {}}, .version = 9};
        const std::int32_t epoch = client.epoch - (random_.happens({200'000}) ? 1 : 0);
        commit.request.generation_id_or_member_epoch = epoch;
        commit.request.member_id = client.member_id;
        commit.request.topics.push_back(
            {.name = "payments",
             .partitions = {{.partition_index = protocol::PartitionId(0),
                             .committed_offset = protocol::Offset(++last_value_)}}});
        const ConsumerGroup* group = world_.machine().image().find_consumer_group(client.group);
        const ConsumerMember* member =
            group == nullptr ? nullptr : group->find_member(client.member_id);
        const bool may = member != nullptr && member->member_epoch == epoch;
        const bool is_nobody = epoch < 0 && (group == nullptr || group->members().empty());
        ask(std::move(commit), [this, may, is_nobody](const auto& answer) {
            if (!answer) return;
            const auto& response = std::get<protocol::OffsetCommitResponse>(*answer);
            if (response.topics.front().partitions.front().error_code != ErrorCode::none) return;
            REQUIRE((may || is_nobody));
            ++commits_;
        });
    }

    void change_topics() {
        if (random_.happens({700'000})) return;
        const std::string topic = kTopics[1];
        const bool is_there = world_.image().find_topic(topic) != nullptr;
        is_there ? world_.remove_topic(topic) : world_.add_topic(topic, 2);
    }

    /// What the coordinator has not heard to be given up it gives to nobody else.
    void check_owners() const {
        std::map<std::string, TopicPartitions> owned;
        for (const Client& client : clients_) {
            const ConsumerGroup* group = world_.machine().image().find_consumer_group(client.group);
            const bool is_known =
                group != nullptr && group->find_member(client.member_id) != nullptr;
            if (!is_known || !client.is_member) continue;
            REQUIRE(intersection(owned[client.group], client.owned).empty());
            add(owned[client.group], client.owned);
        }
    }

    void check_targets(const ConsumerGroup& group) const {
        std::map<protocol::TopicId, int> given;
        for (const auto& [id, member] : group.members()) {
            REQUIRE(member.assigned == group.target_of(id));
            for (const auto& [topic_id, partitions] : member.assigned) {
                given[topic_id] += static_cast<int>(partitions.size());
            }
        }
        for (const std::string& name : group.subscribed_topics()) {
            const metadata::TopicImage* topic = world_.image().find_topic(name);
            if (topic == nullptr) continue;
            REQUIRE(given[topic->id] == static_cast<int>(topic->partitions.size()));
            given.erase(topic->id);
        }
        REQUIRE(given.empty());
    }

    Random random_;
    testing::GroupWorld world_;
    std::vector<Client> clients_;
    std::map<RequestId, Told> told_;
    std::int64_t last_value_ = 0;
    int last_id_ = 0;
    int moved_ = 0;
    int commits_ = 0;
};

}  // namespace

TEST_CASE("consumer groups keep their promises whatever happens to commits and coordinators") {
    int moved = 0;
    int commits = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        INFO("seed " << seed);
        Clients clients(seed);
        for (int i = 0; i < kSteps; ++i) clients.step();
        clients.finish();
        moved += clients.moved();
        commits += clients.commits();
    }
    REQUIRE(moved > 10'000);
    REQUIRE(commits > 1'000);
}
