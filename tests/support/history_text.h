// A history as text, judged as `gregor check` judges a file.
#pragma once

#include <fmt/format.h>

#include <set>
#include <string>
#include <string_view>

#include "scenarios/checkers/anomalies/event_reader.h"
#include "scenarios/checkers/anomalies/history_checker.h"

namespace gregor::scenarios {

/// Lines, each with its newline. Errors begin with the line's number.
inline Result<HistoryVerdict, std::string> judge_history_text(std::string_view text,
                                                              CheckerMutant mutant = {}) {
    EventReader reader;
    std::unique_ptr<HistoryChecker> checker;
    for (Line number = 1; !text.empty(); ++number) {
        const auto newline = text.find('\n');
        const std::string_view line = text.substr(0, newline);
        text.remove_prefix(newline + 1);
        const auto blame = [&](const std::string& error) {
            return fail(fmt::format("{}: {}", number, error));
        };
        if (number == 1) {
            const auto settings = reader.head(line);
            if (!settings) return blame(settings.error());
            checker = std::make_unique<HistoryChecker>(*settings, mutant);
            continue;
        }
        const auto event = reader.event(line);
        if (!event) return blame(event.error());
        if (!*event) continue;
        const auto taken = checker->take(**event);
        if (!taken) return blame(taken.error());
    }
    return checker->finish();
}

using AnomalySet = std::set<std::string_view>;

/// The rows with a violation; "unseen" is none.
inline AnomalySet violated_rows(const HistoryVerdict& verdict) {
    AnomalySet rows;
    for (std::size_t i = 0; i < kAnomalies; ++i) {
        const auto anomaly = static_cast<Anomaly>(i);
        if (verdict.violated[i] > 0 && anomaly != Anomaly::unseen) rows.insert(name_of(anomaly));
    }
    return rows;
}

/// The rows of which something is allowed.
inline AnomalySet allowed_rows(const HistoryVerdict& verdict) {
    AnomalySet rows;
    for (std::size_t i = 0; i < kAnomalies; ++i) {
        if (verdict.allowed[i] > 0) rows.insert(name_of(static_cast<Anomaly>(i)));
    }
    return rows;
}

}  // namespace gregor::scenarios
