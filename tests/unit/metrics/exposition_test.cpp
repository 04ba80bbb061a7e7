// The text format of a page, byte by byte.
#include "broker/metrics/exposition.h"

#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::metrics;

TEST_CASE("a metric is its help, its type and its samples") {
    Exposition page;
    page.begin("kafka_log_log_size", MetricType::gauge, "Bytes of the partition's segments.");
    page.sample({{"topic", "orders"}, {"partition", "3"}}, std::int64_t{4096});
    page.sample({{"topic", "orders"}, {"partition", "4"}}, std::int64_t{-1});
    page.counter("kafka_x_total", "How often.", 18'446'744'073'709'551'615U);
    REQUIRE(std::move(page).take() ==
            "# HELP kafka_log_log_size Bytes of the partition's segments.\n"
            "# TYPE kafka_log_log_size gauge\n"
            "kafka_log_log_size{topic=\"orders\",partition=\"3\"} 4096\n"
            "kafka_log_log_size{topic=\"orders\",partition=\"4\"} -1\n"
            "# HELP kafka_x_total How often.\n"
            "# TYPE kafka_x_total counter\n"
            "kafka_x_total 18446744073709551615\n");
}

TEST_CASE("what would end a label's value is escaped") {
    Exposition page;
    page.begin("x", MetricType::gauge, "X.");
    page.sample({{"name", "a\"b\\c\nd"}}, std::int64_t{1});
    REQUIRE(std::move(page).take().ends_with("x{name=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

TEST_CASE("a histogram's buckets count up to the number of all, and its sum is in milliseconds") {
    DurationHistogram histogram;
    histogram.record(50us);
    histogram.record(3ms);
    histogram.record(40s);
    Exposition page;
    page.begin("t", MetricType::histogram, "T.");
    page.sample({{"request", "Fetch"}}, histogram);
    const std::string text = std::move(page).take();
    for (const std::string_view line :
         {"t_bucket{request=\"Fetch\",le=\"0.1\"} 1\n",
          "t_bucket{request=\"Fetch\",le=\"2.5\"} 1\n", "t_bucket{request=\"Fetch\",le=\"5\"} 2\n",
          "t_bucket{request=\"Fetch\",le=\"30000\"} 2\n",
          "t_bucket{request=\"Fetch\",le=\"+Inf\"} 3\n", "t_sum{request=\"Fetch\"} 40003.050000\n",
          "t_count{request=\"Fetch\"} 3\n"}) {
        INFO(line);
        REQUIRE(text.contains(line));
    }
}
