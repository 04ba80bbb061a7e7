#include "billing.h"

#include "clients/consumer/consumer.h"
#include "clients/producer/producer.h"

using namespace std::chrono_literals;

namespace {

using gregor::client::Error;
using gregor::client::Offsets;
using gregor::consumer::Consumer;
using gregor::consumer::ConsumerConfig;
using gregor::producer::Producer;
using gregor::producer::ProducerConfig;
using Done = gregor::Result<void, Error>;

/// One transaction: the invoices of these orders, and how far the orders are billed.
Done bill(Producer& producer, Consumer& consumer, const Consumer::Records& orders) {
    TRY(producer.begin_transaction());
    Offsets billed;
    for (const auto& order : orders) {
        const std::string invoice = "invoice for " + std::string(order.value->text());
        TRY(producer.send({.topic = "invoices",
                           .partition = order.partition,
                           .key = order.key->span(),
                           .value = gregor::as_bytes(invoice)}));
        billed[{order.topic, order.partition}] = {.offset = order.offset + 1};
    }
    TRY(producer.send_offsets_to_transaction(billed, consumer.group_metadata()));
    return producer.commit_transaction();
}

}  // namespace

void run_billing(gregor::Runtime& runtime, const BillingOptions& options,
                 const std::function<bool()>& should_stop) {
    Producer producer(runtime,
                      *ProducerConfig::from({{"bootstrap.servers", options.bootstrap_servers},
                                             {"transactional.id", options.transactional_id},
                                             {"transaction.timeout.ms", "10000"}}));
    Consumer consumer(runtime,
                      *ConsumerConfig::from({{"bootstrap.servers", options.bootstrap_servers},
                                             {"group.id", "billing"},
                                             {"auto.offset.reset", "earliest"},
                                             {"enable.auto.commit", "false"},
                                             {"isolation.level", "read_committed"},
                                             {"session.timeout.ms", "6000"}}));
    if (!consumer.subscribe({"orders"}) || !producer.init_transactions()) return;
    while (!should_stop()) {
        const auto orders = consumer.poll(500ms);
        if (!orders) break;
        if (orders->empty()) continue;
        // What failed is undone, and billed again by whoever reads from the last commit on: this
        // instance's next process, or another instance.
        if (!bill(producer, consumer, *orders)) {
            static_cast<void>(producer.abort_transaction());
            break;
        }
    }
    static_cast<void>(consumer.close(5s));
    producer.close(5s);
}
