#include "scenarios/checkers/anomalies/pipeline_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <tuple>

namespace gregor::scenarios {

void PipelineChecks::declared(const PipelineEvent& pipeline) {
    pipelines_.push_back({.input = std::string(pipeline.input),
                          .output = std::string(pipeline.output),
                          .group = std::string(pipeline.group),
                          .settings = pipeline.settings});
}

void PipelineChecks::sent(const SendEvent& send) {
    effects_.push_back({.input = tables_.partition(*send.input),
                        .offset = send.input_offset,
                        .value = tables_.value(send.value)});
}

void PipelineChecks::judge() {
    for (const Pipeline& pipeline : pipelines_) judge(pipeline);
}

void PipelineChecks::judge(const Pipeline& pipeline) {
    const std::vector<Effect> effects = effects_of(pipeline);
    for (std::size_t i = 0; i < effects.size(); ++i) {
        findings_.compared();
        const bool is_again = i > 0 && effects[i - 1].input == effects[i].input &&
                              effects[i - 1].offset == effects[i].offset;
        if (is_again) judge_twice(pipeline, effects[i - 1], effects[i]);
        judge_founded(pipeline, effects[i]);
    }
    for (Id input = 0; input < tables_.partitions.size(); ++input) {
        const Id topic = tables_.partitions[input]->topic;
        if (tables_.topics.text(topic) == pipeline.input) judge_missing(pipeline, input, effects);
    }
}

std::vector<PipelineChecks::Effect> PipelineChecks::effects_of(const Pipeline& pipeline) const {
    std::vector<Effect> effects;
    for (const Effect& effect : effects_) {
        const ValueState& value = tables_.values[effect.value];
        const auto topic_of = [&](Id partition) {
            return tables_.topics.text(tables_.partitions[partition]->topic);
        };
        if (topic_of(effect.input) != pipeline.input) continue;
        if (topic_of(value.partition) != pipeline.output || !is_visible(value)) continue;
        effects.push_back(effect);
    }
    std::ranges::stable_sort(
        effects, {}, [](const Effect& effect) { return std::tuple(effect.input, effect.offset); });
    return effects;
}

/// To whoever reads what is committed.
bool PipelineChecks::is_visible(const ValueState& value) const {
    if (value.result == Outcome::fail || value.is_lost) return false;
    if (value.transaction != kNone) {
        const Fate fate = tables_.transactions[value.transaction].fate;
        return fate == Fate::committed && (value.is_read || value.result == Outcome::ok);
    }
    return value.is_read || value.result == Outcome::ok;
}

void PipelineChecks::judge_twice(const Pipeline& pipeline, const Effect& effect,
                                 const Effect& again) {
    const bool may_repeat = pipeline.settings.commit == CommitMode::after;
    findings_.add(
        Anomaly::effect_twice, may_repeat ? Excuse::at_least_once : Excuse::none,
        {tables_.values[effect.value].send_line, tables_.values[again.value].send_line}, [&] {
            return fmt::format("{} at offset {} has the effects {} and {}",
                               tables_.name_of(effect.input), effect.offset,
                               tables_.text_of(effect.value), tables_.text_of(again.value));
        });
}

void PipelineChecks::judge_founded(const Pipeline& pipeline, const Effect& effect) {
    const PartitionState& place = *tables_.partitions[effect.input];
    const Id id = place.slots.known(effect.offset).value;
    Excuse excuse = Excuse::none;
    if (id == kNone) {
        // Nobody was told what stands there, unless the whole log was read.
        if (place.log_end < 0 || effect.offset < place.log_start) return;
        excuse = excuse_of_loss(tables_.of_partition(effect.input));
    } else {
        const ValueState& value = tables_.values[id];
        const bool is_aborted = value.transaction != kNone &&
                                tables_.transactions[value.transaction].fate == Fate::aborted;
        if (!is_aborted) return;
        if (!pipeline.settings.read_committed) excuse = Excuse::read_uncommitted;
    }
    const ValueState& output = tables_.values[effect.value];
    findings_.add(Anomaly::effect_unfounded, excuse, {output.send_line, output.read_line}, [&] {
        return fmt::format("{} is the effect of {} at offset {}, where no record was committed",
                           tables_.text_of(effect.value), tables_.name_of(effect.input),
                           effect.offset);
    });
}

bool PipelineChecks::is_output_read_to_end(const Pipeline& pipeline) const {
    bool is_there = false;
    for (const auto& place : tables_.partitions) {
        if (tables_.topics.text(place->topic) != pipeline.output) continue;
        is_there = true;
        if (place->log_end < 0) return false;
    }
    return is_there;
}

void PipelineChecks::judge_missing(const Pipeline& pipeline, Id input,
                                   const std::vector<Effect>& effects) {
    // An effect that nobody has seen yet may be one that nobody has read yet.
    if (!is_output_read_to_end(pipeline)) return;
    std::int64_t end = std::numeric_limits<std::int64_t>::max();
    if (!pipeline.group.empty()) {
        end = groups_.committed_end(tables_.group(pipeline.group), input);
    }
    for (const ExpectedRecord& record : records_.expected(input)) {
        if (record.offset >= end) break;
        findings_.compared();
        const bool has_effect = std::ranges::binary_search(
            effects, std::tuple(input, record.offset), {},
            [](const Effect& effect) { return std::tuple(effect.input, effect.offset); });
        if (has_effect) continue;
        const bool may_miss = pipeline.settings.commit == CommitMode::before;
        const Excuse excuse = may_miss ? Excuse::at_most_once : record.excuse;
        const ValueState& value = tables_.values[record.value];
        findings_.add(Anomaly::effect_missing, excuse, {value.send_line, value.read_line}, [&] {
            return fmt::format("{} at offset {} of {} has no effect in {}",
                               tables_.text_of(record.value), record.offset, tables_.name_of(input),
                               pipeline.output);
        });
    }
}

}  // namespace gregor::scenarios
