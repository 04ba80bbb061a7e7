// Load on a running gregord through librdkafka: makes a topic, produces records into it, fetches
// them all again by assignment. One line a phase, for scripts/bench to read:
//
//     phase=produce records=… bytes=… wall_ns=… broker_cpu_ns=… broker_sys_ns=… client_cpu_ns=… …
//
// A broker's cost is its CPU time, the kernel's share on its behalf with it, as the clock of its
// process gives it; that holds on a busy machine, where wall time and what follows from it do not.
// broker_sys_ns is the kernel's share, in the ticks that /proc counts.
// Bytes are those of values. A record that is not acknowledged, or not read, is an error, never a
// better figure.
//
// Run: scripts/bench, or build/release/bin/bench_librdkafka_load HOST:PORT PID TOPIC RECORDS BYTES
// ACKS CODEC BATCH_BYTES
#include <librdkafka/rdkafka.h>

#include <array>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "tests/bench/broker/load.h"

namespace gregor::bench {
namespace {

constexpr int kPollMs = 100;

// librdkafka's handles. ---------------------------------------------------------------------------

template <auto destroy>
struct Destroy {
    void operator()(auto* handle) const { destroy(handle); }
};
using Client = std::unique_ptr<rd_kafka_t, Destroy<rd_kafka_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Destroy<rd_kafka_queue_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, Destroy<rd_kafka_event_destroy>>;
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, Destroy<rd_kafka_NewTopic_destroy>>;
using Partitions = std::unique_ptr<rd_kafka_topic_partition_list_t,
                                   Destroy<rd_kafka_topic_partition_list_destroy>>;

using Settings = std::vector<std::pair<std::string, std::string>>;

rd_kafka_conf_t* configuration(const Load& load, const Settings& settings) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    std::array<char, 512> error{};
    const auto set = [&](const std::string& key, const std::string& value) {
        if (rd_kafka_conf_set(conf, key.c_str(), value.c_str(), error.data(), error.size()) !=
            RD_KAFKA_CONF_OK) {
            give_up(key, error.data());
        }
    };
    set("bootstrap.servers", load.broker);
    for (const auto& [key, value] : settings) set(key, value);
    return conf;
}

/// Takes the configuration over.
Client make_client(rd_kafka_type_t type, rd_kafka_conf_t* conf) {
    std::array<char, 512> error{};
    Client client(rd_kafka_new(type, conf, error.data(), error.size()));
    if (client == nullptr) give_up("a client", error.data());
    return client;
}

// The phases. -------------------------------------------------------------------------------------

void make_topic(const Load& load) {
    const Client client = make_client(RD_KAFKA_PRODUCER, configuration(load, {}));
    const Queue queue(rd_kafka_queue_new(client.get()));
    std::array<char, 512> error{};
    const NewTopic topic(
        rd_kafka_NewTopic_new(load.topic.c_str(), kPartitions, 1, error.data(), error.size()));
    if (topic == nullptr) give_up("a topic", error.data());
    std::array<rd_kafka_NewTopic_t*, 1> topics{topic.get()};
    rd_kafka_CreateTopics(client.get(), topics.data(), topics.size(), nullptr, queue.get());
    const Event event(rd_kafka_queue_poll(queue.get(), 30'000));
    if (event == nullptr) give_up("CreateTopics", "no answer");
    std::size_t count = 0;
    const auto* result = rd_kafka_event_CreateTopics_result(event.get());
    if (result == nullptr) give_up("CreateTopics", rd_kafka_event_error_string(event.get()));
    const auto* const* results = rd_kafka_CreateTopics_result_topics(result, &count);
    if (count != 1 || rd_kafka_topic_result_error(results[0]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        give_up("CreateTopics", rd_kafka_err2name(rd_kafka_topic_result_error(results[0])));
    }
}

struct Deliveries {
    std::uint64_t acknowledged = 0;
    std::string failure;
};

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    auto& deliveries = *static_cast<Deliveries*>(opaque);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++deliveries.acknowledged;
    } else {
        deliveries.failure = rd_kafka_err2str(message->err);
    }
}

void produce(const Load& load) {
    const std::string text = make_text(kText + load.record_bytes);
    Deliveries deliveries;
    rd_kafka_conf_t* conf = configuration(load, {{"acks", load.acks},
                                                 {"linger.ms", "5"},
                                                 {"batch.size", load.batch_bytes},
                                                 {"compression.codec", load.codec},
                                                 {"queue.buffering.max.messages", "500000"},
                                                 {"queue.buffering.max.kbytes", "262144"}});
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_opaque(conf, &deliveries);
    const Client client = make_client(RD_KAFKA_PRODUCER, conf);
    rd_kafka_topic_t* topic = rd_kafka_topic_new(client.get(), load.topic.c_str(), nullptr);
    const Phase phase("produce", load);
    for (std::uint64_t i = 0; i < load.records; ++i) {
        const char* value = text.data() + i * 61 % kText;
        while (rd_kafka_produce(topic, static_cast<std::int32_t>(i % kPartitions),
                                RD_KAFKA_MSG_F_COPY, const_cast<char*>(value), load.record_bytes,
                                nullptr, 0, nullptr) != 0) {
            if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
                give_up("produce", rd_kafka_err2str(rd_kafka_last_error()));
            }
            rd_kafka_poll(client.get(), kPollMs);
        }
        if (i % 1024 == 0) rd_kafka_poll(client.get(), 0);
    }
    rd_kafka_flush(client.get(), 120'000);
    if (deliveries.acknowledged != load.records) {
        give_up("produce", fmt::format("{} of {} records were acknowledged; {}",
                                       deliveries.acknowledged, load.records, deliveries.failure));
    }
    phase.end();
    rd_kafka_topic_destroy(topic);
}

void fetch(const Load& load) {
    const Client client =
        make_client(RD_KAFKA_CONSUMER, configuration(load, {{"group.id", "bench"},
                                                            {"enable.auto.commit", "false"},
                                                            {"fetch.wait.max.ms", "100"},
                                                            {"check.crcs", "false"}}));
    const Partitions partitions(rd_kafka_topic_partition_list_new(kPartitions));
    for (std::int32_t i = 0; i < kPartitions; ++i) {
        rd_kafka_topic_partition_list_add(partitions.get(), load.topic.c_str(), i)->offset = 0;
    }
    rd_kafka_poll_set_consumer(client.get());
    const Queue queue(rd_kafka_queue_get_consumer(client.get()));
    const Phase phase("fetch", load);
    rd_kafka_assign(client.get(), partitions.get());
    std::uint64_t read = 0;
    std::vector<rd_kafka_message_t*> messages(10'000);
    auto last = std::chrono::steady_clock::now();
    while (read < load.records) {
        const ssize_t count =
            rd_kafka_consume_batch_queue(queue.get(), kPollMs, messages.data(), messages.size());
        if (count < 0) give_up("fetch", rd_kafka_err2str(rd_kafka_last_error()));
        for (ssize_t i = 0; i < count; ++i) {
            const rd_kafka_message_t& message = *messages[static_cast<std::size_t>(i)];
            if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
                give_up("fetch", rd_kafka_message_errstr(&message));
            }
            if (message.len != load.record_bytes) give_up("fetch", "a record of another size");
            ++read;
            rd_kafka_message_destroy(messages[static_cast<std::size_t>(i)]);
        }
        const auto now = std::chrono::steady_clock::now();
        if (count > 0) last = now;
        if (now - last > kPatience) {
            give_up("fetch", fmt::format("only {} of {} records came", read, load.records));
        }
    }
    phase.end();
    rd_kafka_assign(client.get(), nullptr);
    rd_kafka_consumer_close(client.get());
}

}  // namespace
}  // namespace gregor::bench

int main(int argc, char** argv) {
    const gregor::bench::Load load = gregor::bench::parse_load(argc, argv);
    gregor::bench::make_topic(load);
    gregor::bench::produce(load);
    gregor::bench::fetch(load);
    return 0;
}
