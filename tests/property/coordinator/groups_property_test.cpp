// Random clients, commits that come late or never, coordinators that change: whatever happens,
//
//     a replay of the log gives the running state, compacted or not (G9)
//     a generation has one leader, and every member its assignment from it (G6, G7)
//     what an OffsetFetch gives is the last acknowledged commit or a later one (G1)
//     who is not of the generation commits nothing (G5)
//     every request is answered, or waits for a rebalance that time ends
#include <fmt/format.h>

#include "tests/support/catch.h"
#include "tests/support/group_world.h"

using namespace gregor;
using namespace gregor::coordinator;
using protocol::ErrorCode;

namespace {

constexpr int kSteps = 1'000;
constexpr int kClients = 5;
constexpr int kPartitions = 2;

const std::vector<std::string> kGroups{"g", "h"};

GroupConfig config_of(Random& random) {
    GroupConfig config;
    config.initial_rebalance_delay_ms = random.happens({500'000}) ? 0 : 3'000;
    if (random.happens({200'000})) config.max_size = 3;
    return config;
}

struct Client {
    std::string group;
    std::string member_id;
    std::int32_t generation_id = -1;
    std::optional<std::string> group_instance_id;
    bool is_waiting = false;
    bool must_sync = false;
    std::vector<std::string> members;  // as a leader was told
};

/// Commits of one partition of one group, in the order of the log; -1: deleted.
struct Register {
    std::vector<std::int64_t> values{-1};
    std::size_t acknowledged = 0;

    [[nodiscard]] bool may_be(std::int64_t value) const {
        for (std::size_t i = acknowledged; i < values.size(); ++i) {
            if (values[i] == value) return true;
        }
        return false;
    }
};

class Clients {
public:
    explicit Clients(std::uint64_t seed)
        : random_(Random::stream(seed, "groups")), world_(config_of(random_), seed) {
        world_.add_topic("orders", kPartitions);
        for (int i = 0; i < kClients; ++i) {
            Client client{.group = kGroups[static_cast<std::size_t>(i) % kGroups.size()]};
            if (i >= 3) client.group_instance_id = fmt::format("i{}", i % 2);
            clients_.push_back(client);
        }
    }

    void step() {
        const std::size_t which = static_cast<std::size_t>(random_.below(kClients));
        Client& client = clients_[which];
        const std::uint64_t draw = random_.below(40);
        if (draw < 10) {
            join(which);
        } else if (draw < 20) {
            sync(which);
        } else if (draw < 23) {
            heartbeat(which);
        } else if (draw < 24) {
            leave(which);
        } else if (draw < 28) {
            commit(which);
        } else if (draw < 31) {
            fetch(client.group);
        } else if (draw < 35) {
            world_.advance(random_.between(std::int64_t{0}, std::int64_t{6'000}));
        } else if (draw < 36) {
            world_.hold();
        } else if (draw < 38) {
            world_.commit();
        } else if (draw < 39) {
            random_.happens({500'000}) ? fail() : fail_over();
        } else {
            forget(client);
        }
        listen();
    }

    void finish() {
        world_.commit();
        listen();
        world_.check_replay();
        // Long enough for every rebalance and session to end.
        world_.advance(1'000'000);
        listen();
        REQUIRE(world_.waiting() == 0);
        world_.compact(random_.happens({500'000}));
        world_.check_replay();
    }

    [[nodiscard]] int generations() const { return generations_completed_; }
    [[nodiscard]] int fetches() const { return fetches_; }

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

    void join(std::size_t which) {
        Client& client = clients_[which];
        if (client.is_waiting) return;
        client.is_waiting = true;
        JoinGroup join{.request = {.group_id = client.group,
                                   .session_timeout_ms = 10'000,
                                   .rebalance_timeout_ms = 20'000,
                                   .member_id = client.member_id,
                                   .group_instance_id = client.group_instance_id,
                                   .protocol_type = "consumer",
                                   .protocols = {}},
                       .version = static_cast<std::int16_t>(random_.between(0, 9)),
                       .client_id = fmt::format("c{}", which),
                       .client_host = "/10.0.0.1"};
        join.request.protocols.push_back({.name = "range", .metadata = {}});
        if (random_.happens({700'000})) {
            join.request.protocols.push_back({.name = "sticky", .metadata = {}});
        }
        ask(std::move(join), [this, which](const auto& answer) { joined(which, answer); });
    }
    void joined(std::size_t which, const Result<GroupResponse, ErrorCode>& answer) {
        Client& client = clients_[which];
        client.is_waiting = false;
        if (!answer) return;
        const auto& response = std::get<protocol::JoinGroupResponse>(*answer);
        if (response.error_code == ErrorCode::member_id_required) {
            client.member_id = response.member_id;
        } else if (response.error_code == ErrorCode::unknown_member_id ||
                   response.error_code == ErrorCode::fenced_instance_id) {
            client.member_id.clear();
        } else if (response.error_code == ErrorCode::none) {
            client.member_id = response.member_id;
            client.generation_id = response.generation_id;
            client.must_sync = true;
            client.members.clear();
            for (const auto& member : response.members) client.members.push_back(member.member_id);
            if (client.members.empty()) return;
            // Only a leader is told of the members.
            REQUIRE(response.leader == client.member_id);
            if (response.skip_assignment) return;
            const auto leads =
                leaders_.try_emplace({client.group, client.generation_id}, client.member_id);
            REQUIRE(leads.first->second == client.member_id);
        }
    }

    void sync(std::size_t which) {
        Client& client = clients_[which];
        if (client.is_waiting || !client.must_sync) return;
        client.is_waiting = true;
        client.must_sync = false;
        protocol::SyncGroupRequest request{.group_id = client.group,
                                           .generation_id = client.generation_id,
                                           .member_id = client.member_id,
                                           .group_instance_id = client.group_instance_id,
                                           .protocol_type = std::nullopt,
                                           .protocol_name = std::nullopt,
                                           .assignments = {}};
        for (const std::string& member : client.members) {
            request.assignments.push_back(
                {.member_id = member, .assignment = Bytes::copy_of(assignment(client, member))});
        }
        ask(SyncGroup{std::move(request)}, [this, which](const auto& answer) {
            Client& told = clients_[which];
            told.is_waiting = false;
            if (!answer) return;
            const auto& response = std::get<protocol::SyncGroupResponse>(*answer);
            if (response.error_code != ErrorCode::none) return;
            ++generations_completed_;
            // A static member that came back keeps what its old id was given.
            if (told.group_instance_id) return;
            REQUIRE(response.assignment.text() == assignment(told, told.member_id));
        });
    }
    static std::string assignment(const Client& client, const std::string& member) {
        return fmt::format("{}:{}", client.generation_id, member);
    }

    void heartbeat(std::size_t which) {
        const Client& client = clients_[which];
        if (client.is_waiting) return;
        ask(Heartbeat{{.group_id = client.group,
                       .generation_id = client.generation_id,
                       .member_id = client.member_id,
                       .group_instance_id = client.group_instance_id}},
            [this, which](const auto& answer) {
                if (!answer) return;
                const auto error = std::get<protocol::HeartbeatResponse>(*answer).error_code;
                if (error == ErrorCode::unknown_member_id ||
                    error == ErrorCode::fenced_instance_id) {
                    clients_[which].member_id.clear();
                }
            });
    }

    void leave(std::size_t which) {
        Client& client = clients_[which];
        protocol::LeaveGroupRequest request{.group_id = client.group, .members = {}};
        auto& leaver = request.members.emplace_back();
        leaver.member_id = client.member_id;
        leaver.group_instance_id = client.group_instance_id;
        ask(LeaveGroup{std::move(request)}, [](const auto&) {});
        client.member_id.clear();
        client.must_sync = false;
    }

    void commit(std::size_t which) {
        const Client& client = clients_[which];
        const bool as_member = random_.happens({800'000});
        CommitOffsets commit{.request = {.group_id = client.group, .topics = {}}, .version = 9};
        if (as_member) {
            commit.request.generation_id_or_member_epoch =
                client.generation_id - (random_.happens({100'000}) ? 1 : 0);
            commit.request.member_id = client.member_id;
            commit.request.group_instance_id = client.group_instance_id;
        }
        const int partition = static_cast<int>(random_.below(kPartitions));
        const std::int64_t value = ++last_value_;
        commit.request.topics.push_back(
            {.name = "orders",
             .partitions = {{.partition_index = protocol::PartitionId(partition),
                             .committed_offset = protocol::Offset(value)}}});
        const auto group = world_.machine().groups().find(client.group);
        const bool is_of_generation =
            group != world_.machine().groups().end() &&
            group->second.generation_id() == commit.request.generation_id_or_member_epoch &&
            group->second.find_member(commit.request.member_id) != nullptr;
        const bool may_be_empty =
            commit.request.generation_id_or_member_epoch < 0 &&
            (group == world_.machine().groups().end() || group->second.is_in(GroupState::empty));
        Register& offset = registers_[{client.group, partition}];
        offset.values.push_back(value);
        const std::size_t place = offset.values.size() - 1;
        ask(std::move(commit),
            [&offset, place, is_of_generation, may_be_empty](const auto& answer) {
                if (!answer) return;
                const auto error = std::get<protocol::OffsetCommitResponse>(*answer)
                                       .topics.front()
                                       .partitions.front()
                                       .error_code;
                if (error != ErrorCode::none) return;
                REQUIRE((is_of_generation || may_be_empty));
                offset.acknowledged = std::max(offset.acknowledged, place);
            });
    }

    void fetch(const std::string& group) {
        FetchOffsets fetch;
        fetch.group.group_id = group;
        fetch.group.topics->push_back({.name = "orders", .partition_indexes = {}});
        for (int i = 0; i < kPartitions; ++i) {
            fetch.group.topics->front().partition_indexes.emplace_back(i);
        }
        // What was acknowledged before it was asked must be in the answer.
        std::vector<std::size_t> acknowledged;
        for (int i = 0; i < kPartitions; ++i) {
            acknowledged.push_back(registers_[{group, i}].acknowledged);
        }
        ask(std::move(fetch), [this, group, acknowledged](const auto& answer) {
            if (!answer) return;
            ++fetches_;
            const auto& response = std::get<protocol::OffsetFetchResponse::Group>(*answer);
            for (int i = 0; i < kPartitions; ++i) {
                Register seen = registers_[{group, i}];
                seen.acknowledged = acknowledged[static_cast<std::size_t>(i)];
                const auto& partition =
                    response.topics.front().partitions[static_cast<std::size_t>(i)];
                REQUIRE(seen.may_be(partition.committed_offset.value()));
            }
        });
    }

    void fail() {
        if (random_.happens({500'000})) {
            world_.refuse_next_append();
        } else {
            world_.fail_commits();
        }
    }

    void fail_over() {
        world_.fail_over();
        world_.check_replay();
        // A generation that was not written may come again with another leader.
        leaders_.clear();
    }

    /// Its process dies, and another begins.
    void forget(Client& client) {
        if (client.is_waiting) return;
        client.member_id.clear();
        client.generation_id = -1;
        client.must_sync = false;
    }

    Random random_;
    testing::GroupWorld world_;
    std::vector<Client> clients_;
    std::map<RequestId, Told> told_;
    std::map<std::pair<std::string, std::int32_t>, std::string> leaders_;
    std::map<std::pair<std::string, int>, Register> registers_;
    std::int64_t last_value_ = 0;
    int generations_completed_ = 0;
    int fetches_ = 0;
};

}  // namespace

TEST_CASE("groups keep their promises whatever happens to commits and coordinators") {
    int generations = 0;
    int fetches = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        INFO("seed " << seed);
        Clients clients(seed);
        for (int i = 0; i < kSteps; ++i) clients.step();
        clients.finish();
        generations += clients.generations();
        fetches += clients.fetches();
    }
    REQUIRE(generations > 3'000);
    REQUIRE(fetches > 5'000);
}
