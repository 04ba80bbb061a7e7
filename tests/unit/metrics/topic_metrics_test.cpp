// Topics come and go; the sum over all of them never falls.
#include "broker/metrics/topic_metrics.h"

#include "tests/support/catch.h"

using namespace gregor::metrics;

TEST_CASE("all partitions of a topic share its counters") {
    BrokerTopicMetrics metrics;
    metrics.of("orders")->messages_in.add(2);
    metrics.of("orders")->messages_in.add(3);
    metrics.of("payments")->messages_in.add(10);
    REQUIRE(metrics.topics().at("orders")->messages_in.value() == 5);
    REQUIRE(metrics.sum().messages_in.value() == 15);
}

TEST_CASE("what a topic has counted stays in the sum when it is given up, and it begins anew") {
    BrokerTopicMetrics metrics;
    const TopicMetricsRef orders = metrics.of("orders");
    orders->bytes_out.add(7);
    orders->failed_fetch_requests.add();
    metrics.others().failed_fetch_requests.add();
    metrics.given_up("orders");
    metrics.given_up("never there");
    REQUIRE(metrics.topics().empty());
    REQUIRE(metrics.sum().bytes_out.value() == 7);
    REQUIRE(metrics.sum().failed_fetch_requests.value() == 2);
    REQUIRE(metrics.of("orders")->bytes_out.value() == 0);
}
