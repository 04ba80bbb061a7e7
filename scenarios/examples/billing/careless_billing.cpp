// What a pass of the test is worth: billing that leaves its transactions away.
#include "billing.h"
#include "clients/consumer/consumer.h"
#include "clients/producer/producer.h"

using namespace std::chrono_literals;

void run_careless_billing(gregor::Runtime& runtime, const BillingOptions& options,
                          const std::function<bool()>& should_stop) {
    using gregor::consumer::ConsumerConfig;
    using gregor::producer::ProducerConfig;
    gregor::producer::Producer producer(
        runtime, *ProducerConfig::from({{"bootstrap.servers", options.bootstrap_servers}}));
    gregor::consumer::Consumer consumer(
        runtime, *ConsumerConfig::from({{"bootstrap.servers", options.bootstrap_servers},
                                        {"group.id", "careless-billing"},
                                        {"auto.offset.reset", "earliest"},
                                        {"enable.auto.commit", "false"},
                                        {"session.timeout.ms", "6000"}}));
    if (!consumer.subscribe({"orders"})) return;
    while (!should_stop()) {
        const auto orders = consumer.poll(500ms);
        if (!orders) break;
        for (const auto& order : *orders) {
            const std::string invoice = "invoice for " + std::string(order.value->text());
            const auto sent = producer.send({.topic = "invoices",
                                             .key = order.key->span(),
                                             .value = gregor::as_bytes(invoice)});
            if (!sent || !sent->wait()) return;
        }
        if (!orders->empty()) static_cast<void>(consumer.commit_sync());
    }
    static_cast<void>(consumer.close(5s));
    producer.close(5s);
}
