// Three machines that hold one partition, with logs on their disks, fetchers between them and a
// scripted controller. The controller is no machine: its word reaches a broker's image fiber when
// that looks, and is asked without a network.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "broker/protocol/messages/list_offsets.h"
#include "broker/replication/replica_manager.h"
#include "broker/rpc/server.h"
#include "sim/simulated/world.h"
#include "tests/property/isr/fake_controller.h"
#include "tests/support/catch.h"
#include "tests/unit/replication/records.h"

namespace gregor::replication_test {

using namespace gregor::replication;

inline const TopicPartition kShared{"orders", 0};
inline constexpr TopicId kSharedId{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9}};

/// What the controller knows, for all brokers.
struct Script {
    explicit Script(int replicas, std::size_t min_isr) : controller(replicas, min_isr) {}

    isr_test::FakeController controller;
    std::vector<std::string> racks;
};

class ScriptedChannel final : public IsrChannel {
public:
    explicit ScriptedChannel(Script& script) : script_(script) {}
    Result<protocol::AlterPartitionResponse, ErrorCode> alter_partition(
        const protocol::AlterPartitionRequest& request, Instant) override {
        protocol::AlterPartitionResponse response;
        for (const auto& topic : request.topics) {
            auto& answered = response.topics.emplace_back();
            answered.topic_id = topic.topic_id;
            for (const auto& asked : topic.partitions) {
                IsrProposal proposal{.leader_epoch = asked.leader_epoch,
                                     .partition_epoch = asked.partition_epoch};
                for (const auto& member : asked.new_isr_with_epochs) {
                    proposal.isr.push_back({member.broker_id, member.broker_epoch});
                }
                const auto decision = script_.controller.alter(request.broker_id, proposal);
                auto& answer = answered.partitions.emplace_back();
                answer.partition_index = asked.partition_index;
                if (!decision) {
                    answer.error_code = decision.error();
                    continue;
                }
                answer.leader_epoch = decision->leader_epoch;
                answer.partition_epoch = decision->partition_epoch;
                answer.isr = decision->isr;
            }
        }
        return response;
    }

private:
    Script& script_;
};

class ReplicaProgram final : public simulated::Program {
public:
    struct Settings {
        NodeId id;
        std::int32_t min_isr = 2;
        bool lost_data = false;  // the last process of this machine did
        bool is_restart = false;
    };

    ReplicaProgram(Runtime& runtime, Script& script, const Settings& settings)
        : runtime_(runtime),
          script_(script),
          settings_(settings),
          channel_(script),
          server_(runtime, {}, [this](const rpc::Request& request, rpc::Reply reply) {
              answer(request, std::move(reply));
          }) {
        log::LogConfig config;
        config.min_insync_replicas = settings.min_isr;
        config_ = std::make_shared<log::LogConfig>(config);
    }

    void run() override {
        auto opened = log::LogManager::open(
            runtime_, {.folders = {"data", "more"},
                       .cluster_id = "cluster",
                       .node_id = settings_.id,
                       .config_of = [this](const std::string&) { return config_; }});
        REQUIRE(opened.has_value());
        logs_ = *std::move(opened);
        replicas_ = std::make_unique<ReplicaManager>(
            runtime_, *logs_,
            ReplicaManagerOptions{.node_id = settings_.id,
                                  .replica_lag_time_max = 2s,
                                  .select_by_rack = true,
                                  .fetcher = {.backoff = 100ms, .socket_timeout = 1s}});
        REQUIRE(server_.listen("PLAINTEXT", endpoint_of(settings_.id)).has_value());
        server_.start("PLAINTEXT");
        const std::int64_t epoch =
            settings_.is_restart
                ? script_.controller.register_broker(settings_.id, settings_.lost_data)
                : script_.controller.image().brokers->at(settings_.id);
        replicas_->start_proposing(channel_, epoch);
        while (true) {
            take_image();
            replicas_->check_invariants();
            while (!jobs_.empty()) {
                const auto job = std::move(jobs_.front());
                jobs_.pop_front();
                job(*replicas_);
            }
            runtime_.clock().sleep_for(5ms);
        }
    }
    void request_stop() override { runtime_.tasks().cancel(); }

    /// Called on a fiber of this machine before long.
    void soon(std::function<void(ReplicaManager&)> job) { jobs_.push_back(std::move(job)); }
    [[nodiscard]] ReplicaManager* replicas() { return replicas_.get(); }
    /// No image reaches it any more.
    void stop_reading() { reads_images_ = false; }

    static Endpoint endpoint_of(NodeId id) { return {"n" + std::to_string(id.value()), 9092}; }

private:
    void take_image() {
        if (!reads_images_ || script_.controller.state().partition_epoch == image_) return;
        image_ = script_.controller.state().partition_epoch;
        const isr_test::Image image = script_.controller.image();
        std::map<NodeId, BrokerView> views;
        for (const NodeId id : image.assignment.replicas) {
            const auto registered = image.brokers->find(id);
            BrokerView view{.is_eligible = registered != image.brokers->end(),
                            .endpoint = endpoint_of(id)};
            if (view.is_eligible) view.broker_epoch = registered->second;
            if (!script_.racks.empty()) {
                view.rack = script_.racks[static_cast<std::size_t>(id.value())];
            }
            views.emplace(id, view);
        }
        replicas_->brokers_changed(views);
        REQUIRE(replicas_->assign(kShared, kSharedId, image.assignment, config_).has_value());
    }
    void answer(const rpc::Request& request, rpc::Reply reply) {
        if (replicas_ == nullptr) return reply.close_connection();
        if (request.key == protocol::ApiKey{protocol::FetchRequest::kMessage.id}) {
            return answer_fetch(request, std::move(reply));
        }
        answer_list_offsets(request, std::move(reply));
    }
    void answer_fetch(const rpc::Request& request, rpc::Reply reply) {
        const auto asked = protocol::decode<protocol::FetchRequest>(request.body, request.version);
        REQUIRE(asked);
        FetchSessionCache& sessions = replicas_->fetch_sessions();
        FetchContext session = sessions.begin(
            request.version, *asked, true, runtime_.clock().now(), [](const TopicId& id) {
                return id == kSharedId ? std::optional(kShared.topic) : std::nullopt;
            });
        const FetchParams params{.replica_id = asked->replica_state.replica_id,
                                 .replica_epoch = asked->replica_state.replica_epoch,
                                 .max_wait = std::chrono::milliseconds(asked->max_wait_ms),
                                 .min_bytes = asked->min_bytes,
                                 .max_bytes = asked->max_bytes};
        std::vector<FetchTarget> targets = session.targets();
        replicas_->fetch(params, std::move(targets),
                         [this, session = std::move(session),
                          reply = std::move(reply)](FetchResult result) mutable {
                             send(session, std::move(result), std::move(reply));
                         });
    }
    void send(FetchContext& session, FetchResult result, rpc::Reply reply) {
        const FetchVerdict verdict = replicas_->fetch_sessions().finish(
            session, result.partitions, runtime_.clock().now(), runtime_.random());
        protocol::FetchResponse response;
        response.error_code = verdict.error;
        response.session_id = verdict.session_id;
        std::vector<rpc::GapPieces> gaps;
        for (const std::size_t i : verdict.included) {
            if (response.responses.empty()) response.responses.emplace_back().topic_id = kSharedId;
            if (result.partitions[i].records.is_gap()) {
                gaps.push_back({std::move(result.records[i])});
            }
            response.responses.back().partitions.push_back(std::move(result.partitions[i]));
        }
        reply.send(response, std::move(gaps));
    }
    void answer_list_offsets(const rpc::Request& request, rpc::Reply reply) {
        const auto asked =
            protocol::decode<protocol::ListOffsetsRequest>(request.body, request.version);
        REQUIRE(asked);
        const auto& partition = asked->topics.at(0).partitions.at(0);
        const ListedOffset listed =
            replicas_->list_offset({.partition = kShared,
                                    .timestamp = partition.timestamp,
                                    .current_leader_epoch = partition.current_leader_epoch,
                                    .read_committed = std::nullopt});
        protocol::ListOffsetsResponse response;
        auto& topic = response.topics.emplace_back();
        topic.name = kShared.topic;
        auto& answer = topic.partitions.emplace_back();
        answer.error_code = listed.error;
        answer.offset = listed.offset;
        reply.send(response);
    }

    Runtime& runtime_;
    Script& script_;
    Settings settings_;
    ScriptedChannel channel_;
    rpc::Server server_;
    std::shared_ptr<log::LogConfig> config_;
    std::unique_ptr<log::LogManager> logs_;
    std::unique_ptr<ReplicaManager> replicas_;
    std::deque<std::function<void(ReplicaManager&)>> jobs_;
    std::int32_t image_ = -1;
    bool reads_images_ = true;
};

class ReplicatedWorld {
public:
    explicit ReplicatedWorld(std::uint64_t seed = 1, std::int32_t min_isr = 2)
        : world(seed, {}), script(3, static_cast<std::size_t>(min_isr)), min_isr_(min_isr) {
        for (int i = 0; i < 3; ++i) {
            world.add_machine("n" + std::to_string(i), {});
            start(i, {.id = NodeId(i), .min_isr = min_isr});
        }
        world.run_for(1s);
    }
    ~ReplicatedWorld() { world.shut_down(); }

    [[nodiscard]] simulated::Machine& machine(int i) {
        return world.machine("n" + std::to_string(i));
    }
    [[nodiscard]] ReplicaProgram& program(int i) {
        return *static_cast<ReplicaProgram*>(machine(i).program());
    }
    [[nodiscard]] HostedRef hosted(int i) { return program(i).replicas()->find(kShared); }
    [[nodiscard]] const PartitionAssignment& state() const { return script.controller.state(); }
    [[nodiscard]] int leader() const { return state().leader.value(); }
    [[nodiscard]] Offset end(int i) { return hosted(i)->log->log_end_offset(); }
    [[nodiscard]] Offset high_watermark(int i) { return hosted(i)->log->high_watermark(); }
    [[nodiscard]] bool is_in_sync(int i) const {
        return std::count(state().isr.begin(), state().isr.end(), NodeId(i)) > 0;
    }

    /// The process is gone and the controller has noticed.
    void kill(int i, bool power_loss = false) {
        if (power_loss) machine(i).lose_power();
        else machine(i).kill();
        world.run_for(1ms);
        script.controller.fence(NodeId(i));
    }
    void restart(int i, bool lost_data = false) {
        start(i,
              {.id = NodeId(i), .min_isr = min_isr_, .lost_data = lost_data, .is_restart = true});
        world.run_for(10ms);
    }
    /// The answer, or nothing when there is none within `patience`.
    std::optional<ErrorCode> produce(int i, const std::vector<std::string>& values,
                                     std::int16_t acks = -1, Duration patience = 5s) {
        auto answer = std::make_shared<std::optional<ErrorCode>>();
        program(i).soon([=](ReplicaManager& replicas) {
            replicas.append({.acks = acks,
                             .timeout = 3s,
                             .parts = {{.partition = kShared, .records = batch_of(values)}}},
                            [answer](std::vector<AppendOutcome> outcomes) {
                                *answer = outcomes.front().error;
                            });
        });
        const Instant until = world.now() + patience;
        while (!*answer && world.now() < until) world.run_for(5ms);
        return *answer;
    }
    /// As produce(), of DeleteRecords.
    std::optional<DeletedRecords> delete_records(int i, std::int64_t offset, Duration timeout = 3s,
                                                 Duration patience = 5s) {
        const auto answer = begin_deletion(i, offset, timeout);
        const Instant until = world.now() + patience;
        while (!*answer && world.now() < until) world.run_for(5ms);
        return *answer;
    }
    std::shared_ptr<std::optional<DeletedRecords>> begin_deletion(int i, std::int64_t offset,
                                                                  Duration timeout) {
        auto answer = std::make_shared<std::optional<DeletedRecords>>();
        program(i).soon([=](ReplicaManager& replicas) {
            replicas.delete_records(
                {.timeout = timeout, .parts = {{kShared, Offset(offset)}}},
                [answer](std::vector<DeletedRecords> outcomes) { *answer = outcomes.front(); });
        });
        return answer;
    }
    /// What a fetch from `offset` gives at once.
    FetchResult fetch(int i, FetchParams params, std::int64_t offset) {
        auto answer = std::make_shared<std::optional<FetchResult>>();
        auto bytes = std::make_shared<Bytes>();
        params.max_bytes = 1 << 20;
        program(i).soon([=](ReplicaManager& replicas) {
            FetchTarget target{.topic = kShared.topic};
            target.wanted.fetch_offset = Offset(offset);
            target.wanted.partition_max_bytes = 1 << 20;
            replicas.fetch(params, {target},
                           [answer](FetchResult result) { *answer = std::move(result); });
            if (!*answer || !(*answer)->partitions[0].records.is_gap()) return;
            const FileSlice& slice = (*answer)->records[0];
            (*answer)->partitions[0].records = *slice.file->read(slice.position, slice.size);
        });
        while (!*answer) world.run_for(5ms);
        world.run_for(5ms);
        return **std::move(answer);
    }
    /// All values that a replica's log holds.
    std::vector<std::string> values(int i) {
        const Offset end_offset = end(i);
        auto chunk = std::make_shared<std::optional<Bytes>>();
        program(i).soon([=](ReplicaManager& replicas) {
            const auto read = replicas.find(kShared)->log->read(
                {.offset = Offset(0), .max_bytes = 1 << 20, .upper_bound = end_offset});
            REQUIRE(read);
            if (read->records.file == nullptr) return chunk->emplace(), void();
            *chunk = *read->records.file->read(read->records.position, read->records.size);
        });
        while (!*chunk) world.run_for(5ms);
        std::vector<std::string> all;
        for (const ReadRecord& record : records_in(**chunk)) all.push_back(record.value);
        return all;
    }
    /// Of a log's epochs, those that its records have.
    std::vector<log::EpochEntry> epochs(int i) {
        std::vector<log::EpochEntry> entries = hosted(i)->log->leader_epochs().entries();
        if (i == leader() && entries.back().start_offset == end(i)) entries.pop_back();
        return entries;
    }
    /// All three hold the same, up to the end, and are in sync.
    void require_equal() {
        const std::vector<std::string> leading = values(leader());
        for (int i = 0; i < 3; ++i) {
            REQUIRE(is_in_sync(i));
            REQUIRE(values(i) == leading);
            REQUIRE(high_watermark(i) == end(i));
            REQUIRE(epochs(i) == epochs(leader()));
        }
    }

    simulated::World world;
    Script script;

private:
    void start(int i, const ReplicaProgram::Settings& settings) {
        machine(i).start([this, settings](Runtime& runtime) {
            return std::make_unique<ReplicaProgram>(runtime, script, settings);
        });
    }

    std::int32_t min_isr_;
};

}  // namespace gregor::replication_test
