// A consumer by assignment: it reads every partition in order and tells the histories what it saw,
// one broker after the other, from followers in its rack where leaders point to them (KIP-392).
// Half of those that can fetch in an incremental session, which now and then claims a wrong epoch.
#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/list_offsets.h"
#include "clients/client/fetch_session.h"
#include "scenarios/clients/fetched.h"
#include "scenarios/clients/router.h"

namespace gregor::scenarios::clients {
namespace {

using client::FetchSession;
using client::FetchTarget;
using protocol::ErrorCode;
using protocol::FetchRequest;
using protocol::FetchResponse;

class Consumer {
public:
    Consumer(Workload& workload, Runtime& runtime, std::uint32_t index)
        : workload_(workload),
          runtime_(runtime),
          random_(runtime.random()),
          router_(workload, runtime, fmt::format("consumer-{}", index)),
          reads_(workload.partitions.size()),
          named_(workload.partitions.size()),
          sessions_(workload.brokers.size()) {
        constexpr std::array<std::int16_t, 5> kVersions{4, 7, 11, 12, 16};
        version_ = kVersions[index % kVersions.size()];
        if (version_ >= 7 && random_.below(2) == 0) {
            std::fill(sessions_.begin(), sessions_.end(), FetchSession());
        }
        const std::int64_t racks = workload.optional_setting("racks");
        if (version_ >= kRackVersion && racks > 0) {
            rack_ = fmt::format("r{}", random_.between(1, racks));
        }
    }

    void run() {
        while (workload_.phase == Phase::faults || !at_the_end()) {
            if (const auto broker = next_broker()) {
                poll(*broker);
            } else {
                router_.find_leaders();
                ask_new_leaders();
            }
        }
        router_.done();
        --workload_.consumers_left;
    }

private:
    static constexpr std::int16_t kEpochVersion = 9;
    static constexpr std::int16_t kRackVersion = 11;

    /// How far a partition is read, and from where.
    struct Read {
        std::int64_t position = 0;
        LossCount losses;  // that the record before the position has outlived
        std::int32_t max_bytes = 0;
        std::int32_t leader_epoch = -1;  // whose leader was asked for the end
        /// A follower that the leader has pointed to (KIP-392), for a while.
        std::optional<std::size_t> replica;
        Instant replica_until{};
    };
    struct Asked {
        Known known;
        std::int32_t leader_epoch = -1;
        bool of_leader = true;
    };

    /// From whom a partition is to be fetched, if that is known.
    [[nodiscard]] std::optional<std::size_t> source_of(std::size_t place) {
        Read& read = reads_[place];
        if (read.replica && runtime_.clock().now() < read.replica_until) return read.replica;
        read.replica.reset();
        return router_.leader_of(place);
    }

    /// The brokers take turns; those from which there is nothing to fetch are passed over.
    [[nodiscard]] std::optional<std::size_t> next_broker() {
        for (std::size_t place = 0; place < reads_.size(); ++place) {
            if (!source_of(place)) return std::nullopt;
        }
        for (std::size_t turn = 0; turn < router_.brokers(); ++turn) {
            broker_ = (broker_ + 1) % router_.brokers();
            for (std::size_t place = 0; place < reads_.size(); ++place) {
                if (source_of(place) == broker_) return broker_;
            }
        }
        return std::nullopt;
    }

    /// For the end of the log, first of all: it may not know of it yet (KIP-207).
    void ask_new_leaders() {
        for (std::size_t place = 0; place < reads_.size(); ++place) {
            const bool is_new = router_.leader_epoch_of(place) != reads_[place].leader_epoch;
            if (!is_new || !router_.leader_of(place)) continue;
            reads_[place].leader_epoch = router_.leader_epoch_of(place);
            static_cast<void>(list_offset(place, -1));
        }
    }

    void poll(std::size_t broker) {
        std::vector<Asked> asked;
        asked.reserve(workload_.partitions.size());
        for (std::size_t i = 0; i < workload_.partitions.size(); ++i) {
            asked.push_back({.known = workload_.partitions[i].history->known(),
                             .leader_epoch = router_.leader_epoch_of(i),
                             .of_leader = !reads_[i].replica});
        }
        ++workload_.counts.fetch_requests;
        Link& link = router_.link(broker);
        flips_before_ = link.flips_from_node();
        std::optional<FetchSession>& session = sessions_[broker];
        const bool was_incremental = session && session->is_incremental();
        FetchRequest request = make_request(broker);
        const bool lies = was_incremental && random_.below(200) == 0;
        if (lies) request.session_epoch += 7;
        const auto response = link.call<FetchResponse>(request, version_);
        const auto error = response ? std::optional(response->error_code) : std::nullopt;
        if (session) note_session(*session, error, response ? response->session_id : 0);
        if (lies && error == ErrorCode::none) {
            workload_.judge.violated("R12", "{}: a fetch session took a wrong epoch",
                                     router_.name());
        }
        if (!response) forget(broker);
        if (error != ErrorCode::none) {
            runtime_.clock().sleep_for(random_.between(Duration(5ms), Duration(100ms)));
            return;
        }
        if (was_incremental) ++workload_.counts.incremental_fetches;
        for (const auto& topic : response->responses) {
            for (const auto& partition : topic.partitions) {
                const auto place = find(topic, partition.partition_index.value());
                if (!place) continue;
                judge_named(*place);
                take(*place, broker, partition, asked[*place]);
            }
        }
    }

    /// An answer has no partition that its request, or the session that it goes on with, has not.
    void judge_named(std::size_t place) {
        workload_.judge.compared();
        if (named_[place]) return;
        workload_.judge.violated("L13", "{}: {} was told of it without having asked",
                                 workload_.partitions[place].history->name(), router_.name());
    }

    /// The broker does not answer.
    void forget(std::size_t broker) {
        router_.unreachable(broker);
        for (Read& read : reads_) {
            if (read.replica == broker) read.replica.reset();
        }
    }

    /// How the session goes on after an answer, or after none.
    void note_session(FetchSession& session, std::optional<ErrorCode> error,
                      std::int32_t session_id) {
        if (error == ErrorCode::none) {
            session.answered(session_id);
        } else if (error == ErrorCode::fetch_session_id_not_found) {
            ++workload_.counts.lost_fetch_sessions;
            session.not_found();
        } else {
            session.broken();
        }
    }

    FetchRequest make_request(std::size_t broker) {
        FetchRequest request;
        request.max_wait_ms = static_cast<std::int32_t>(workload_.setting("fetch_wait_ms"));
        request.min_bytes = 1;
        request.max_bytes = static_cast<std::int32_t>(
            random_.below(4) == 0 ? random_.between(1, 2'000) : random_.between(1'000, 1'000'000));
        request.session_id = 0;
        request.session_epoch = -1;
        request.rack_id = rack_;
        if (sessions_[broker]) {
            sessions_[broker]->fill(request, draw_targets(broker));
        } else {
            name_targets(request, draw_targets(broker));
        }
        return request;
    }

    std::vector<FetchTarget> draw_targets(std::size_t broker) {
        std::vector<FetchTarget> targets;
        std::fill(named_.begin(), named_.end(), false);
        for (std::size_t i = 0; i < workload_.partitions.size(); ++i) {
            const PartitionUnderTest& partition = workload_.partitions[i];
            if (source_of(i) != broker) continue;
            // A file that is shorter than its log closes the connection of whoever reads it.
            if (partition.history->is_damaged()) continue;
            // Now and then one is left out, for a session to forget, and its limit is another.
            if (workload_.partitions.size() > 1 && random_.below(32) == 0) continue;
            std::int32_t& max_bytes = reads_[i].max_bytes;
            named_[i] = true;
            if (max_bytes == 0 || random_.below(8) == 0) max_bytes = draw_max_bytes();
            targets.push_back(
                {.topic = partition.topic,
                 .topic_id = workload_.topic_ids[partition.topic],
                 .index = partition.index,
                 .offset = reads_[i].position,
                 .max_bytes = max_bytes,
                 .leader_epoch = version_ >= kEpochVersion ? router_.leader_epoch_of(i) : -1});
        }
        return targets;
    }

    std::int32_t draw_max_bytes() {
        const std::int64_t limit = random_.below(4) == 0 ? 500 : 200'000;
        return static_cast<std::int32_t>(random_.between(1, limit));
    }

    [[nodiscard]] std::optional<std::size_t> find(const FetchResponse::Topic& topic,
                                                  std::int32_t index) const {
        for (std::size_t i = 0; i < workload_.partitions.size(); ++i) {
            const PartitionUnderTest& partition = workload_.partitions[i];
            const bool same_topic = version_ >= 13
                                        ? workload_.topic_ids[partition.topic] == topic.topic_id
                                        : partition.topic == topic.topic;
            if (same_topic && partition.index == index) return i;
        }
        return std::nullopt;
    }

    void take(std::size_t place, std::size_t broker, const FetchResponse::Partition& answer,
              const Asked& asked) {
        PartitionHistory& history = *workload_.partitions[place].history;
        if (answer.error_code == ErrorCode::offset_out_of_range && asked.of_leader) {
            judge_out_of_range(place);
            reset_position(place);
            return;
        }
        if (answer.error_code != ErrorCode::none) {
            // Leaders and epochs change; whoever is at fault, the cluster knows better.
            if (asked.of_leader) router_.moved(place);
            reads_[place].replica.reset();
            ++workload_.counts.moved_partitions;
            return;
        }
        const std::int32_t preferred = answer.preferred_read_replica.value();
        if (asked.of_leader && preferred >= 1) {
            reads_[place].replica = static_cast<std::size_t>(preferred - 1);
            reads_[place].replica_until = runtime_.clock().now() + kReplicaFor;
            return;
        }
        if (!asked.of_leader) ++workload_.counts.follower_fetches;
        if (asked.of_leader) {
            history.high_watermark(answer.high_watermark.value(),
                                   version_ >= kEpochVersion ? asked.leader_epoch : -1,
                                   asked.known);
        }
        read_records(place, broker, answer, asked);
    }

    void read_records(std::size_t place, std::size_t broker, const FetchResponse::Partition& answer,
                      const Asked& asked) {
        PartitionHistory& history = *workload_.partitions[place].history;
        Read& read = reads_[place];
        // A follower that was away while records were deleted learns of it with its first fetch.
        Known known = asked.known;
        if (!asked.of_leader) known.log_start = 0;
        const std::int64_t before = read.position;
        const Fetched fetched =
            read_fetched(answer.records.bytes(), read.position, workload_.codec_contexts);
        if (!fetched.damage.empty() && router_.link(broker).flip_explains_answer(flips_before_)) {
            ++workload_.counts.damaged_answers;  // and fetched again
        } else if (!fetched.damage.empty() && !history.is_damaged()) {
            workload_.judge.violated("L8", "{}: a fetch from {} returned {}", history.name(),
                                     before, fetched.damage);
            return;
        }
        for (const FetchedRecord& record : fetched.records) {
            if (record.offset >= answer.high_watermark.value() && !history.is_damaged()) {
                workload_.judge.violated(
                    "L13", "{}: offset {} was served at or above the high watermark {}",
                    history.name(), record.offset, answer.high_watermark.value());
            }
            read.losses = history.read(read.position, record.offset, record.value, known,
                                       record.leader_epoch);
            read.position = record.offset + 1;
            ++workload_.counts.records_read;
        }
    }

    void judge_out_of_range(std::size_t place) {
        const PartitionUnderTest& partition = workload_.partitions[place];
        workload_.judge.compared();
        if (partition.history->is_damaged()) return;
        if (partition.history->is_deletable(reads_[place].position)) return;
        if (reads_[place].losses != partition.history->losses()) return;
        workload_.judge.violated("H1",
                                 "{}: position {} of {} is out of range, but nothing was lost",
                                 partition.history->name(), reads_[place].position, router_.name());
    }

    void reset_position(std::size_t place) {
        const auto earliest = list_offset(place, -2);
        const auto latest = list_offset(place, -1);
        if (!earliest || !latest) return;
        reads_[place].position = std::clamp(reads_[place].position, *earliest, *latest);
        reads_[place].losses = workload_.partitions[place].history->losses();
    }

    [[nodiscard]] bool at_the_end() {
        if (workload_.producers_left > 0) return false;
        for (std::size_t i = 0; i < reads_.size(); ++i) {
            if (workload_.partitions[i].history->is_damaged()) continue;
            const auto end = list_offset(i, -1);
            if (!end || reads_[i].position < *end) {
                router_.set_purpose(fmt::format("reading {} from {}, the end is {}",
                                                workload_.partitions[i].history->name(),
                                                reads_[i].position, end.value_or(-1)));
                return false;
            }
        }
        return true;
    }

    std::optional<std::int64_t> list_offset(std::size_t place, std::int64_t timestamp) {
        return ask_offset(workload_, router_, place, timestamp);
    }

    static constexpr Duration kReplicaFor = 5s;

    Workload& workload_;
    Runtime& runtime_;
    Random& random_;
    Router router_;
    std::int16_t version_ = 0;
    std::string rack_;
    std::vector<Read> reads_;                            // by the partition's place
    std::vector<bool> named_;                            // in the last request
    std::vector<std::optional<FetchSession>> sessions_;  // by the broker's place
    std::size_t broker_ = 0;
    std::size_t flips_before_ = 0;
};

}  // namespace

void run_consumer(Workload& workload, Runtime& runtime, std::uint32_t consumer) {
    while (!workload.topics_made) runtime.clock().sleep_for(50ms);
    Consumer(workload, runtime, consumer).run();
}

}  // namespace gregor::scenarios::clients
