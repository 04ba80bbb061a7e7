// The load of librdkafka_load.cpp through Gregor's own clients: one fiber sends, or polls, as one
// thread does there. The topic is there already. Prints the same lines, for scripts/bench-clients
// to read.
//
// Run: scripts/bench-clients, or build/release/bin/bench_client_load HOST:PORT PID TOPIC RECORDS
// BYTES ACKS CODEC BATCH_BYTES
#include <map>
#include <set>

#include "clients/consumer/consumer.h"
#include "clients/producer/producer.h"
#include "sim/real/real_machine.h"
#include "sim/real/real_runtime.h"
#include "tests/bench/broker/load.h"

namespace gregor::bench {
namespace {

using consumer::Consumer;
using consumer::ConsumerConfig;
using producer::Producer;
using producer::ProducerConfig;

using Properties = std::map<std::string, std::string>;

template <class Config>
Config config_of(const Properties& properties) {
    auto config = Config::from(properties);
    if (!config) give_up("a client", config.error());
    return *std::move(config);
}

void produce(Runtime& runtime, const Load& load) {
    const std::string text = make_text(kText + load.record_bytes);
    Producer producer(runtime, config_of<ProducerConfig>({{"bootstrap.servers", load.broker},
                                                          {"acks", load.acks},
                                                          {"enable.idempotence", "false"},
                                                          {"linger.ms", "5"},
                                                          {"batch.size", load.batch_bytes},
                                                          {"compression.type", load.codec},
                                                          {"buffer.memory", "268435456"},
                                                          {"max.block.ms", "120000"}}));
    if (const auto ready = producer.partitions_for(load.topic); !ready) {
        give_up("produce", ready.error().message);
    }
    std::uint64_t acknowledged = 0;
    std::string failure;
    const Phase phase("produce", load);
    for (std::uint64_t i = 0; i < load.records; ++i) {
        const std::string_view value(text.data() + i * 61 % kText, load.record_bytes);
        const auto sent = producer.send(
            {.topic = load.topic,
             .partition = protocol::PartitionId(static_cast<std::int32_t>(i % kPartitions)),
             .value = as_bytes(value)},
            [&](const producer::DeliveryResult& result) {
                if (result) {
                    ++acknowledged;
                } else {
                    failure = result.error().message;
                }
            });
        if (!sent) give_up("produce", sent.error().message);
    }
    if (const auto flushed = producer.flush(); !flushed) {
        give_up("produce", flushed.error().message);
    }
    if (acknowledged != load.records) {
        give_up("produce", fmt::format("{} of {} records were acknowledged; {}", acknowledged,
                                       load.records, failure));
    }
    phase.end();
    producer.close();
}

void fetch(Runtime& runtime, const Load& load) {
    Consumer consumer(runtime, config_of<ConsumerConfig>({{"bootstrap.servers", load.broker},
                                                          {"auto.offset.reset", "earliest"},
                                                          {"enable.auto.commit", "false"},
                                                          {"fetch.max.wait.ms", "100"},
                                                          {"max.poll.records", "10000"},
                                                          {"check.crcs", "false"}}));
    std::set<client::TopicPartition> partitions;
    for (std::int32_t i = 0; i < kPartitions; ++i) {
        partitions.insert({load.topic, protocol::PartitionId(i)});
    }
    const Phase phase("fetch", load);
    if (const auto assigned = consumer.assign(partitions); !assigned) {
        give_up("fetch", assigned.error().message);
    }
    std::uint64_t read = 0;
    auto last = std::chrono::steady_clock::now();
    while (read < load.records) {
        const auto records = consumer.poll(100ms);
        if (!records) give_up("fetch", records.error().message);
        for (const consumer::ConsumerRecord& record : *records) {
            if (!record.value || record.value->size() != load.record_bytes) {
                give_up("fetch", "a record of another size");
            }
            ++read;
        }
        const auto now = std::chrono::steady_clock::now();
        if (!records->empty()) last = now;
        if (now - last > kPatience) {
            give_up("fetch", fmt::format("only {} of {} records came", read, load.records));
        }
    }
    phase.end();
    if (const auto closed = consumer.close(); !closed) give_up("fetch", closed.error().message);
}

}  // namespace
}  // namespace gregor::bench

int main(int argc, char** argv) {
    const gregor::bench::Load load = gregor::bench::parse_load(argc, argv);
    gregor::real::RealMachine machine;
    gregor::real::RealRuntime runtime(machine, {.name = "bench_client_load"});
    machine.run([&] {
        gregor::bench::produce(runtime, load);
        gregor::bench::fetch(runtime, load);
    });
    return 0;
}
