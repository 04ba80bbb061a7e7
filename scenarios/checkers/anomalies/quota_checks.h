// QuotaChecks: a producer with a producer_byte_rate is not served faster for long (KIP-13). Kafka
// measures over eleven windows of a second and slows the producer down after the request that was
// too much, so by then five requests of a mebibyte may be under way.
#pragma once

#include <cstdint>
#include <map>

#include "scenarios/checkers/anomalies/findings.h"
#include "scenarios/checkers/anomalies/history_tables.h"

namespace gregor::scenarios {

class QuotaChecks {
public:
    QuotaChecks(HistoryTables& tables, Findings& findings) : tables_(tables), findings_(findings) {}

    void sent(const HistoryEvent& event, const SendEvent& send);
    void judge();

private:
    struct Served {
        std::int64_t bytes = 0;
        HistoryTime first = 0;
        HistoryTime last = 0;
        Line line = 0;
    };

    HistoryTables& tables_;
    Findings& findings_;
    std::map<Id, Served> served_;  // by producer
};

}  // namespace gregor::scenarios
