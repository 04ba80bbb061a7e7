#include "broker/metrics/exposition.h"

#include <fmt/format.h>

#include <iterator>

#include "sim/base/check.h"

namespace gregor::metrics {
namespace {

std::string_view name_of(MetricType type) {
    switch (type) {
        case MetricType::counter: return "counter";
        case MetricType::gauge: return "gauge";
        case MetricType::histogram: return "histogram";
    }
    UNREACHABLE();
}

std::string in_milliseconds(Duration duration) {
    constexpr std::int64_t kPerMillisecond = Duration(1ms).count();
    return fmt::format("{}.{:06}", duration.count() / kPerMillisecond,
                       duration.count() % kPerMillisecond);
}

}  // namespace

void Exposition::begin(std::string_view name, MetricType type, std::string_view help) {
    const auto [added, is_new] = names_.emplace(name);
    CHECK(is_new, "{} stands twice on the page", name);
    name_ = *added;
    fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name,
                   name_of(type));
}

void Exposition::sample(Labels labels, std::int64_t value) {
    line("", labels, "", fmt::format_int(value).str());
}

void Exposition::sample(Labels labels, std::uint64_t value) {
    line("", labels, "", fmt::format_int(value).str());
}

void Exposition::sample(Labels labels, const DurationHistogram& histogram) {
    const std::string count = fmt::format_int(histogram.count()).str();
    for (std::size_t i = 0; i < DurationHistogram::kBounds.size(); ++i) {
        line("_bucket", labels, DurationHistogram::kBounds[i].milliseconds,
             fmt::format_int(histogram.cumulative(i)).str());
    }
    line("_bucket", labels, "+Inf", count);
    line("_sum", labels, "", in_milliseconds(histogram.sum()));
    line("_count", labels, "", count);
}

void Exposition::gauge(std::string_view name, std::string_view help, std::int64_t value) {
    begin(name, MetricType::gauge, help);
    sample({}, value);
}

void Exposition::counter(std::string_view name, std::string_view help, std::uint64_t value) {
    begin(name, MetricType::counter, help);
    sample({}, value);
}

void Exposition::line(std::string_view suffix, Labels labels, std::string_view le,
                      std::string_view value) {
    CHECK(!name_.empty(), "a sample of no metric");
    text_ += name_;
    text_ += suffix;
    if (labels.size() > 0 || !le.empty()) {
        text_ += '{';
        for (const Label& each : labels) label(each);
        if (!le.empty()) label({"le", le});
        text_.back() = '}';  // in the place of the last comma
    }
    text_ += ' ';
    text_ += value;
    text_ += '\n';
}

/// With a comma behind it.
void Exposition::label(Label label) {
    text_ += label.name;
    text_ += "=\"";
    for (const char c : label.value) {
        if (c == '\n') {
            text_ += "\\n";
            continue;
        }
        if (c == '\\' || c == '"') text_ += '\\';
        text_ += c;
    }
    text_ += "\",";
}

}  // namespace gregor::metrics
