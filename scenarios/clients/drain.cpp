// The end of a run: a fresh client reads every partition from its log start to its end, asks for
// offsets by time, and looks at the topics. Nothing disturbs it any more.
#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/metadata.h"
#include "scenarios/clients/fetched.h"
#include "scenarios/clients/router.h"

namespace gregor::scenarios::clients {
namespace {

using protocol::ErrorCode;

class Drain {
public:
    Drain(Workload& workload, Runtime& runtime)
        : workload_(workload), runtime_(runtime), router_(workload, runtime, "drain") {}

    void run() {
        for (PartitionUnderTest& partition : workload_.partitions) {
            if (!partition.history->is_damaged()) drain(partition);
        }
        while (!check_topics()) runtime_.clock().sleep_for(100ms);
        router_.done();
        workload_.drained = true;
    }

private:
    void drain(PartitionUnderTest& partition) {
        while (!read_all(partition)) {
        }
    }

    /// False: retention has taken what was about to be read.
    bool read_all(PartitionUnderTest& partition) {
        const std::int64_t start = ask(partition, -2);
        const std::int64_t end = ask(partition, -1);
        PartitionHistory& history = *partition.history;
        history.begin_drain();
        std::int64_t last_timestamp = -1;
        std::int64_t first_timestamp = -1;
        for (std::int64_t position = start; position < end;) {
            const auto fetched = fetch(partition, position);
            if (!fetched) return false;
            if (!fetched->damage.empty()) {
                workload_.judge.violated("L8", "{}: the log holds {}", history.name(),
                                         fetched->damage);
                return true;
            }
            for (const FetchedRecord& record : fetched->records) {
                if (record.offset != position) {
                    workload_.judge.violated("L1", "{}: offset {} follows {}", history.name(),
                                             record.offset, position - 1);
                }
                history.drained(record.offset, record.value, record.timestamp_ms);
                position = record.offset + 1;
                last_timestamp = record.timestamp_ms;
                if (first_timestamp < 0) first_timestamp = record.timestamp_ms;
            }
        }
        history.end_drain(start, end);
        if (first_timestamp >= 0) {
            for (int i = 0; i < 5; ++i) {
                check_time(
                    partition, start,
                    runtime_.random().between(std::min(first_timestamp, last_timestamp) - 10,
                                              std::max(first_timestamp, last_timestamp) + 10));
            }
        }
        return true;
    }

    /// L10: the smallest offset whose timestamp is at least this, in a log that starts there.
    void check_time(PartitionUnderTest& partition, std::int64_t start, std::int64_t timestamp) {
        if (timestamp < 0) return;
        const std::int64_t answered = ask(partition, timestamp);
        const std::int64_t expected = partition.history->offset_for_time(timestamp).value_or(-1);
        workload_.judge.compared();
        if (answered != expected && ask(partition, -2) == start) {
            workload_.judge.violated("L10", "{}: ListOffsets for time {} says {}, the log says {}",
                                     partition.history->name(), timestamp, answered, expected);
        }
    }

    std::int64_t ask(PartitionUnderTest& partition, std::int64_t timestamp) {
        for (;;) {
            const auto offset = ask_offset(workload_, router_, place_of(partition), timestamp);
            if (offset) return *offset;
            workload_.note(router_.name(),
                           fmt::format("asking for an offset of {}", partition.history->name()));
            runtime_.clock().sleep_for(100ms);
        }
    }

    /// Nothing: the position is out of range.
    std::optional<Fetched> fetch(PartitionUnderTest& partition, std::int64_t position) {
        for (;;) {
            protocol::FetchRequest request;
            request.max_wait_ms = 100;
            request.session_epoch = -1;
            request.topics.push_back({.topic = partition.topic});
            request.topics[0].partitions.push_back(
                {.partition = protocol::PartitionId(partition.index),
                 .fetch_offset = protocol::Offset(position),
                 .partition_max_bytes = 1 << 20});
            Link& link = router_.wait_for_leader(place_of(partition));
            const auto response = link.call<protocol::FetchResponse>(request, 11);
            if (response && response->responses.size() == 1 &&
                response->responses[0].partitions[0].error_code == ErrorCode::none &&
                response->responses[0].partitions[0].records.size() > 0) {
                return read_fetched(response->responses[0].partitions[0].records.bytes(), position,
                                    workload_.codec_contexts);
            }
            const ErrorCode error = response && response->responses.size() == 1
                                        ? response->responses[0].partitions[0].error_code
                                        : ErrorCode::none;
            if (error == ErrorCode::offset_out_of_range &&
                partition.history->is_deletable(position)) {
                return std::nullopt;
            }
            router_.moved(place_of(partition));
            workload_.note(router_.name(),
                           fmt::format("draining {} at {}: {}", partition.history->name(), position,
                                       response ? protocol::name(error) : "no answer"));
            runtime_.clock().sleep_for(100ms);
        }
    }

    [[nodiscard]] std::size_t place_of(const PartitionUnderTest& partition) const {
        return static_cast<std::size_t>(&partition - workload_.partitions.data());
    }

    /// M1, M7: a topic whose creation was answered exists whole, one whose deletion was is gone.
    bool check_topics() {
        protocol::MetadataRequest request;
        request.topics = std::nullopt;
        const auto response = router_.ask<protocol::MetadataResponse>(request, 12);
        if (!response) return false;
        std::map<std::string, const protocol::MetadataResponse::Topic*> found;
        for (const auto& topic : response->topics) found[topic.name.value_or("")] = &topic;
        for (const auto& [name, id] : workload_.topic_ids) {
            if (!name.starts_with("t")) continue;
            workload_.judge.compared();
            if (!found.contains(name) || found[name]->topic_id != id) {
                workload_.judge.violated("M1", "topic {} with id {} is gone", name,
                                         protocol::to_string(id));
            }
        }
        for (const ExtraTopic& topic : workload_.extra_topics) check_extra(topic, found);
        return true;
    }

    void check_extra(const ExtraTopic& topic,
                     const std::map<std::string, const protocol::MetadataResponse::Topic*>& found) {
        const auto it = found.find(topic.name);
        workload_.judge.compared();
        // A creation that nobody heard of may still be on its way to a controller, by a broker that
        // asks again in its client's name.
        const bool may_come_late = !topic.creation_acknowledged && workload_.brokers.size() > 1;
        if (topic.deletion_acknowledged && !may_come_late && it != found.end()) {
            workload_.judge.violated("M1", "topic {} was deleted and is there", topic.name);
        }
        if (topic.creation_acknowledged && !topic.deletion_asked && it == found.end()) {
            workload_.judge.violated("M1", "topic {} was created and is gone", topic.name);
        }
        if (it != found.end() &&
            static_cast<std::int32_t>(it->second->partitions.size()) != topic.partitions) {
            workload_.judge.violated("M7", "topic {} has {} partitions instead of {}", topic.name,
                                     it->second->partitions.size(), topic.partitions);
        }
    }

    Workload& workload_;
    Runtime& runtime_;
    Router router_;
};

}  // namespace

void run_drain(Workload& workload, Runtime& runtime) { Drain(workload, runtime).run(); }

}  // namespace gregor::scenarios::clients
