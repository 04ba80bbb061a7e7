#include "scenarios/cluster/interview.h"

#include <algorithm>
#include <array>
#include <map>

#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/list_offsets.h"
#include "broker/protocol/messages/transaction_admin.h"
#include "broker/protocol/records/batch_reader.h"
#include "clients/client/fetch_session.h"

namespace gregor::scenarios::cluster {
namespace {

using protocol::DescribeProducersRequest;
using protocol::DescribeProducersResponse;
using protocol::FetchRequest;
using protocol::FetchResponse;
using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;
using protocol::OffsetForLeaderEpochRequest;
using protocol::OffsetForLeaderEpochResponse;

std::string rack_of(const metadata::MetadataImage& image, NodeId node) {
    const metadata::BrokerImage* broker = image.find_broker(node);
    return broker == nullptr ? std::string() : broker->rack.value_or(std::string());
}

void look_at_leader(const replication::LeaderRole& leader, const metadata::MetadataImage& image,
                    ReplicaMoment& moment) {
    moment.role = SeenRole::leader;
    moment.epoch_start_offset = leader.epoch_start_offset;
    for (const auto& [id, other] : leader.others) {
        if (!leader.isr.contains(id)) continue;
        moment.in_sync[id] = {.log_start_offset = other.log_start_offset(),
                              .log_end_offset = other.log_end_offset(),
                              .rack = rack_of(image, id)};
    }
}

ReplicaMoment moment_of(const ClusterNode& node, const replication::TopicPartition& partition) {
    ReplicaMoment moment;
    server::Node* const serving = node.serving();
    if (serving == nullptr || serving->find_replicas() == nullptr) return moment;
    const auto hosted = serving->find_replicas()->find(partition);
    if (hosted == nullptr || hosted->log == nullptr || hosted->changing) return moment;
    moment.is_there = true;
    moment.start = node.machine->starts();
    moment.truncations = hosted->log->truncations();
    moment.leader_epoch = hosted->state.leader_epoch().value_or(protocol::kNoLeaderEpoch);
    moment.marks = hosted->state.marks();
    // Retention has moved it before the partition learns of that.
    moment.marks.log_start_offset = hosted->log->log_start_offset();
    moment.epochs = hosted->log->leader_epochs().entries();
    const metadata::ImageRef image = serving->metadata().image();
    moment.rack = rack_of(*image, NodeId(node.id));
    for (const auto& [id, entry] : hosted->log->producers().entries()) {
        moment.producers[id] = {.producer_epoch = entry.producer_epoch,
                                .last_sequence = entry.last_sequence(),
                                .last_timestamp = entry.last_timestamp,
                                .coordinator_epoch = entry.coordinator_epoch,
                                .current_txn_start_offset =
                                    entry.current_txn_first_offset.value_or(protocol::kNoOffset)};
    }
    if (hosted->state.is_offline()) moment.role = SeenRole::offline;
    if (hosted->state.follower() != nullptr) moment.role = SeenRole::follower;
    if (const auto* leader = hosted->state.leader()) look_at_leader(*leader, *image, moment);
    return moment;
}

/// Behind the last record; nothing if there are none, or what there is is damaged.
std::optional<Offset> end_of(const Bytes& records) {
    std::optional<Offset> end;
    records::BatchReader batches(records);
    while (true) {
        const auto batch = batches.next();
        if (!batch || !*batch) return end;
        end = Offset((*batch)->header.next_offset());
    }
}

}  // namespace

class Interview::Interviewer {
public:
    Interviewer(Interview& interview, Runtime& runtime, std::string name)
        : workload_(interview.workload_),
          nodes_(interview.nodes_),
          observer_(interview.observer_),
          runtime_(runtime),
          random_(runtime.random()),
          name_(std::move(name)),
          selects_by_rack_(workload_.plan.broker.contains("replica.selector.class")),
          sessions_(workload_.brokers.size()) {
        for (const Endpoint& broker : workload_.brokers) {
            links_.push_back(std::make_unique<clients::Link>(workload_, runtime, name_, broker));
        }
    }
    ~Interviewer() { workload_.doing.erase(name_); }

    void ask_at_random() {
        const std::vector<replication::TopicPartition> all = partitions();
        if (all.empty()) return;
        broker_ = random_.below(links_.size());
        partition_ = random_.pick(all);
        constexpr std::array kQuestions{&Interviewer::ask_epoch, &Interviewer::ask_offset,
                                        &Interviewer::ask_records, &Interviewer::ask_producers,
                                        &Interviewer::ask_in_session};
        (this->*kQuestions[random_.below(kQuestions.size())])();
    }

    void ask_all() {
        const std::vector<replication::TopicPartition> all = partitions();
        for (broker_ = 0; broker_ < links_.size(); ++broker_) {
            if (nodes_.all[broker_].is_absent) continue;
            for (const replication::TopicPartition& each : all) {
                partition_ = each;
                for (int i = 0; i < kTimesEach; ++i) {
                    ask_epoch();
                    ask_offset();
                    ask_records();
                }
                ask_producers();
                wait_for_records();
            }
            for (int i = 0; i < kTimesInSession; ++i) ask_in_session();
        }
    }

private:
    static constexpr int kTimesEach = 3;
    static constexpr int kTimesInSession = 8;
    static constexpr std::int16_t kFetchVersion = 12;

    /// Of topics that clients write to.
    [[nodiscard]] std::vector<replication::TopicPartition> partitions() const {
        std::vector<replication::TopicPartition> all;
        if (nodes_.image() == nullptr) return all;
        for (const auto& [name, id] : nodes_.image()->topic_ids()) {
            if (name.starts_with("__")) continue;
            for (const auto& [index, state] : nodes_.image()->find_topic(id)->partitions) {
                all.push_back({name, index.value()});
            }
        }
        return all;
    }

    [[nodiscard]] ReplicaMoment look() const { return moment_of(nodes_.all[broker_], partition_); }

    /// Most clients know the epoch; some are behind, some ahead, and old ones know of none.
    [[nodiscard]] LeaderEpoch draw_epoch(const ReplicaMoment& moment) {
        switch (random_.below(6)) {
            case 0: return protocol::kNoLeaderEpoch;
            case 1: return moment.leader_epoch + 1;
            case 2: return std::max(LeaderEpoch(0), LeaderEpoch(moment.leader_epoch.value() - 1));
            default: return moment.leader_epoch;
        }
    }

    template <class Response, class Request>
    std::optional<Response> ask(const Request& request, std::int16_t version) {
        auto response = links_[broker_]->call<Response>(request, version);
        if (!response) return std::nullopt;
        return *std::move(response);
    }

    void judge(const ReplicaAnswers::Verdict& verdict) {
        workload_.judge.compared();
        if (!verdict) return;
        workload_.judge.violated(verdict->invariant, "{} tells of {}: {}",
                                 nodes_.all[broker_].machine->name(), partition_, verdict->text);
    }

    void ask_epoch() {
        const ReplicaMoment before = look();
        ReplicaAnswers::EpochEnd told{.current_leader_epoch = draw_epoch(before)};
        const std::int32_t latest = std::max(before.leader_epoch.value(), 0);
        told.asked = LeaderEpoch(static_cast<std::int32_t>(random_.between(0, latest + 1)));
        OffsetForLeaderEpochRequest request{.replica_id = protocol::kNoNode};
        request.topics.push_back({.topic = partition_.topic});
        request.topics[0].partitions.push_back(
            {.partition = protocol::PartitionId(partition_.partition),
             .current_leader_epoch = told.current_leader_epoch,
             .leader_epoch = told.asked});
        const auto response = ask<OffsetForLeaderEpochResponse>(request, 4);
        if (!response || response->topics.size() != 1) return;
        const auto& answer = response->topics[0].partitions.at(0);
        told.error = answer.error_code;
        told.leader_epoch = answer.leader_epoch;
        told.end_offset = answer.end_offset;
        const ReplicaMoment after = look();
        judge(ReplicaAnswers(before, after).check(told));
    }

    /// Of the partition as the newest image knows it; nullptr: it does not, or nobody has looked.
    [[nodiscard]] const std::vector<SeenBatch>* batches() const {
        const auto* image = nodes_.image();
        const auto* topic = image == nullptr ? nullptr : image->find_topic(partition_.topic);
        if (topic == nullptr) return nullptr;
        const auto& partitions = observer_.view().partitions;
        const auto known =
            partitions.find({topic->id, protocol::PartitionId(partition_.partition)});
        if (known == partitions.end()) return nullptr;
        const auto replica = known->second.replicas.find(NodeId(nodes_.all[broker_].id));
        return replica == known->second.replicas.end() ? nullptr : &replica->second.log.batches;
    }

    /// Around that of some batch, if it is to be one.
    [[nodiscard]] std::int64_t draw_time() {
        constexpr std::int64_t kLatest = -1;
        constexpr std::int64_t kEarliest = -2;
        const std::uint64_t kind = random_.below(4);
        const std::vector<SeenBatch>* all = batches();
        if (kind == 0) return kLatest;
        if (kind == 1 || all == nullptr || all->empty()) return kEarliest;
        // Half of them late: it is at the end that something happens.
        const std::size_t size = all->size();
        const std::size_t from = random_.below(2) == 0 ? 0 : size - std::min<std::size_t>(size, 3);
        const std::size_t place = from + random_.below(size - from);
        return std::max<std::int64_t>((*all)[place].max_timestamp + random_.between(-1, 1), 0);
    }

    void ask_offset() {
        const ReplicaMoment before = look();
        ReplicaAnswers::Listed told{.current_leader_epoch = draw_epoch(before),
                                    .read_committed = random_.below(2) == 0,
                                    .asked = draw_time()};
        ListOffsetsRequest request{
            .replica_id = protocol::kNoNode,
            .isolation_level = static_cast<std::int8_t>(told.read_committed ? 1 : 0)};
        request.topics.push_back({.name = partition_.topic});
        request.topics[0].partitions.push_back(
            {.partition_index = protocol::PartitionId(partition_.partition),
             .current_leader_epoch = told.current_leader_epoch,
             .timestamp = told.asked});
        const auto response = ask<ListOffsetsResponse>(request, 8);
        if (!response || response->topics.size() != 1) return;
        const auto& answer = response->topics[0].partitions.at(0);
        told.error = answer.error_code;
        told.timestamp = answer.timestamp;
        told.offset = answer.offset;
        told.leader_epoch = answer.leader_epoch;
        const ReplicaMoment after = look();
        if (const auto* all = batches()) {
            judge(ReplicaAnswers(before, after).check(told, *all));
        }
    }

    /// One that the log has, or its end. (The log may be about to begin anew, behind its end.)
    [[nodiscard]] Offset draw_offset(const LogMarks& marks) {
        const std::int64_t start = marks.log_start_offset.value();
        return Offset(random_.between(start, std::max(start, marks.log_end_offset.value())));
    }

    void ask_records() {
        const ReplicaMoment before = look();
        ReplicaAnswers::Fetched told{.current_leader_epoch = draw_epoch(before),
                                     .read_committed = random_.below(2) == 0,
                                     .asked = draw_offset(before.marks),
                                     .rack = fmt::format("r{}", random_.between(1, 3)),
                                     .selects_by_rack = selects_by_rack_};
        FetchRequest request;
        request.min_bytes = 0;
        request.max_bytes = 1 << 20;
        request.isolation_level = static_cast<std::int8_t>(told.read_committed ? 1 : 0);
        request.session_epoch = -1;
        request.rack_id = told.rack;
        request.topics.push_back({.topic = partition_.topic});
        request.topics[0].partitions.push_back(
            {.partition = protocol::PartitionId(partition_.partition),
             .current_leader_epoch = told.current_leader_epoch,
             .fetch_offset = told.asked,
             .partition_max_bytes = 1 << 20});
        const std::size_t flips = links_[broker_]->flips_from_node();
        const auto response = ask<FetchResponse>(request, kFetchVersion);
        if (!response || response->responses.size() != 1) return;
        if (links_[broker_]->flip_explains_answer(flips)) return;
        const auto& answer = response->responses[0].partitions.at(0);
        told.error = answer.error_code;
        told.high_watermark = answer.high_watermark;
        told.preferred_read_replica = answer.preferred_read_replica;
        told.end_offset = end_of(answer.records.bytes());
        const ReplicaMoment after = look();
        judge(ReplicaAnswers(before, after).check(told));
    }

    /// What the broker remembers of a partition, and what it has told of it last.
    struct SessionRead {
        LeaderEpoch current_leader_epoch = protocol::kNoLeaderEpoch;
        Offset asked{0};
        Offset high_watermark = protocol::kNoOffset;  // none behind an error
    };
    struct Session {
        client::FetchSession fetch;
        std::map<replication::TopicPartition, SessionRead> reads;
    };

    /// All partitions, in a session (KIP-227) that goes on over wrong and right epochs. One that
    /// the answer does not name is where it was when it was named last, and has no error.
    void ask_in_session() {
        Session& session = sessions_[broker_];
        const std::vector<replication::TopicPartition> all = partitions();
        if (all.empty()) return;
        std::map<replication::TopicPartition, ReplicaMoment> before;
        std::vector<client::FetchTarget> targets;
        for (const replication::TopicPartition& each : all) {
            partition_ = each;
            const ReplicaMoment& moment = before[each] = look();
            const auto [read, is_new] = session.reads.try_emplace(each);
            if (is_new || random_.below(3) == 0) draw_read(moment, read->second);
            targets.push_back({.topic = each.topic,
                               .index = each.partition,
                               .offset = read->second.asked.value(),
                               .max_bytes = 1 << 20,
                               .leader_epoch = read->second.current_leader_epoch.value()});
        }
        std::erase_if(session.reads,
                      [&](const auto& read) { return !before.contains(read.first); });
        const bool read_committed = random_.below(2) == 0;
        FetchRequest request;
        request.min_bytes = 0;
        request.max_bytes = 1 << 26;
        request.isolation_level = static_cast<std::int8_t>(read_committed ? 1 : 0);
        session.fetch.fill(request, targets);
        const std::size_t flips = links_[broker_]->flips_from_node();
        const auto response = ask<FetchResponse>(request, kFetchVersion);
        if (!goes_on(session, response)) return;
        if (links_[broker_]->flip_explains_answer(flips)) return;
        judge_session(session, *response, read_committed, before);
    }

    void draw_read(const ReplicaMoment& moment, SessionRead& read) {
        read.current_leader_epoch = draw_epoch(moment);
        read.asked = draw_offset(moment.marks);
    }

    /// False: there is nothing to judge, and the next request begins anew.
    [[nodiscard]] static bool goes_on(Session& session,
                                      const std::optional<FetchResponse>& response) {
        if (response && response->error_code == ErrorCode::none) {
            session.fetch.answered(response->session_id);
            return true;
        }
        if (response && response->error_code == ErrorCode::fetch_session_id_not_found) {
            session.fetch.not_found();
        } else {
            session.fetch.broken();
        }
        session.reads.clear();
        return false;
    }

    void judge_session(Session& session, const FetchResponse& response, bool read_committed,
                       const std::map<replication::TopicPartition, ReplicaMoment>& before) {
        std::map<replication::TopicPartition, const FetchResponse::Partition*> named;
        for (const auto& topic : response.responses) {
            for (const auto& partition : topic.partitions) {
                named[{topic.topic, partition.partition_index.value()}] = &partition;
            }
        }
        for (auto& [partition, read] : session.reads) {
            partition_ = partition;
            const auto answer = named.find(partition);
            ReplicaAnswers::Fetched told{.current_leader_epoch = read.current_leader_epoch,
                                         .read_committed = read_committed,
                                         .asked = read.asked};
            if (answer != named.end()) {
                told.error = answer->second->error_code;
                told.end_offset = end_of(answer->second->records.bytes());
                read.high_watermark = answer->second->high_watermark;
                if (told.error != ErrorCode::none) read.high_watermark = protocol::kNoOffset;
            }
            told.high_watermark = read.high_watermark;
            const ReplicaMoment after = look();
            judge(ReplicaAnswers(before.at(partition), after).check(told));
        }
    }

    void ask_producers() {
        const ReplicaMoment before = look();
        DescribeProducersRequest request;
        request.topics.push_back(
            {.name = partition_.topic,
             .partition_indexes = {protocol::PartitionId(partition_.partition)}});
        const auto response = ask<DescribeProducersResponse>(request, 0);
        if (!response || response->topics.size() != 1) return;
        const auto& answer = response->topics[0].partitions.at(0);
        ReplicaAnswers::Described told{.error = answer.error_code};
        for (const auto& each : answer.active_producers) {
            told.producers[each.producer_id] = {
                .producer_epoch =
                    protocol::ProducerEpoch(static_cast<std::int16_t>(each.producer_epoch)),
                .last_sequence = each.last_sequence,
                .last_timestamp = each.last_timestamp,
                .coordinator_epoch = each.coordinator_epoch,
                .current_txn_start_offset = each.current_txn_start_offset};
        }
        const ReplicaMoment after = look();
        judge(ReplicaAnswers(before, after).check(told));
    }

    /// V3: where nothing is written a fetch waits for as long as it says, and is answered then,
    /// whoever else waits.
    void wait_for_records() {
        const ReplicaMoment before = look();
        if (before.role != SeenRole::leader) return;
        FetchRequest request;
        request.max_wait_ms = static_cast<std::int32_t>(kWait / 1ms);
        request.min_bytes = 1;
        request.session_epoch = -1;
        request.topics.push_back({.topic = partition_.topic});
        request.topics[0].partitions.push_back(
            {.partition = protocol::PartitionId(partition_.partition),
             .fetch_offset = before.marks.log_end_offset,
             .partition_max_bytes = 1 << 20});
        if (!links_[broker_]->connect()) return;
        const Instant asked = runtime_.clock().now();
        const auto response = ask<FetchResponse>(request, kFetchVersion);
        const Duration waited = runtime_.clock().now() - asked;
        const ReplicaMoment after = look();
        const bool is_still = ReplicaAnswers(before, after).is_steady() &&
                              before.marks.log_end_offset == after.marks.log_end_offset &&
                              before.marks.log_start_offset == after.marks.log_start_offset;
        if (!response || !is_still) return;
        workload_.judge.compared();
        if (waited >= kWait - kSlack && waited <= kWait + 2 * kSlack) return;
        workload_.judge.violated("V3", "{}: a fetch of {} was to wait for {} ms and did for {} ms",
                                 nodes_.all[broker_].machine->name(), partition_, kWait / 1ms,
                                 waited / 1ms);
    }

    static constexpr Duration kWait = 100ms;
    static constexpr Duration kSlack = 50ms;

    clients::Workload& workload_;
    const Nodes& nodes_;
    const ClusterObserver& observer_;
    Runtime& runtime_;
    Random& random_;
    std::string name_;
    bool selects_by_rack_;
    std::vector<std::unique_ptr<clients::Link>> links_;
    std::vector<Session> sessions_;  // by the broker's place
    std::size_t broker_ = 0;
    replication::TopicPartition partition_;
};

void Interview::ask_at_random(Runtime& runtime) {
    while (!workload_.topics_made) runtime.clock().sleep_for(50ms);
    Interviewer interviewer(*this, runtime, "interview");
    while (workload_.phase == clients::Phase::faults) {
        runtime.clock().sleep_for(runtime.random().between(Duration(20ms), Duration(200ms)));
        interviewer.ask_at_random();
    }
}

void Interview::ask_all(Runtime& runtime) {
    Interviewer(*this, runtime, "last-interview").ask_all();
    is_done_ = true;
}

}  // namespace gregor::scenarios::cluster
