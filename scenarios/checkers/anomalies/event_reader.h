// EventReader: the lines of a history's file (HISTORY.md) as events. The first line is the head;
// files of version 1 and of version 2 are read.
//
// Pure: it is handed lines, by whoever has the file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/checkers/anomalies/history_event.h"
#include "scenarios/checkers/anomalies/json_line.h"
#include "sim/base/result.h"

namespace gregor::scenarios {

class EventReader {
public:
    EventReader();

    /// The first line. The error says what is wrong with it.
    [[nodiscard]] Result<HistorySettings, std::string> head(std::string_view line);
    /// Each later line, in their order; nothing for a note. The event's views are good until the
    /// next line is read.
    [[nodiscard]] Result<std::optional<HistoryEvent>, std::string> event(std::string_view line);

private:
    Line line_ = 0;
    std::int64_t version_ = 0;
    HistorySettings settings_;
    JsonKeys keys_;
    JsonLine json_;
    std::vector<PolledRecord> records_;
    std::vector<JsonValue> listed_;
    std::vector<JsonValue> items_;

    friend class EventFields;
};

}  // namespace gregor::scenarios
