// Exposition: a page in Prometheus' text format, version 0.0.4.
//
//     Exposition page;
//     page.begin("kafka_log_log_size", MetricType::gauge, "Bytes of the partition's segments.");
//     page.sample({{"topic", "orders"}, {"partition", "3"}}, 4096);
//
//     # HELP kafka_log_log_size Bytes of the partition's segments.
//     # TYPE kafka_log_log_size gauge
//     kafka_log_log_size{topic="orders",partition="3"} 4096
//
// Values are integers but for a histogram's sum, which is exact to the nanosecond.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>

#include "broker/metrics/duration_histogram.h"

namespace gregor::metrics {

enum class MetricType : std::uint8_t { counter, gauge, histogram };

struct Label {
    std::string_view name;
    std::string_view value;
};
using Labels = std::initializer_list<Label>;

class Exposition {
public:
    /// What a scraper is told of the page.
    static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// Begins a metric; its samples follow. CHECKs that the name is new to the page: the format
    /// wants all samples of a name together.
    void begin(std::string_view name, MetricType type, std::string_view help);
    void sample(Labels labels, std::int64_t value);
    void sample(Labels labels, std::uint64_t value);
    /// In milliseconds.
    void sample(Labels labels, const DurationHistogram& histogram);

    /// A metric with one sample and no labels.
    void gauge(std::string_view name, std::string_view help, std::int64_t value);
    void counter(std::string_view name, std::string_view help, std::uint64_t value);

    [[nodiscard]] std::string take() && { return std::move(text_); }

private:
    void line(std::string_view suffix, Labels labels, std::string_view le, std::string_view value);
    void label(Label label);

    std::string text_;
    std::set<std::string, std::less<>> names_;
    std::string_view name_;  // of the metric that was begun; in names_
};

}  // namespace gregor::metrics
