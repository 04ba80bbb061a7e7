// A topic that is deleted and made again under its name, with records in it, over and over while
// faults happen: each is another topic (M9).
//
//     made with id 1 | every broker tells id 1 | values of 1 written, read | deleted, by its id
//     made with id 2 | …                         nothing of 1 is read here
//
// Produce speaks of names: a value whose send nobody answered may come late, and into whatever
// topic has the name then. So each send is tried once; one that was answered has no other copy.
// Whether records are kept is another's question, as no log of losses is held here.
#include <algorithm>
#include <set>

#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/metadata.h"
#include "broker/protocol/messages/produce.h"
#include "broker/protocol/messages/topics.h"
#include "broker/protocol/records/batch_builder.h"
#include "scenarios/clients/fetched.h"
#include "scenarios/clients/router.h"

namespace gregor::scenarios::clients {
namespace {

using protocol::ErrorCode;
using protocol::PartitionId;
using protocol::TopicId;

constexpr std::string_view kTopic = "again";
constexpr std::size_t kValueBytes = 40;

class Recreator {
public:
    Recreator(Workload& workload, Runtime& runtime)
        : workload_(workload),
          runtime_(runtime),
          random_(runtime.random()),
          router_(workload, runtime, "recreator") {}

    void run() {
        while (!workload_.topics_made) pause(50ms, 100ms);
        while (goes_on()) {
            ++incarnation_;
            if (make() && is_known_everywhere()) use();
            remove();
        }
        router_.done();
    }

private:
    [[nodiscard]] bool goes_on() const { return workload_.phase == Phase::faults; }
    void pause(Duration least, Duration most) {
        runtime_.clock().sleep_for(random_.between(least, most));
    }

    /// Until it is there; false: the faults are over.
    bool make() {
        id_ = {};
        while (goes_on()) {
            protocol::CreateTopicsRequest request{.timeout_ms = 3000};
            request.topics.push_back({.name = std::string(kTopic),
                                      .num_partitions = 1,
                                      .replication_factor = workload_.replication_factor});
            const auto answer = router_.ask<protocol::CreateTopicsResponse>(request, 7);
            if (answer && answer->topics.size() == 1 &&
                answer->topics[0].error_code == ErrorCode::none) {
                id_ = answer->topics[0].topic_id;
                workload_.judge.compared();
                if (!ids_.insert(id_).second) {
                    workload_.judge.violated("M8", "{} was made twice with the id {}", kTopic,
                                             protocol::to_string(id_));
                }
                return true;
            }
            // Of an earlier try, perhaps one that nobody has deleted yet.
            if (answer && answer->topics.size() == 1 &&
                answer->topics[0].error_code == ErrorCode::topic_already_exists) {
                remove();
            }
            pause(100ms, 500ms);
        }
        return false;
    }

    /// Until no broker speaks of an earlier one any more. False if that takes too long, or the
    /// faults are over.
    bool is_known_everywhere() {
        constexpr int kLooks = 40;
        for (int look = 0; look < kLooks && goes_on(); ++look) {
            std::size_t knowing = 0;
            for (std::size_t broker = 0; broker < router_.brokers(); ++broker) {
                if (knows(broker)) ++knowing;
            }
            if (knowing == router_.brokers() && leader_) return true;
            pause(50ms, 300ms);
        }
        return false;
    }

    bool knows(std::size_t broker) {
        protocol::MetadataRequest request{.allow_auto_topic_creation = false};
        request.topics.emplace().push_back({.name = std::string(kTopic)});
        const auto answer = router_.link(broker).call<protocol::MetadataResponse>(request, 12);
        if (!answer || answer->topics.size() != 1 || answer->topics[0].topic_id != id_ ||
            answer->topics[0].partitions.size() != 1) {
            return false;
        }
        const std::int32_t leader = answer->topics[0].partitions[0].leader_id.value();
        leader_.reset();
        if (leader > 0) leader_ = static_cast<std::size_t>(leader - 1);
        return true;
    }

    void use() {
        const std::int64_t batches = random_.between(1L, 8L);
        for (std::int64_t i = 0; i < batches && goes_on(); ++i) {
            write();
            if (random_.below(2) == 0) read();
            pause(1ms, 200ms);
        }
        read();
    }

    /// One try.
    void write() {
        records::BatchBuilder builder({.contexts = &workload_.codec_contexts});
        std::vector<std::uint8_t> bytes;
        const ValueId value = value_id(incarnation_, ++numbers_);
        fill_value(value, kValueBytes, bytes);
        builder.append({.timestamp = to_epoch_ms(runtime_.clock().wall()), .value = bytes});
        protocol::ProduceRequest request{.acks = -1, .timeout_ms = 2000};
        request.topic_data.push_back({.name = std::string(kTopic)});
        request.topic_data[0].partition_data.push_back(
            {.index = PartitionId(0), .records = std::move(builder).build()});
        if (router_.link(*leader_).call<protocol::ProduceResponse>(request, 9)) return;
        unanswered_.insert(value);
    }

    /// From its start, by its id.
    void read() {
        protocol::FetchRequest request{.max_wait_ms = 100, .min_bytes = 1};
        request.topics.push_back({.topic_id = id_});
        request.topics[0].partitions.push_back({.partition = PartitionId(0),
                                                .fetch_offset = protocol::Offset(0),
                                                .partition_max_bytes = 1 << 20});
        Link& link = router_.link(*leader_);
        const std::size_t flips = link.flips_from_node();
        const auto answer = link.call<protocol::FetchResponse>(request, 13);
        if (!answer || answer->error_code != ErrorCode::none || answer->responses.size() != 1 ||
            answer->responses[0].partitions.size() != 1) {
            return;
        }
        const auto& partition = answer->responses[0].partitions[0];
        if (partition.error_code != ErrorCode::none) return;
        const Fetched fetched =
            read_fetched(partition.records.bytes(), 0, workload_.codec_contexts);
        if (!fetched.damage.empty()) {
            static_cast<void>(link.flip_explains_answer(flips));
            return;
        }
        for (const FetchedRecord& record : fetched.records) judge(record);
    }

    void judge(const FetchedRecord& record) {
        workload_.judge.compared();
        const std::uint32_t of = producer_of(record.value);
        if (of == incarnation_ || unanswered_.contains(record.value)) return;
        workload_.judge.violated(
            "M9", "{} of the id {}, the {}th of its name, has at {} a value of the {}th", kTopic,
            protocol::to_string(id_), incarnation_, record.offset, of);
    }

    /// By its id, so that no copy that comes late deletes the next one. One try, of whoever it is.
    void remove() {
        if (id_.is_zero()) learn_id();
        if (id_.is_zero()) return;
        protocol::DeleteTopicsRequest request{.timeout_ms = 3000};
        request.topics.push_back({.name = std::nullopt, .topic_id = id_});
        static_cast<void>(router_.ask<protocol::DeleteTopicsResponse>(request, 6));
        pause(1ms, 500ms);
    }

    void learn_id() {
        protocol::MetadataRequest request{.allow_auto_topic_creation = false};
        request.topics.emplace().push_back({.name = std::string(kTopic)});
        const auto answer = router_.ask<protocol::MetadataResponse>(request, 12);
        if (answer && answer->topics.size() == 1) id_ = answer->topics[0].topic_id;
    }

    Workload& workload_;
    Runtime& runtime_;
    Random& random_;
    Router router_;
    std::uint32_t incarnation_ = 0;
    TopicId id_;
    std::optional<std::size_t> leader_;  // its place among the brokers
    std::uint64_t numbers_ = 0;
    std::set<TopicId> ids_;
    std::set<ValueId> unanswered_;
};

}  // namespace

void run_recreator(Workload& workload, Runtime& runtime) { Recreator(workload, runtime).run(); }

}  // namespace gregor::scenarios::clients
