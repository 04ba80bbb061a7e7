#include "scenarios/applications/closing_reads.h"

#include <algorithm>

#include "clients/consumer/offset_lookup.h"
#include "scenarios/applications/group_watch.h"
#include "scenarios/applications/recorded_consumer.h"

namespace gregor::scenarios::applications {
namespace {

using client::TopicPartition;

constexpr const char* kName = "closing";
constexpr Duration kRest = 100ms;

class ClosingReads {
public:
    ClosingReads(const ApplicationContext& context, const Application& application,
                 bool is_read_committed, Runtime& runtime)
        : context_(context),
          application_(application),
          is_read_committed_(is_read_committed),
          runtime_(runtime),
          cluster_(runtime, {.bootstrap_servers = context.workload.brokers,
                             .client_id = kName,
                             .request_timeout = 5s}),
          consumer_(context.history, runtime, kName, config(is_read_committed)) {}

    void run() {
        const std::vector<TopicPartition> all = context_.partitions();
        partitions_.insert(all.begin(), all.end());
        CHECK(consumer_->assign(partitions_).has_value());
        const Offsets starts = ask([&] { return consumer_->beginning_offsets(partitions_); });
        const Offsets ends = stable_ends();
        for (const TopicPartition& each : partitions_) {
            const protocol::Offset start = starts.at(each).offset;
            consumer_->seek(each, {.offset = start});
            context_.history.add(SeekEvent{.partition = {each.topic, each.partition.value()},
                                           .consumer = consumer_.name(),
                                           .offset = start.value()});
        }
        for (const TopicPartition& each : partitions_) read_up_to(each, ends.at(each).offset);
        for (const TopicPartition& each : partitions_) {
            end(each, starts.at(each).offset, ends.at(each).offset);
        }
        GroupWatch watch(context_, runtime_, kName);
        for (const std::string& group : application_.groups()) {
            doing(fmt::format("asking what {} has committed", group));
            while (!watch.look_at(group)) runtime_.clock().sleep_for(kRest);
        }
        context_.workload.doing.erase(kName);
    }

private:
    using Offsets = std::map<TopicPartition, consumer::OffsetAndTimestamp>;

    [[nodiscard]] consumer::ConsumerConfig config(bool is_read_committed) const {
        consumer::ConsumerConfig config;
        config.bootstrap_servers = bootstrap_servers(context_.workload);
        config.client_id = kName;
        config.auto_offset_reset = consumer::OffsetReset::none;
        config.enable_auto_commit = false;
        config.request_timeout = 5s;
        config.fetch_max_wait = 100ms;
        if (is_read_committed) config.isolation_level = consumer::IsolationLevel::read_committed;
        return config;
    }

    template <class Question>
    [[nodiscard]] Offsets ask(Question question) {
        for (;;) {
            doing("asking where the partitions start and end");
            if (auto answer = question()) return *std::move(answer);
            runtime_.clock().sleep_for(kRest);
        }
    }

    /// Where the logs end, once no transaction is open any more.
    Offsets stable_ends() {
        for (;;) {
            const Offsets stable = ask([&] { return consumer_->end_offsets(partitions_); });
            if (!is_read_committed_) return stable;
            const Offsets ends = ask([&] {
                std::map<TopicPartition, std::int64_t> latest;
                for (const TopicPartition& each : partitions_) latest[each] = consumer::kLatest;
                return consumer::look_up_offsets(cluster_, latest,
                                                 consumer::IsolationLevel::read_uncommitted,
                                                 deadline_after(runtime_.clock().now(), 5s));
            });
            const auto open = std::ranges::find_if(partitions_, [&](const TopicPartition& each) {
                return stable.at(each).offset < ends.at(each).offset;
            });
            if (open == partitions_.end()) return stable;
            doing(fmt::format("{} of {}, {}, to come to the log's end, {}", kWaitingForStableOffset,
                              *open, stable.at(*open).offset, ends.at(*open).offset));
            runtime_.clock().sleep_for(kRest);
        }
    }

    void read_up_to(const TopicPartition& partition, protocol::Offset end) {
        for (;;) {
            const auto position = consumer_->position(partition);
            if (position && *position >= end) return;
            doing(fmt::format("reading {} up to {}, now at {}", partition, end.value(),
                              position ? position->value() : -1));
            static_cast<void>(consumer_.poll(kRest));
        }
    }

    void end(const TopicPartition& partition, protocol::Offset log_start,
             protocol::Offset log_end) {
        EndEvent end{.partition = {partition.topic, partition.partition.value()},
                     .consumer = consumer_.name(),
                     .log_start = log_start.value(),
                     .log_end = log_end.value()};
        if (const auto position = consumer_->position(partition)) end.position = position->value();
        context_.history.add(end);
        for (const std::string& group : application_.groups()) {
            if (!application_.subscribes(group, partition.topic)) continue;
            wait_for(group, partition, context_.history.end_of(partition));
            end.group = group;
            context_.history.add(end);
        }
    }

    /// Behind the last record there may be markers that nobody is given.
    void wait_for(const std::string& group, const TopicPartition& partition,
                  std::int64_t last_end) {
        while (context_.history.given_to(group, partition) < last_end) {
            doing(fmt::format("waiting for {} to be given {} up to {}, now at {}", group, partition,
                              last_end, context_.history.given_to(group, partition)));
            runtime_.clock().sleep_for(kRest);
        }
    }

    void doing(std::string_view what) { context_.workload.note(kName, what); }

    const ApplicationContext& context_;
    const Application& application_;
    const bool is_read_committed_;
    Runtime& runtime_;
    client::Cluster cluster_;
    RecordedConsumer consumer_;
    std::set<TopicPartition> partitions_;
};

}  // namespace

void read_to_the_ends(const ApplicationContext& context, const Application& application,
                      bool is_read_committed, Runtime& runtime) {
    ClosingReads(context, application, is_read_committed, runtime).run();
}

}  // namespace gregor::scenarios::applications
