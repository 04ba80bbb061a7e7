// PipelineChecks: what is promised end to end of a program that reads one topic and writes another
// (KIP-98, KIP-447). Each output names the record that it is the effect of.
//
//     input    0   1   2   3 | 4        committed up to here: everything below has been worked on
//     output   0   1       3   3
//                      ^       ^
//                      missing twice    which of it is wrong depends on when offsets are committed
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/checkers/anomalies/findings.h"
#include "scenarios/checkers/anomalies/group_checks.h"
#include "scenarios/checkers/anomalies/history_tables.h"
#include "scenarios/checkers/anomalies/record_checks.h"

namespace gregor::scenarios {

class PipelineChecks {
public:
    PipelineChecks(HistoryTables& tables, Findings& findings, const RecordChecks& records,
                   const GroupChecks& groups)
        : tables_(tables), findings_(findings), records_(records), groups_(groups) {}

    void declared(const PipelineEvent& pipeline);
    /// A send that names its input.
    void sent(const SendEvent& send);

    /// The end pass; after what is lost was found.
    void judge();

private:
    struct Pipeline {
        std::string input;
        std::string output;
        std::string group;
        HistorySettings settings;
    };
    struct Effect {
        Id input = kNone;
        std::int64_t offset = 0;
        Id value = kNone;
    };

    void judge(const Pipeline& pipeline);
    /// By their inputs.
    [[nodiscard]] std::vector<Effect> effects_of(const Pipeline& pipeline) const;
    [[nodiscard]] bool is_visible(const ValueState& value) const;
    void judge_twice(const Pipeline& pipeline, const Effect& effect, const Effect& again);
    void judge_founded(const Pipeline& pipeline, const Effect& effect);
    void judge_missing(const Pipeline& pipeline, Id input, const std::vector<Effect>& effects);
    [[nodiscard]] bool is_output_read_to_end(const Pipeline& pipeline) const;

    HistoryTables& tables_;
    Findings& findings_;
    const RecordChecks& records_;
    const GroupChecks& groups_;
    std::vector<Pipeline> pipelines_;
    std::vector<Effect> effects_;
};

}  // namespace gregor::scenarios
