// Consumers on machines of a simulated world, beside whole nodes: what each of them has, what all
// have seen, and that no two have the same partition.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "broker/protocol/records/batch_builder.h"
#include "clients/client/partition_io.h"
#include "clients/consumer/consumer.h"
#include "tests/support/catch.h"
#include "tests/unit/server/cluster_world.h"

namespace gregor::consumer::test {

using server::Properties;
using server::test::ClusterClient;
using server::test::ClusterWorld;

inline const std::string kTopic = "orders";

inline TopicPartition orders(std::int32_t partition) {
    return {kTopic, protocol::PartitionId(partition)};
}

inline Properties broker_settings(int nodes) {
    return {{"offsets.topic.num.partitions", "1"},
            {"offsets.topic.replication.factor", std::to_string(nodes)},
            {"transaction.state.log.num.partitions", "1"},
            {"transaction.state.log.replication.factor", std::to_string(nodes)},
            {"transaction.state.log.min.isr", "1"},
            {"min.insync.replicas", nodes > 1 ? "2" : "1"},
            {"group.initial.rebalance.delay.ms", "0"},
            {"group.min.session.timeout.ms", "1000"},
            {"group.consumer.min.session.timeout.ms", "6000"},
            {"group.consumer.session.timeout.ms", "6000"},
            {"group.consumer.min.heartbeat.interval.ms", "1000"},
            {"group.consumer.heartbeat.interval.ms", "1000"},
            {"broker.session.timeout.ms", "3000"},
            {"broker.heartbeat.interval.ms", "500"}};
}

inline ConsumerConfig consumer_config(int nodes) {
    ConsumerConfig config;
    for (int id = 1; id <= nodes; ++id) {
        config.bootstrap_servers += (id > 1 ? ",n" : "n") + std::to_string(id) + ":9092";
    }
    config.group_id = "g";
    config.session_timeout = 6s;
    config.heartbeat_interval = 1s;
    config.max_poll_interval = 20s;
    config.auto_offset_reset = OffsetReset::earliest;
    config.auto_commit_interval = 1s;
    config.request_timeout = 5s;
    return config;
}

/// Appends records "0", "1" … to partitions of the topic, with acks=all.
class Appender {
public:
    Appender(Runtime& runtime, const ConsumerConfig& config)
        : runtime_(runtime),
          cluster_(runtime, {.bootstrap_servers =
                                 *client::parse_bootstrap_servers(config.bootstrap_servers)}) {}

    void append(std::int32_t partition, int records,
                records::CompressionCodec codec = records::CompressionCodec::none,
                const std::string& topic = kTopic) {
        records::BatchBuilder builder({.codec = codec});
        for (int i = 0; i < records; ++i) {
            const std::string value = std::to_string(i);
            builder.append({.timestamp = 1000 + i, .value = as_bytes(value)});
        }
        const auto done = client::append_batch(cluster_, {topic, protocol::PartitionId(partition)},
                                               std::move(builder).build(),
                                               /*acks=*/-1, runtime_.clock().now() + 60s);
        CHECK(done.has_value(), "{}", done.error().message);
    }

    [[nodiscard]] client::Cluster& cluster() { return cluster_; }

private:
    Runtime& runtime_;
    client::Cluster cluster_;
};

/// What the members of a group do and have done.
struct GroupLog {
    struct Member {
        std::set<TopicPartition> owned;
        bool is_to_leave = false;
        bool has_left = false;
        bool is_dead = false;
        bool is_idle = false;  // does not poll
        int times_assigned = 0;
        int times_lost = 0;
        std::size_t most_revoked = 0;
    };

    std::map<std::string, Member> members;
    std::map<TopicPartition, std::vector<std::int64_t>> seen;  // offsets in the order of polls

    [[nodiscard]] std::size_t count_owned() const {
        std::size_t count = 0;
        for (const auto& [name, member] : members) count += member.owned.size();
        return count;
    }
    /// Every offset below `end`, at least once.
    [[nodiscard]] bool has_seen_all(const TopicPartition& partition, std::int64_t end) const {
        const auto found = seen.find(partition);
        if (found == seen.end()) return end == 0;
        const std::set<std::int64_t> offsets(found->second.begin(), found->second.end());
        return offsets.size() == static_cast<std::size_t>(end) && *offsets.rbegin() == end - 1;
    }
};

/// The body of a member's program: polls until it is told to leave.
inline void run_member(Runtime& runtime, GroupLog& log, const std::string& name,
                       const ConsumerConfig& config) {
    GroupLog::Member& self = log.members[name];
    RebalanceListener listener{.assigned =
                                   [&](const std::set<TopicPartition>& added) {
                                       ++self.times_assigned;
                                       for (const auto& [other, member] : log.members) {
                                           if (other == name || member.is_dead) continue;
                                           for (const TopicPartition& each : added) {
                                               CHECK(!member.owned.contains(each),
                                                     "G4: {} and {} have {}", name, other, each);
                                           }
                                       }
                                       self.owned.insert(added.begin(), added.end());
                                   },
                               .revoked =
                                   [&](const std::set<TopicPartition>& revoked) {
                                       self.most_revoked =
                                           std::max(self.most_revoked, revoked.size());
                                       for (const TopicPartition& each : revoked)
                                           self.owned.erase(each);
                                   },
                               .lost =
                                   [&](const std::set<TopicPartition>& lost) {
                                       ++self.times_lost;
                                       for (const TopicPartition& each : lost)
                                           self.owned.erase(each);
                                   }};
    Consumer consumer(runtime, config);
    CHECK(consumer.subscribe({kTopic}, listener).has_value());
    while (!self.is_to_leave) {
        if (self.is_idle) {
            runtime.clock().sleep_for(500ms);
            continue;
        }
        const auto records = consumer.poll(200ms);
        CHECK(records.has_value(), "{}", records.error().message);
        for (const ConsumerRecord& record : *records) {
            const TopicPartition partition{record.topic, record.partition};
            CHECK(self.owned.contains(partition), "{} reads {} and does not have it", name,
                  partition);
            log.seen[partition].push_back(record.offset.value());
        }
    }
    static_cast<void>(consumer.close());
    self.has_left = true;
}

/// A cluster, a topic, and members that come and go.
class ConsumerWorld {
public:
    explicit ConsumerWorld(int nodes, std::uint64_t seed = 1)
        : nodes_(nodes), cluster_(nodes, broker_settings(nodes), seed) {}

    [[nodiscard]] ClusterWorld& cluster() { return cluster_; }
    [[nodiscard]] GroupLog& log() { return log_; }
    [[nodiscard]] ConsumerConfig config() const { return consumer_config(nodes_); }

    void start_member(const std::string& name, const ConsumerConfig& config) {
        log_.members[name] = {};
        cluster_.world().add_machine(name, {}).start(simulated::program(
            [this, name, config](Runtime& runtime) { run_member(runtime, log_, name, config); }));
    }
    void kill_member(const std::string& name) {
        cluster_.world().machine(name).kill();
        log_.members[name].is_dead = true;
        log_.members[name].owned.clear();
    }

private:
    int nodes_;
    GroupLog log_;
    ClusterWorld cluster_;
};

}  // namespace gregor::consumer::test
