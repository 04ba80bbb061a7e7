// A program with threads of its own: some send, each "THREAD NUMBER" to the partition of its
// number, while one of a group reads until it has seen all. threaded_load SERVERS TOPIC THREADS
// RECORDS. Ends with 0 if each record was delivered, and read once, in the order in which it was
// sent.
#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <future>
#include <map>
#include <thread>
#include <vector>

#include "clients/threaded/consumer.h"
#include "clients/threaded/producer.h"

using namespace gregor;
using namespace std::chrono_literals;

namespace {

[[noreturn]] void give_up(const std::string& why) {
    fmt::print(stderr, "threaded_load: {}\n", why);
    std::exit(1);
}

template <class T, class E>
T need(Result<T, E> result) {
    if (!result) {
        if constexpr (std::is_same_v<E, client::Error>) {
            give_up(result.error().message);
        } else {
            give_up(result.error());
        }
    }
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

void send_all(threaded::Producer& producer, const std::string& topic, int thread, int records) {
    std::vector<std::future<producer::DeliveryResult>> sent;
    for (int number = 0; number < records; ++number) {
        sent.push_back(producer.send({.topic = topic,
                                      .partition = protocol::PartitionId(thread),
                                      .value = fmt::format("{} {}", thread, number)}));
    }
    for (auto& each : sent) need(each.get());
}

void read_all(threaded::Consumer& consumer, const std::string& topic, int threads, int records,
              std::promise<void>& done) {
    need(consumer.subscribe({topic}));
    std::map<protocol::PartitionId, int> next;
    for (int left = threads * records; left > 0;) {
        for (const consumer::ConsumerRecord& record : need(consumer.poll(500ms))) {
            const std::string wanted =
                fmt::format("{} {}", record.partition.value(), next[record.partition]++);
            if (record.value->text() != wanted) {
                give_up(fmt::format("read \"{}\", not \"{}\"", record.value->text(), wanted));
            }
            --left;
        }
    }
    need(consumer.commit_sync());
    done.set_value();
    // Nothing more comes: only the other thread ends this wait.
    need(consumer.poll(1h));
    need(consumer.close());
}

}  // namespace

int main(int, char** argv) {
    const std::string servers = argv[1];
    const std::string topic = argv[2];
    const int threads = std::atoi(argv[3]);
    const int records = std::atoi(argv[4]);
    threaded::Engine engine;
    threaded::Producer producer(
        engine, need(producer::ProducerConfig::from({{"bootstrap.servers", servers}})));
    threaded::Consumer consumer(
        engine, need(consumer::ConsumerConfig::from({{"bootstrap.servers", servers},
                                                     {"group.id", "threaded"},
                                                     {"auto.offset.reset", "earliest"}})));
    std::promise<void> reads;
    std::thread reader([&] { read_all(consumer, topic, threads, records, reads); });
    std::vector<std::thread> senders;
    for (int i = 0; i < threads; ++i) {
        senders.emplace_back([&, i] { send_all(producer, topic, i, records); });
    }
    for (std::thread& sender : senders) sender.join();
    producer.close();
    reads.get_future().wait();
    consumer.wakeup();
    reader.join();
    fmt::print("{} records\n", threads * records);
}
